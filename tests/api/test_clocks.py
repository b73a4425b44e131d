"""Clocks over HTTP: a department sees what it has to do by when, an office what is late, a holder the own."""

from datetime import timedelta
from typing import Any

from registry import health
from registry.store.tables import TaskKind
from tests.api.test_cases import CLERK, Citizen, World, world
from tests.api.town import HOUSING, MARKET, POLICE
from tests.cases.conftest import founded, here, http, new_wallet, title_row, town, written
from tests.cases.test_restaurant import PLAN

__all__ = ["founded", "here", "http", "new_wallet", "town", "world", "written"]

DAY = int(timedelta(days=1).total_seconds())


def accepted(world: World) -> tuple[str, Citizen]:
    """A transfer that waits for the tax service (housing); the registrar (police) took it first."""
    seller = world.person(7, world.here.issued(POLICE, "real_estate_title", title_row(7)))
    number = seller.work.open("transfer_real_estate", "seller", {}, "key")
    seller.answer(number)
    seller.work.take(number)
    buyer = world.person(8)
    buyer.work.join(number, "buyer")
    buyer.answer(number)
    buyer.work.take(number)
    seller.work.document(number, "contract", PLAN, "application/pdf")
    return number, seller


def told(seen: dict[str, Any]) -> tuple[Any, ...]:
    return seen["name"], seen["colour"], seen["escalated"], seen["office"]


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [each["kind"] for each in found]


def test_a_step_is_shown_with_its_colour_its_last_day_and_the_office_that_has_to_see_to_it(
    world: World,
) -> None:
    number, seller = accepted(world)
    tax, registrar = world.office(HOUSING), world.office(POLICE)
    (clock,) = tax.get("/clocks")
    assert told(clock) == ("step.tax", "green", False, HOUSING)
    assert (clock["case"], clock["zh"], clock["days"], clock["used"]) == (number, "契税核定", 3, 0)
    assert registrar.get("/clocks") == world.office(MARKET).get("/clocks") == []
    shown = seller.work.show(number)
    assert (shown["colour"], shown["due"], shown["responsible"]) == ("green", clock["due"], POLICE)
    world.town.now = clock["due"] - DAY
    assert told(tax.get("/clocks")[0]) == ("step.tax", "yellow", False, HOUSING)
    world.town.now = clock["due"]
    assert told(tax.get("/clocks")[0]) == ("step.tax", "red", False, POLICE)
    assert seller.work.show(number)["colour"] == "red"
    world.town.now += 4 * DAY
    assert told(tax.get("/clocks")[0]) == ("step.tax", "red", True, HOUSING)


def test_what_is_late_is_told_to_the_offices_that_have_to_see_to_it_and_to_no_other(world: World) -> None:
    number, _ = accepted(world)
    (clock,) = world.office(HOUSING).get("/clocks")
    world.town.now = clock["due"]
    world.here.cases.watch(world.town.now)
    (alert,) = world.office(POLICE).get("/clock-alerts")
    assert (alert["kind"], alert["clock"]["case"], alert["clock"]["name"]) == ("red", number, "step.tax")
    assert kinds(world.office(HOUSING).get("/clock-alerts")) == ["yellow"]
    assert world.office(MARKET).get("/clock-alerts") == []
    world.office(HOUSING).post(f"/cases/{number}/steps/tax", CLERK | {"agreed": True, "reason": "paid"})
    assert world.office(POLICE).get("/clock-alerts") == []


def test_a_case_has_no_colour_while_the_citizen_still_has_to_bring_something(world: World) -> None:
    citizen = world.citizen()
    number = citizen.work.open("open_restaurant", "operator", {}, "key")
    assert [citizen.work.show(number)[each] for each in ("colour", "due", "clocks")] == [None, None, []]


def test_a_department_with_a_step_sees_the_clock_of_its_step_alone(world: World) -> None:
    number, _ = accepted(world)
    tax, registrar = world.office(HOUSING), world.office(POLICE)
    tax.post(f"/cases/{number}/steps/tax", CLERK | {"agreed": True, "reason": "paid"})
    assert [each["name"] for each in registrar.get(f"/cases/{number}")["clocks"]] == ["step.tax", "decision"]
    seen = tax.get(f"/cases/{number}")
    assert [each["name"] for each in seen["clocks"]] == ["step.tax"]
    assert (seen["colour"], seen["due"]) == (None, None)


def test_a_task_of_no_case_is_late_too_and_goes_to_the_supervisor(world: World) -> None:
    """The police's task; housing is the government services office of this town."""
    cases, town = world.here.cases.world, world.town
    with cases.store.write() as session:
        id = cases.tasks.put(
            session, POLICE, TaskKind.LINKED, cause="x", content={"zh": "查", "en": "look"}, days=3,
            now=town.now,
        )  # fmt: skip
    police, services = world.office(POLICE), world.office(HOUSING)
    (clock,) = police.get("/clocks")
    assert told(clock) == ("linked", "green", False, POLICE)
    assert (clock["task"], clock["case"], clock["days"]) == (id, "", 3)
    assert police.get("/clock-alerts") == []
    town.now = clock["due"]
    assert (told(police.get("/clocks")[0]), late(world)) == (("linked", "red", False, POLICE), 1)
    assert (kinds(police.get("/clock-alerts")), services.get("/clock-alerts")) == (["yellow", "red"], [])
    town.now += 4 * DAY
    assert told(police.get("/clocks")[0]) == ("linked", "red", True, HOUSING)
    (alert,) = services.get("/clock-alerts")
    assert (alert["kind"], alert["clock"]["department"]) == ("escalated", POLICE)
    police.post(f"/tasks/{id}/outcome", {"outcome": "acted", "by": "clerk 3"})
    assert (services.get("/clock-alerts"), police.get("/clocks"), late(world)) == ([], [], 0)


def late(world: World) -> int:
    with world.here.cases.world.store.read() as session:
        return health.look(session, now=world.town.now, head_age=30).late
