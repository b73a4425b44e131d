"""Issuing one certificate: what is durable, what is refused, what is never done twice."""

import multiprocessing
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import func, select

from registry import certificate, definition, taking_back
from registry.drafting import Draft, Refused, Request, Version
from registry.errors import NotFound, RegistryError
from registry.identifiers import CertificateId
from registry.issuing import KeyReused, NoRight, SecondCertificate
from registry.runtime import Runtime
from registry.store.tables import (
    Certificate,
    CertificateList,
    CertificateState,
    HolderIndex,
    IntentState,
    NumberIndex,
    StatusEvent,
    StatusIntent,
)
from tests.issuing.conftest import HOUSING, POLICE, World, citizen_number, settings_in

Row = Callable[..., dict[str, str]]


def count(world: World, table: type) -> int:
    with world.runtime.store.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_what_is_stored_is_the_certificate_with_every_claim_sealed(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a")
    stored = world.stored(issued.certificate_id)
    anchored = certificate.parse_canonical(stored.canonical)
    core, digests = anchored.core, anchored.sd
    assert CertificateId.parse(issued.certificate_id).checks
    assert (core.certificate_id, core.issuer) == (issued.certificate_id, POLICE)
    assert (core.status.list, core.status.idx) == (stored.status_list, stored.status_idx)
    assert (core.valid_from, core.valid_until) == (stored.valid_from, stored.valid_until)
    with world.runtime.store.read() as session:
        contents = world.runtime.sealed.contents(
            session, stored.data_key, stored.certificate_id, stored.disclosures
        )
    claims = {each.name: each.value for each in map(certificate.parse_disclosure, contents.disclosures)}
    assert claims == row(1) | {"age_over_18": "true"}
    assert [each for each, _ in contents.unreleased] == [2_524_579_200]  # 1 January 2050, Shanghai
    assert {certificate.digest(each) for each in contents.disclosures} < set(digests)
    assert len(digests) == len(world.identity.claims) + len(world.identity.derived)
    assert (stored.state, stored.lineage, stored.version) == (CertificateState.OPEN, stored.id, 1)


def test_it_is_found_by_holder_and_number_in_keyed_form(world: World, row: Row) -> None:
    stored = world.stored(world.issue(row(1), "a").certificate_id)
    vault = world.runtime.sealed
    with world.runtime.store.read() as session:
        holder = session.exec(select(HolderIndex)).one()
        number = session.exec(select(NumberIndex)).one()
    assert (holder.certificate, holder.role) == (stored.id, "holder")
    assert holder.holder == vault.holder_index("citizen_number", citizen_number(1))
    assert (number.certificate, number.number) == (stored.id, vault.number_index(citizen_number(1)))


def test_one_key_and_body_is_one_certificate_and_another_body_is_refused(world: World, row: Row) -> None:
    first = world.issue(row(1), "a")
    again = world.issue(row(1), "a")
    assert (again.certificate_id, again.repeated) == (first.certificate_id, True)
    for other in (lambda: world.issue(row(2), "a"), lambda: world.issue(row(1), "a", hold="2nd signature")):
        with pytest.raises(KeyReused):
            other()
    assert count(world, Certificate) == 1


def test_a_hundred_parallel_requests_with_one_key_make_one_certificate(world: World, row: Row) -> None:
    issuing = world.issuing
    request = Request(row(1), "a")
    with ThreadPoolExecutor(20) as pool:
        issued = list(pool.map(lambda _: issuing.issue(POLICE, world.identity.type, request), range(100)))
    assert len({each.certificate_id for each in issued}) == 1
    assert sum(not each.repeated for each in issued) == 1
    assert count(world, Certificate) == 1


def _issue_in_another_process(folder: Path, row: dict[str, str], times: int) -> list[str]:
    runtime = Runtime.open(settings_in(folder), "api")
    issuing = runtime.issuing(lambda *_: True)
    code = runtime.catalogue.by_alias("resident_identity").type
    with ThreadPoolExecutor(10) as pool:
        done = pool.map(lambda _: issuing.issue(POLICE, code, Request(row, "a")), range(times))
        return [each.certificate_id for each in done]


def test_two_processes_with_one_key_make_one_certificate(world: World, row: Row) -> None:
    folder = world.runtime.settings.data
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        asked = [pool.submit(_issue_in_another_process, folder, row(1), 50) for _ in range(2)]
        identifiers = [one for each in asked for one in each.result()]
    assert len(identifiers) == 100
    assert len(set(identifiers)) == 1
    assert count(world, Certificate) == 1


def test_a_row_with_faults_changes_nothing_and_says_every_one(world: World, row: Row) -> None:
    with pytest.raises(Refused) as refusal:
        world.issue(row(1, name="", citizen_number="440106199001010019", sex="女"), "a")
    assert {fault.field for fault in refusal.value.faults} >= {"name", "citizen_number"}
    assert "440106199001010019" not in str(refusal.value) + refusal.value.zh
    assert count(world, Certificate) == count(world, CertificateList) == 0


def test_without_the_right_nothing_is_issued(world: World, row: Row) -> None:
    world.refused_types.add(world.identity.type)
    with pytest.raises(NoRight):
        world.issue(row(1), "a")


def test_a_holder_has_one_valid_certificate_of_a_type(world: World, row: Row) -> None:
    world.issue(row(1), "a")
    with pytest.raises(SecondCertificate):
        world.issue(row(1, address="another one"), "b")
    world.issue(row(2), "c")
    assert count(world, Certificate) == 2


def test_a_request_asked_again_burns_no_entry(world: World, row: Row) -> None:
    for _ in range(3):
        world.issue(row(1), "a")
    with world.runtime.store.read() as session:
        assert session.exec(select(CertificateList)).one().counter == 1


def test_a_refusal_burns_no_entry(world: World, row: Row) -> None:
    world.issue(row(1), "a")
    with pytest.raises(SecondCertificate):
        world.issue(row(1, address="another one"), "b")
    with world.runtime.store.read() as session:
        assert session.exec(select(CertificateList)).one().counter == 1


def test_an_expired_certificate_makes_room(world: World, row: Row) -> None:
    world.issue(row(1, last_day="2026-11-24"), "a")
    with pytest.raises(SecondCertificate):
        world.issue(row(1), "b")
    world.now += 12 * 3600
    world.issue(row(1), "b")


@pytest.mark.parametrize(
    ("word", "state", "room"),
    [
        (1, IntentState.PENDING, True),
        (1, IntentState.FINAL, True),
        (1, IntentState.DROPPED, False),
        (2, IntentState.FINAL, False),
    ],
)
def test_a_revoked_certificate_makes_room_and_a_suspended_one_does_not(
    world: World, row: Row, word: int, state: IntentState, room: bool
) -> None:
    stored = world.stored(world.issue(row(1), "a").certificate_id)
    with world.runtime.store.write() as session:
        session.add(
            StatusIntent(
                certificate=stored.id or 0,
                issuer=POLICE,
                type=stored.type,
                list=stored.status_list,
                idx=stored.status_idx,
                value=word,
                state=state,
            )
        )
    if room:
        world.issue(row(1, address="another one"), "b")
    else:
        with pytest.raises(SecondCertificate):
            world.issue(row(1, address="another one"), "b")


def test_versions_of_one_lineage_count_as_one(world: World, row: Row) -> None:
    old = world.stored(world.issue(row(1), "a").certificate_id)
    drafted = world.issuing.draft(Request(row(1, address="moved"), "b"), world.identity, world.now)
    assert isinstance(drafted, Draft)
    with world.runtime.store.write() as session:
        world.issuing.issue_version(
            session,
            POLICE,
            world.identity,
            drafted,
            Version(old.serial, 2, old.id, old.lineage, "changed"),
            now=world.now,
        )
    with world.runtime.store.read() as session:
        newest = session.exec(select(Certificate).where(Certificate.version == 2)).one()
    assert (newest.serial, newest.lineage, newest.renews) == (old.serial, old.id, old.id)
    with pytest.raises(SecondCertificate):
        world.issue(row(1, address="third"), "c")


def test_taking_back_makes_room_and_burns_identifier_and_entry(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a")
    with world.runtime.store.write() as session:
        taking_back.take_back(session, POLICE, issued.certificate_id, by="clerk", now=world.now)
    stored = world.stored(issued.certificate_id)
    assert stored.state == CertificateState.TAKEN_BACK
    again = world.issue(row(1), "b")
    assert world.stored(again.certificate_id).status_idx != stored.status_idx
    with world.runtime.store.read() as session:
        event = session.exec(select(StatusEvent)).one()
    assert (event.reason, event.status, event.recorded_by) == ("taken_back", None, "clerk")


def test_what_is_not_mine_cannot_be_taken_back_nor_what_was_batched_or_taken_back(
    world: World, row: Row
) -> None:
    issued = world.issue(row(1), "a")
    with pytest.raises(NotFound), world.runtime.store.write() as session:
        taking_back.take_back(session, HOUSING, issued.certificate_id, by="", now=world.now)
    with world.runtime.store.write() as session:
        taking_back.take_back(session, POLICE, issued.certificate_id, by="", now=world.now)
    with pytest.raises(taking_back.TakenBack), world.runtime.store.write() as session:
        taking_back.take_back(session, POLICE, issued.certificate_id, by="", now=world.now)
    with pytest.raises(taking_back.TakenBack), world.runtime.store.write() as session:
        taking_back.release(session, POLICE, issued.certificate_id)


def test_held_certificates_wait_until_they_are_released(world: World, row: Row) -> None:
    issued = world.issue(row(1), "a", hold="second signature missing")
    assert issued.state == CertificateState.HELD
    with world.runtime.store.write() as session:
        taking_back.release(session, POLICE, issued.certificate_id)
    assert world.stored(issued.certificate_id).state == CertificateState.OPEN
    assert world.stored(issued.certificate_id).held_because is None


@pytest.mark.parametrize("serial", [f"A{citizen_number(7)}", citizen_number(1), "a1", "A.1", "A" * 33])
def test_a_serial_with_somebodys_number_is_never_issued(world: World, row: Row, serial: str) -> None:
    with pytest.raises(Refused) as refusal:
        world.issue(row(1), "a", serial=serial)
    assert [fault.field for fault in refusal.value.faults] == ["serial"]


def test_a_serial_of_the_departments_own_is_used_once(world: World, row: Row) -> None:
    assert ".20260001.001." in world.issue(row(1), "a", serial="20260001").certificate_id
    with pytest.raises(Refused):
        world.issue(row(2), "b", serial="20260001")


def test_a_full_list_is_followed_by_the_next(world: World, row: Row) -> None:
    last = 131_072 * 9 // 10 - 1
    with world.runtime.store.write() as session:
        session.add(CertificateList(issuer=POLICE, type=world.identity.type, list=0, counter=last))
    requests = [Request(row(number), str(number)) for number in range(3)]
    outcomes = world.issuing.issue_chunk(POLICE, world.identity, requests)
    assert not any(isinstance(each, RegistryError) for each in outcomes)
    with world.runtime.store.read() as session:
        places = session.exec(select(Certificate.status_list).order_by(Certificate.id)).all()
        counters = session.exec(select(CertificateList.list, CertificateList.counter)).all()
    assert list(places) == [0, 1, 1]
    assert sorted(counters) == [(0, last + 1), (1, 2)]


def test_rows_of_one_chunk_get_what_they_would_get_alone(world: World, row: Row) -> None:
    world.issue(row(9), "used")
    requests = [
        Request(row(1), "a"),
        Request(row(1, name=""), "b"),
        Request(row(1, address="second"), "c"),
        Request(row(2), "a"),
        Request(row(1), "a"),
        Request(row(9), "used"),
        Request(row(3), "d"),
    ]
    outcomes = world.issuing.issue_chunk(POLICE, world.identity, requests)
    assert [type(each).__name__ for each in outcomes] == [
        "Issued", "Refused", "SecondCertificate", "KeyReused", "Issued", "Issued", "Issued",
    ]  # fmt: skip
    assert [getattr(each, "repeated", None) for each in outcomes] == [
        False, None, None, None, True, True, False,
    ]  # fmt: skip
    assert count(world, Certificate) == 3


def test_nothing_of_a_person_is_in_the_files_in_plain(world: World, row: Row) -> None:
    people = [row(number) for number in range(50)]
    world.issuing.issue_chunk(
        POLICE, world.identity, [Request(each, f"k{n}") for n, each in enumerate(people)]
    )
    files = [path.read_bytes() for path in world.runtime.settings.data.rglob("*") if path.is_file()]
    assert sum(map(len, files)) > 50_000
    for person in people:
        for name in ("name", "citizen_number", "address"):
            assert not any(person[name].encode() in content for content in files)
    with world.runtime.store.read() as session:
        for stored in session.exec(select(Certificate)):
            contents = world.runtime.sealed.contents(
                session, stored.data_key, stored.certificate_id, stored.disclosures
            )
            for disclosure in contents.released(2**40):
                assert not any(disclosure.encode() in content for content in files)


def test_the_type_in_a_core_is_the_one_in_force(world: World, row: Row) -> None:
    stored = world.stored(world.issue(row(1), "a").certificate_id)
    one = world.runtime.catalogue.definition(stored.type, stored.type_version)
    assert definition.hash(one) == definition.hash(world.identity)


def test_the_worker_can_open_what_was_sealed_and_no_one_without_its_keys(world: World, row: Row) -> None:
    stored = world.stored(world.issue(row(1), "a").certificate_id)
    worker = Runtime.open(world.runtime.settings, "worker")
    with worker.store.read() as session:
        contents = worker.sealed.contents(session, stored.data_key, stored.certificate_id, stored.disclosures)
    assert len(contents.disclosures) == 11
    worker.close()
    database = sqlite3.connect(world.runtime.settings.data / "registry.sqlite")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    plain = b"".join(repr(database.execute(f"SELECT * FROM {name!r}").fetchall()).encode() for name in tables)
    database.close()
    assert citizen_number(1).encode() not in plain
