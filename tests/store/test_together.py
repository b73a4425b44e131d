"""Small writes that share a transaction."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from registry.store import Store, open_store
from registry.store.tables import Setting

WRITERS = 12


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'registry.sqlite'}")


class Refused(Exception):
    pass


def add(name: str) -> Callable[[Session], str]:
    """What a writer does: its own row, or nothing."""

    def work(session: Session) -> str:
        session.add(Setting(name=name, value=""))
        session.flush()
        if name == "bad":
            raise Refused
        return name

    return work


def names(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.exec(select(Setting.name)))


def write_all(store: Store, wanted: list[str]) -> tuple[list[object], int]:
    """All at once, behind a writer that is not done until all wait; what each got, and how many commits."""
    commits, entered, go = [], threading.Event(), threading.Event()
    event.listen(store.engine, "commit", commits.append)

    def first(_session: Session) -> None:
        entered.set()
        assert go.wait(20)

    def attempt(name: str) -> object:
        try:
            return store.write_together(add(name))
        except Refused as error:
            return error

    with ThreadPoolExecutor(len(wanted) + 1) as pool:
        leader = pool.submit(store.write_together, first)
        assert entered.wait(20)
        waiting = [pool.submit(attempt, name) for name in wanted]
        while len(store._together._waiting) < len(wanted):
            threading.Event().wait(0.001)
        go.set()
        leader.result(20)
        return [each.result(20) for each in waiting], len(commits) - 1


def test_writes_that_come_while_one_is_written_share_one_commit(store: Store) -> None:
    wanted = [f"row {number}" for number in range(WRITERS)]
    found, commits = write_all(store, wanted)
    assert found == wanted
    assert names(store) == set(wanted)
    assert commits == 1


def test_one_that_is_refused_leaves_nothing_and_spoils_no_other(store: Store) -> None:
    wanted = [f"row {number}" for number in range(WRITERS - 1)]
    found, _ = write_all(store, [*wanted, "bad"])
    assert found[:-1] == wanted
    assert isinstance(found[-1], Refused)
    assert names(store) == set(wanted)


def test_nobody_is_answered_before_the_commit(store: Store) -> None:
    def broken(_connection: object) -> None:
        raise OSError("disk full")

    event.listen(store.engine, "commit", broken)
    with pytest.raises(OSError, match="disk full"):
        store.write_together(add("row"))
    event.remove(store.engine, "commit", broken)
    assert names(store) == set()


def test_many_threads_lose_nothing_and_repeat_nothing(store: Store) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        wanted = [f"{number}" for number in range(400)]
        assert list(pool.map(lambda name: store.write_together(add(name)), wanted)) == wanted
    assert names(store) == set(wanted)
