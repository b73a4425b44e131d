"""Where rows come from: a table of a database over SQLAlchemy, or a file. Read only, streamed."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Engine, and_, column, create_engine, event, func, inspect, literal, select, table
from sqlalchemy.exc import SQLAlchemyError

from registry import sheets
from registry.errors import RegistryError
from registry.identifiers import Fault
from registry.importing.mapping import BadMapping, Mapping

OWN: Final = "own"
_AT_ONCE: Final = 1_000


class NoSource(RegistryError):
    """The database or file cannot be read. Nothing of its address is said."""

    kind = "no-source"
    status = 503
    mender = "operator"

    def __init__(self, why: str) -> None:
        super().__init__(f"源数据读不出：{why}", f"The source cannot be read: {why}")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """line: 1 for the first. cells: by the mapping's column names, as their driver gives them. faults: what
    is wrong with how it is written."""

    line: int
    cells: dict[str, Any]
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return f"SourceRow({self.line})"


class Source(Protocol):
    """Rows of one source."""

    def count(self, since: date | None) -> int:
        """About how many rows there are."""
        ...

    def rows(self, since: date | None) -> Iterator[SourceRow]:
        """The rows, those changed on that day or later."""
        ...


@contextmanager
def open_source(mapping: Mapping, beside: Path) -> Iterator[Source]:
    """The source of a mapping. beside: the folder that its files are in.

    Raises:
        NoSource: it is not there, or cannot be read.
        BadMapping: it has no such table or column.
        BadFile: as `sheets` says.
    """
    if mapping.source.file:
        yield FileSource(mapping, sheets.inspect(beside / mapping.source.file))
        return
    engine = _engine(mapping, beside)
    try:
        source = DatabaseSource(mapping, engine)
        source.check()
        yield source
    finally:
        engine.dispose()


@contextmanager
def _reading() -> Iterator[None]:
    """What a driver says has the statement in it, and may have the address: only its kind is told."""
    try:
        yield
    except SQLAlchemyError as error:
        raise NoSource(type(error).__name__) from error


def _engine(mapping: Mapping, beside: Path) -> Engine:
    if mapping.source.env:
        url = os.environ.get(mapping.source.env, "")
        if not url:
            raise NoSource(f"{mapping.source.env} 未设置 / is not set")
        try:
            return create_engine(url, hide_parameters=True)
        except (SQLAlchemyError, ImportError) as error:
            raise NoSource(type(error).__name__) from error
    path = (beside / mapping.source.sqlite).resolve()
    if not path.is_file():
        raise NoSource(path.name)
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _any_text(connection: sqlite3.Connection, _record: object) -> None:
        connection.text_factory = _text

    return engine


def _text(raw: bytes) -> str | bytes:
    """Text of a SQLite file, which may hold any encoding; what is no UTF-8 stays as it is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


@dataclass(frozen=True)
class DatabaseSource:
    """A table, with others joined to it."""

    mapping: Mapping
    engine: Engine

    def check(self) -> None:
        """Raises BadMapping: it has no such table or column."""
        with _reading():
            self._check()

    def _check(self) -> None:
        place, look = self.mapping.source, inspect(self.engine)
        tables = {
            OWN: (place.table, place.schema),
            **{one.alias: (one.table, one.schema) for one in place.join},
        }
        there: set[tuple[str, str]] = set()
        for alias, (name, schema) in tables.items():
            if not (look.has_table(name, schema=schema) or name in look.get_view_names(schema=schema)):
                raise BadMapping(self.mapping.name, f"源库没有表 {name}", f"there is no table {name}")
            there |= {(alias, each["name"]) for each in look.get_columns(name, schema=schema)}
        wanted = {*self.mapping.columns, *self._joined_by()}
        if missing := sorted(each for each in wanted if self._split(each) not in there):
            shown = ", ".join(missing)
            raise BadMapping(self.mapping.name, f"源表没有列 {shown}", f"there are no columns {shown}")

    def count(self, since: date | None) -> int:
        """How many rows there are."""
        query = select(func.count()).select_from(self._from())
        with _reading(), self.engine.connect() as connection:
            return int(connection.execute(self._where(query, since)).scalar_one())

    def rows(self, since: date | None) -> Iterator[SourceRow]:
        """In the order of their key."""
        names = self.mapping.columns
        query = select(*(self._column(name).label(f"c{n}") for n, name in enumerate(names)))
        query = self._where(query.select_from(self._from()), since)
        query = query.order_by(*(self._column(name) for name in self.mapping.key))
        streamed = {"stream_results": True, "yield_per": _AT_ONCE}
        with _reading(), self.engine.connect().execution_options(**streamed) as connection:
            for line, cells in enumerate(connection.execute(query), 1):
                yield SourceRow(line, dict(zip(names, cells, strict=True)))

    @cached_property
    def _tables(self) -> dict[str, Any]:
        """By alias, each with the columns that are asked for."""
        place = self.mapping.source
        tables = {
            OWN: (place.table, place.schema),
            **{one.alias: (one.table, one.schema) for one in place.join},
        }
        wanted: dict[str, set[str]] = {alias: set() for alias in tables}
        for alias, plain in map(self._split, (*self.mapping.columns, *self._joined_by())):
            wanted[alias].add(plain)
        return {
            alias: table(name, *map(column, sorted(wanted[alias])), schema=schema).alias(alias)
            for alias, (name, schema) in tables.items()
        }

    def _joined_by(self) -> list[str]:
        return [
            name
            for one in self.mapping.source.join
            for ours, theirs in one.by.items()
            for name in (ours, f"{one.alias}.{theirs}")
        ]

    def _from(self) -> Any:
        joined = self._tables[OWN]
        for one in self.mapping.source.join:
            pairs = [
                self._column(ours) == self._column(f"{one.alias}.{theirs}") for ours, theirs in one.by.items()
            ]
            joined = joined.outerjoin(self._tables[one.alias], and_(*pairs))
        return joined

    def _split(self, name: str) -> tuple[str, str]:
        alias, _, plain = name.partition(".")
        joined = plain and alias in {one.alias for one in self.mapping.source.join}
        return (alias, plain) if joined else (OWN, name)

    def _column(self, name: str) -> Any:
        alias, plain = self._split(name)
        return self._tables[alias].c[plain]

    def _where(self, query: Any, since: date | None) -> Any:
        changed = self.mapping.changed_at
        if since is None or changed is None:
            return query
        if changed.date:
            bound: Any = literal(since.strftime(changed.date))
        elif self.engine.dialect.name == "sqlite":
            bound = literal(since.isoformat())
        else:
            bound = literal(datetime.combine(since, time()))
        return query.where(self._column(changed.column) >= bound)


@dataclass(frozen=True)
class FileSource:
    """A file with a heading."""

    mapping: Mapping
    source: sheets.Source

    def count(self, since: date | None) -> int:
        """About how many rows the file has."""
        return self.source.lines

    def rows(self, since: date | None) -> Iterator[SourceRow]:
        """In the file's order. Raises BadMapping: a column is not there."""
        for row in sheets.table(self.source):
            missing = [name for name in self.mapping.columns if name not in row.cells]
            if missing and not row.faults:
                shown = ", ".join(missing)
                raise BadMapping(self.mapping.name, f"源文件没有列 {shown}", f"there are no columns {shown}")
            if since is None or self._is_since(row, since):
                cells: dict[str, Any] = {name: row.cells.get(name, "") for name in self.mapping.columns}
                used = tuple(each for each in row.faults if not each.field or each.field in cells)
                yield SourceRow(row.line, cells, used)

    def _is_since(self, row: sheets.Row, since: date) -> bool:
        changed = self.mapping.changed_at
        if changed is None:
            return True
        return row.cells.get(changed.column, "") >= since.strftime(changed.date or "%Y-%m-%d")
