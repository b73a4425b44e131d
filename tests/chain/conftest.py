"""One anvil for all tests of a process, set back after each."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from registry.chain.node import LocalNode, local_node
from registry.runtime import Runtime
from tests.chain.town import ISSUERS, Authority, Town, found, register, runtime_in, runtime_over


@dataclass
class Ground:
    """What all towns stand on: a chain with the contracts, a folder with keys, both to be copied."""

    folder: Path
    node: LocalNode
    authority: Authority
    runtime: Runtime
    snapshot: str

    def set_back(self) -> None:
        """The chain as it was when the contracts were ready."""
        self.node.rpc.request("anvil_dropAllTransactions")
        assert self.node.rpc.request("evm_revert", self.snapshot)
        self.snapshot = self.node.rpc.request("evm_snapshot")
        self.node.mine(12)  # a test may reorganise so many without touching the snapshot


@contextlib.contextmanager
def prepared(folder: Path) -> Iterator[Ground]:
    """A chain with the contracts, and a founded folder that knows them."""
    found(folder)
    with local_node() as node:
        runtime = runtime_in(folder)
        authority = Authority(node)
        accounts = {code: runtime.ring.account(code).address for code in ISSUERS}
        definition = runtime.catalogue.by_alias("resident_identity")
        with runtime.store.write() as session:
            session.add(register(authority, definition, accounts))
        runtime.close()
        yield Ground(folder, node, authority, runtime, node.rpc.request("evm_snapshot"))


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """What most towns stand on."""
    with prepared(tmp_path_factory.mktemp("founded")) as made:
        yield made


@pytest.fixture
def town(ground: Ground, tmp_path: Path) -> Iterator[Town]:
    """A registry of two departments, with nothing issued yet."""
    ground.set_back()
    with town_on(ground, tmp_path / "data") as made:
        yield made


@pytest.fixture
def town_apart(tmp_path: Path) -> Iterator[Town]:
    """The same on a chain of its own, which the test may ruin."""
    with prepared(tmp_path / "founded") as ground, town_on(ground, tmp_path / "data") as made:
        yield made


@contextlib.contextmanager
def town_on(ground: Ground, folder: Path) -> Iterator[Town]:
    """A registry over a copy of the founded folder."""
    shutil.copytree(ground.folder, folder)
    made = Town(folder, ground.node, ground.authority, runtime_over(ground.runtime, folder))
    yield made
    made.runtime.close()
