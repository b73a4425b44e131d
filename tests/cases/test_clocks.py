"""Each part of a case has one department and its working days; what is late has consequences, each once."""

import threading

from registry.store.tables import Case, CaseAlert, CaseState, TaskOutcome, TaskState
from registry.tasks import Ending
from registry.tasks.desk import TaskDesk
from registry.usecases import UseCases
from tests.api.town import HOUSING, MARKET, POLICE
from tests.cases.conftest import INPUTS, CaseTown
from tests.cases.test_restaurant import complete, rows, with_rule
from tests.cases.test_several_parties import transfer

DAY = 86_400


def parts(here: CaseTown, number: str) -> dict[str, tuple[str, str, bool]]:
    """Department, colour and whether it ended, by part."""
    return {
        each.part: (each.department, each.colour, each.ended is not None)
        for each in here.cases.clocks.of(number)
    }


def kinds(here: CaseTown, office: str) -> list[str]:
    return [each.kind for each in here.cases.clocks.alerts(office)]


def test_the_time_of_departments_begins_when_everything_is_there(here: CaseTown) -> None:
    """What the citizen still has to bring is nobody's delay."""
    number, _ = here.restaurant()
    here.town.now += 30 * DAY
    assert here.cases.clocks.of(number) == []
    with here.town.runtime.store.read() as session:
        assert here.cases.world.case(session, number).accepted is None
    here.cases.documents.put(number, "operator", "floor_plan", b"%PDF-1.7", "application/pdf")
    assert parts(here, number) == {"decision": (MARKET, "green", False)}
    with here.town.runtime.store.read() as session:
        assert here.cases.world.case(session, number).accepted == here.town.now


def test_each_part_has_one_department_and_ends_when_it_is_done(here: CaseTown) -> None:
    number, _ = transfer(here)
    assert parts(here, number) == {"step.tax": (HOUSING, "green", False)}
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    assert parts(here, number)["step.tax"][2] and parts(here, number)["decision"] == (POLICE, "green", False)
    here.cases.deciding.decide(number)
    assert parts(here, number)["decision"][2] and parts(here, number)["effect.title"][0] == POLICE
    here.cases.effects.carry_out(number)
    assert all(ended for _, _, ended in parts(here, number).values())


def test_a_clock_turns_yellow_then_red_by_working_days(here: CaseTown) -> None:
    """Three days from Tuesday noon: Thursday is the second, so Friday is yellow; Saturday it is red."""
    number, _ = transfer(here)
    (clock,) = here.cases.clocks.running(HOUSING)
    assert (clock.case, clock.days, clock.used) == (number, 3, 0)
    seen = []
    for _ in range(7):
        (clock,) = here.cases.clocks.running(HOUSING)
        seen.append((clock.colour, clock.used))
        here.town.now += DAY
    assert seen == [
        ("green", 0),
        ("green", 1),
        ("green", 2),
        ("yellow", 3),
        ("red", 3),
        ("red", 3),
        ("red", 4),
    ]


def test_late_is_told_to_the_department_then_who_took_the_case_then_the_named_office(
    here: CaseTown,
) -> None:
    number, _ = transfer(here)
    (clock,) = here.cases.clocks.running(HOUSING)
    assert here.cases.clocks.watch(here.town.now) == 0
    here.town.now = clock.due - DAY
    assert [here.cases.clocks.watch(here.town.now) for _ in range(2)] == [1, 0]
    assert (kinds(here, HOUSING), kinds(here, POLICE)) == (["yellow"], [])
    here.town.now = clock.due
    assert [here.cases.clocks.watch(here.town.now) for _ in range(2)] == [1, 0]
    assert (kinds(here, HOUSING), kinds(here, POLICE)) == (["yellow"], ["red"])
    here.town.now += 4 * DAY
    assert [here.cases.clocks.watch(here.town.now) for _ in range(2)] == [1, 0]
    assert kinds(here, HOUSING) == ["yellow", "escalated"]
    (first, *_) = here.cases.clocks.alerts(POLICE)
    assert (first.clock.case, first.clock.part, first.clock.colour) == (number, "step.tax", "red")


def test_whoever_slept_through_it_all_is_told_all_of_it_once(here: CaseTown) -> None:
    transfer(here)
    here.town.now += 60 * DAY
    watching = [threading.Thread(target=here.cases.clocks.watch, args=(here.town.now,)) for _ in range(4)]
    for each in watching:
        each.start()
    for each in watching:
        each.join()
    assert sorted(each.kind for each in rows(here, CaseAlert)) == ["escalated", "red", "yellow"]


def test_what_was_done_in_time_has_no_consequence(here: CaseTown) -> None:
    number, _ = transfer(here)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    here.town.now += 60 * DAY
    assert here.cases.clocks.watch(here.town.now) == 0
    assert {each.colour for each in here.cases.clocks.of(number)} == {"green"}


def test_the_department_that_took_a_case_first_stays_responsible(here: CaseTown) -> None:
    """Opened at the window of the housing bureau, decided by the market regulator, reviewed."""
    number = here.cases.opening.open("open_restaurant", INPUTS, clerk="clerk 3", window=HOUSING)
    own = here.cases.opening.open("open_restaurant", INPUTS)
    responsible = {each.id: each.responsible for each in rows(here, Case)}
    assert responsible == {number: HOUSING, own: MARKET}


def test_a_person_has_five_days_and_a_review_begins_anew(here: CaseTown) -> None:
    number = complete(here)
    cases = with_rule(here, "'person'")
    cases.deciding.decide(number)
    here.town.now += 14 * DAY
    cases.watch(here.town.now)
    assert [each.kind for each in cases.clocks.alerts(MARKET)] == ["yellow", "red"]
    cases.deciding.by_person(number, "clerk 3", "grant", "seen")
    assert cases.clocks.alerts(MARKET) == []
    cases.effects.carry_out(number)
    cases.deciding.review(number)
    late, again = [each for each in cases.clocks.of(number) if each.part == "decision"]
    assert (late.colour, late.ended is not None) == ("red", True)
    assert (again.colour, again.ended) == ("green", None)


def test_what_a_grant_gives_to_do_is_watched_after_the_case_has_ended(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    (task,) = here.cases.clocks.running(MARKET)
    assert (task.part, task.days) == ("task.inspection", 20)
    here.town.now += 40 * DAY
    here.cases.watch(here.town.now)
    assert kinds(here, MARKET) == ["yellow", "red"]
    desk = TaskDesk.of(UseCases.of(here.town.runtime, here.town.trust))
    (todo,) = desk.list(MARKET, TaskState.OPEN)
    assert (todo.row.case, todo.row.due) == (number, task.due)
    desk.finish(MARKET, todo.row.id, Ending(TaskOutcome.ACTED, "clerk 4"))
    assert here.cases.clocks.running(MARKET) == []


def test_a_grant_that_nobody_carried_out_is_carried_out_by_the_watch(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    here.cases.watch(here.town.now)
    with here.town.runtime.store.read() as session:
        assert here.cases.world.case(session, number).state == CaseState.ENDED


def test_what_an_issuer_refused_stays_on_its_clock(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: False)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    here.town.now += 7 * DAY
    here.cases.watch(here.town.now)
    assert parts(here, number)["effect.food_licence"] == (MARKET, "red", False)
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: True)
