"""The issuing desk on the command line, over a followed chain whose events are in the store."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from registry import definition, jcs
from registry.cli import issuing as commands
from registry.errors import NotFound
from registry.issuing import NoRight
from registry.store.tables import ChainEvent, Deployment, Follower
from registry.taking_back import TakenBack
from tests.issuing.conftest import HOUSING, POLICE, World, citizen_number

Row = Callable[..., dict[str, str]]
Run = Callable[..., Result]
LONG_AGO = 1_700_000_000


def as_bytes32(code: str) -> str:
    return "0x" + code.encode().ljust(32, b"\0").hex()


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    one = world.identity
    always = {"from": LONG_AGO, "until": 2**64 - 1}
    events = [
        ("IssuerRegistry", "ImportClosed", {}),
        ("CertificateRegistry", "ImportClosed", {}),
        ("IssuerRegistry", "IssuerRegistered", {"issuer": as_bytes32(POLICE)}),
        ("IssuerRegistry", "TypeVersionAdded", {
            "typeCode": as_bytes32(one.type), "version": one.version,
            "definition": "0x" + definition.hash(one).hex(), **always,
        }),
        ("IssuerRegistry", "RightGranted", {
            "issuer": as_bytes32(POLICE), "typeCode": as_bytes32(one.type), **always,
        }),
    ]  # fmt: skip
    with world.runtime.store.write() as session:
        session.add(
            Deployment(
                id=1, chain_id=31337, genesis=b"g", issuer_registry="0x1", certificate_registry="0x2",
                code_hash=b"c", block=1, block_hash=b"b", epoch=1, state="live", created=LONG_AGO,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            Follower(deployment=1, head_number=9, head_hash=b"h", reached_at=LONG_AGO, health="green")
        )
        for number, (contract, name, args) in enumerate(events):
            session.add(
                ChainEvent(
                    deployment=1, block_number=2, log_index=number, block_hash=b"b",
                    transaction_hash=b"t", contract=contract, name=name, args=jcs.dumps(args).decode(),
                )
            )  # fmt: skip
    monkeypatch.setenv("ZT_DATA", str(world.runtime.settings.data))
    monkeypatch.setenv("ZT_API_PASSPHRASE", "api's")
    app = typer.Typer()
    commands.add_to(app)

    def call(*arguments: object, text: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=text)

    return call


@pytest.fixture
def people(tmp_path: Path, row: Row) -> Path:
    rows = [row(number) for number in range(10)]
    rows[4]["name"] = ""
    with (tmp_path / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path / "people.csv"


def test_a_file_is_issued_with_its_refusals_named(run: Run, people: Path) -> None:
    shown = run("issue", people, "--type", "resident_identity", "--issuer", POLICE)
    assert shown.exit_code == 0, shown.output
    assert "issued 9, refused 1, had been issued 0" in shown.output
    assert "people.refused.csv" in shown.output
    once_again = run("issue", people, "--type", "resident_identity", "--issuer", POLICE).output
    assert "nothing issued now" in once_again
    assert "had been issued" not in once_again
    again = run("issue", people, "--type", "resident_identity", "--issuer", POLICE, "--json")
    assert json.loads(again.stdout) == {
        "accepted": 9, "refused": 1, "repeated": 0, "resumed": 0, "already": True,
        "report": str(people.with_name("people.refused.csv")),
    }  # fmt: skip


def test_without_a_right_on_the_chain_nothing_is_issued(run: Run, people: Path) -> None:
    shown = run("issue", people, "--type", "resident_identity", "--issuer", HOUSING)
    assert isinstance(shown.exception, NoRight)


def test_one_is_issued_found_shown_and_taken_back(run: Run, row: Row, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(row(1)), "utf-8")
    asked = ("issue", tmp_path / "one.json", "--type", "resident_identity", "--issuer", POLICE)
    issued = json.loads(run(*asked, "--key", "a", "--json", "--hold", "second signature").stdout)
    name = issued["certificate_id"]
    assert run("release", name, "--issuer", POLICE).exit_code == 0

    for option, text in (
        ("--number", citizen_number(1)),
        ("--holder", f"citizen_number:{citizen_number(1)}"),
    ):
        found = run("find", option, "-", "--issuer", POLICE, "--json", text=text)
        assert [each["certificate_id"] for each in json.loads(found.stdout)] == [name]
        assert name in run("find", option, "-", "--issuer", POLICE, text=text).output.splitlines()
        assert run("find", option, "-", "--issuer", HOUSING, text=text).exit_code == 1

    plain = run("show", name, "--issuer", POLICE).output
    assert name in plain.splitlines()
    assert citizen_number(1) not in plain
    assert citizen_number(1) in run("show", name, "--issuer", POLICE, "--claims").output
    assert isinstance(run("show", name, "--issuer", HOUSING).exception, NotFound)

    assert run("take-back", name, "--issuer", POLICE).exit_code == 0
    assert isinstance(run("take-back", name, "--issuer", POLICE).exception, TakenBack)
    shown = json.loads(run("show", name, "--issuer", POLICE, "--json").stdout)
    assert (shown["status"], [each["reason"] for each in shown["history"]]) == (
        None,
        ["issued", "taken_back"],
    )
