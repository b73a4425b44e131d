"""Issuing in bulk: from a CSV file to durable rows, beside SQLAlchemy Core's insert of the same rows."""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, insert, select, text

from registry.bulk import CHUNK
from registry.store import Store, open_store
from registry.store.tables import Certificate
from scripts.bench.measuring import Pair
from scripts.bench.world import World

TABLES = ("certificate", "holder_index", "number_index", "unique_subject", "idempotency")
"""Where the rows of an issued certificate go."""
Rows = Sequence[dict[str, Any]]


def pair(world: World, *, count: int, rounds: int) -> Pair:
    """Certificates issued a second, `count` a turn."""

    def turn() -> tuple[float, float]:
        path, before = world.file(count), _last(world.runtime.store)
        bare = open_store(world.copied("limit").database_url)
        started = time.perf_counter()
        world.take_in(path)
        rate = count / (time.perf_counter() - started)
        limit = _insert(bare, _chunks(world.runtime.store, before, count), count)
        bare.close()
        return rate, limit

    return Pair("issue_bulk", "certificates/s", turn, rounds)


def _insert(store: Store, chunks: Sequence[dict[str, Rows]], count: int) -> float:
    """The same rows by Core: a transaction for as many certificates as a bulk import takes in one."""
    started = time.perf_counter()
    for chunk in chunks:
        with store.engine.begin() as connection:
            for name, rows in chunk.items():
                connection.execute(insert(_table(name)), rows)
    return count / (time.perf_counter() - started)


def _chunks(store: Store, after: dict[str, int], count: int) -> Sequence[dict[str, Rows]]:
    """What was issued since, table by table."""
    rows = {name: _rows(store, name, after[name]) for name in TABLES}
    each = {name: len(found) // count for name, found in rows.items()}
    return [
        {name: found[first * each[name] : (first + CHUNK) * each[name]] for name, found in rows.items()}
        for first in range(0, count, CHUNK)
    ]


def _rows(store: Store, name: str, after: int) -> Rows:
    query = select(_table(name)).where(text("rowid > :after")).order_by(text("rowid"))
    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query, {"after": after}).mappings()]


def _last(store: Store) -> dict[str, int]:
    with store.engine.connect() as connection:
        return {
            name: connection.execute(select(text("max(rowid)")).select_from(_table(name))).scalar_one() or 0
            for name in TABLES
        }


def _table(name: str) -> Table:
    return Certificate.metadata.tables[name]
