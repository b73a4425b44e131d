"""What is deployed is what the sources say: the cache never answers for others."""

import shutil
from pathlib import Path

import pytest

from registry.chain.compiler import PROJECT, CannotCompile, compiled
from tests.contracts.world import town


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one small library, with the lock file of this one."""
    (tmp_path / "contracts").mkdir()
    shutil.copy(PROJECT / "contracts" / "Codes.sol", tmp_path / "contracts")
    shutil.copy(PROJECT / "package-lock.json", tmp_path)
    return tmp_path


def test_a_changed_source_is_compiled_anew(project: Path) -> None:
    source = project / "contracts" / "Codes.sol"
    before = compiled(project)
    assert (project / "build" / "contracts.json").exists()
    source.write_text(source.read_text().replace("library Codes", "library Shapes"))
    compiled.cache_clear()
    assert before.keys() == {"Codes"}
    assert compiled(project).keys() == {"Shapes"}


def test_a_torn_cache_is_no_cache(project: Path) -> None:
    first = compiled(project)
    (project / "build" / "contracts.json").write_text('{"digest": "')
    compiled.cache_clear()
    assert compiled(project) == first


def test_what_does_not_compile_is_said(project: Path) -> None:
    (project / "contracts" / "Codes.sol").write_text("contract {")
    with pytest.raises(CannotCompile, match="Expected identifier"):
        compiled(project)


def test_code_on_the_chain_is_known_whatever_its_immutables() -> None:
    with town() as built:
        code = bytes(built.web3.eth.get_code(built.certificates.address))
    artifact = compiled()["CertificateRegistry"]
    assert code != artifact.runtime
    assert artifact.made(code)
    assert not artifact.made(code[:-1] + b"\0")
    assert not compiled()["AccessLog"].made(code)
