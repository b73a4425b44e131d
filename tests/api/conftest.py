"""A town with three departments, its batches final by decree: what the chain would say is written down."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api.logs import Log
from registry.runtime import Runtime
from registry.settings import Settings
from tests.api.apps import app_over
from tests.api.town import ORIGIN, Town, found
from wallet.keyfile import WalletFile


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder, api_passphrase="api's", worker_passphrase="worker's")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with key files and an empty store, to be copied: scrypt is slow on purpose."""
    folder = tmp_path_factory.mktemp("town")
    found(settings_in(folder))
    return folder


class Written:
    """A stream that keeps what the log wrote."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Town]:
    yield from town_in(founded, tmp_path / "data")


def town_in(founded: Path, folder: Path) -> Iterator[Town]:
    """A town in a copy of that folder."""
    shutil.copytree(founded, folder)
    made: list[Town] = []
    runtime = Runtime.open(settings_in(folder), "api", clock=lambda: made[0].now)
    made.append(Town(runtime))
    yield made[0]
    runtime.close()


@pytest.fixture
def http(town: Town, written: Any) -> Iterator[httpx.Client]:
    """The API, as a client on the other side of a network sees it."""
    yield from serve(town, written)


def serve(town: Town, written: Any) -> Iterator[httpx.Client]:
    with app_over(town.runtime, town.trust, Log(written)) as app:
        town.services = app.state.services
        # Without its lifespan: these tests tick the list keeper themselves.
        client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
        yield client
        client.close()


@pytest.fixture
def new_wallet(tmp_path: Path) -> Callable[[str], WalletFile]:
    def make(name: str) -> WalletFile:
        return WalletFile.create(tmp_path / f"{name}.wallet", "phone", cost=16)

    return make
