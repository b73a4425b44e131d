"""One anvil for all tests of a process, set back after each."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from registry.chain.node import LocalNode
from registry.chain.rpc import ChainRefused, ChainUnreachable
from registry.runtime import Runtime
from tests.chain.town import ISSUERS, Authority, Town, found, register, runtime_in, runtime_over

FRESH_AFTER = 12
"""Tests until anvil is started anew."""


@dataclass
class Ground:
    """What all towns stand on: a chain with the contracts, a folder with keys, both to be copied."""

    folder: Path
    node: LocalNode
    authority: Authority
    runtime: Runtime
    snapshot: str
    state: Path
    head: bytes
    used: int = 0

    def set_back(self) -> None:
        """The chain as it was when the contracts were ready."""
        with contextlib.suppress(ChainRefused, ChainUnreachable):
            self.node.rpc.request("anvil_dropAllTransactions")
            self.node.rpc.request("evm_revert", self.snapshot)
        self.used += 1
        # After 500 blocks anvil no longer has the states that a reorganisation goes back to.
        if self.used % FRESH_AFTER == 0 or not self._as_prepared():
            self._start_again()
        self.snapshot = self.node.rpc.request("evm_snapshot")
        self.node.mine(12)  # a test may reorganise so many without touching the snapshot

    def _as_prepared(self) -> bool:
        head = self.node.rpc.head()
        return head.hash == self.head and all(
            self.node.rpc.code(address) for address in self.authority.addresses.values()
        )

    def _start_again(self) -> None:
        self.node.kill()
        self.node = started(self.state, self.folder.parent / "chain.json", port=self.node.port)
        self.authority.node = self.node
        assert self._as_prepared()


def started(state: Path, copy: Path, port: int = 0) -> LocalNode:
    """A node on a copy of a stored chain."""
    shutil.copy(state, copy)
    shutil.copy(state.with_suffix(".genesis"), copy.with_suffix(".genesis"))
    return LocalNode.start(port=port, state=copy, block_time=None)


@contextlib.contextmanager
def prepared(folder: Path) -> Iterator[Ground]:
    """A chain with the contracts, and a founded folder that knows them."""
    state = folder / "prepared.json"
    found(folder / "data")
    runtime = runtime_in(folder / "data")
    node = LocalNode.start(state=state, block_time=None)
    authority = Authority(node)
    accounts = {code: runtime.ring.account(code).address for code in ISSUERS}
    definition = runtime.catalogue.by_alias("resident_identity")
    with runtime.store.write() as session:
        session.add(register(authority, definition, accounts))
    runtime.close()
    head = node.rpc.head().hash
    node.stop()
    authority.node = started(state, folder / "chain.json")
    snapshot = authority.node.rpc.request("evm_snapshot")
    ground = Ground(folder / "data", authority.node, authority, runtime, snapshot, state, head)
    yield ground
    ground.node.kill()


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
