"""For all tests: examples may be slow to make on a busy machine, and that says nothing about the code.

What comes out the same every time (a passphrase's key, the types and matters that ship, the tables that all
migrations make) is worked out once a process: each test has a town of its own, and would spend most of its
time on that.
"""

import gc
import sys
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import eth_account  # noqa: F401  (before the limit: it lets Python recurse 100,000 deep)
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, create_engine, inspect
from xdist.scheduler import LoadFileScheduling

import registry.authority.office
import registry.cases.world
import registry.runtime
import registry.store.database
from registry import keys
from registry.catalogue import load_catalogue
from registry.matters import load_matters
from registry.store import migrations

sys.setrecursionlimit(1_000)
gc.set_threshold(100_000, 50, 100)  # half a million objects of libraries live as long as the process
SHARED = "tests/end_to_end/"

settings.register_profile("zhengtong", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("zhengtong")


@pytest.fixture(scope="session", autouse=True)
def once() -> Iterator[None]:
    """Keys derived, catalogue and matters read, once for all towns of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys._Scrypt, "key", lru_cache(keys._Scrypt.key))
        catalogue = lru_cache(load_catalogue)
        for module in (registry.runtime, registry.authority.office):
            patch.setattr(module, "load_catalogue", catalogue)
        patch.setattr(registry.cases.world, "load_matters", lru_cache(load_matters))
        patch.setattr(registry.store.database, "migrations", Migrations())
        yield


class Migrations:
    """What all migrations make of an empty SQLite database, as they make it; tests/store tries them."""

    is_newest = staticmethod(migrations.is_newest)

    def upgrade(self, connection: Connection) -> None:
        """As `migrations.upgrade`, quickly where the database is empty."""
        if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
            migrations.upgrade(connection)
            return
        for statement in self._made:
            connection.exec_driver_sql(statement)

    @cached_property
    def _made(self) -> list[str]:
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            migrations.upgrade(connection)
            driver = connection.connection.driver_connection
            assert driver is not None
            return [line for line in driver.iterdump() if line not in ("BEGIN TRANSACTION;", "COMMIT;")]


class ByFile(LoadFileScheduling):
    """Each file to one process; those that share one installation to the same, one after another."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return SHARED if file.startswith(SHARED) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Where files are what is given out (`--dist loadfile`)."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with something slow in them begin first, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if _is_slow(item)}
    items.sort(key=lambda item: item.path not in slow)


def _is_slow(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("slow", "faults"))
