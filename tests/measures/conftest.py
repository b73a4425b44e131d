"""The town of the cases, and an empty store that is written row by row."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.store import open_store
from tests.cases.conftest import founded, here, http, new_wallet, town, written
from tests.measures.ledger import Ledger

__all__ = ["founded", "here", "http", "new_wallet", "town", "written"]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with departments and nothing else, made once."""
    path = tmp_path_factory.mktemp("measures") / "registry.sqlite"
    ledger = Ledger(open_store(f"sqlite:///{path}"))
    ledger.found()
    ledger.store.close()
    return path


@pytest.fixture
def ledger(blank: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A copy of it."""
    path = tmp_path / "registry.sqlite"
    shutil.copy(blank, path)
    ledger = Ledger(open_store(f"sqlite:///{path}"))
    yield ledger
    ledger.store.close()
