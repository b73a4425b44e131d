"""Opening a database, and the two kinds of transaction: reading and writing."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from registry.store import migrations
from registry.store.together import Together

T = TypeVar("T")

BUSY_SECONDS = 30
"""How long a writer waits for the one before it (SQLite)."""
_POOL: dict[str, Any] = {"max_overflow": -1}
"""As many connections as there are threads that want one: where the pool is smaller, fifteen writers in a
queue keep the one whose turn it is from reading.
"""


class Store:
    """One opened database. Threads may share it.

    Objects read in a transaction stay readable after it.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(writing=False)
        self._together = Together(self.write)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one moment of the store, and never waits for a writer."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block, rolled back if it raises.

        On SQLite there is one writer at a time, so what was read in the block is still so at the commit.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection()
            yield session

    def write_together(self, work: Callable[[Session], T]) -> T:
        """A small write on a hot path, in one transaction with those of other threads at the same moment.

        Returns what `work` returns once it is committed; raises what it raises, with nothing of it stored.
        work: changes nothing but the store, and may be called again after its changes were undone.
        """
        return self._together(work)

    def close(self) -> None:
        """Give all connections back to the system."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database at an SQLAlchemy URL, made where it is missing, and bring its tables up to date."""
    address = make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    engine = _sqlite(url, address.database) if sqlite else create_engine(url, hide_parameters=True, **_POOL)
    with engine.execution_options(writing=False).connect() as connection:
        newest = migrations.is_newest(connection)
    if not newest:  # only then wait for other writers
        with engine.connect() as connection, _tables_may_be_replaced(connection), connection.begin():
            migrations.upgrade(connection)
    return Store(engine)


@contextmanager
def _tables_may_be_replaced(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one, which others refer to.

    The switch does nothing within a transaction, so it is set on the driver's connection before ours begins.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys = OFF")
    yield
    if driver.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise RuntimeError("a migration left a reference to nothing")
    driver.execute("PRAGMA foreign_keys = ON")


def _sqlite(url: str, database: str | None) -> Engine:
    in_memory = not database or database == ":memory:"
    if database and not in_memory:
        path = Path(database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its journals the same mode
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,  # an error's text ends in logs
        **({} if in_memory else _POOL),
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    _log_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new database to its write-ahead log.

    Where several processes do so at once, SQLite refuses all but one without waiting as long as it was told.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
