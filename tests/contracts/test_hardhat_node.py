"""`hardhat node`, the other local chain: the same contracts, and a clock that does not run ahead."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.chain.compiler import PROJECT
from tests.contracts.world import Town, code


class HardhatNode:
    """A running `hardhat node`; it mines each transaction as it comes."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._process = subprocess.Popen(
            [str(PROJECT / "node_modules" / ".bin" / "hardhat"), "node", "--port", "0"],
            cwd=PROJECT,
            env=os.environ | {"PATH": path, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.url = self._said()

    def mine(self, blocks: int = 1) -> None:
        """Nothing to do: the block came with its transaction."""

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate()

    def _said(self) -> str:
        """The address that it prints once it listens."""
        assert self._process.stdout
        for line in self._process.stdout:
            if "server at" in line:
                return line.split()[-1].rstrip("/")
        raise AssertionError("hardhat node did not start")


@pytest.fixture
def node() -> Iterator[HardhatNode]:
    started = HardhatNode()
    yield started
    started.stop()


@pytest.mark.slow
def test_a_hundred_batches_at_once_do_not_push_its_clock_ahead(node: HardhatNode) -> None:
    town = Town(node)
    town.found()
    for seq in range(1, 101):
        town.send(town.certificates.functions.anchorBatch(code(0), seq, seq.to_bytes(32, "big"), 1))
    assert town.certificates.functions.nextSequence(code(0)).call() == 101
    assert town.web3.eth.chain_id == 31337
    assert town.web3.eth.get_block("latest")["timestamp"] <= time.time() + 2
