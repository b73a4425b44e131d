"""Builds the verifier's wheel and npm package: `python -m scripts.library --out DIR`."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final

from scripts.library import closure, npm

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "zhengtong_verifier"
PUBLIC: Final = Path(__file__).with_name("public.py")
ALSO: Final = ("sdjwt", "statustoken")
"""Modules that a verifier imports by itself: credentials and status lists that others issued."""
DISTRIBUTIONS: Final = {"stdnum": "python-stdnum"}
"""Where a package's distribution has another name."""
EXTRAS: Final = {"sm": "tongsuopy"}
EPOCH: Final = "1577836800"
"""Time of the files in the wheel, so that the same source gives the same wheel."""

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "zhengtong-verifier"
version = "{version}"
description = "证通: verify electronic certificates offline, without server, chain or database"
readme = "README.md"
requires-python = "{python}"
dependencies = [{dependencies}]

[project.optional-dependencies]
{extras}

[tool.setuptools]
packages = ["{name}"]

[tool.setuptools.package-data]
{name} = ["py.typed"]
"""


def lay_out(folder: Path) -> None:
    """Write the library's source tree."""
    public = "".join(f"import registry.{name}\n" for name in ALSO) + PUBLIC.read_text("utf-8")
    modules, packages = closure.reached(public)
    package = folder / NAME
    package.mkdir(parents=True)
    for name in modules:
        (package / f"{name}.py").write_text(renamed(closure.read(name)), "utf-8")
    (package / "__init__.py").write_text(renamed(PUBLIC.read_text("utf-8")), "utf-8")
    (package / "py.typed").touch()
    (folder / "README.md").write_text((ROOT / "docs" / "verifier-library.md").read_text("utf-8"), "utf-8")
    (folder / "pyproject.toml").write_text(_pyproject(packages), "utf-8")


def renamed(source: str) -> str:
    """The source with its imports from the registry made those of the library."""
    return re.sub(r"^(\s*(?:from|import) )registry\b", rf"\1{NAME}", source, flags=re.MULTILINE)


def _pyproject(packages: set[str]) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {DISTRIBUTIONS.get(name, name) for name in packages} - set(EXTRAS.values())
    if foreign := needed - set(project["dependencies"]):
        raise closure.BeyondTheLibrary(*foreign)
    return _PYPROJECT.format(
        name=NAME,
        version=project["version"],
        python=project["requires-python"],
        dependencies=", ".join(f'"{name}"' for name in sorted(needed)),
        extras="\n".join(f'{extra} = ["{name}"]' for extra, name in EXTRAS.items()),
    )


def build(out: Path) -> Path:
    """Build the wheel into a folder, with the tools that are installed; its path."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "source"
        lay_out(folder)
        wheel = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel"]
        options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out), str(folder)]
        subprocess.run([*wheel, *options], check=True, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH})
    return max(out.glob(f"{NAME}-*.whl"), key=lambda path: path.stat().st_mtime_ns)


def main(arguments: list[str] | None = None) -> int:
    """Build, and say where wheel and npm package are."""
    parser = argparse.ArgumentParser(prog="scripts.library", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "library")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    print(build(out), npm.build(out, int(EPOCH)), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
