"""The verifier's wheel stands alone: nothing of the registry beside it, nothing that it does not declare."""

import json
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.library import __main__ as library
from scripts.library import closure

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "docs" / "vectors"
DOCUMENT = ROOT / "docs" / "verifier-library.md"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel, what the wheel declares, and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    interpreter = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", interpreter]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", wheel], check=True)
    [packages] = folder.glob("lib/python3*/site-packages")
    for name in declared(requirements(wheel)):
        link(name, packages)
    return interpreter


def requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as opened:
        [metadata] = [name for name in opened.namelist() if name.endswith("/METADATA")]
        text = opened.read(metadata).decode("utf-8")
    return re.findall(r"^Requires-Dist: (.*)$", text, re.MULTILINE)


def declared(required: list[str]) -> set[str]:
    """Names of the distributions that these bring in, without extras."""
    names: set[str] = set()
    waiting = [Requirement(each) for each in required]
    while waiting:
        each = waiting.pop()
        if each.name in names or (each.marker is not None and not each.marker.evaluate({"extra": ""})):
            continue
        names.add(each.name)
        waiting += [Requirement(more) for more in distribution(each.name).requires or []]
    return names


def link(name: str, packages: Path) -> None:
    """Put an installed distribution into another environment, without a network."""
    found = distribution(name)
    tops = {file.parts[0] for file in found.files or [] if file.parts[0] not in {"..", "__pycache__"}}
    for top in tops:
        (packages / top).symlink_to(Path(str(found.locate_file(top))))


def test_the_published_vectors_pass_where_nothing_but_the_library_is_installed(python: Path) -> None:
    command = [python, "-I", ROOT / "tests" / "library" / "alone.py", VECTORS, DOCUMENT]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    cases = json.loads((VECTORS / "presentations.json").read_text("utf-8"))["cases"]
    assert f"{len(cases)} cases" in ran.stdout


def test_the_wheel_names_no_module_of_the_registry(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        for name in opened.namelist():
            if name.endswith(".py"):
                own, _ = closure.imported(opened.read(name).decode("utf-8"))
                assert not own, name


def test_the_same_source_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert library.build(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_needs_little(wheel: Path) -> None:
    needed = {Requirement(each).name for each in requirements(wheel) if "extra" not in each}
    assert needed == {
        "b45",
        "cbor2",
        "cryptography",
        "msgspec",
        "numpy",
        "orjson",
        "pybase64",
        "python-stdnum",
    }


@pytest.mark.parametrize(
    "source",
    ["from registry.store import Store", "import registry.chain.node", "from registry import catalogue"],
)
def test_a_verifier_that_came_to_need_store_or_chain_would_not_be_built(source: str) -> None:
    with pytest.raises(closure.BeyondTheLibrary):
        closure.reached(source)
