"""The socket that `registry serve` listens on."""

import socket

from registry.cli.serve import _listen


def test_answers_leave_at_once() -> None:
    """asyncio turns Nagle's delay off only where the socket names its protocol: 40 ms an answer otherwise."""
    listening = _listen("127.0.0.1", 20_000)
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP
