"""Which modules of the registry a set of them reaches, and what they need from elsewhere."""

import ast
import sys
from pathlib import Path

REGISTRY = Path(__file__).resolve().parents[2] / "registry"


class BeyondTheLibrary(Exception):
    """A module that a verifier must not need: it has a store, a chain or a server behind it."""


def reached(source: str) -> tuple[set[str], set[str]]:
    """Modules of `registry` that a source reaches, directly or not, and packages from elsewhere.

    Raises:
        BeyondTheLibrary: one of them is a package, as those of store, chain and authority are.
    """
    modules: set[str] = set()
    packages: set[str] = set()
    sources = [source]
    while sources:
        own, foreign = imported(sources.pop())
        packages |= foreign
        for name in own - modules:
            modules.add(name)
            sources.append(read(name))
    return modules, packages


def read(module: str) -> str:
    """Source of a module of the registry. Raises BeyondTheLibrary where it is a package."""
    path = REGISTRY / f"{module}.py"
    if not path.is_file():
        raise BeyondTheLibrary(module)
    return path.read_text("utf-8")


def imported(source: str) -> tuple[set[str], set[str]]:
    """Modules of `registry`, and packages from elsewhere, that a source imports, wherever it does."""
    own: set[str] = set()
    foreign: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "registry":
            own |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            _sort(node.module, own, foreign)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                _sort(alias.name, own, foreign)
    return own, foreign - sys.stdlib_module_names


def _sort(name: str, own: set[str], foreign: set[str]) -> None:
    top, _, rest = name.partition(".")
    if top == "registry":
        own.add(rest.split(".")[0])
    else:
        foreign.add(top)
