"""What the worker keeps of a chain, kept by PostgreSQL: batches, the outbox, the follower, status words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chain.checker import check
from tests.chain.conftest import Ground, prepared, town_on
from tests.chain.test_anchoring import test_taking_back_wins_if_it_comes_before_the_close
from tests.chain.test_following import test_a_rolled_back_sequence_is_sent_again_in_its_order
from tests.chain.test_status_words import test_a_renewal_supersedes_only_when_it_is_final_and_has_begun
from tests.chain.town import POLICE, Town
from tests.postgres.conftest import database
from tests.postgres.server import Server

__all__ = [
    "test_a_renewal_supersedes_only_when_it_is_final_and_has_begun",
    "test_a_rolled_back_sequence_is_sent_again_in_its_order",
    "test_taking_back_wins_if_it_comes_before_the_close",
]


@pytest.fixture(scope="module")
def ground(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A chain with the contracts, and a database `ground` that knows them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZT_DATABASE", postgres.make("ground"))
        with prepared(tmp_path_factory.mktemp("ground")) as made:
            patch.undo()
            yield made


@pytest.fixture
def town(postgres: Server, ground: Ground, tmp_path: Path) -> Iterator[Town]:
    ground.set_back()
    with database(postgres, like="ground"), town_on(ground, tmp_path / "data") as made:
        assert made.store.engine.dialect.name == "postgresql"
        yield made


def test_two_workers_over_one_store_anchor_each_certificate_once(town: Town) -> None:
    workers = [town.worker(), town.worker()]
    for count in (3, 2):
        town.issue(count, POLICE)
        for _ in range(8):
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda worker: worker.round(), workers))
            for worker in workers:
                worker.release()
            town.node.mine()
    town.settle(*workers)
    check(town)
