"""A department asks about whoever stands before it, by what the wallet shows, and by no number typed in."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli.main import assemble
from registry.querying import BadQuery
from registry.usecases import UseCases
from tests.api.conftest import new_wallet
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, Town, citizen_number
from tests.openid4vp.conftest import Phone, phone

__all__ = ["new_wallet", "phone"]

QUESTION = {
    "type": "resident_identity",
    "ask": "claims",
    "claims": ["age_over_18"],
    "matter": "title_registration",
    "clerk": "clerk 3",
}


@pytest.fixture
def housing(desk: Callable[[str], Desk]) -> Desk:
    return desk(HOUSING)


def shown(housing: Desk, phone: Phone, *certificates: tuple[str, list[str]]) -> str:
    """A request for these certificates that the phone has answered; its id."""
    wanted = [{"type": type, "claims": claims} for type, claims in certificates]
    made = housing.post("/requests", {"certificates": wanted}).json()
    assert phone.answer(phone.read(made["link"])).is_success
    return str(made["id"])


def test_the_holder_is_who_was_shown(housing: Desk, phone: Phone) -> None:
    request = shown(housing, phone, ("resident_identity", ["citizen_number"]))
    answer = housing.post("/queries", {**QUESTION, "request": request})
    (envelope,) = answer.json()["answers"]
    assert envelope["outcome"] == "yes"
    assert envelope["question"]["holder"]["identifier"] == citizen_number(7)


@pytest.mark.parametrize(
    "certificates",
    [
        [("resident_identity", ["name"])],
        [("resident_identity", ["citizen_number"]), ("business_licence", ["credit_code"])],
    ],
    ids=["no identifier", "several holders"],
)
def test_what_shows_no_one_holder_asks_nobody(
    housing: Desk, phone: Phone, certificates: list[tuple[str, list[str]]]
) -> None:
    request = shown(housing, phone, *certificates)
    refused = housing.post("/queries", {**QUESTION, "request": request})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:zt:problem:nothing-shown")


def test_what_was_not_answered_or_is_anothers_asks_nobody(
    town: Town, http: httpx.Client, housing: Desk, phone: Phone, desk: Callable[[str], Desk]
) -> None:
    open_one = housing.post("/requests", {"certificates": [{"type": "resident_identity"}]}).json()["id"]
    refused = housing.post("/queries", {**QUESTION, "request": open_one})
    assert refused.json()["type"] == "urn:zt:problem:nothing-shown"
    anothers = shown(desk(MARKET), phone, ("resident_identity", ["citizen_number"]))
    assert housing.post("/queries", {**QUESTION, "request": anothers}).status_code == 404
    both = {"holder": {"id_type": "citizen_number", "identifier": citizen_number(7)}, "request": anothers}
    assert housing.post("/queries", {**QUESTION, **both}).json()["type"] == "urn:zt:problem:bad-query"


def test_a_case_of_the_departments_own_compares_what_was_shown(
    town: Town, housing: Desk, phone: Phone
) -> None:
    """With a case number that this registry knows nothing of, the value comes from the presentation."""
    request = shown(housing, phone, ("resident_identity", ["citizen_number", "address"]))
    certificate, value = town.citizen(7), town.identity_row(7)["address"]
    equals = QUESTION | {"ask": "equals", "claims": ["address"], "case": "C1", "source": certificate}

    def ask(**changed: str) -> str:
        answered = housing.post("/queries", {**equals, "value": value, "request": request, **changed}).json()
        return str(answered.get("type") or answered["answers"][0]["outcome"])

    assert ask(value="羊城市别处 1 号") == "urn:zt:problem:source-unknown"
    assert ask(source="stated") == "urn:zt:problem:source-unknown"
    assert ask() == "yes"
    holder = {"holder": {"id_type": "citizen_number", "identifier": citizen_number(7)}}
    bare = housing.post("/queries", {**equals, **holder, "value": value})
    assert bare.json()["type"] == "urn:zt:problem:source-unknown"


@pytest.fixture
def command(town: Town, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`registry …` of a clerk of the housing department, over the town's own store."""
    assert town.services is not None
    cases = town.services.cases
    monkeypatch.setattr(UseCases, "open", lambda _settings: cases)
    monkeypatch.setattr(UseCases, "close", lambda _self: None)
    who = ("--as", HOUSING, "--matter", "title_registration", "--clerk", "clerk 3")
    return lambda *words: CliRunner().invoke(assemble(), [*words, *who])


def test_a_command_asks_about_who_was_shown(
    housing: Desk, phone: Phone, command: Callable[..., Result], tmp_path: Path
) -> None:
    request = shown(housing, phone, ("resident_identity", ["citizen_number"]))
    ask = ("query", "resident_identity", "--claims", "age_over_18", "--request", request)
    answer = command(*ask)
    assert (answer.exit_code, "已证实 proven" in answer.output) == (0, True)
    (tmp_path / "holder").write_text(f"citizen_number:{citizen_number(7)}")
    assert isinstance(command(*ask, "--holder", str(tmp_path / "holder")).exception, BadQuery)


def test_a_line_of_a_file_asks_about_who_was_shown_and_tells_nobody_what_else_was(
    town: Town, housing: Desk, phone: Phone, command: Callable[..., Result], tmp_path: Path
) -> None:
    request = shown(housing, phone, ("resident_identity", ["citizen_number", "address"]))
    question = {"type": "resident_identity", "ask": "claims", "claims": ["age_over_18"], "request": request}
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(question))
    posted = command("queries", "post", str(file))
    assert posted.exit_code == 0, posted.output
    read = housing.get(f"/query-batches/{posted.stdout.split()[0]}")
    assert read.json()["queries"][0]["holder"][1] == citizen_number(7)
    assert town.identity_row(7)["address"] not in read.text
    file.write_text(json.dumps(question | {"request": "none"}))
    refused = command("queries", "post", str(file))
    assert refused.exit_code == 2 and "line 1" in refused.output
