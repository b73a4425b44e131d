"""The commands of who asks many questions, who is asked on conditions, and who looks after both."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from registry.cli.main import assemble
from registry.errors import NotFound, RegistryError
from registry.queries import limits
from registry.queries.refusals import ComparedBefore
from registry.querying import Querying
from registry.runtime import Runtime
from registry.usecases import UseCases
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.queries.conftest import rule
from tests.queries.test_querying import query

Command = Callable[..., Result]
MASKED = f"{citizen_number(1)[:6]}********{citizen_number(1)[-4:]}"


@pytest.fixture
def command(town: Town, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`registry …` over the town's own store and clock, which stay open after it."""
    cases = rule(town, query_batch_alone=1)
    monkeypatch.setattr(UseCases, "open", lambda _settings: cases)
    monkeypatch.setattr(UseCases, "close", lambda _self: None)
    monkeypatch.setattr(Runtime, "open", lambda *_: replace(town.runtime, store=_Kept(town)))
    monkeypatch.setattr("registry.cli.stores.open_existing", lambda _settings: _Kept(town))
    runner = CliRunner()
    return lambda *words, **more: runner.invoke(assemble(), list(words), **more)


class _Kept:
    """The town's store, which no command closes."""

    def __init__(self, town: Town) -> None:
        self.read, self.write = town.runtime.store.read, town.runtime.store.write

    def close(self) -> None:
        pass


def test_a_file_of_questions_waits_is_approved_and_its_answers_are_checked(
    town: Town, command: Command, tmp_path: Path
) -> None:
    town.citizen(1)
    file = tmp_path / "questions.jsonl"
    lines = [
        {
            "type": "resident_identity",
            "ask": "has_valid",
            "holder": {"id_type": "citizen_number", "identifier": n},
        }
        for n in map(citizen_number, range(2))
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    post = ("queries", "post", str(file), "--as", HOUSING, "--matter", "title_registration")
    made = command(*post, "--clerk", "clerk 3", "--reason", "the move")
    assert (made.exit_code, "0/2" in made.output) == (3, True)
    id = made.output.split()[0]
    assert command(*post, "--clerk", "clerk 3", "--reason", "the move").output.split()[0] == id
    shown = command("queries", "show", id, "--as", HOUSING).output
    assert "the move" in shown and f"approve {id} --as {HOUSING}" in shown
    assert MASKED in shown and citizen_number(1) not in shown
    whole = json.loads(command("queries", "show", id, "--as", HOUSING, "--json").stdout)
    assert whole["queries"][1]["holder"] == ["citizen_number", citizen_number(1)]
    assert "queries approve BATCH" in command("queries", "list", "--as", HOUSING).stderr
    assert command("queries", "approve", id, "--as", HOUSING, "--clerk", "clerk 3").exit_code == 1
    approved = command("queries", "approve", id, "--as", HOUSING, "--clerk", "clerk 4")
    assert approved.exit_code == 0 and f"queries answers {id} --as {HOUSING}" in approved.stderr
    answers = command("queries", "answers", id, "--as", HOUSING)
    assert answers.output.splitlines() == [
        f"0  {POLICE}  否 no  机构答复 stated",
        f"1  {POLICE}  是 yes  已证实 proven",
    ]
    assert command("queries", "answers", id, "--as", POLICE).exit_code == 1
    (listed,) = command("queries", "list", "--as", HOUSING).stdout.splitlines()
    assert "2/2" in listed and "clerk 4" in listed


def test_what_was_refused_is_told_in_both_languages_and_a_number_only_by_its_ends(
    town: Town, command: Command, tmp_path: Path
) -> None:
    town.citizen(1)
    holder = {"id_type": "citizen_number", "identifier": citizen_number(1)}
    asked = {"type": "resident_identity", "ask": "claims", "holder": holder}
    lines = [{**asked, "claims": ["name"]}, {**asked, "claims": ["address"]}]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    post = ("queries", "post", str(file), "--as", HOUSING, "--matter", "title_registration")
    id = command(*post, "--clerk", "clerk 3").stdout.split()[0]
    command("queries", "approve", id, "--as", HOUSING, "--clerk", "clerk 4")
    first, second = command("queries", "answers", id, "--as", HOUSING).stdout.splitlines()
    assert "是 yes  已证实 proven" in first and town.identity_row(1)["name"] in first
    assert second == "1  拒绝 refused  not-shared"


def test_a_clerk_compares_instead_of_reading(town: Town, command: Command, tmp_path: Path) -> None:
    town.citizen(1)
    row = town.licence_row(7)
    town.issue(MARKET, "business_licence", row)
    town.anchor(MARKET)
    (tmp_path / "number").write_text(f"citizen_number:{citizen_number(1)}")
    (tmp_path / "address").write_text(town.identity_row(1)["address"])
    (tmp_path / "code").write_text(f"credit_code:{row['credit_code']}")
    asks = ("query", "resident_identity", "--as", HOUSING, "--matter", "title_registration", "--clerk", "c")
    of = (*asks, "--case", "C-1", "--holder", str(tmp_path / "number"), "--claims", "address")
    address = ("--equals", str(tmp_path / "address"))
    same = command(*of, *address, "--source", "vouched")
    assert (same.exit_code, "已证实 proven" in same.output) == (0, True)
    unsaid = command(*of, *address)
    assert isinstance(unsaid.exception, RegistryError) and "where its value is from" in unsaid.exception.en
    other = command(*of, "--equals", "-", "--source", "vouched", input="elsewhere")
    assert isinstance(other.exception, ComparedBefore)
    assert command(*of, *address, "--source", "vouched", "--over", "1").exit_code == 2
    licence = ("query", "business_licence", *asks[2:], "--case", "C-1", "--holder", str(tmp_path / "code"))
    over = command(*licence, "--claims", "capital", "--over", "1500000")
    assert over.exit_code == 0 and "是 yes  机构答复 stated" in over.output and "2000000" not in over.output


@pytest.mark.parametrize("line", ["{}", "no json", '{"type":"x","ask":"guess"}'])
def test_a_line_that_is_no_question_is_named_and_nothing_posted(
    command: Command, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f"\n{line}\n")
    refused = command("queries", "post", str(file), "--as", HOUSING, "--matter", "m", "--clerk", "c")
    assert refused.exit_code == 2 and "line 2" in refused.output
    assert command("queries", "list", "--as", HOUSING).output == ""


def test_a_member_that_no_question_has_is_named(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"type":"resident_identity","ask":"has_valid","holdr":1}')
    refused = command("queries", "post", str(file), "--as", HOUSING, "--matter", "m", "--clerk", "c")
    assert refused.exit_code == 2 and "line 1" in refused.output and "holdr" in refused.output


@pytest.mark.parametrize(
    "words",
    [
        ("query", "resident_identity", "--matter", "title_registration", "--certificate", "1", "--as"),
        ("queries", "list", "--as"),
        ("queries", "show", "1", "--as"),
        ("queries", "answers", "1", "--as"),
        ("queries", "approve", "1", "--clerk", "c", "--as"),
        ("reviews", "list", "--issuer"),
        ("reviews", "decide", "1", "--by", "c", "--reason", "r", "--issuer"),
    ],
)
def test_a_department_that_there_is_not_is_said_to_be_unknown(
    command: Command, words: tuple[str, ...]
) -> None:
    refused = command(*words, "123").exception
    assert isinstance(refused, NotFound) and "no such department" in refused.en


def test_the_asked_departments_clerk_sees_a_question_and_decides_with_a_reason(
    town: Town, querying: Querying, command: Command
) -> None:
    town.citizen()
    asked = query(ask="claims", claims=("ethnicity",))
    querying.ask(asked)
    listed = command("reviews", "list", "--issuer", POLICE)
    assert f"registry reviews decide REVIEW --issuer {POLICE}" in listed.stderr
    (line,) = listed.stdout.splitlines()
    assert citizen_number(7) not in listed.output and f"{citizen_number(7)[:6]}********" in line
    (whole,) = json.loads(command("reviews", "list", "--issuer", POLICE, "--json").stdout)
    assert whole["question"]["holder"] == ["citizen_number", citizen_number(7)]
    assert HOUSING in line and "ethnicity" in line and "housing-identity" in line
    decide = ("reviews", "decide", line.split()[0], "--by", "officer 1", "--reason", "needed", "--issuer")
    assert command(*decide, HOUSING).exit_code == 1
    granted = command(*decide, POLICE)
    assert granted.exit_code == 0 and "putting the same question again" in granted.stderr
    assert querying.ask(asked)[0].outcome == "yes"
    assert command("reviews", "list", "--issuer", POLICE).output == ""


def test_an_alert_is_listed_until_it_is_ended(town: Town, command: Command) -> None:
    with town.runtime.store.write() as session:
        limits.alert(session, HOUSING, limits.CAP, "clerk 3", town.now)
    listed = command("alerts", "list")
    assert listed.exit_code == 1 and re.search(rf"^1  .*{HOUSING}  clerk 3 ", listed.output)
    assert command("alerts", "end", "1", "--by", "auditor 1").exit_code == 0
    assert command("alerts", "end", "1", "--by", "auditor 1").exit_code == 1
    assert command("alerts", "list").exit_code == 0
