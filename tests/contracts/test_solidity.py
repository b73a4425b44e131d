"""The contracts' own tests, both compilers and the linter, as an engineer runs them."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from registry.chain.compiler import PROJECT, Artifact, compiled

DEPLOYED = ("IssuerRegistry", "CertificateRegistry", "AccessLog")
ARTIFACTS = PROJECT / "build" / "hardhat" / "artifacts" / "contracts"


def run(program: str, *arguments: str) -> str:
    """What a program of node_modules prints; node is the virtual environment's."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [str(PROJECT / "node_modules" / ".bin" / program), *arguments]
    environment = os.environ | {"PATH": path, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def hardhat() -> str:
    """Hardhat's report; what it compiled lies in its artifacts afterwards."""
    (PROJECT / "build").mkdir(exist_ok=True)
    with (PROJECT / "build" / "hardhat.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test process may be compiling into the same folder
        return run("hardhat", "test", "solidity")


@pytest.fixture(scope="module")
def ours() -> dict[str, Artifact]:
    return dict(compiled())


@pytest.mark.slow
def test_the_solidity_tests_pass_under_hardhat(hardhat: str) -> None:
    assert "passing" in hardhat
    assert "failing" not in hardhat


@pytest.mark.slow
def test_the_invariants_hold_under_forge() -> None:
    output = run("forge", "test", "--match-contract", "InvariantsTest")
    assert "5 tests passed, 0 failed" in output, output


@pytest.mark.slow
@pytest.mark.parametrize("name", DEPLOYED)
def test_both_compilers_make_the_same_bytecode(hardhat: str, ours: dict[str, Artifact], name: str) -> None:
    theirs = json.loads((ARTIFACTS / f"{name}.sol" / f"{name}.json").read_text())
    assert ours[name].bytecode.hex() == theirs["bytecode"].removeprefix("0x")
    assert ours[name].runtime.hex() == theirs["deployedBytecode"].removeprefix("0x")
    assert ours[name].abi == theirs["abi"]


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_contract_fits_the_size_limit_of_the_chain(ours: dict[str, Artifact], name: str) -> None:
    assert len(ours[name].runtime) <= 24_576  # EIP-170


def test_the_linter_finds_nothing() -> None:
    output = run("solhint", "--disc", "--noPoster", "--max-warnings", "0", "contracts/**/*.sol")
    assert "warning" not in output, output
