"""The store on PostgreSQL: its tables, its ids, its groups of small writes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from registry.store import Store, migrations, open_store
from registry.store.rows import insert_absent, take_ids
from registry.store.tables import Certificate, HolderIndex, Setting
from tests.postgres.conftest import database
from tests.postgres.server import Server
from tests.store.test_together import (
    test_many_threads_lose_nothing_and_repeat_nothing,
    test_one_that_is_refused_leaves_nothing_and_spoils_no_other,
)

__all__ = [
    "test_many_threads_lose_nothing_and_repeat_nothing",
    "test_one_that_is_refused_leaves_nothing_and_spoils_no_other",
]


def test_migrations_make_the_very_tables_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        assert connection.dialect.name == "postgresql"
        assert migrations.differences(connection) == []


def test_processes_may_open_a_new_database_at_once(postgres: Server) -> None:
    with database(postgres) as url, ThreadPoolExecutor(4) as pool:
        for store in pool.map(open_store, [url] * 4):
            with store.read() as session:
                assert session.exec(select(Setting)).all() == []
            store.close()


def test_references_are_checked(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(HolderIndex(certificate=1, role="holder", holder=b"x"))


def test_no_id_is_given_out_twice(store: Store) -> None:
    def take(_: int) -> int:
        with store.write() as session:
            return take_ids(session.connection(), Certificate, 3)

    with ThreadPoolExecutor(8) as pool:
        firsts = sorted(pool.map(take, range(24)))
    assert firsts == list(range(firsts[0], firsts[0] + 72, 3))


def test_of_many_who_insert_the_same_row_one_did(store: Store) -> None:
    def insert(number: int) -> bool:
        with store.write() as session:
            return insert_absent(session.connection(), Setting, {"name": "one", "value": str(number)})

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(insert, range(16))) == [False] * 15 + [True]
