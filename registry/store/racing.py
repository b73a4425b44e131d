"""Writers that run at the same time (PostgreSQL; on SQLite there is one): in turn by name, or once more."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

T = TypeVar("T")

ATTEMPTS: Final = 5
_UNDONE: Final = frozenset({"40001", "40P01"})
"""SQLSTATE of a transaction that PostgreSQL undid because of another: serialization failure, deadlock."""


class Overtaken(Exception):
    """Another writer came first; the transaction is to be done again."""


def wait_turn(session: Session, *name: str) -> None:
    """Wait until no other transaction has this turn; it is this one's until it ends.

    For what is read first and then continued, as a log is, and no one row can be locked for. Who needs
    several turns takes them in the order of their names.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        take = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        connection.execute(take, {"name": " ".join(name)})


def again_if_overtaken(work: Callable[[], T]) -> T:
    """Do a whole transaction, again where another writer took the same place or stood in its way.

    work: changes nothing but the store.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except (DBAPIError, Overtaken) as error:
            if not was_overtaken(error):
                raise
    return work()


def was_overtaken(error: Exception) -> bool:
    """Whether it may go well when done again."""
    undone = getattr(getattr(error, "orig", None), "sqlstate", None) in _UNDONE
    return undone or isinstance(error, (Overtaken, IntegrityError))
