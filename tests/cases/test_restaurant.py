"""Opening a restaurant: one case from the wallet to the licence, decided in seconds, each thing once."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlmodel import select

from registry.cases import Cases
from registry.cases.errors import AnotherPerson, BadInput, NoSuchCase, WrongState
from registry.cases.numbers import is_drawn, is_number, new_number
from registry.matters import Matters
from registry.matters.loading import UnknownMatter, check
from registry.matters.matter import parse
from registry.store.tables import (
    AccessEntry,
    Case,
    CaseDecision,
    CaseEffect,
    CaseFact,
    CaseParty,
    CaseState,
    CaseStep,
    Certificate,
    Document,
)
from tests.api.town import MARKET, POLICE, citizen_number
from tests.cases.conftest import INPUTS, CaseTown, card_row, title_row

PLAN = b"%PDF-1.7 plan"


def rows(here: CaseTown, table: Any) -> list[Any]:
    with here.town.runtime.store.read() as session:
        return list(session.exec(select(table)))


def plan(here: CaseTown, number: str) -> str:
    """The floor plan, stated."""
    return here.cases.documents.put(number, "operator", "floor_plan", PLAN, "application/pdf")


def complete(here: CaseTown) -> str:
    number, _ = here.restaurant()
    plan(here, number)
    return number


def food_licences(here: CaseTown) -> list[Certificate]:
    food = here.town.definition("food_business_licence").type
    return [each for each in rows(here, Certificate) if each.type == food]


def combined_licences(here: CaseTown) -> list[Certificate]:
    combined = here.town.definition("combined_licence").type
    return [each for each in rows(here, Certificate) if each.type == combined]


def with_rule(here: CaseTown, rule: str) -> Cases:
    """The town whose matter has another rule."""
    document = msgspec.to_builtins(here.cases.world.matters.named("open_restaurant")) | {"rule": rule}
    matters = Matters([check(parse(document), here.town.runtime.catalogue)])
    return Cases(replace(here.cases.world, matters=matters))


def test_a_case_goes_from_the_wallet_to_the_certificate(here: CaseTown) -> None:
    number, _ = here.restaurant()
    assert [each.name for each in here.cases.deciding.missing(number)] == ["floor_plan"]
    assert here.cases.deciding.decide(number).outcome == "incomplete"
    plan(here, number)
    assert here.cases.deciding.missing(number) == ()
    assert here.cases.deciding.decide(number).outcome == "grant"
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    (licence,) = food_licences(here)
    assert (licence.issuer, licence.issued_by) == (MARKET, f"case {number}")
    done = {each.name: each.certificate_id for each in rows(here, CaseEffect)}
    (combined,) = combined_licences(here)
    assert done == {
        "food_licence": licence.certificate_id,
        "combined_licence": combined.certificate_id,
        "inspection": "",
    }


def test_the_form_is_filled_from_proven_claims_each_with_its_source(here: CaseTown) -> None:
    number, _ = here.restaurant()
    form = {each.name: each for each in here.cases.deciding.form(number)}
    assert form["operator_name"].value == here.town.licence_row(7)["company_name"]
    assert (form["operator_name"].path, form["operator_name"].source) == ("licence.company_name", "wallet")
    assert (form["items"].value, form["items"].source) == (INPUTS["items"], "statement")


def test_departments_are_asked_for_what_the_wallet_does_not_have(here: CaseTown) -> None:
    phone = here.phone(7, here.issued(MARKET, "business_licence", here.town.licence_row(7)))
    here.issued(POLICE, "real_estate_title", title_row(7))
    here.issued(POLICE, "social_security", card_row(7))
    number = here.cases.opening.open("open_restaurant", INPUTS)
    assert here.answer(number, "operator", phone) == "answered"
    asked = here.cases.collecting.ask(number, clerk="clerk 3")
    assert sorted(asked) == ["household", "insurance", "title"]
    facts = {each.name: (each.source, each.verdict) for each in rows(here, CaseFact)}
    assert facts["title"] == facts["insurance"] == ("query", "valid")
    plan(here, number)
    assert here.cases.deciding.decide(number).outcome == "grant"
    assert any(each.issuer == POLICE for each in rows(here, AccessEntry))


def test_what_the_wallet_has_shown_is_asked_of_nobody(here: CaseTown) -> None:
    number, _ = here.restaurant()
    assert here.cases.collecting.ask(number) == ["household"]


def test_without_a_phone_the_window_opens_the_case_and_departments_answer(here: CaseTown) -> None:
    """The business licence is the enterprise's own to show; everything else comes from departments."""
    here.town.citizen(7)
    here.issued(POLICE, "real_estate_title", title_row(7))
    parties = {"operator": [("citizen_number", citizen_number(7))]}
    number = here.cases.opening.open("open_restaurant", INPUTS, parties=parties, clerk="clerk 3")
    here.cases.collecting.ask(number, clerk="clerk 3")
    known = {each.name for each in rows(here, CaseFact) if each.verdict == "valid"}
    assert {"identity", "title"} <= known


def test_a_case_is_decided_once_and_its_effects_happen_once(here: CaseTown) -> None:
    number = complete(here)
    for _ in range(3):
        assert here.cases.deciding.decide(number).outcome == "grant"
        assert here.cases.effects.carry_out(number) == CaseState.ENDED
    assert len(food_licences(here)) == len(rows(here, CaseDecision)) == 1


def test_an_effect_that_was_interrupted_after_it_issued_issues_nothing_twice(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    with here.town.runtime.store.write() as session:
        row = session.get_one(CaseEffect, (number, "food_licence", 0))
        row.state, row.certificate_id = "waiting", ""
        session.get_one(Case, number).state = "granted"
        session.add(row)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    assert len(food_licences(here)) == 1


def test_a_certificate_of_somebody_else_means_a_person(here: CaseTown) -> None:
    """The title belongs to another: what must be equal is not."""
    phone = here.phone(
        7,
        here.issued(MARKET, "business_licence", here.town.licence_row(7)),
        here.issued(POLICE, "social_security", card_row(7)),
        here.issued(POLICE, "real_estate_title", title_row(8)),
    )
    number = here.cases.opening.open("open_restaurant", INPUTS)
    here.answer(number, "operator", phone)
    plan(here, number)
    assert here.cases.deciding.decide(number).outcome == "person"


@pytest.mark.parametrize("verdict", ["pending", "unknown", "copy", "unverified", "withheld"])
def test_what_was_not_verified_means_a_person(here: CaseTown, verdict: str) -> None:
    number = complete(here)
    with here.town.runtime.store.write() as session:
        fact = session.exec(select(CaseFact).where(CaseFact.name == "title")).one()
        fact.verdict = verdict
        session.add(fact)
    assert here.cases.deciding.decide(number).outcome == "person"
    assert not food_licences(here)


def test_what_was_revoked_before_the_decision_means_a_person(here: CaseTown) -> None:
    number = complete(here)
    title = next(each for each in rows(here, CaseFact) if each.name == "title")
    here.town.revoke(POLICE, title.certificate_id)
    assert here.cases.deciding.decide(number).outcome == "person"


def test_what_is_revoked_between_grant_and_issuing_stops_the_issuing(here: CaseTown) -> None:
    number = complete(here)
    assert here.cases.deciding.decide(number).outcome == "grant"
    title = next(each for each in rows(here, CaseFact) if each.name == "title")
    here.town.suspend(POLICE, title.certificate_id)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    assert not food_licences(here)
    here.town.resume(POLICE, title.certificate_id)
    here.town.settle()
    assert here.cases.effects.retry(number) == CaseState.ENDED
    assert len(food_licences(here)) == 1


def test_one_effect_refused_makes_the_case_red_and_what_is_done_stands(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    real: Any = here.cases.world.issuing.may_issue
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: False)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    states = {each.name: (each.state, each.problem) for each in rows(here, CaseEffect)}
    waits = ("waiting", "")
    assert states == {
        "food_licence": ("refused", "no-right"),
        "combined_licence": waits,
        "inspection": waits,
    }
    object.__setattr__(here.cases.world.issuing, "may_issue", real)
    assert here.cases.effects.retry(number) == CaseState.ENDED


def test_a_decision_can_be_replayed_and_a_changed_one_is_found(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    assert here.cases.deciding.replay(number).same
    with here.town.runtime.store.write() as session:
        row = session.exec(select(CaseDecision)).one()
        row.outcome = "person"
        session.add(row)
    assert not here.cases.deciding.replay(number).same


@pytest.mark.parametrize("rule", ["'refuse'", "licence.scope.first().value() == 'x' ? 'refuse' : 'no'"])
def test_a_rule_cannot_refuse(here: CaseTown, rule: str) -> None:
    number = complete(here)
    assert with_rule(here, rule).deciding.decide(number).outcome == "person"


def test_a_person_decides_where_the_rule_asks_for_one(here: CaseTown) -> None:
    number = complete(here)
    cases = with_rule(here, "'person'")
    assert cases.deciding.decide(number).outcome == "person"
    decided = cases.deciding.by_person(number, "clerk 3", "grant", "seen")
    assert not decided.reversal
    assert cases.effects.carry_out(number) == CaseState.ENDED
    assert len(food_licences(here)) == 1


def drawn(here: CaseTown, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("registry.cases.opening.is_drawn", lambda _secret, _number: True)
    return complete(here)


def test_a_drawn_case_is_decided_by_a_person_who_does_not_see_the_rule(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = drawn(here, monkeypatch)
    assert here.cases.deciding.decide(number).outcome == "person"
    assert here.cases.deciding.decide(number).outcome == "person"
    with pytest.raises(WrongState):
        here.cases.effects.carry_out(number)
    row = here.cases.deciding.by_person(number, "clerk 3", "refuse", "the kitchen is too small")
    assert (row.outcome, row.reversal) == ("grant", True)
    assert not food_licences(here)


def test_agreeing_with_the_rule_is_no_reversal(here: CaseTown, monkeypatch: pytest.MonkeyPatch) -> None:
    number = drawn(here, monkeypatch)
    here.cases.deciding.decide(number)
    assert not here.cases.deciding.by_person(number, "clerk 3", "grant", "").reversal
    assert here.cases.effects.carry_out(number) == CaseState.ENDED


def test_two_in_a_hundred_are_drawn_and_a_retry_draws_the_same(here: CaseTown) -> None:
    random, secret = here.town.runtime.randomness, here.cases.world.secret
    numbers = [new_number(here.cases.world.day(here.town.now), random) for _ in range(5_000)]
    assert all(map(is_number, numbers))
    drawn = [each for each in numbers if is_drawn(secret, each)]
    assert 50 <= len(drawn) <= 150
    assert drawn == [each for each in numbers if is_drawn(secret, each)]
    assert drawn != [each for each in numbers if is_drawn(b"another registry's", each)]


def test_anybody_can_have_a_decision_reviewed_by_another_person(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    here.cases.deciding.review(number)
    row = here.cases.deciding.by_person(number, "clerk 3", "refuse", "wrong address")
    assert row.reversal
    here.cases.deciding.review(number)
    for same in ("clerk 3", "Clerk  3", "clerk\u200b3", " "):
        with pytest.raises(WrongState):
            here.cases.deciding.by_person(number, same, "grant", "I was wrong")


def test_a_case_number_goes_on_at_any_window_and_a_slip_is_no_case(here: CaseTown) -> None:
    number, _ = here.restaurant()
    with here.town.runtime.store.read() as session:
        assert here.cases.world.case(session, number).id == number
        with pytest.raises(NoSuchCase):
            here.cases.world.case(session, number[:-1] + ("A" if number[-1] != "A" else "B"))


def test_another_wallet_cannot_answer_for_a_party(here: CaseTown) -> None:
    number, _ = here.restaurant()
    stranger = here.phone(8, here.issued(MARKET, "business_licence", here.town.licence_row(8)))
    with here.town.runtime.store.write() as session:
        session.execute(CaseFact.__table__.delete())  # type: ignore[attr-defined]
    with pytest.raises(AnotherPerson):
        here.answer(number, "operator", stranger)
    assert not rows(here, CaseFact)


def test_unknown_matters_and_inputs_are_problems_of_their_own(here: CaseTown) -> None:
    with pytest.raises(UnknownMatter):
        here.cases.opening.open("open_a_circus", {})
    with pytest.raises(BadInput):
        here.cases.opening.open("open_restaurant", {"shoe_size": "42"})
    with pytest.raises(BadInput):
        here.cases.opening.open("newborn", {"child_number": "123"})


def test_nothing_personal_stands_in_the_tables(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    tables = (Case, CaseParty, CaseFact, CaseStep, CaseDecision, CaseEffect, Document)
    written = repr([each.model_dump() for table in tables for each in rows(here, table)]).encode()
    for secret in (citizen_number(7), here.town.licence_row(7)["company_name"], PLAN.decode()):
        assert secret.encode() not in written
