"""Transactions that the chain reverts for no reason that the worker knows: tried a few times, then seldom."""

import pytest
from sqlmodel import select

from registry import anchoring, status_sending
from registry.store.tables import ChainTransaction
from tests.chain.checker import check
from tests.chain.town import Town
from tests.faults.test_crash_matrix import revoke

TOO_LITTLE = 40_000
"""Gas by which every call runs out: status 0, and neither seq, root nor account say why."""


def signed(town: Town, kind: str) -> int:
    """How many transactions of a kind there are."""
    with town.store.read() as session:
        return len(session.exec(select(ChainTransaction.id).where(ChainTransaction.kind == kind)).all())


def test_a_batch_that_reverts_again_and_again_stops_the_issuer_until_the_chain_takes_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.issue(2)
    worker = town.worker()
    with monkeypatch.context() as broken:
        broken.setattr(anchoring, "ANCHOR_GAS", TOO_LITTLE)
        for _ in range(20):
            worker.round()
            town.node.mine()
        assert town.stops() == {"reverted"}
        assert signed(town, "anchor") == 3
        assert [one.state for one in town.batches()] == ["sent"]
    town.settle(worker)
    assert town.stops() == set()
    assert [(one.seq, one.state) for one in town.batches()] == [(1, "final")]
    assert signed(town, "anchor") == 4
    check(town)


def test_what_the_chain_would_take_and_reverts_all_the_same_is_tried_ever_more_seldom(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.issue(1)
    monkeypatch.setattr(anchoring, "ANCHOR_GAS", TOO_LITTLE)
    worker = town.worker(chain=Promising(town.node.rpc))
    for _ in range(60):
        worker.round()
        town.node.mine()
    assert town.stops() == {"reverted"}
    assert 3 < signed(town, "anchor") <= 8


def test_a_status_that_reverts_again_and_again_stops_while_batches_go_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    with monkeypatch.context() as broken:
        broken.setattr(status_sending, "BASE_GAS", 0)
        revoke(town, one)
        for _ in range(20):
            worker.round()
            town.node.mine()
        assert town.stops() == {"status_reverted"}
        assert signed(town, "status") == 3
        town.issue(1)
        for _ in range(5):
            worker.round()
            town.node.mine()
        assert [each.state for each in town.batches()] == ["final", "final"]
    town.settle(worker)
    assert (town.stops(), signed(town, "status")) == (set(), 4)
    check(town)


class Promising:
    """A chain that says it would take everything."""

    def __init__(self, chain: object) -> None:
        self._chain = chain

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def would_take(self, *_call: object) -> bool:
        return True
