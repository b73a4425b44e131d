"""Where the registry listens, and what that makes of its origins."""

import socket
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from registry import lists, origins
from registry.cli.main import assemble
from registry.cli.serve import _listen
from registry.clients import client_keys
from registry.jcs import dumps
from registry.signing import SigningKey
from registry.store.tables import Origin
from tests.api.town import ORIGIN, POLICE, Town


def test_a_port_in_use_is_no_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with _listen("127.0.0.1", port) as listening:
            assert listening.getsockname()[1] > port


@pytest.mark.parametrize(
    ("first", "port", "expected"),
    [
        (ORIGIN, 8000, [ORIGIN]),
        (ORIGIN, 8001, [ORIGIN, "http://localhost:8001"]),
        ("https://town.example", 8001, ["https://town.example"]),
    ],
)
def test_another_port_on_this_machine_is_a_new_origin(
    town: Town, first: str, port: int, expected: list[str]
) -> None:
    with town.runtime.store.write() as session:
        row = session.exec(select(Origin)).one()
        row.origin = first
        session.add(row)
        origins.listening_on(session, port, town.now)
        origins.listening_on(session, port, town.now)
        assert lists.all_origins(session) == expected
        wanted = origins.wanted_port(session)
    assert wanted == (8000 if first.startswith("https") else port)


def test_a_departments_key_is_registered_once(town: Town, tmp_path: Path) -> None:
    key = SigningKey.generate().public
    file = tmp_path / "key.jwk"
    file.write_bytes(dumps(key.jwk))
    environment = {"ZT_DATA": str(town.runtime.settings.data)}
    for _ in range(2):
        result = CliRunner().invoke(assemble(), ["client", POLICE, str(file)], env=environment)
        assert result.exit_code == 0, result.output
    with town.runtime.store.read() as session:
        assert [each["kid"] for each in client_keys(session, POLICE)] == [key.thumbprint]
