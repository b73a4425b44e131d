"""`registry serve`: the API and the pages."""

import socket
from typing import Annotated

import typer

from registry.errors import RegistryError

_PORTS_TRIED = 200


class NoPort(RegistryError):
    """No port could be listened on."""

    kind = "no-port"
    mender = "operator"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="Serve the API and the pages / 启动接口与网页服务")(serve)


def serve(
    port: Annotated[int, typer.Option(help="Port; if it is taken, the next free one / 端口")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on / 监听地址")] = "127.0.0.1",
) -> None:
    """Serve until Ctrl-C."""
    import uvicorn

    from api import create_app
    from registry.runtime import Runtime
    from registry.settings import Settings

    runtime = Runtime.open(Settings(), "api")
    listening = _listen(host, port)
    typer.echo(f"证通 http://localhost:{listening.getsockname()[1]}  API: /docs", err=False)
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


def _listen(host: str, wanted: int) -> socket.socket:
    """A socket on the wanted port, or on the next free one.

    Raises:
        NoPort: none of two hundred is free.
    """
    for port in range(wanted, wanted + _PORTS_TRIED):
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(512)
        except OSError:
            listening.close()
            continue
        return listening
    raise NoPort(f"从 {wanted} 起没有可用端口。", f"No free port from {wanted} on.")
