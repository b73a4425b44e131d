"""A department finds what it issued, and nothing that others issued."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from registry import finding, taking_back
from registry.errors import NotFound
from registry.lifecycle import Status
from registry.store.tables import Certificate, StatusEvent, StatusIntent
from tests.issuing.conftest import HOUSING, POLICE, World, citizen_number

Row = Callable[..., dict[str, str]]


def test_by_identifier_number_and_holder_it_is_the_same_certificate(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a", by="clerk 7")
    world.issue(row(2), "b")
    vault = world.runtime.sealed
    with world.runtime.store.read() as session:
        one = finding.by_identifier(session, [POLICE], issued.certificate_id, world.now)
        number = citizen_number(1).lower()
        assert finding.by_number(session, vault, [POLICE], f" {number} ", world.now) == [one]
        assert finding.by_holder(session, vault, [POLICE], "citizen_number", number, world.now) == [one]
        assert finding.by_holder(session, vault, [POLICE], "passport", number, world.now) == []
        claims = finding.claims(session, vault, one, world.now)
    assert (one.certificate_id, one.status, one.expired) == (issued.certificate_id, Status.VALID, False)
    assert (one.issued_by, one.batch) == ("clerk 7", None)
    assert claims == row(1) | {"age_over_18": "true"}


def test_another_department_finds_nothing_whatever_it_knows(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a")
    vault = world.runtime.sealed
    with world.runtime.store.read() as session:
        with pytest.raises(NotFound):
            finding.by_identifier(session, [HOUSING], issued.certificate_id, world.now)
        assert finding.by_number(session, vault, [HOUSING], citizen_number(1), world.now) == []
        assert (
            finding.by_holder(session, vault, [HOUSING], "citizen_number", citizen_number(1), world.now) == []
        )


def test_an_expired_certificate_is_expired_and_not_invalid(world: World, row: Row) -> None:
    issued = world.issue(row(1, last_day="2026-11-24"), "a")
    world.now += 86_400
    with world.runtime.store.read() as session:
        found = finding.by_identifier(session, [POLICE], issued.certificate_id, world.now)
    assert (found.expired, found.status) == (True, Status.VALID)


def test_its_history_goes_on_after_a_revocation(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a", by="clerk")
    with world.runtime.store.write() as session:
        stored = session.exec(select(Certificate)).one()
        for reason in ("penalty", "cancelled_after_withdrawal"):
            session.add(
                StatusEvent(
                    certificate=stored.id or 0, status=1, reason=reason, effective_from=world.now,
                    recorded=world.now, recorded_by="judge",
                )
            )  # fmt: skip
        session.add(
            StatusIntent(
                certificate=stored.id or 0, issuer=POLICE, type=stored.type, list=0,
                idx=stored.status_idx, value=1,
            )
        )  # fmt: skip
    with world.runtime.store.read() as session:
        found = finding.by_identifier(session, [POLICE], issued.certificate_id, world.now)
        events = finding.history(session, found)
    assert found.status is Status.REVOKED
    assert [(each.reason, each.recorded_by) for each in events] == [
        ("issued", "clerk"), ("penalty", "judge"), ("cancelled_after_withdrawal", "judge"),
    ]  # fmt: skip


def test_what_was_taken_back_has_no_status(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a")
    with world.runtime.store.write() as session:
        taking_back.take_back(session, POLICE, issued.certificate_id, by="", now=world.now)
    with world.runtime.store.read() as session:
        assert finding.by_identifier(session, [POLICE], issued.certificate_id, world.now).status is None
