"""The catalogue: one YAML file a type and version, checked by a schema and against itself on load."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from registry import definition as definitions
from registry.catalogue.flaws import flaws, largest_copy_bytes, link_flaws
from registry.definition import BadDefinition, Dependency, TypeDefinition
from registry.errors import NotFound

_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads ten times as fast

FOLDER = Path(__file__).parent
LARGEST_COPY = 2_850
"""Bytes of a copy that a QR of version 40 at level L holds as digits beside its link (protocol.md, QR)."""


class Catalogue:
    """All type definitions, by type and version."""

    def __init__(self, loaded: Iterable[TypeDefinition]) -> None:
        self._by_version = {(each.type, each.version): each for each in loaded}
        self._newest: dict[str, TypeDefinition] = {}
        for each in sorted(self._by_version.values(), key=lambda one: one.version):
            self._newest[each.type] = each
        self._by_alias = {each.alias: each for each in self._newest.values()}
        self._dependents: dict[str, list[tuple[TypeDefinition, Dependency]]] = {}
        for each in self:
            for dependency in each.depends_on:
                self._dependents.setdefault(dependency.type, []).append((each, dependency))

    @property
    def combined(self) -> frozenset[str]:
        """Codes of the types whose certificates name parts."""
        return frozenset(each.type for each in self if each.parts is not None)

    def __iter__(self) -> Iterator[TypeDefinition]:
        return iter(sorted(self._by_version.values(), key=lambda each: (each.alias, each.version)))

    def __len__(self) -> int:
        return len(self._by_version)

    def definition(self, type_code: str, version: int) -> TypeDefinition:
        """That version of a type. Raises NotFound."""
        return _found(self._by_version.get((type_code, version)))

    def newest(self, type_code: str) -> TypeDefinition:
        """The newest version of a type, whether in force yet or not. Raises NotFound."""
        return _found(self._newest.get(type_code))

    def by_alias(self, alias: str) -> TypeDefinition:
        """The newest version of a type by its short name (`business_licence`). Raises NotFound."""
        return _found(self._by_alias.get(alias))

    def named(self, name: str) -> TypeDefinition:
        """The newest version of a type, by its short name or its code. Raises NotFound."""
        return _found(self._by_alias.get(name) or self._newest.get(name))

    def dependents(self, type_code: str) -> Sequence[tuple[TypeDefinition, Dependency]]:
        """Every version of a type that depends on this one, and how."""
        return self._dependents.get(type_code, ())

    def in_force(self, type_code: str, day: date) -> TypeDefinition:
        """The newest version of a type in force on a day. Raises NotFound."""
        iso = day.isoformat()
        standing = [
            each
            for (code, _), each in self._by_version.items()
            if code == type_code and each.begins <= iso and (not each.until or iso < each.until)
        ]
        return _found(max(standing, key=lambda each: each.version, default=None))


def load_catalogue(
    folder: Path | None = None, largest_copy: Callable[[TypeDefinition], int] = largest_copy_bytes
) -> Catalogue:
    """Read and check every type in a folder (default: the types that come with the registry).

    largest_copy: bytes of the largest copy a type allows; one that no QR holds is refused.
    Raises BadDefinition: a file breaks the schema, contradicts itself, or shares its type and version.
    """
    loaded: dict[tuple[str, int], TypeDefinition] = {}
    files: dict[Path, TypeDefinition] = {}
    for path in sorted((folder or FOLDER).glob("*.yaml")):
        one = files[path] = load_definition(path, largest_copy)
        if loaded.setdefault((one.type, one.version), one) is not one:
            raise _refused(path, "another file has the same type and version")
    newest = {each.type: each for each in sorted(files.values(), key=lambda each: each.version)}
    for path, one in files.items():
        for flaw in link_flaws(one, newest):
            raise _refused(path, flaw)
    return Catalogue(loaded.values())


def load_definition(
    path: Path, largest_copy: Callable[[TypeDefinition], int] = largest_copy_bytes
) -> TypeDefinition:
    """Read and check one file. Raises BadDefinition."""
    document = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    problem = jsonschema.exceptions.best_match(_schema().iter_errors(document))
    if problem is not None:
        raise _refused(path, f"{problem.json_path}: {problem.message}")
    one = definitions.parse(document)
    for flaw in flaws(one):
        raise _refused(path, flaw)
    if largest_copy(one) > LARGEST_COPY:
        raise _refused(path, f"its largest paper copy has {largest_copy(one)} bytes and fits no QR code")
    return one


class _Loader(_Base):  # type: ignore[misc,valid-type]
    """YAML whose dates stay text: a definition is hashed as it was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def _schema() -> Any:
    return jsonschema.Draft202012Validator(json.loads((FOLDER / "schema.json").read_text("utf-8")))


def _refused(path: Path, why: str) -> BadDefinition:
    return BadDefinition(f"证照类型文件 {path.name} 不正确：{why}", f"Type file {path.name} is wrong: {why}")


def _found(one: TypeDefinition | None) -> TypeDefinition:
    if one is None:
        raise NotFound("目录中没有这个证照类型。", "The catalogue has no such type.")
    return one
