"""Comparisons instead of values: only what the right lists, the outcome told and nothing more."""

from dataclasses import replace

import pytest
from sqlmodel import select

from registry import accesslog
from registry.answer_checking import check_answer
from registry.queries.limits import Caps, TooManyQueries
from registry.querying import (
    Answer,
    BadQuery,
    ComparedBefore,
    NotShared,
    Query,
    Querying,
    SecondPersonNeeded,
)
from registry.store.tables import AccessEntry
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number

VOUCHED = Query(
    asker=HOUSING,
    clerk="clerk 3",
    matter="title_registration",
    type="resident_identity",
    ask="equals",
    claims=("address",),
    holder=("citizen_number", citizen_number(7)),
    source="vouched",
    case="C1",
)


def licensed(town: Town) -> Query:
    """An enterprise with a capital of 2,000,000; the question about it."""
    row = town.licence_row(7)
    town.issue(MARKET, "business_licence", row)
    town.anchor(MARKET)
    return replace(
        VOUCHED,
        type="business_licence",
        ask="over",
        claims=("capital",),
        holder=("credit_code", row["credit_code"]),
        value="1500000",
        source="",
    )


def logged(town: Town) -> list[str]:
    """In which manner each question stands in the log of the police."""
    with town.runtime.store.read() as session:
        rows = session.exec(select(AccessEntry).where(AccessEntry.issuer == POLICE).order_by("seq"))
        vault = town.runtime.sealed
        return [accesslog.read(accesslog.opened(session, vault, each)).manner for each in rows]


def checked(town: Town, answer: Answer, **changed: object) -> str:
    question = {**answer.question, **changed}
    return check_answer(answer.envelope(), question, town.trust(), asker=HOUSING, now=town.now).verdict


def test_a_value_that_equals_is_proven_against_the_chain(town: Town, querying: Querying) -> None:
    town.citizen()
    address = town.identity_row(7)["address"]
    (answer,) = querying.ask(replace(VOUCHED, value=f" {address} "))
    assert (answer.outcome, checked(town, answer)) == ("yes", "proven")
    assert checked(town, answer, value="elsewhere") == "invalid"


def test_a_value_that_differs_is_a_no_that_shows_nothing(town: Town, querying: Querying) -> None:
    town.citizen()
    (answer,) = querying.ask(replace(VOUCHED, value="羊城市别处 1 号"))
    assert (answer.outcome, answer.presentation, checked(town, answer)) == ("no", None, "stated")


@pytest.mark.parametrize(
    ("ask", "claim", "value", "outcome"),
    [
        ("over", "capital", "1500000", "yes"),
        ("under", "capital", "9000000", "yes"),
        ("under", "established_on", "2021-01-01", "yes"),
    ],
)
def test_a_threshold_is_the_issuers_word_and_tells_no_value(
    town: Town, querying: Querying, ask: str, claim: str, value: str, outcome: str
) -> None:
    asked = replace(licensed(town), ask=ask, claims=(claim,), value=value)  # type: ignore[arg-type]
    (answer,) = querying.ask(asked)
    assert (answer.outcome, answer.presentation) == (outcome, None)
    assert checked(town, answer) == "stated"
    assert "2000000" not in str(answer.envelope())


def test_a_limit_that_the_right_does_not_list_is_denied(town: Town, querying: Querying) -> None:
    asked = licensed(town)
    for changed in ({"value": "1500001"}, {"ask": "under"}, {"ask": "over", "claims": ("established_on",)}):
        with pytest.raises((NotShared, BadQuery)):
            querying.ask(replace(asked, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"source": ""},
        {"case": None},
        {"value": ""},
        {"claims": ("name", "address")},
        {"ask": "over", "source": ""},
        {"ask": "claims"},
    ],
)
def test_a_comparison_without_case_value_or_source_makes_no_sense(
    querying: Querying, changed: dict[str, object]
) -> None:
    with pytest.raises(BadQuery):
        querying.ask(replace(VOUCHED, **{"value": "x", **changed}))  # type: ignore[arg-type]


def test_a_case_compares_a_claim_of_a_holder_once_and_may_repeat_the_same_question(
    town: Town, querying: Querying
) -> None:
    first = replace(VOUCHED, value="羊城市别处 1 号")
    assert [answer.outcome for answer in querying.ask(first)] == ["no"]
    assert [answer.outcome for answer in querying.ask(first)] == ["no"]
    with pytest.raises(ComparedBefore):
        querying.ask(replace(first, value="羊城市别处 2 号", second="clerk 4"))


def test_another_case_within_thirty_days_counts_as_bulk_and_takes_a_second_person(
    town: Town, querying: Querying
) -> None:
    querying.ask(replace(VOUCHED, value="羊城市别处 1 号"))
    again = replace(VOUCHED, value="羊城市别处 2 号", case="C2")
    with pytest.raises(SecondPersonNeeded):
        querying.ask(again)
    querying.ask(replace(again, second="clerk 4"))
    town.now += 31 * 86_400
    querying.ask(replace(again, case="C3"))


def test_an_amount_is_not_read_by_asking_about_its_holder_and_then_about_its_certificate(
    town: Town, querying: Querying
) -> None:
    certificate_id = town.citizen()
    querying.ask(replace(VOUCHED, value="羊城市别处 1 号"))
    by_certificate = replace(VOUCHED, holder=None, certificate_id=certificate_id, value="羊城市别处 2 号")
    with pytest.raises(ComparedBefore):
        querying.ask(by_certificate)


def test_whether_anybody_is_there_does_not_change_how_often_may_be_asked(
    town: Town, querying: Querying
) -> None:
    for number in (7, 8):
        if number == 7:
            town.citizen(number)
        asked = replace(VOUCHED, holder=("citizen_number", citizen_number(number)), value="x")
        querying.ask(asked)
        with pytest.raises(SecondPersonNeeded):
            querying.ask(replace(asked, case="C2"))


def test_what_a_department_vouches_for_is_marked_in_answer_and_log_and_counts(
    town: Town, querying: Querying
) -> None:
    town.citizen()
    (answer,) = querying.ask(replace(VOUCHED, value=town.identity_row(7)["address"]))
    assert (answer.outcome, answer.question["source"]) == ("yes", "vouched")
    assert logged(town)[-1] == "vouched"
    capped = replace(querying, caps=Caps(clerk_hour=1))
    with pytest.raises(TooManyQueries):
        capped.ask(replace(VOUCHED, value="x", case="C2", second="clerk 4"))
