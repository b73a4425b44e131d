"""`registry import`: says what it did, and what does not fit."""

import json
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from registry.cli.main import app, assemble
from registry.usecases import UseCases
from tests.api.town import POLICE
from tests.importing.conftest import OldSystem

assemble()


@pytest.fixture
def command(old: OldSystem, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(*options: str) -> Result:
        path = old.folder / "police.yaml"
        path.write_text(yaml.safe_dump(old.mapping, allow_unicode=True), "utf-8")
        monkeypatch.setattr(UseCases, "open", lambda _: old.cases)
        monkeypatch.setattr(UseCases, "close", lambda _: None)
        return CliRunner().invoke(
            app, ["import", str(path), "--issuer", POLICE, *options], env={"COLUMNS": "140"}
        )

    return run


def test_a_dry_run_an_import_and_what_changed_since(old: OldSystem, command: Any) -> None:
    old.person(1)
    old.person(2, MZ="火星")
    dry = command("--dry-run")
    assert dry.exit_code == 1
    for words in ("nothing written", "new", "ethnicity", "person.MZ", "民族", "police.refused.csv"):
        assert words in dry.output
    assert old.certificates() == []
    done = command("--json")
    assert (done.exit_code, json.loads(done.output)["steps"]) == (1, {"new": 1, "refused": 1})
    old.set(2, MZ="汉", changed="29991231000000")
    again = command("--since", "last", "--json")
    assert (again.exit_code, json.loads(again.output)["steps"]) == (0, {"new": 1})


def test_since_last_without_a_last_run_is_refused(old: OldSystem, command: Any) -> None:
    old.person(1)
    assert "mapping has no changed_at" in str(command("--since", "last").exception)
    assert command("--since", "yesterday").exit_code == 1
