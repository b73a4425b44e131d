"""The database: its tables, its transactions, what it guards."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from registry.store import Store, migrations, open_store
from registry.store.tables import DataKey, Department, HolderIndex, Setting


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'deep' / 'registry.sqlite'}")


def test_migrations_make_the_very_tables_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        assert migrations.differences(connection) == []


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    with open_store(url).write() as session:
        session.add(Setting(name="origin", value="here"))
    with open_store(url).read() as session:
        assert session.exec(select(Setting)).one().value == "here"


def test_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(open_store, [url] * 4):
            with store.read() as session:
                assert session.exec(select(Setting)).all() == []


def test_opening_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    opened = threading.Event()

    def look() -> None:
        open_store(url).close()
        opened.set()

    with open_store(url).write():
        thread = threading.Thread(target=look)
        thread.start()
        assert opened.wait(10)
    thread.join()


def test_a_commit_survives_a_power_cut_and_references_are_checked(store: Store) -> None:
    with store.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(HolderIndex(certificate=1, role="holder", holder=b"x"))


def test_one_who_writes_can_read_beside_it_however_many_wait_to_write(store: Store) -> None:
    begun, waiting = threading.Event(), threading.Barrier(41)

    def wait(_: int) -> None:
        begun.wait()
        waiting.wait()
        with store.write():
            pass

    with ThreadPoolExecutor(40) as pool:
        queue = pool.map(wait, range(40))
        with store.write():
            begun.set()
            waiting.wait()
            time.sleep(0.3)  # all of them hold a connection now
            since = time.monotonic()
            with store.read() as session:
                assert session.exec(select(Setting)).all() == []
            assert time.monotonic() - since < 5
        list(queue)


def test_writers_wait_for_each_other_and_none_loses_what_another_wrote(store: Store) -> None:
    with store.write() as session:
        session.add(Setting(name="counter", value="0"))

    def count(_: int) -> None:
        with store.write() as session:
            row = session.exec(select(Setting)).one()
            row.value = str(int(row.value) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(100)))
    with store.read() as session:
        assert session.exec(select(Setting)).one().value == "100"


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    read = threading.Event()

    def look() -> None:
        with store.read() as session:
            assert session.exec(select(Setting)).all() == []
        read.set()

    with store.write() as session:
        session.add(Setting(name="a", value="b"))
        session.flush()
        thread = threading.Thread(target=look)
        thread.start()
        assert read.wait(5)
    thread.join()


def test_what_raises_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        session.add(Department(code="1", name_zh="", name_en="", kind="issuer"))
        session.flush()
        raise RuntimeError
    with store.read() as session:
        assert session.exec(select(Department)).all() == []


def test_an_issuer_has_one_current_data_key(store: Store) -> None:
    with store.write() as session:
        session.add(DataKey(issuer="1", wrapped=b"", created=1, retired_at=2))
        session.add(DataKey(issuer="1", wrapped=b"", created=2))
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(DataKey(issuer="1", wrapped=b"", created=3))
