"""An insider who asks about everybody stops at a cap, and the light turns red (threat 20)."""

from dataclasses import replace

import pytest

from registry.errors import NotFound
from registry.health import look
from registry.queries import limits
from registry.queries.limits import Caps
from registry.querying import NotShared, Querying, TooManyQueries
from registry.store.tables import AccessEntry, Follower, Policy
from tests.api.town import HOUSING, Town, citizen_number
from tests.queries.test_querying import query

CAPS = Caps(clerk_hour=6, clerk_day=10, department_hour=9, department_day=20)


def follow(town: Town) -> None:
    """The chain is followed, as the worker does: nothing else is red."""
    with town.runtime.store.write() as session:
        session.merge(
            Follower(deployment=1, head_number=9, head_hash=b"h", reached_at=town.now, health="green")
        )


def reasons(town: Town) -> list[tuple[str, str]]:
    with town.runtime.store.read() as session:
        health = look(session, now=town.now, head_age=30)
    return [(reason.issuer, reason.code) for reason in health.reasons]


def scrape(town: Town, querying: Querying, people: int, clerk: str = "clerk 3") -> int:
    """Ask about one after the other until it stops; how many were answered."""
    for number in range(people):
        town.now += 1
        try:
            querying.ask(query(holder=("citizen_number", citizen_number(number)), clerk=clerk))
        except TooManyQueries:
            return number
    return people


def test_a_scrape_of_everybody_stops_at_its_cap_and_turns_the_light_red_within_a_minute(
    town: Town, querying: Querying
) -> None:
    follow(town)
    assert reasons(town) == []
    began = town.now
    assert scrape(town, replace(querying, caps=CAPS), 200) == CAPS.clerk_hour
    follow(town)
    assert (HOUSING, "queries") in reasons(town)
    assert town.now - began <= 60


def test_clerks_who_take_turns_stop_at_the_departments_cap(town: Town, querying: Querying) -> None:
    capped = replace(querying, caps=CAPS)
    answered = [scrape(town, capped, 200, f"clerk {number}") for number in range(4)]
    assert sum(answered) == CAPS.department_hour


def test_a_clerk_is_counted_once_however_the_name_is_spelled(town: Town, querying: Querying) -> None:
    capped = replace(querying, caps=CAPS)
    spelled = ("clerk 3", "Clerk 3", "clerk  3", "ｃｌｅｒｋ 3", "clerk\u200b3")
    assert sum(scrape(town, capped, 200, each) for each in spelled) == CAPS.clerk_hour


def test_what_a_holder_hands_in_uses_up_no_clerks_questions_nor_another_holders(
    town: Town, querying: Querying
) -> None:
    capped = replace(querying, caps=replace(CAPS, department_hour=2))

    def hand_in(holder: bytes) -> int:
        for done in range(20):
            try:
                capped.ask(query(clerk=f"case {done}"), handed_in_by=holder)
            except TooManyQueries:
                return done
        return 20

    assert [hand_in(each) for each in (b"one", b"other")] == [CAPS.clerk_hour] * 2
    assert scrape(town, capped, 200) == 2
    assert scrape(town, capped, 200, "case 1") == 0, "a clerk of such a name is a clerk"
    assert hand_in(b"third") == CAPS.clerk_hour, (
        "nor do clerks who are at their department's cap stop a holder"
    )


def test_caps_are_of_any_hour_and_of_any_day(town: Town, querying: Querying) -> None:
    capped = replace(querying, caps=CAPS)
    assert scrape(town, capped, 200) == CAPS.clerk_hour
    town.now += 3_600
    assert scrape(town, capped, 200) == CAPS.clerk_day - CAPS.clerk_hour
    town.now += 3_600
    assert scrape(town, capped, 200) == 0


def test_what_a_cap_refused_is_in_the_log(town: Town, querying: Querying) -> None:
    scrape(town, replace(querying, caps=CAPS), 200)
    assert len(town.rows(AccessEntry)) == CAPS.clerk_hour + 1


def test_a_clerk_whose_questions_find_nobody_raises_an_alert(town: Town, querying: Querying) -> None:
    follow(town)
    scrape(town, querying, limits.GUESSES - 1)
    follow(town)
    assert reasons(town) == []
    scrape(town, querying, 1)
    assert reasons(town) == [(HOUSING, "queries")]


def test_a_clerk_who_is_refused_again_and_again_raises_an_alert(town: Town, querying: Querying) -> None:
    follow(town)
    for _ in range(limits.REFUSED):
        with pytest.raises(NotShared):
            querying.ask(query(ask="claims", claims=("address",)))
    assert reasons(town) == [(HOUSING, "queries")]


def test_an_alert_stands_until_somebody_ends_it(town: Town, querying: Querying) -> None:
    follow(town)
    scrape(town, replace(querying, caps=CAPS), 200)
    with town.runtime.store.write() as session:
        (alert,) = limits.standing(session)
        assert alert.id is not None
        limits.end(session, alert.id, "auditor 1", town.now)
        with pytest.raises(NotFound):
            limits.end(session, alert.id, "auditor 1", town.now)
    follow(town)
    assert reasons(town) == []


def test_the_rights_that_decided_or_refused_are_kept_once_a_version(town: Town, querying: Querying) -> None:
    with pytest.raises(NotShared):
        querying.ask(query(ask="claims", claims=("portrait",)))
    querying.ask(query())
    (kept,) = town.rows(Policy)
    assert isinstance(kept, Policy)
    assert (kept.number, kept.digest.hex()) == (1, querying.rights.version)
