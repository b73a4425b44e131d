"""A founded registry on a local chain whose blocks come only when something waits for them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.authority.founding import Town, TownDepartment, found
from registry.authority.office import Office, make_ring
from registry.catalogue import load_catalogue
from registry.chain.node import LocalNode, local_node
from registry.provisioning import Member, provision
from registry.settings import Settings
from registry.store import open_store

ORIGIN = "http://localhost:8000"
POLICE, MARKET, HOUSING = "11440101007499999X", "11440101MB2C00001A", "11440101MB2C00002B"

TOWN = Town(
    (
        TownDepartment(POLICE, "某市公安局", "Police", "issues", ("resident_identity",), 1.0),
        TownDepartment(MARKET, "某市市场监督管理局", "Market Regulation", "issues", ("business_licence",)),
        TownDepartment(HOUSING, "某市住房保障局", "Housing", "asks"),
    )
)


@pytest.fixture
def node() -> Iterator[LocalNode]:
    with local_node() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, node: LocalNode) -> Iterator[Office]:
    """The authority's desk before founding; departments have their keys."""
    opened = open_office(tmp_path, node)
    members = [Member(each.code, each.kind == "issues") for each in TOWN.departments]
    provision(opened.settings, opened.store, members)
    yield opened
    opened.store.close()


@pytest.fixture
def founded(office: Office) -> Office:
    """The authority's desk after founding, with everything final."""
    deployment = found(office, TOWN, ORIGIN)
    settle(office, deployment)
    return office


def open_office(folder: Path, node: LocalNode) -> Office:
    settings = Settings(
        data=folder,
        chain_url=node.url,
        api_passphrase="a",
        worker_passphrase="w",
        authority_passphrase="u",
        roots_passphrase="r",
    )
    return Office(
        settings,
        open_store(settings.database_url),
        node.rpc,
        make_ring(settings, lambda: int(time.time())),
        load_catalogue(),
        wait=node.mine,
    )


def settle(office: Office, deployment: object) -> None:
    """Makes everything that was mined final."""
    for _ in range(office.settings.confirmations + 1):
        office.wait()
    office.step(deployment)  # type: ignore[arg-type]
