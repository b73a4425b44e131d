"""Renewal: the next version stands beside the old one until it is final and has begun."""

import pytest
from sqlmodel import select

from registry import certificate as certificates
from registry.errors import NotAllowed
from registry.lifecycle import Status
from registry.renewing import Renewal
from registry.status_changes import Decision, history
from registry.store.tables import IntentState, StatusEvent, StatusIntent
from registry.usecases import UseCases
from tests.api.town import POLICE, Town


def renewal(reason: str, key: str = "r1", **changes: str) -> Renewal:
    return Renewal(Decision(reason, number="2026-9"), changes, key)


def claims(town: Town, certificate_id: str) -> dict[str, str]:
    row = town.stored(certificate_id)
    with town.runtime.store.read() as session:
        contents = town.runtime.sealed.contents(session, row.data_key, row.certificate_id, row.disclosures)
    parsed = [certificates.parse_disclosure(text) for text in contents.disclosures]
    return {each.name: each.value for each in parsed}


def test_a_change_keeps_serial_and_number_and_lists_what_changed(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    new = cases.changing.renew(POLICE, old, renewal("changed", address="羊城市新址 1 号")).certificate_id
    before, after = town.stored(old), town.stored(new)
    assert (after.serial, after.version) == (before.serial, before.version + 1)
    assert after.renews == before.id
    assert after.lineage == before.lineage
    assert claims(town, new)["address"] == "羊城市新址 1 号"
    assert {**claims(town, old), "address": ""} == {**claims(town, new), "address": ""}
    with town.runtime.store.read() as session:
        event = session.exec(select(StatusEvent).where(StatusEvent.certificate == before.id)).one()
    assert event.changed == '["address"]'


def test_the_old_version_waits_for_the_new_one_to_stand(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    new = cases.changing.renew(POLICE, old, renewal("changed", address="新址")).certificate_id
    with town.runtime.store.read() as session:
        intent = session.exec(select(StatusIntent)).one()
        assert (intent.value, intent.state, intent.after) == (3, IntentState.PENDING, town.stored(new).id)
        assert history(session, town.stored(old)) == ["issued"], "not superseded yet"


def test_a_version_that_is_revoked_meanwhile_is_not_superseded(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    cases.changing.renew(POLICE, old, renewal("changed", address="新址"))
    cases.changing.revoke(POLICE, old, Decision("issued_in_error"))
    with town.runtime.store.read() as session:
        states = [(row.value, row.state) for row in session.exec(select(StatusIntent).order_by("id"))]
    assert states == [(3, IntentState.DROPPED), (Status.REVOKED, IntentState.PENDING)]


def test_the_same_request_twice_makes_one_version(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    first = cases.changing.renew(POLICE, old, renewal("changed", address="新址"))
    again = cases.changing.renew(POLICE, old, renewal("changed", address="新址"))
    assert again.repeated
    assert again.certificate_id == first.certificate_id
    with pytest.raises(NotAllowed):
        cases.changing.renew(POLICE, old, renewal("changed", address="另一新址"))


def test_only_the_newest_version_is_renewed(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    cases.changing.renew(POLICE, old, renewal("changed", address="新址"))
    with pytest.raises(NotAllowed):
        cases.changing.renew(POLICE, old, renewal("changed", "r2", address="再一新址"))


def test_the_number_stays_but_for_a_correction(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    number = town.identity_row(9)["citizen_number"]
    with pytest.raises(NotAllowed):
        cases.changing.renew(POLICE, old, renewal("changed", citizen_number=number))
    cases.changing.renew(POLICE, old, renewal("corrected", citizen_number=number))


def test_a_claim_that_the_type_does_not_have_is_named(town: Town, cases: UseCases) -> None:
    with pytest.raises(NotAllowed, match="no such claims: adress"):
        cases.changing.renew(POLICE, town.citizen(), renewal("changed", adress="羊城市新址 1 号"))


def test_a_lost_paper_is_replaced_as_it_was(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    with pytest.raises(NotAllowed):
        cases.changing.renew(POLICE, old, renewal("replaced_lost", address="新址"))
    new = cases.changing.renew(POLICE, old, renewal("replaced_lost")).certificate_id
    assert claims(town, new) == claims(town, old)


def test_a_revocation_reaches_the_version_that_has_not_begun(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    new = cases.changing.renew(POLICE, old, renewal("changed", address="新址")).certificate_id
    done = cases.changing.revoke(POLICE, old, Decision("penalty"))
    assert set(done.versions) == {old, new}


def test_only_what_a_thief_set_on_the_chain_is_issued_again(town: Town, cases: UseCases) -> None:
    old = town.citizen()
    with pytest.raises(NotAllowed):
        cases.changing.renew(POLICE, old, renewal("reissued"))
    row = town.stored(old)
    with town.runtime.store.write() as session:
        place = {"list": row.status_list, "idx": row.status_idx, "type": row.type, "issuer": POLICE}
        session.add(StatusIntent(certificate=row.id, value=1, state=IntentState.FOREIGN, **place))
    again = cases.changing.renew(POLICE, old, renewal("reissued"))
    assert claims(town, again.certificate_id) == claims(town, old)
