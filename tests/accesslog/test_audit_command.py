"""`registry audit log` over a real chain: one command for a whole period."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry import b64
from registry.cli.main import app, assemble
from registry.keys import KeyRing
from registry.signing import Use
from registry.statement import LogPlace, Statement, address, sign
from registry.store.tables import AccessEntry
from tests.accesslog.conftest import Ask
from tests.accesslog.test_heads import round_of_heads
from tests.authority.conftest import HOUSING, ORIGIN, POLICE
from tests.faults.whole import Whole

assemble()


def audit(whole: Whole, *arguments: str, chain: str = "") -> tuple[int, str]:
    settings = whole.runtime.settings
    environment = {
        "ZT_DATA": str(settings.data),
        "ZT_CHAIN_URL": chain or whole.node.url,
        "ZT_API_PASSPHRASE": settings.api_passphrase,
    }
    result = CliRunner().invoke(app, ["audit", "log", *arguments], env=environment)
    return result.exit_code, result.output


def statement(whole: Whole, seq: int, entry: bytes) -> str:
    """What the police answered the housing department, as that keeps it."""
    ring = KeyRing.open(whole.runtime.settings.keys / "api.ring", whole.runtime.settings.api_passphrase)
    said = Statement(
        iss=address(ORIGIN, POLICE),
        aud=HOUSING,
        question=b64.encode(bytes(32)),
        case="C1",
        rule="housing-identity",
        policy="1",
        outcome="no",
        presentation=None,
        log=LogPlace(seq=seq, entry=b64.encode(entry)),
        iat=whole.clock(),
        exp=whole.clock() + 60,
    )
    return sign(said, ring.signing_key(POLICE, Use.ANSWERS), ())


def test_all_agrees_and_the_window_not_anchored_yet_is_said(whole: Whole, asking: Ask) -> None:
    asking(POLICE)
    round_of_heads(whole)
    asking(POLICE)
    code, said = audit(whole, "--from", "2020-01-01", "--to", "2099-12-31")
    assert code == 0, said
    assert "all agrees" in said and "not anchored yet" in said


def test_days_the_wrong_way_round_are_refused_before_anything_is_looked_at() -> None:
    result = CliRunner().invoke(app, ["audit", "log", "--from", "2026-11-30", "--to", "2026-11-01"])
    assert result.exit_code == 2
    assert "起始日晚于截止日 / the first day is after the last" in result.output


def test_entries_are_listed_by_pseudonym(whole: Whole, asking: Ask) -> None:
    asking(POLICE, second="clerk 9")
    round_of_heads(whole)
    code, said = audit(whole, "--entries", "--json")
    told = json.loads(said)
    assert code == 0 and len(told["entries"]) == 1
    assert told["entries"][0]["entry"]["clerk"] == "clerk 3" and len(told["entries"][0]["holder"]) == 12
    assert "clerk 3+clerk 9" in audit(whole, "--entries")[1]


def test_a_department_reads_its_own_log_and_no_other(whole: Whole, asking: Ask) -> None:
    asking(POLICE)
    asking(HOUSING)
    round_of_heads(whole)
    with whole.store.write() as session:
        session.get_one(AccessEntry, (HOUSING, 1)).digest = bytes(32)
    code, said = audit(whole, "--entries", "--issuer", POLICE)
    assert code == 0 and f"{POLICE} #1" in said and f"{HOUSING} #1" not in said
    told = json.loads(audit(whole, "--entries", "--issuer", HOUSING, "--json")[1])
    assert {each["issuer"] for each in told["audit"]["logs"]} == {HOUSING}
    assert {each["issuer"] for each in told["entries"]} == {HOUSING}
    assert audit(whole, "--issuer", HOUSING)[0] == 1
    assert audit(whole, "--issuer", "123")[0] == 1


@pytest.mark.parametrize("arguments", [[], ["--sealed"]])
def test_an_entry_changed_in_the_store_is_found(whole: Whole, asking: Ask, arguments: list[str]) -> None:
    for _ in range(3):
        asking(POLICE)
    round_of_heads(whole)
    with whole.store.write() as session:
        session.get_one(AccessEntry, (POLICE, 2)).digest = bytes(32)
    code, said = audit(whole, *arguments)
    assert code == 1 and "changed" in said


def test_a_tail_cut_before_it_was_anchored_is_found_by_what_the_asker_holds(
    whole: Whole, asking: Ask, tmp_path: Path
) -> None:
    asking(POLICE)
    round_of_heads(whole)
    gone = asking(POLICE)
    held = tmp_path / "answers.json"
    held.write_text(json.dumps([{"outcome": "no", "statement": statement(whole, gone.seq, gone.digest)}]))
    assert audit(whole, "--statements", str(held))[0] == 0
    with whole.store.write() as session:
        session.delete(session.get_one(AccessEntry, (POLICE, gone.seq)))
    assert audit(whole)[0] == 0
    code, said = audit(whole, "--statements", str(held))
    assert code == 1 and "statement" in said


def test_a_statement_that_the_department_did_not_sign_accuses_nobody(
    whole: Whole, asking: Ask, tmp_path: Path
) -> None:
    asking(POLICE)
    round_of_heads(whole)
    held = tmp_path / "answers.txt"
    head, body, signature = statement(whole, 9, bytes(32)).split(".")
    held.write_text(f"{head}.{body}.{signature[::-1]}")
    assert audit(whole, "--statements", str(held))[0] == 0


def test_where_the_chain_is_silent_nothing_is_claimed(whole: Whole) -> None:
    assert audit(whole, chain="http://127.0.0.1:9")[0] == 3


def test_a_day_that_is_none_is_refused(whole: Whole) -> None:
    assert audit(whole, "--from", "yesterday")[0] == 1
