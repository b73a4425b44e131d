"""Every step × {failed and not stored, failed but stored, killed} (threat 8), and seeds with reorganisations.

Whatever happened: every leaf under one root, every revocation on the chain, every nonce accounted for.
"""

import os
import random
import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from registry import leases
from registry.store.tables import Follower, StatusIntent
from registry.worker import Worker
from tests.chain.checker import check
from tests.chain.conftest import Ground, town_on
from tests.chain.town import HARBOUR, POLICE, Town, runtime_over
from tests.faults.faulty import MODES, Broken, FaultyChain, FaultyStore, Killed, Plan, only, some

SEEDS = range(int(os.environ.get("ZT_FAULTS", "5")))
TWO_WORKERS = 4 * len(SEEDS) if len(SEEDS) < 50 else 200
ROUNDS = 60


@pytest.fixture(scope="module")
def issued(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which certificates were issued and one is to be revoked, to be copied."""
    folder = tmp_path_factory.mktemp("issued") / "data"
    with town_on(ground, folder) as town:
        town.worker(name="worker").round()
        first, *_ = town.issue(3)
        town.issue(2, HARBOUR)
        revoke(town, first)
    return folder


def revoke(town: Town, identifier: str) -> None:
    """The intent to revoke, as the use case stores it."""
    row = town.certificate(identifier)
    with town.store.write() as session:
        session.add(
            StatusIntent(
                certificate=row.id,
                issuer=row.issuer,
                type=row.type,
                list=row.status_list,
                idx=row.status_idx,
                value=1,
            )
        )


class World:
    """A town over a copy of the issued folder, whose worker meets faults."""

    def __init__(self, ground: Ground, issued: Path, folder: Path) -> None:
        ground.set_back()
        shutil.copytree(issued, folder)
        self.town = Town(folder, ground.node, ground.authority, runtime_over(ground.runtime, folder))

    def worker(self, plan: Plan, *, reads: bool = False, name: str = "worker") -> Worker:
        """A worker over faulty store and chain; the same name, so that a new one has the lease at once."""
        return self.town.worker(
            store=FaultyStore(self.town.store, plan),
            chain=FaultyChain(self.town.node.rpc, plan, reads=reads),
            name=name,
        )

    def run(self, plan: Plan, *, reads: bool = False, disturb=lambda: None) -> None:
        """Rounds until all is at rest; a worker that was killed is followed by a new one."""
        worker = self.worker(plan, reads=reads)
        for _ in range(ROUNDS):
            try:
                worker.round()
            except Broken:
                pass
            except Killed:
                worker = self.worker(plan, reads=reads)
            if self.town.at_rest():
                return
            disturb()
            self.town.node.mine()
        with self.town.store.read() as session:
            followed = session.exec(select(Follower)).all()
        raise AssertionError(f"not at rest: {self.town.states()} {followed}, after {plan.hit}")

    def check(self) -> None:
        """The checker, and the one revocation."""
        check(self.town)
        with self.town.store.read() as session:
            assert set(session.exec(select(StatusIntent.state))) == {"final"}
        self.town.runtime.store.close()


@pytest.fixture(scope="module")
def steps(ground: Ground, issued: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many sends and commits a run without faults has."""
    world, plan = World(ground, issued, tmp_path_factory.mktemp("count") / "data"), Plan()
    world.run(plan)
    world.check()
    return plan.steps


@pytest.mark.faults
@pytest.mark.parametrize("mode", MODES)
def test_no_step_of_a_run_may_not_fail(
    ground: Ground, issued: Path, steps: int, mode: str, tmp_path: Path
) -> None:
    assert steps > 10
    for step in range(1, steps + 1):
        world, plan = World(ground, issued, tmp_path / str(step)), Plan(only(step, mode))
        world.run(plan)
        assert plan.hit
        world.check()


@pytest.mark.faults
def test_many_faults_and_reorganisations_at_once_lose_and_repeat_nothing(
    ground: Ground, issued: Path, tmp_path: Path
) -> None:
    for seed in SEEDS:
        chance = random.Random(seed)
        world = World(ground, issued, tmp_path / str(seed))
        plan = Plan(some(seed, 0.04))
        left = [3]

        def disturb(chance: random.Random = chance, world: World = world, left: list[int] = left) -> None:
            if left[0] and chance.random() < 0.3:
                left[0] -= 1
                rpc = world.town.node.rpc
                rpc.request("anvil_reorg", chance.randint(1, 8), [])
                if chance.random() < 0.5:
                    rpc.request("anvil_dropAllTransactions")

        world.run(plan, reads=True, disturb=disturb)
        world.check()


@pytest.mark.faults
@pytest.mark.parametrize("first", range(0, TWO_WORKERS, TWO_WORKERS // 4))
def test_two_workers_at_once_put_every_leaf_under_exactly_one_root(
    ground: Ground, issued: Path, first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat 4: without the lease, one worker works in the midst of the other's round, at any step."""
    monkeypatch.setattr(leases, "hold", lambda *_args, **_more: True)
    for seed in range(first, first + TWO_WORKERS // 4):
        chance = random.Random(seed)
        world = World(ground, issued, tmp_path / str(seed))
        other = world.worker(Plan(), name="other")
        plan = Plan()

        def interlude(chance: random.Random = chance, other: Worker = other) -> None:
            if chance.random() < 0.1:
                other.round()

        chain = FaultyChain(world.town.node.rpc, plan, reads=True)
        plan.interlude = interlude
        worker = world.town.worker(chain=chain, name="one")
        for _ in range(ROUNDS):
            worker.round()
            if chance.random() < 0.3:
                other.round()
            if world.town.at_rest():
                break
            world.town.node.mine()
        world.check()
        assert {one.issuer for one in world.town.batches()} == {POLICE, HARBOUR}
