"""`registry rights`: which version of the rights decided, and whether the chain has it as it is kept."""

import hashlib
import json
from pathlib import Path

import pytest

from registry.authority.loop import Rounds
from registry.authority.office import Office
from registry.cli import main as registry_main
from registry.store.tables import Policy
from tests.authority.conftest import founded, founded_node, template

__all__ = ["founded", "founded_node", "template"]
OLD, NEW = b'[{"version":1}]', b'[{"version":2}]'


@pytest.fixture
def office(founded: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Office:
    """A registry that decided by two versions, the first of which the chain has."""
    monkeypatch.setenv("ZT_DATA", str(founded.settings.data))
    monkeypatch.setenv("ZT_RIGHTS", str(tmp_path / "no rights"))
    keep(founded, 1, OLD)
    rounds = Rounds(founded)
    for _ in range(4):
        rounds.once()
        founded.wait()
    keep(founded, 2, NEW)
    return founded


def keep(office: Office, number: int, document: bytes) -> None:
    with office.store.write() as session:
        digest = hashlib.sha256(document).digest()
        session.add(Policy(number=number, digest=digest, document=document, since=1_790_000_000))


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["registry", "rights", *words])
    with pytest.raises(SystemExit) as ended:
        registry_main.main()
    return int(ended.value.code or 0)


def test_every_version_is_listed_with_its_hash_and_since_when_the_chain_has_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "list", "--json") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["number"], first["digest"]) == (1, hashlib.sha256(OLD).hexdigest())
    assert (first["chain"], second["chain"]) == ("anchored", "waiting")
    assert first["anchored"] > 0 and second["anchored"] is None
    assert run(monkeypatch, "list") == 0
    assert "已上链 on the chain since" in capsys.readouterr().out


def test_one_that_was_changed_after_it_was_anchored_is_found(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with office.store.write() as session:
        session.get_one(Policy, 1).document = NEW
    assert run(monkeypatch, "list") == 1
    told = capsys.readouterr()
    assert "与链上不符" in told.out
    assert "Version 1 of the rights is not what the chain says" in told.err


def test_a_version_is_shown_as_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "show", "2") == 0
    assert capsys.readouterr().out == NEW.decode() + "\n"
    assert run(monkeypatch, "show", "3") == 1
    assert "There is no version 3" in capsys.readouterr().err
