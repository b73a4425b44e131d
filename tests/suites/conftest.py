"""Where the binding has no wheel (Linux on ARM), the tests that need it are skipped, and say so.

And a town whose police issue with SM2 and SM3, the market regulation with P-256 as everybody.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry import sm
from registry.suites import SM
from tests.api.conftest import http, new_wallet, settings_in, town, written
from tests.api.town import found

__all__ = ["http", "new_wallet", "town", "written"]


@pytest.fixture(autouse=True, scope="session")
def binding() -> None:
    pytest.importorskip("tongsuopy", reason="SM2 has no binding on this machine")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, binding: None) -> Path:
    folder = tmp_path_factory.mktemp("town")
    found(settings_in(folder), SM)
    return folder


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Takes the binding away until the test ends."""

    def away() -> None:
        monkeypatch.setitem(sys.modules, "tongsuopy.crypto.asymciphers", None)
        sm._binding.cache_clear()

    yield away
    monkeypatch.undo()
    sm._binding.cache_clear()
