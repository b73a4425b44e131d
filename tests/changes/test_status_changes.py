"""Revoking, suspending and resuming: one decision, every version it reaches, published at once."""

import pytest
from sqlmodel import select

from registry import lists
from registry.errors import NotAllowed, NotFound
from registry.lifecycle import Status
from registry.status_changes import Decision
from registry.store.tables import Credential, IntentState, StatusIntent
from registry.usecases import UseCases
from tests.api.town import HOUSING, POLICE, Town


def intents(town: Town, certificate_id: str) -> list[tuple[int, str]]:
    row = town.stored(certificate_id)
    with town.runtime.store.read() as session:
        found = session.exec(select(StatusIntent).where(StatusIntent.certificate == row.id).order_by("id"))
        return [(each.value, each.state) for each in found]


def test_a_revocation_is_an_intent_for_the_chain_and_a_red_list_in_one_step(
    town: Town, cases: UseCases
) -> None:
    certificate_id = town.citizen()
    with town.runtime.store.write() as session:
        copy = cases.sharing.cutter.copy(session, town.stored(certificate_id), town.now)
    assert copy.place is not None
    cases.changing.revoke(POLICE, certificate_id, Decision("penalty", number="2026-1"))
    assert intents(town, certificate_id) == [(Status.REVOKED, IntentState.PENDING)]
    with town.runtime.store.read() as session:
        assert lists.read_entry(session, copy.place) == Status.REVOKED


def test_a_revoked_certificate_never_comes_back(town: Town, cases: UseCases) -> None:
    certificate_id = town.citizen()
    cases.changing.revoke(POLICE, certificate_id, Decision("penalty"))
    with pytest.raises(NotAllowed):
        cases.changing.resume(POLICE, certificate_id, Decision("resumed"))
    with pytest.raises(NotAllowed):
        cases.changing.suspend(POLICE, certificate_id, Decision("withheld"))
    assert intents(town, certificate_id) == [(Status.REVOKED, IntentState.PENDING)]


def test_a_cancellation_may_follow_a_penalty_as_an_event_without_another_word_on_the_chain(
    town: Town, cases: UseCases
) -> None:
    certificate_id = town.citizen()
    cases.changing.revoke(POLICE, certificate_id, Decision("penalty"))
    cases.changing.revoke(POLICE, certificate_id, Decision("cancelled_after_withdrawal"))
    assert intents(town, certificate_id) == [(Status.REVOKED, IntentState.PENDING)]


def test_a_suspension_comes_back_only_by_an_intent_of_its_own(town: Town, cases: UseCases) -> None:
    certificate_id = town.citizen()
    cases.changing.suspend(POLICE, certificate_id, Decision("reported_lost"))
    cases.changing.resume(POLICE, certificate_id, Decision("resumed"))
    assert [value for value, _ in intents(town, certificate_id)] == [Status.SUSPENDED, Status.VALID]
    assert town.trust().issuers[POLICE].words, "suspended until the resumption is final"


def test_another_departments_certificate_is_not_found(town: Town, cases: UseCases) -> None:
    certificate_id = town.citizen()
    with pytest.raises(NotFound):
        cases.changing.revoke(HOUSING, certificate_id, Decision("penalty"))
    assert intents(town, certificate_id) == []


def test_a_reason_of_another_kind_changes_nothing(town: Town, cases: UseCases) -> None:
    certificate_id = town.citizen()
    with pytest.raises(NotAllowed):
        cases.changing.revoke(POLICE, certificate_id, Decision("withheld"))
    assert intents(town, certificate_id) == []


def test_every_living_credential_of_the_certificate_turns_red(town: Town, cases: UseCases) -> None:
    certificate_id = town.citizen()
    with town.runtime.store.write() as session:
        for _ in range(3):
            cases.sharing.cutter.copy(session, town.stored(certificate_id), town.now)
    cases.changing.suspend(POLICE, certificate_id, Decision("frozen"))
    with town.runtime.store.read() as session:
        rows = session.exec(select(Credential)).all()
        changes = [lists.change_of(row, Status.SUSPENDED) for row in rows]
        assert len(changes) == 3
        assert lists.wrong_entries(session, changes) == []
