"""A grant carried out by several at once, interrupted, reviewed: each effect once, never two titles."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from registry.cases.effects import Effects
from registry.cases.errors import WrongState
from registry.errors import NotAllowed
from registry.renewing import renew
from registry.store.tables import Case, CaseEffect, CaseLock, CaseState, Certificate
from tests.api.town import HOUSING, POLICE
from tests.cases.conftest import CaseTown
from tests.cases.test_restaurant import complete, food_licences, rows
from tests.cases.test_several_parties import newborn, titles, transfer


class Crash(BaseException):
    """The process ends here."""


def state(here: CaseTown, number: str) -> str:
    found: str = next(each.state for each in rows(here, Case) if each.id == number)
    return found


def effects(here: CaseTown, number: str) -> dict[str, str]:
    return {each.name: each.state for each in rows(here, CaseEffect) if each.case == number}


def granted_transfer(here: CaseTown) -> str:
    number, _ = transfer(here)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    assert here.cases.deciding.decide(number).outcome == "grant"
    return number


def title_ids(here: CaseTown) -> list[str]:
    type = here.town.definition("real_estate_title").type
    return [each.certificate_id for each in rows(here, Certificate) if each.type == type]


@pytest.fixture
def reviewed(here: CaseTown, monkeypatch: pytest.MonkeyPatch) -> str:
    """A granted case of which the licence is issued, and a review asked for before the task is given."""
    number = complete(here)
    here.cases.deciding.decide(number)
    give: Callable[..., None] = Effects._give

    def asked_before(self: Effects, *arguments: Any) -> None:
        monkeypatch.setattr(Effects, "_give", give)
        here.cases.deciding.review(number)
        give(self, *arguments)

    monkeypatch.setattr(Effects, "_give", asked_before)
    assert here.cases.effects.carry_out(number) == CaseState.PERSON
    return number


def test_while_a_person_looks_again_nothing_more_is_carried_out(here: CaseTown, reviewed: str) -> None:
    assert effects(here, reviewed) == {
        "food_licence": "done",
        "combined_licence": "done",
        "inspection": "waiting",
    }
    with pytest.raises(WrongState):
        here.cases.effects.carry_out(reviewed)
    here.cases.watch(here.town.now)
    assert state(here, reviewed) == CaseState.PERSON
    assert [each.part for each in here.cases.clocks.of(reviewed) if each.ended is None] == ["decision"]


def test_a_review_that_comes_as_all_is_done_is_not_ended_by_it(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = granted_transfer(here)
    settle = Effects._settle

    def asked_before(self: Effects, number: str) -> str:
        here.cases.deciding.review(number)
        return settle(self, number)

    monkeypatch.setattr(Effects, "_settle", asked_before)
    assert here.cases.effects.carry_out(number) == state(here, number) == CaseState.PERSON
    here.cases.deciding.by_person(number, "clerk 3", "grant", "all is well")
    assert (state(here, number), titles(here)) == (CaseState.ENDED, [2, 0])


def test_a_second_grant_carries_out_what_is_left(here: CaseTown, reviewed: str) -> None:
    here.cases.deciding.by_person(reviewed, "clerk 3", "grant", "all is well")
    assert state(here, reviewed) == CaseState.GRANTED
    running = [each.part for each in here.cases.clocks.of(reviewed) if each.ended is None]
    assert running == ["effect.inspection"]
    here.cases.watch(here.town.now)
    assert (state(here, reviewed), set(effects(here, reviewed).values())) == (CaseState.ENDED, {"done"})
    assert len(food_licences(here)) == 1


def test_a_refusal_after_review_leaves_undone_what_was_not_done(here: CaseTown, reviewed: str) -> None:
    here.cases.deciding.by_person(reviewed, "clerk 3", "refuse", "no kitchen")
    here.cases.watch(here.town.now)
    assert state(here, reviewed) == CaseState.REFUSED
    assert effects(here, reviewed) == {
        "food_licence": "done",
        "combined_licence": "done",
        "inspection": "waiting",
    }


def test_the_old_title_does_not_come_back_before_the_new_one_is_final(here: CaseTown) -> None:
    here.cases.effects.carry_out(granted_transfer(here))
    old, _ = title_ids(here)
    with pytest.raises(NotAllowed):
        here.town.resume(POLICE, old)
    assert titles(here) == [2, 0]
    here.town.settle()
    assert titles(here) == [3, 0]


def test_freezing_the_new_title_and_resuming_it_brings_only_that_one_back(here: CaseTown) -> None:
    here.cases.effects.carry_out(granted_transfer(here))
    _, new = title_ids(here)
    here.town.suspend(POLICE, new)
    here.town.resume(POLICE, new)
    here.town.settle()
    assert titles(here) == [3, 0]


def test_who_is_overtaken_and_fails_takes_nothing_back(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process comes to the title, another carries it out, the first one fails."""
    number = granted_transfer(here)

    def overtaken(*_: Any, **__: Any) -> None:
        monkeypatch.setattr("registry.cases.effects.renew", renew)
        assert here.cases.effects.carry_out(number) == CaseState.ENDED
        raise NotAllowed("不行", "no")

    monkeypatch.setattr("registry.cases.effects.renew", overtaken)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    assert (effects(here, number), titles(here)) == ({"title": "done"}, [2, 0])
    here.town.settle()
    assert titles(here) == [3, 0]


def test_the_old_title_is_suspended_with_the_new_one_or_not_at_all(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = granted_transfer(here)
    done = Effects._done

    def crash(*_: Any) -> None:
        raise Crash

    monkeypatch.setattr(Effects, "_done", crash)
    with pytest.raises(Crash):
        here.cases.effects.carry_out(number)
    assert titles(here) == [0]
    monkeypatch.setattr(Effects, "_done", done)
    here.cases.watch(here.town.now)
    assert titles(here) == [2, 0]


def test_a_crash_before_and_after_every_effect_changes_nothing_of_the_outcome(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page, a birth certificate's next version, a task: each once, whenever the process ended."""
    number = newborn(here)
    here.cases.deciding.decide(number)
    attempt, done = Effects._try, Effects._done
    seen: set[str] = set()

    def before(self: Effects, session: Any, row: CaseEffect, certificate_id: str) -> None:
        done(self, session, row, certificate_id)
        if row.name not in seen:
            seen.add(row.name)
            raise Crash  # what was written is rolled back

    def after(self: Effects, *arguments: Any) -> None:
        attempt(self, *arguments)
        raise Crash

    monkeypatch.setattr(Effects, "_done", before)
    monkeypatch.setattr(Effects, "_try", after)
    for _ in range(6):
        with pytest.raises(Crash):
            here.cases.watch(here.town.now)
    assert set(effects(here, number).values()) == {"done"}
    here.cases.watch(here.town.now)
    assert state(here, number) == CaseState.ENDED
    made = [each.type for each in rows(here, Certificate)]
    for alias in ("household_register_page", "birth"):
        assert made.count(here.town.definition(alias).type) == 2
    assert len(here.cases.clocks.running(here.cases.world.office("human_resources"))) == 1


def test_a_retry_that_was_interrupted_is_gone_on_with(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = granted_transfer(here)
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: False)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: True)

    def crash(*_: Any) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Effects, "_try", crash)
        with pytest.raises(Crash):
            here.cases.effects.retry(number)
    here.cases.watch(here.town.now)
    assert (state(here, number), titles(here)) == (CaseState.ENDED, [2, 0])


def test_a_refused_case_frees_what_it_held_and_another_can_have_it(here: CaseTown) -> None:
    number, seller = transfer(here)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=False, reason="not paid")
    assert here.cases.deciding.decide(number).outcome == "person"
    assert [each.case for each in rows(here, CaseLock)] == [number]
    here.cases.deciding.by_person(number, "clerk 2", "refuse", "the tax is not paid")
    assert not rows(here, CaseLock)
    second = here.cases.opening.open("transfer_real_estate", {})
    here.answer(second, "seller", seller)
    assert [each.case for each in rows(here, CaseLock)] == [second]


def test_a_case_whose_issuer_refuses_holds_on_until_it_is_done(here: CaseTown) -> None:
    number = granted_transfer(here)
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: False)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    assert [each.case for each in rows(here, CaseLock)] == [number]
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: True)
    with here.town.runtime.store.read() as session:
        assert session.exec(select(CaseEffect)).one().problem
    here.cases.effects.retry(number)
    assert not rows(here, CaseLock)
