"""What all tables share: column kinds, names of constraints, lists of states.

Times are Unix seconds, hashes raw bytes, JSON canonical text. Everything here holds on SQLite and
PostgreSQL alike.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Dialect, Index, Integer, MetaData, TypeDecorator, text
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel


class BigInt(TypeDecorator[int]):
    """64-bit integer. On SQLite it is INTEGER, which alone may be a row id that counts itself."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class Table(SQLModel):
    """Base of all tables; gives every constraint a name, so that migrations can speak of it."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def row_id() -> Any:
    """Primary key that the database counts."""
    return Field(default=None, primary_key=True, sa_type=BigInt)


def big(**more: Any) -> Any:
    """64-bit integer column: Unix seconds, block numbers, wei."""
    return Field(sa_type=BigInt, **more)


def refers(to: str, **more: Any) -> Any:
    """Reference to another table's row id."""
    return Field(sa_type=BigInt, foreign_key=to, **more)


def one_of(column: str, states: Iterable[StrEnum]) -> CheckConstraint:
    """The column holds one of these words."""
    words = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def unique_while(name: str, *columns: str, condition: str) -> Index:
    """Unique among the rows for which the condition holds (a partial index, on both databases)."""
    return Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))
