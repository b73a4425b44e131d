"""A decision is made once, from what stands at that moment; who decides a drawn case hears nothing before."""

import threading

import pytest

from registry.cases.errors import WrongState
from registry.store.tables import CaseDecision, CaseEffect, CaseFact, CaseState
from tests.api.town import POLICE
from tests.cases.conftest import CaseTown
from tests.cases.test_restaurant import complete, drawn, food_licences, rows, with_rule


def test_many_at_once_decide_once_and_hear_the_same(here: CaseTown) -> None:
    number = complete(here)
    heard: list[str] = []
    asking = [
        threading.Thread(target=lambda: heard.append(here.cases.deciding.decide(number).outcome))
        for _ in range(6)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert heard == ["grant"] * 6
    assert (len(rows(here, CaseDecision)), len(rows(here, CaseEffect))) == (1, 3)


def test_many_at_once_carry_out_once(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    states: list[str] = []
    working = [
        threading.Thread(target=lambda: states.append(here.cases.effects.carry_out(number))) for _ in range(4)
    ]
    for each in working:
        each.start()
    for each in working:
        each.join()
    assert (CaseState.ENDED in states, len(states), len(food_licences(here))) == (True, 4, 1)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED


def test_a_revocation_at_the_moment_of_the_grant_comes_before_it_or_after_it(here: CaseTown) -> None:
    """Before: no licence. After: the licence was issued while the title stood."""
    number = complete(here)
    assert here.cases.deciding.decide(number).outcome == "grant"
    title = next(each for each in rows(here, CaseFact) if each.name == "title")
    racing = [
        threading.Thread(target=here.cases.effects.carry_out, args=(number,)),
        threading.Thread(target=here.town.revoke, args=(POLICE, title.certificate_id)),
    ]
    for each in racing:
        each.start()
    for each in racing:
        each.join()
    row = next(each for each in rows(here, CaseEffect) if each.name == "food_licence")
    assert (row.state, len(food_licences(here))) in [("done", 1), ("refused", 0)]
    assert row.problem == ("" if row.state == "done" else "not-standing")


def test_nobody_hears_the_rules_word_of_a_drawn_case_before_the_person_has_decided(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = drawn(here, monkeypatch)
    here.cases.deciding.decide(number)
    with pytest.raises(WrongState):
        here.cases.deciding.replay(number)
    here.cases.deciding.by_person(number, "clerk 3", "refuse", "the kitchen is too small")
    assert here.cases.deciding.replay(number).outcome == "grant"


def test_a_drawn_case_looks_like_one_for_which_the_rule_asks_a_person(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = drawn(here, monkeypatch)
    said = here.cases.deciding.decide(number), here.cases.deciding.missing(number)
    clocks = [(each.part, each.days) for each in here.cases.clocks.of(number)]
    with here.town.runtime.store.write() as session:
        session.get_one(CaseDecision, (number, rows(here, CaseDecision)[0].rule_version)).outcome = "person"
    assert said == (here.cases.deciding.decide(number), here.cases.deciding.missing(number))
    assert clocks == [("decision", 5)]


def test_what_was_reviewed_is_said_to_be_a_persons_decision(here: CaseTown) -> None:
    number = complete(here)
    assert here.cases.deciding.decide(number).outcome == "grant"
    here.cases.effects.carry_out(number)
    here.cases.deciding.review(number)
    assert here.cases.deciding.decide(number).outcome == "person"


def test_a_rule_sees_nothing_that_was_only_stated(here: CaseTown) -> None:
    """The form has it; a rule that reads it is not loaded."""
    with pytest.raises(ValueError, match="items"):
        with_rule(here, "input.items.size() > 0 ? 'grant' : 'person'")
