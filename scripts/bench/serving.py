"""The API's `/verify` in a process of its own under uvicorn, beside a bare endpoint served alike."""

import asyncio
import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from urllib.parse import quote_plus

from registry import b64
from scripts.bench.measuring import Pair, in_turns
from scripts.bench.world import Held, World
from scripts.processes import Processes

_ADDRESS = re.compile(r"http://localhost:([0-9]+) ")
CONNECTIONS = 16
VALID = b'"verdict":"valid"'


@contextlib.contextmanager
def pair(world: World, *, requests: int, rounds: int) -> Iterator[Pair]:
    """Answers a second to `requests` presentations a turn, over a few connections that are kept."""
    processes = Processes(world.settings.data / "logs")
    held = world.held()
    try:
        api, bare = _start(world, processes)

        def ask(port: int) -> float:
            world.keep_following()
            return asyncio.run(_ask(port, _requests(held, requests)))

        yield Pair("api_verify", "answers/s", in_turns(lambda: ask(api), lambda: ask(bare)), rounds)
    finally:
        processes.stop()


def _start(world: World, processes: Processes) -> tuple[int, int]:
    """The ports of both servers."""
    settings = world.settings
    environment = {
        "ZT_DATA": str(settings.data),
        "ZT_CHAIN_URL": settings.chain_url,
        "ZT_API_PASSPHRASE": settings.api_passphrase,
    }
    serve = [sys.executable, "-m", "registry.cli.main", "serve", "--port", "0"]
    processes.start("api", serve, environment)
    processes.start("bare", [sys.executable, "-m", "scripts.bench.bare"], {})
    return _port(processes, "api"), _port(processes, "bare")


def _port(processes: Processes, name: str) -> int:
    """Where a server listens, as it says itself: another one may have taken any port that was free before."""
    log = processes.folder / f"{name}.log"
    processes.wait(name, lambda: _ADDRESS.search(log.read_text("utf-8")) is not None)
    address = _ADDRESS.search(log.read_text("utf-8"))
    assert address is not None
    return int(address[1])


def _requests(held: Held, count: int) -> Sequence[bytes]:
    """HTTP requests, each with a presentation that was never shown before."""
    now = int(time.time())
    bodies = (f"text={quote_plus(held.show(now, b64.encode(os.urandom(16))))}" for _ in range(count))
    return [
        b"POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body.encode())
        for body in bodies
    ]


async def _ask(port: int, requests: Sequence[bytes]) -> float:
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    waiting = iter(requests)

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in waiting:
            writer.write(request)
            await _valid(reader)

    started = time.perf_counter()
    await asyncio.gather(*(work(*stream) for stream in streams))
    took = time.perf_counter() - started
    for _, writer in streams:
        writer.close()
        await writer.wait_closed()
    return len(requests) / took


async def _valid(reader: asyncio.StreamReader) -> None:
    """Read one answer, which has to be that the presentation is valid."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    body = await reader.readexactly(length)
    if VALID not in body:
        raise RuntimeError(f"not valid: {body.decode()}")
