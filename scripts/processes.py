"""Start the processes of one registry, keep their output in files, and stop every one of them again."""

import contextlib
import ctypes
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def free_port(wanted: int) -> int:
    """The port wanted, or the next one on which nobody listens, as `localhost` may resolve either way."""
    for port in range(wanted, wanted + 200):
        if not any(_taken(family, host, port) for family, host in _LOOPBACK):
            return port
    raise OSError(f"no free port from {wanted} to {wanted + 199}")


def _taken(family: socket.AddressFamily, host: str, port: int) -> bool:
    """Whether somebody listens there; a family that this machine lacks is nobody's."""
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _end_with_parent() -> None:
    """Ask the kernel to stop this child when the parent dies, however it dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """What `make run` started: by name, each with a log file.

    folder: holds `<name>.log` and `processes.json`, the process ids, so that the next run can stop what a
    killed one left behind.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._stop_leftovers()

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start one process in the background; its output goes to `<name>.log`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **environment},
                start_new_session=True,
                preexec_fn=_end_with_parent if os.name == "posix" else None,  # noqa: PLW1509 - single-threaded here
            )
        self.running[name] = process
        self._remember()
        return process

    def wait(self, name: str, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until `ready` says so; a process that ended instead is reported with the end of its log."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.running[name].poll() is not None:
                raise RuntimeError(f"{name} ended: {self.last_words(name)}")
            with contextlib.suppress(OSError):
                if ready():
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{name} was not ready after {seconds:.0f} s: {self.last_words(name)}")

    def ended(self) -> list[str]:
        """Names of the processes that are no longer running."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    def said(self, name: str) -> str:
        """Everything that processes of this name wrote, in this run and earlier ones."""
        log = self.folder / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def last_words(self, name: str) -> str:
        """The last lines that a process wrote."""
        return "\n".join(self.said(name).splitlines()[-12:])

    def stop(self) -> None:
        """Stop all, last started first; what does not stop within ten seconds is killed."""
        for process in reversed(self.running.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                if process.poll() is None:
                    process.kill()
        (self.folder / "processes.json").unlink(missing_ok=True)

    def _remember(self) -> None:
        table = {name: [p.pid, _started(p.pid)] for name, p in self.running.items()}
        (self.folder / "processes.json").write_text(json.dumps(table))

    def _stop_leftovers(self) -> None:
        file = self.folder / "processes.json"
        if not file.exists():
            return
        with contextlib.suppress(ValueError):
            for pid, started in json.loads(file.read_text()).values():
                if started and _started(pid) == started:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)
                    for _ in _until_gone(pid, 5.0):
                        time.sleep(0.05)
        file.unlink()


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty where the system does not say."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    return ""


def _until_gone(pid: int, seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until and _started(pid):
        yield
