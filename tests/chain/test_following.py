"""Rollbacks, and chains that are not ours (threats 5 and 6)."""

import time

import pytest
from sqlmodel import col, select, update

from registry.chain.follower import Follower
from registry.chain.node import LocalNode, local_node
from registry.health import look
from registry.store.tables import Attempt, ChainBlock, ChainEvent, ChainTransaction, Deployment
from registry.store.tables import Follower as FollowerRow
from tests.chain.checker import check
from tests.chain.town import HARBOUR, POLICE, Town, now

DEPTHS = range(1, 11)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("state", ["sent", "mined", "final"])
def test_a_reorganisation_of_any_depth_loses_nothing(town: Town, state: str, depth: int) -> None:
    worker = town.worker()
    town.issue(3)
    town.issue(2, HARBOUR)
    while len(town.batches()) < 2:  # a slow machine closes the other department's in its next round
        worker.round()
    _pooled(town, 2)
    if state != "sent":
        town.node.mine()
        worker.round()
    if state == "final":
        town.node.mine(2)
        worker.round()
    assert {one.state for one in town.batches()} == {state}
    before = _attempts(town)
    town.node.rpc.request("anvil_reorg", depth, [])
    worker.round()
    lost = state == "mined" or (state == "final" and depth > 2)
    assert {one.state for one in town.batches()} == ({"sent"} if lost else {state})
    town.settle(worker)
    assert _attempts(town) == before, "what was signed once is sent again byte for byte"
    check(town)


def _pooled(town: Town, count: int) -> None:
    """Wait until the node has so many transactions for its next block: it takes them in beside answering."""
    for _ in range(1_000):
        if int(town.node.rpc.request("txpool_status")["pending"], 16) >= count:
            return
        time.sleep(0.01)
    raise AssertionError("the node took them not in")


def test_a_rolled_back_sequence_is_sent_again_in_its_order(town: Town) -> None:
    worker = town.worker()
    for _ in range(4):
        town.issue(2)
        town.settle(worker)
    before = _attempts(town)
    town.node.rpc.request("anvil_reorg", 10, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    worker.round()
    assert "sent" in {one.state for one in town.batches()}
    town.settle(worker)
    assert _attempts(town) == before
    check(town)


def test_nothing_new_is_signed_before_what_was_rolled_back_is_mined_again(town: Town) -> None:
    town.node.mine(5)
    worker = town.worker()
    town.issue(2)
    town.settle(worker)
    town.node.rpc.request("anvil_reorg", 3, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    town.issue(2)
    worker.round()
    assert len(_attempts(town)) == 1
    town.settle(worker)
    assert [one.seq for one in town.batches()] == [1, 2]
    check(town)


def test_the_workers_rows_wait_until_those_of_the_authority_are_mined_again(town: Town) -> None:
    town.node.mine(5)
    worker = town.worker()
    town.issue(1)
    town.settle(worker)
    _as_if_the_authority_had_acted(town)
    town.node.rpc.request("anvil_reorg", 3, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    for _ in range(3):
        worker.round()
        town.node.mine()
    assert {one.state for one in town.batches()} == {"sent"}
    with town.store.write() as session:
        session.exec(
            update(ChainTransaction).where(col(ChainTransaction.kind) == "decide").values(state="final")
        )
    town.settle(worker)
    check(town)


def test_following_twice_is_following_once(town: Town) -> None:
    """Two followers over one store: what one has taken in, the other does not take in again."""
    town.issue(2)
    town.settle(town.worker())
    town.node.mine(3)
    with town.store.read() as session:
        deployment = session.exec(select(Deployment)).one()
    one, other = (
        Follower(town.store, town.node.rpc, deployment, confirmations=2, clock=now) for _ in range(2)
    )
    start = other._start()
    assert one.step().blocks == 3
    other._start = lambda: start  # type: ignore[method-assign]
    assert not other.step().reached
    with town.store.read() as session:
        numbers = session.exec(select(ChainBlock.number).order_by(col(ChainBlock.number))).all()
    assert numbers == list(range(numbers[0], town.node.rpc.head().number + 1))


def test_an_empty_chain_behind_the_same_address_stops_everything(town: Town) -> None:
    worker = town.worker()
    town.issue(2)
    town.settle(worker)
    followed = _followed(town)
    town.issue(2)
    with local_node() as other:
        other.mine(60)
        stopped = town.worker(chain=other.rpc)
        for _ in range(3):
            assert stopped.round().step.reset is not None
            other.mine()
        stopped.release()
        assert _health(town) == "red"
        assert other.rpc.nonce(town.account(POLICE).address) == 0
    assert _followed(town) == followed, "nothing is forgotten"
    assert len(town.batches()) == 1, "nothing is anchored"
    town.settle(worker)
    assert _health(town) == "green"
    check(town)


def test_other_code_at_our_address_stops_everything(town: Town) -> None:
    town.issue(1)
    with town.store.read() as session:
        address = session.exec(select(Deployment.certificate_registry)).one()
    town.node.rpc.request("anvil_setCode", address, "0x00")
    step = town.worker().round().step
    assert step is not None
    assert step.reset is not None
    assert _health(town) == "red"


def test_a_node_whose_state_was_deleted_is_a_reset(town_apart: Town, request: pytest.FixtureRequest) -> None:
    town_apart.issue(1)
    worker = town_apart.worker()
    town_apart.settle(worker)
    town_apart.node.kill()
    empty = LocalNode.start(port=town_apart.node.port, block_time=None)
    request.addfinalizer(empty.kill)
    empty.mine(60)
    worker.release()
    step = town_apart.worker(chain=empty.rpc).round().step
    assert step is not None
    assert step.reset is not None


def test_events_of_a_rolled_back_block_are_gone(town: Town) -> None:
    town.node.mine(5)
    worker = town.worker()
    town.issue(1)
    town.settle(worker)
    town.node.rpc.request("anvil_reorg", 4, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    with town.store.read() as session:
        deployment = session.exec(select(Deployment)).one()
    Follower(town.store, town.node.rpc, deployment, confirmations=2, clock=now).follow()
    with town.store.read() as session:
        assert session.exec(select(ChainEvent).where(ChainEvent.name == "BatchAnchored")).all() == []


def _attempts(town: Town) -> list[bytes]:
    with town.store.read() as session:
        return list(session.exec(select(Attempt.raw).order_by(col(Attempt.id))))


def _followed(town: Town) -> tuple[int, int]:
    with town.store.read() as session:
        return len(session.exec(select(ChainBlock)).all()), len(session.exec(select(ChainEvent)).all())


def _health(town: Town) -> str:
    with town.store.read() as session:
        return look(session, now=now(), head_age=30).colour


def _as_if_the_authority_had_acted(town: Town) -> None:
    """A row of the authority in the block of the batch."""
    with town.store.write() as session:
        anchor = session.exec(select(ChainTransaction)).one()
        row = ChainTransaction(
            **anchor.model_dump(exclude={"id", "account", "kind", "ref"}),
            account=town.authority.account.address.lower(),
            kind="decide",
            ref="right",
        )
        session.add(row)
        assert session.exec(select(FollowerRow)).one().health == "green"
