"""A certificate ends; whoever issued what depends on it is told once, and nothing else ends by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from registry.catalogue import Catalogue
from registry.changing import Changing
from registry.definition import Dependency
from registry.lifecycle import REASONS, Kind
from registry.renewing import Renewal
from registry.standing import standings
from registry.status_changes import Decision, record
from registry.store.tables import Certificate, StatusEvent, Task, TaskState
from registry.tasks.desk import TaskDesk
from registry.trust import Successor
from tests.api.town import HOUSING, MARKET, POLICE, Town
from tests.cases.conftest import card_row, title_row
from tests.cases.test_several_parties import page_row
from tests.tasks.conftest import about, firm, food_row, marriage_row

OPEN = TaskState.OPEN
TEN_WORKING_DAYS = 14 * 86_400 + 12 * 3600
"""From noon of Tuesday, 24 November 2026, to the end of the tenth working day."""


def changing(here: Town) -> Changing:
    assert here.services is not None
    return here.services.cases.changing


def standing(here: Town, certificate_id: str) -> int:
    row = here.stored(certificate_id)
    with here.runtime.store.read() as session:
        return standings(session, [row.id or 0])[row.id or 0]


def a_life(here: Town, number: int) -> dict[str, list[str]]:
    """What citizen `number` holds beside the identity card, by who issued it."""
    return {
        POLICE: [
            here.issue(POLICE, "driving_licence", here.driving_row(number)),
            here.issue(POLICE, "household_register_page", page_row(number)),
        ],
        MARKET: [
            here.issue(MARKET, "social_security", card_row(number)),
            here.issue(MARKET, "business_licence", here.licence_row(number)),
        ],
        HOUSING: [
            here.issue(HOUSING, "marriage", marriage_row(number + 1, number)),
            here.issue(HOUSING, "real_estate_title", title_row(number)),
        ],
    }


def test_a_death_gives_every_dependent_certificates_issuer_a_task(here: Town, desk: TaskDesk) -> None:
    identity, life = here.citizen(7), a_life(here, 7)
    others = a_life(here, 9)
    here.revoke(POLICE, identity, "cancelled_holder_deceased")
    for code, certificates in life.items():
        assert about(desk.list(code, OPEN)) == sorted(certificates)
    everything = [each for held in (life, others) for of_one in held.values() for each in of_one]
    assert {standing(here, each) for each in everything} == {0}


def test_a_task_says_what_ended_why_and_by_when_it_is_to_be_looked_at(here: Town, desk: TaskDesk) -> None:
    identity = here.citizen(7)
    licence = here.issue(POLICE, "driving_licence", here.driving_row(7))
    here.revoke(POLICE, identity, "cancelled_holder_deceased")
    (task,) = desk.list(POLICE, OPEN)
    assert (task.row.kind, task.row.certificate) == ("linked", licence)
    assert task.row.due == here.now + TEN_WORKING_DAYS
    assert (task.content["ended"], task.content["reason"]) == (identity, "cancelled_holder_deceased")
    assert "持证人死亡" in task.content["zh"] and "holder deceased" in task.content["en"]


def test_an_identity_card_that_ends_otherwise_ends_no_marriage(here: Town, desk: TaskDesk) -> None:
    identity, _ = here.citizen(7), a_life(here, 7)
    here.revoke(POLICE, identity, "cancelled_on_request")
    assert not any(desk.list(code, OPEN) for code in (POLICE, MARKET, HOUSING))


def test_whatever_ends_a_business_licence_is_told_to_who_licensed_its_kitchen(
    here: Town, desk: TaskDesk
) -> None:
    ends = [code for code, each in REASONS.items() if each.kind is Kind.REVOKE]
    kitchens = []
    for number, reason in enumerate(ends, 10):
        licence = here.issue(MARKET, "business_licence", here.licence_row(number))
        kitchens.append(here.issue(MARKET, "food_business_licence", food_row(number)))
        if reason == "cancelled_after_withdrawal":
            here.revoke(MARKET, licence, "withdrawn")
        here.revoke(MARKET, licence, reason)
    assert about(desk.list(MARKET, OPEN)) == sorted(kitchens)
    assert {standing(here, each) for each in kitchens} == {0}


def test_a_suspension_or_a_new_version_gives_nobody_work(here: Town, desk: TaskDesk) -> None:
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    here.issue(MARKET, "food_business_licence", food_row(7))
    here.anchor(MARKET)
    here.suspend(MARKET, licence)
    here.resume(MARKET, licence)
    changed = Renewal(Decision("changed"), {"premises": "羊城市越秀区 1 号"}, "1")
    new = changing(here).renew(MARKET, licence, changed).certificate_id
    assert not desk.list(MARKET, OPEN)
    changing(here).revoke(MARKET, new, Decision("issued_in_error"))  # the one before stands again
    assert not desk.list(MARKET, OPEN)


def test_what_is_said_of_one_end_is_said_once_and_of_the_next_again(here: Town, desk: TaskDesk) -> None:
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    here.issue(MARKET, "food_business_licence", food_row(7))
    for reason in ("penalty", "cancelled_after_withdrawal", "annulled"):
        here.revoke(MARKET, licence, reason)
    assert len(desk.list(MARKET, OPEN)) == 1
    again = here.issue(MARKET, "business_licence", here.licence_row(7, capital="3000000"))
    here.revoke(MARKET, again, "issued_in_error")
    corrected = changing(here).renew(MARKET, again, Renewal(Decision("corrected"), {}, "2")).certificate_id
    assert len(desk.list(MARKET, OPEN)) == 2
    changing(here).revoke(MARKET, corrected, Decision("penalty"))
    assert len(desk.list(MARKET, OPEN)) == 3


def test_what_has_ended_before_or_names_somebody_else_by_now_needs_no_look(
    here: Town, desk: TaskDesk
) -> None:
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    revoked = here.issue(MARKET, "food_business_licence", food_row(7))
    past = {"business_address": "B", "licence_number": "JY21111111111111", "issued_on": "2020-01-05"}
    here.issue(MARKET, "food_business_licence", food_row(7, **past, last_day="2025-01-04"))
    elsewhere = food_row(7, business_address="C", licence_number="JY22222222222222")
    sold = here.issue(MARKET, "food_business_licence", elsewhere)
    here.anchor(MARKET)
    here.revoke(MARKET, revoked, "withdrawn")
    new_owner = {"credit_code": firm(8), "operator_name": "another"}
    changing(here).renew(MARKET, sold, Renewal(Decision("changed"), new_owner, "3"))
    here.revoke(MARKET, licence, "cancelled_entity_ended")
    assert not desk.list(MARKET, OPEN)


def test_end_and_tasks_are_one_transaction(here: Town, desk: TaskDesk) -> None:
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    here.issue(MARKET, "food_business_licence", food_row(7))
    publish = changing(here).publish

    def fails(*args: Any) -> None:
        publish(*args)
        raise OSError

    with pytest.raises(OSError):
        replace(changing(here), publish=fails).revoke(MARKET, licence, Decision("penalty"))
    assert not here.rows(Task) and not here.rows(StatusEvent)


def follow(here: Town, certificate_id: str, **changed: Any) -> int:
    """What the end of a certificate gives, where something is otherwise than here."""
    linked = changing(here).publish.args[2]  # type: ignore[attr-defined]
    with here.runtime.store.write() as session:
        found: int = replace(linked, **changed).follow(
            session, [here.stored(certificate_id).id or 0], here.now
        )
    return found


def test_the_task_goes_to_who_took_the_certificates_over_if_that_is_a_department_here(
    here: Town, desk: TaskDesk
) -> None:
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    food = here.definition("food_business_licence").type
    trust = here.trust()
    heirs = {MARKET: HOUSING, HOUSING: "11440100MB9A00077X"}
    issuers = {
        code: replace(trust.issuers[code], successors={food: Successor(heir, here.now - 1)})
        for code, heir in heirs.items()
    }
    kitchen = here.issue(MARKET, "food_business_licence", food_row(7))
    with here.runtime.store.write() as session:  # ended before anybody followed it
        row = session.get_one(Certificate, here.stored(licence).id)
        record(session, row, REASONS["penalty"], Decision("penalty"), here.now)
    assert follow(here, licence, trust=lambda: replace(trust, issuers={**trust.issuers, **issuers})) == 1
    assert about(desk.list(HOUSING, OPEN)) == [kitchen] and not desk.list(MARKET, OPEN)


def test_a_dependence_by_printed_number_is_followed_too(here: Town, desk: TaskDesk) -> None:
    page, card = here.definition("household_register_page"), here.definition("real_estate_title")
    by_number = Dependency(type=page.type, claim="title_number", theirs="household_number", days=5)
    of_title = msgspec.structs.replace(card, depends_on=(by_number,))
    catalogue = Catalogue([of_title, page])
    household = here.issue(POLICE, "household_register_page", page_row(7))
    title = here.issue(HOUSING, "real_estate_title", title_row(7) | {"title_number": "440100001"})
    here.issue(HOUSING, "real_estate_title", title_row(8))
    here.revoke(POLICE, household)
    assert not desk.list(HOUSING, OPEN)
    assert follow(here, household, catalogue=catalogue) == 1
    assert about(desk.list(HOUSING, OPEN)) == [title]


@contextmanager
def statements(here: Town) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        seen.append((statement, parameters))

    event.listen(here.runtime.store.engine, "before_cursor_execute", note)
    yield seen
    event.remove(here.runtime.store.engine, "before_cursor_execute", note)


def test_dependents_are_found_by_keys_and_no_table_is_read_through(here: Town) -> None:
    identity, _ = here.citizen(7), a_life(here, 7)
    trust = here.trust()
    linked = replace(changing(here).publish.args[2], trust=lambda: trust)  # type: ignore[attr-defined]
    here.revoke(POLICE, identity, "cancelled_holder_deceased")
    row = here.stored(identity)
    with statements(here) as seen, here.runtime.store.write() as session:
        assert linked.follow(session, [row.id], here.now) == 0
    asked = [each for each in seen if each[0].startswith("SELECT")]
    assert len(asked) > 10
    with here.runtime.store.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not [step for *_, step in plan if step.startswith("SCAN")], statement
