"""`registry serve`: the API and the pages."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry.errors import RegistryError

if TYPE_CHECKING:
    from registry.keys import KeyRing

_PORTS_TRIED = 200


class NoPort(RegistryError):
    """No port could be listened on."""

    kind = "no-port"
    mender = "operator"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="Serve the API and the pages / 启动接口与网页服务")(serve)
    app.command("client", help="Let a department's system sign in with a key / 登记部门系统的公钥")(client)


def serve(
    port: Annotated[
        int, typer.Option(help="Port; if it is taken, the next free one. 0: the origin's / 端口")
    ] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on / 监听地址")] = "127.0.0.1",
) -> None:
    """Serve until Ctrl-C."""
    import uvicorn

    from api import create_app
    from registry import origins
    from registry.runtime import Runtime
    from registry.settings import Settings

    runtime = Runtime.open(Settings(), "api")
    say_what_is_missing(runtime.ring)
    with runtime.store.read() as session:
        wanted = port or origins.wanted_port(session)
    listening = _listen(host, wanted)
    bound = listening.getsockname()[1]
    with runtime.store.write() as session:
        origins.listening_on(session, bound, runtime.clock())
    typer.echo(f"证通 http://localhost:{bound}  API: /docs")
    # uvicorn's own access log would print addresses; ours has an allow-list.
    config = uvicorn.Config(
        create_app(runtime),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=512,
        timeout_graceful_shutdown=5,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        runtime.close()


def say_what_is_missing(ring: "KeyRing") -> None:
    """A line for whoever starts it where departments issue with SM2 and this installation has none.

    It serves all the same: whatever is not theirs needs no SM2.
    """
    from registry import sm
    from registry.suites import SM

    if SM.name in ring.suites() and not sm.installed():
        missing = sm.NoSm()
        typer.echo(f"{missing.zh} / {missing.en}", err=True)


def client(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The department / 部门代码")],
    key: Annotated[Path, typer.Argument(metavar="FILE", help="Public key, JWK or PEM, P-256 / 公钥文件")],
) -> None:
    """Register a public key for a department's client assertions (RFC 7523), beside those it has."""
    from registry.cli import files
    from registry.cli.stores import open_existing
    from registry.clients import read_public_key, register_client
    from registry.settings import Settings

    public = read_public_key(files.read(key))
    store = open_existing(Settings())
    try:
        with store.write() as session:
            register_client(session, code, public)
    finally:
        store.close()
    typer.echo(f"已登记 registered: {public.thumbprint}")


def _listen(host: str, wanted: int) -> socket.socket:
    """A socket on the wanted port, or on the next free one.

    Raises:
        NoPort: none of two hundred is free.
    """
    for port in range(wanted, wanted + _PORTS_TRIED):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # asyncio sends small answers at once only on a socket that says it is TCP; else each waits 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(512)
        except OSError:
            listening.close()
            continue
        return listening
    raise NoPort(f"从 {wanted} 起没有可用端口。", f"No free port from {wanted} on.")
