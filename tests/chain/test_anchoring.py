"""From issued to final, and what stays out on the way."""

import time

import pytest
from sqlmodel import col, select, update

from registry.chain.contracts import ISSUER_REGISTRY, code_bytes
from registry.store.tables import Certificate, ChainTransaction, HolderIndex
from registry.taking_back import hold, take_back
from tests.chain.checker import check
from tests.chain.town import HARBOUR, POLICE, Town


def test_what_was_issued_is_anchored_and_final(town: Town) -> None:
    town.issue(5)
    town.settle(town.worker())
    (batch,) = town.batches()
    assert (batch.state, batch.seq, batch.size) == ("final", 1, 5)
    check(town)


def test_each_department_has_a_sequence_of_its_own(town: Town) -> None:
    worker = town.worker()
    for count in (3, 1):
        town.issue(count, POLICE)
        town.issue(count + 1, HARBOUR)
        town.settle(worker)
    assert sorted((one.issuer, one.seq, one.size) for one in town.batches()) == sorted(
        [(POLICE, 1, 3), (POLICE, 2, 1), (HARBOUR, 1, 4), (HARBOUR, 2, 2)]
    )
    check(town)


def test_an_empty_batch_is_never_anchored(town: Town) -> None:
    town.settle(town.worker())
    assert town.batches() == []


def test_a_batch_is_final_only_when_it_is_deep_enough(town: Town) -> None:
    worker = town.worker(confirmations=3)
    town.issue(1)
    worker.round()
    seen = []
    for _ in range(4):
        town.node.mine()
        worker.round()
        seen.append(town.batches()[0].state)
    assert seen == ["mined", "mined", "mined", "final"]


def test_a_batch_closes_by_size_before_its_time(town: Town) -> None:
    with town.store.write() as session:
        session.exec(update(_departments()).values(batch_after=3_600))
    worker = town.worker(batch_size=4)
    town.issue(3)
    worker.round()
    assert town.batches() == []
    town.issue(6)
    worker.round()
    assert [one.size for one in town.batches()] == [4]


def test_held_and_taken_back_certificates_stay_out(town: Town) -> None:
    kept, held, undone = town.issue(3)
    with town.store.write() as session:
        hold(session, POLICE, held, "second signature")
        take_back(session, POLICE, undone, by="clerk", now=0)
    town.settle(town.worker())
    assert [town.certificate(one).state for one in (kept, held, undone)] == ["batched", "held", "taken_back"]
    check(town, held=1)


def test_taking_back_wins_if_it_comes_before_the_close(town: Town) -> None:
    """The certificate is taken back while the batch is being looked at."""
    undone, kept = town.issue(2)
    worker = town.worker()
    inspect = worker.inspection.mismatches

    def while_looking(session, rows):
        with town.store.write() as writing:
            take_back(writing, POLICE, undone, by="clerk", now=0)
        object.__setattr__(worker.inspection, "mismatches", inspect)
        return inspect(session, rows)

    object.__setattr__(worker.inspection, "mismatches", while_looking)
    town.settle(worker)
    assert [town.certificate(one).state for one in (undone, kept)] == ["taken_back", "batched"]
    check(town)


def test_nothing_is_sent_before_it_is_stored(town: Town) -> None:
    sent: list[bytes] = []

    class Watching:
        def __getattr__(self, name: str) -> object:
            return getattr(town.node.rpc, name)

        def send(self, raw: bytes) -> None:
            with town.store.read() as session:
                assert session.exec(select(col(ChainTransaction.id))).first() is not None
            sent.append(raw)
            town.node.rpc.send(raw)

    town.issue(1)
    town.settle(town.worker(chain=Watching()))
    assert len(sent) == 1


def test_no_certificate_without_a_right_is_anchored(town: Town) -> None:
    """The right is ended between issuing and closing: what was issued is taken back."""
    issued = town.issue(2, HARBOUR)
    soon = int(town.node.rpc.head().time) + 1_800
    town.authority.act(
        ISSUER_REGISTRY, "endRight", code_bytes(HARBOUR), code_bytes(town.identity.type), 0, soon
    )
    town.settle(town.worker())
    assert {town.certificate(one).state for one in issued} == {"taken_back"}
    assert town.batches() == []


@pytest.mark.parametrize("part", ["core", "leaf", "disclosures", "holder", "identifier"])
def test_the_one_artefact_that_was_swapped_is_held_back(town: Town, part: str) -> None:
    identifiers = town.issue(30)
    victim, other = town.certificate(identifiers[7]), town.certificate(identifiers[8])
    _swap(town, part, victim, other)
    town.settle(town.worker())
    assert town.certificate(victim.certificate_id).state == "held"
    assert (town.certificate(victim.certificate_id).held_because or "").startswith("mismatch: ")
    assert [one.size for one in town.batches()] == [29]
    check(town, held=1)


@pytest.mark.slow
def test_one_swapped_artefact_in_ten_thousand_is_the_one_that_is_held_back(town: Town) -> None:
    identifiers = [one for _ in range(10) for one in town.issue(1_000)]
    victim, other = town.certificate(identifiers[6_111]), town.certificate(identifiers[17])
    _swap(town, "disclosures", victim, other)
    begun = time.monotonic()
    town.settle(town.worker())
    assert time.monotonic() - begun < 60
    with town.store.read() as session:
        held = session.exec(select(Certificate.certificate_id).where(Certificate.state == "held")).all()
    assert held == [victim.certificate_id]
    assert [one.size for one in town.batches()] == [9_999]
    check(town, held=1)


def _swap(town: Town, part: str, victim: Certificate, other: Certificate) -> None:
    """What somebody who may write the store could do to one certificate."""
    values: dict[str, object] = {
        "core": {"canonical": other.canonical.replace(b"}", b" }", 1)},
        "leaf": {"leaf": b"\1" * 32},
        "disclosures": {"disclosures": other.disclosures},
        "identifier": {"valid_until": (victim.valid_until or 0) + 86_400},
        "holder": {},
    }[part]
    with town.store.write() as session:
        if part == "holder":
            session.exec(
                update(HolderIndex).where(col(HolderIndex.certificate) == victim.id).values(holder=b"\2" * 32)
            )
        else:
            session.exec(update(Certificate).where(col(Certificate.id) == victim.id).values(**values))


def _departments() -> type:
    from registry.store.tables import Department

    return Department
