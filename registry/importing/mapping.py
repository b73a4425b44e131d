"""The file of a mapping, as structs; docs/importing.md says how one is written.

It says where the rows are, what names one, and where each claim of a certificate type comes from. It names
columns; nothing personal and no password stands in it.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import yaml
from msgspec import Meta

from registry.definition import TypeDefinition
from registry.errors import NotAllowed, RegistryError
from registry.lifecycle import Kind, reason

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
Text = Annotated[str, Meta(min_length=1)]
LARGEST: Final = 1 << 20
"""Bytes of a mapping."""


class BadMapping(RegistryError):
    """The file is no mapping, or does not fit its type or its source."""

    kind = "bad-mapping"
    status = 422
    mender = "operator"

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(f"映射文件 {name} 不正确：{zh}", f"The mapping {name} is wrong: {en}")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Join(_Part, frozen=True, kw_only=True):
    """Another table, whose columns are named `<as>.<column>`. by: column of the first table → of this one,
    which name at most one row."""

    table: Text
    schema: str | None = None
    alias: Name = msgspec.field(name="as")
    by: Annotated[dict[str, str], Meta(min_length=1)]


class Place(_Part, frozen=True, kw_only=True):
    """Where rows are: a file (.csv, .xlsx, .jsonl) or SQLite database beside the mapping, or a database whose
    SQLAlchemy URL is in the environment variable `env`. encoding: of text that is not UTF-8."""

    file: str = ""
    sqlite: str = ""
    env: str = ""
    table: str = ""
    schema: str | None = None
    join: tuple[Join, ...] = ()
    encoding: str = "gb18030"


class Field(_Part, frozen=True, kw_only=True):
    """Where a claim comes from.

    column, or several columns joined by `between`, or a constant. date: formats of strptime, tried in turn.
    codes: their values → ours; others do not fit. half_width: full-width letters and digits are made plain.
    upper: letters are.
    """

    column: str = ""
    columns: tuple[str, ...] = ()
    between: str = ""
    constant: str = msgspec.field(name="always", default="")
    date: tuple[str, ...] = ()
    codes: dict[str, str] = {}
    half_width: bool = False
    upper: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that it is made from."""
        return (self.column,) if self.column else self.columns


class State(_Part, frozen=True, kw_only=True):
    """What their status says. valid: values of a certificate in force; ended: others, each with a reason code
    of docs/lifecycle.md that ends or suspends."""

    column: Text
    valid: Annotated[tuple[str, ...], Meta(min_length=1)]
    ended: dict[str, str] = {}


class ChangedAt(_Part, frozen=True, kw_only=True):
    """When a row was last changed, there. date: format of strftime, where it is kept as text."""

    column: Text
    date: str = ""


class Mapping(_Part, frozen=True, kw_only=True):
    """A mapping. name: by which rows are known again, for good. key: columns that name a row. identifier: its
    certificate identifier, where it has one. absent: texts that mean nothing is there."""

    name: Name
    type: Text
    source: Place
    key: Annotated[tuple[Text, ...], Meta(min_length=1)]
    claims: Annotated[dict[str, str | Field], Meta(min_length=1)]
    identifier: str = ""
    status: State | None = None
    changed_at: ChangedAt | None = None
    absent: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Field]:
        """Claims, each with where it comes from."""
        return {
            name: Field(column=each) if isinstance(each, str) else each for name, each in self.claims.items()
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once each."""
        own = [*self.key, *([self.identifier] if self.identifier else [])]
        own += [self.status.column] if self.status else []
        own += [self.changed_at.column] if self.changed_at else []
        return tuple(dict.fromkeys([*own, *(one for each in self.fields.values() for one in each.sources)]))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping. Raises BadMapping."""
    try:
        with path.open("rb") as file:
            mapping = msgspec.convert(yaml.safe_load(file.read(LARGEST)), Mapping)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError, RecursionError) as wrong:
        raise BadMapping(path.name, "读不出", str(wrong).partition("\n")[0]) from wrong
    if why := _wrong(mapping):
        raise BadMapping(path.name, *why)
    return mapping


def check_against(mapping: Mapping, definition: TypeDefinition) -> None:
    """Whether it fills that type. Raises BadMapping."""
    unknown = sorted(set(mapping.claims) - set(definition.claim))
    if unknown:
        raise BadMapping(
            mapping.name,
            f"类型没有信息项 {'、'.join(unknown)}",
            f"the type has no claims {', '.join(unknown)}",
        )
    missing = [one.name for one in definition.claims if one.required and one.name not in mapping.claims]
    if missing:
        raise BadMapping(
            mapping.name, f"缺少必填信息项 {'、'.join(missing)}", f"required claims: {', '.join(missing)}"
        )


def _wrong(mapping: Mapping) -> tuple[str, str] | None:
    place = mapping.source
    if sum(map(bool, (place.file, place.sqlite, place.env))) != 1:
        return "source 须是 file、sqlite、env 之一", "source is one of file, sqlite, env"
    if bool(place.file) == bool(place.table) or (place.file and place.join):
        return "数据库须写 table，文件不写 table、join", "a database has a table; a file no table and no join"
    for name, field in mapping.fields.items():
        if sum(map(bool, (field.column, field.columns, field.constant))) != 1:
            return f"{name} 须有 column、columns、always 之一", f"{name} has one of column, columns, always"
        if any(not _is_format(each) for each in field.date):
            return f"{name} 的日期格式不完整", f"{name}: a date format has %Y, %m and %d"
    ended = mapping.status.ended if mapping.status else {}
    if bad := next((code for code in ended.values() if not _ends(code)), None):
        return f"状态原因 {bad} 不能终止或暂停证照", f"{bad} is no reason that ends or suspends"
    return None


def _is_format(text: str) -> bool:
    try:
        return (
            datetime.strptime(datetime(2026, 11, 24).strftime(text), text).date().isoformat() == "2026-11-24"
        )
    except ValueError:
        return False


def _ends(code: str) -> bool:
    try:
        return reason(code).kind in (Kind.REVOKE, Kind.SUSPEND)
    except NotAllowed:
        return False
