"""The towns of the other tests on a real PostgreSQL server: the same settings, and `ZT_DATABASE`."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from registry.store import Store, open_store
from tests.api.conftest import http, new_wallet, settings_in, town_in, written
from tests.api.town import Town, found
from tests.postgres.server import NoServer, Server, server

__all__ = ["http", "new_wallet", "written"]

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    try:
        with server() as running:
            yield running
    except NoServer as none:
        pytest.skip(str(none))


@contextmanager
def database(postgres: Server, like: str = "template0") -> Iterator[str]:
    """A new one, by its URL; also what the settings of this process name meanwhile."""
    name = f"{like}{next(_numbers)}"
    with pytest.MonkeyPatch.context() as patch:
        url = postgres.make(name, like)
        patch.setenv("ZT_DATABASE", url)
        yield url
    postgres.drop(name)


@pytest.fixture(scope="session")
def founded(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files, and a database `founded` beside them, both to be copied."""
    folder = tmp_path_factory.mktemp("town")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZT_DATABASE", postgres.make("founded"))
        found(settings_in(folder))
    return folder


@pytest.fixture
def town(postgres: Server, founded: Path, tmp_path: Path) -> Iterator[Town]:
    with database(postgres, like="founded"):
        yield from town_in(founded, tmp_path / "data")


@pytest.fixture(scope="session")
def tables(postgres: Server) -> str:
    """A database that has its tables and nothing in them, to be copied."""
    open_store(postgres.make("tables")).close()
    return "tables"


@pytest.fixture
def store(postgres: Server, tables: str) -> Iterator[Store]:
    """An empty store."""
    with database(postgres, like=tables) as url:
        opened = open_store(url)
        yield opened
        opened.close()
