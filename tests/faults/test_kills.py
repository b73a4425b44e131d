"""Real processes and kill -9, while certificates come in and are revoked (threat 8)."""

import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest
from sqlmodel import select

from registry import running
from registry.chain.node import LocalNode
from registry.chain.rpc import JsonRpcChain
from registry.runtime import Runtime
from registry.store.tables import Follower, StatusIntent
from tests.chain.checker import check
from tests.chain.conftest import Ground, started
from tests.chain.town import HARBOUR, POLICE, Town, runtime_over, until
from tests.faults.test_crash_matrix import revoke

KILLS = int(os.environ.get("ZT_FAULTS", "10"))
_fork = multiprocessing.get_context("fork")


def work(opened: Runtime, folder: Path, url: str) -> None:
    """The worker's process, over keys that were opened before (scrypt is slow on purpose)."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    worker = running.make_worker(runtime_over(opened, folder), JsonRpcChain(url))
    worker.name = "worker"
    running.loop(worker, ended)


@pytest.mark.faults
@pytest.mark.timeout(60 + 5 * KILLS)
def test_a_worker_killed_at_any_moment_loses_and_repeats_nothing(
    ground: Ground, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(KILLS)
    folder = tmp_path / "data"
    shutil.copytree(ground.folder, folder)
    state = tmp_path / "chain.json"
    node = started(ground.state, state)
    town = Town(folder, node, ground.authority, runtime_over(ground.runtime, folder))
    request.addfinalizer(lambda: town.node.kill())  # noqa: PLW0108 (the node that is there by then)
    identifiers: list[str] = []
    for kill in range(KILLS):
        process = _fork.Process(target=work, args=(ground.runtime, folder, node.url))
        process.start()
        identifiers += town.issue(chance.randint(1, 4), chance.choice((POLICE, HARBOUR)))
        if chance.random() < 0.5:
            revoke(town, identifiers.pop(chance.randrange(len(identifiers))))
        deadline = time.monotonic() + chance.uniform(0.05, 0.9)
        while time.monotonic() < deadline:
            node.mine()
            time.sleep(0.05)
        process.kill()
        process.join()
        if kill % 10 == 9:
            node = _power_cut(node, state)
            town.node = node
    _finish(town, ground.runtime, folder)
    check(town)
    with town.store.read() as session:
        assert set(session.exec(select(StatusIntent.state))) <= {"final", "dropped"}
    town.runtime.store.close()


def _power_cut(node: LocalNode, state: Path) -> LocalNode:
    """The chain's node dies too, and comes back without its last blocks."""
    node.kill()
    return LocalNode.start(port=node.port, state=state, block_time=None)


def _finish(town: Town, opened: Runtime, folder: Path) -> None:
    """One worker that nobody kills brings everything to its end."""
    process = _fork.Process(target=work, args=(opened, folder, town.node.url))
    process.start()

    def at_rest() -> bool:
        """The chain as it is now was followed, and leaves nothing to do."""
        town.node.mine()
        with town.store.read() as session:
            followed = session.exec(select(Follower)).one()
        (block,) = town.node.rpc.blocks([followed.head_number])
        return block is not None and block.hash == followed.head_hash and town.at_rest()

    until(at_rest, seconds=60)
    process.terminate()
    process.join(10)
    assert process.exitcode == 0
