"""A founded registry on a local chain whose blocks come only when something waits for them."""

import shutil
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from registry.authority.founding import Town, TownDepartment, found
from registry.authority.office import Office, make_ring
from registry.catalogue import load_catalogue
from registry.chain.contracts import code_bytes, interface
from registry.chain.ledger import LOG
from registry.chain.node import LocalNode, local_node
from registry.chain.outbox import Call, Fees, Outbox
from registry.keys import KeyRing
from registry.provisioning import Member, provision
from registry.settings import Settings
from registry.store import open_store
from registry.store.tables import Deployment
from registry.trusting import live

ORIGIN = "http://localhost:8000"
POLICE, MARKET, HOUSING = "11440100MB9A00014G", "11440100MB9A00022B", "11440100MB9A000306"

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
    provide_keys(opened)
    yield opened
    opened.store.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded registry at rest: its data folder, its chain's state beside it."""
    folder = tmp_path_factory.mktemp("founded")
    with local_node(state=folder / "chain.json") as node:
        opened = open_office(folder, node)
        provide_keys(opened)
        settle(opened, found(opened, TOWN, ORIGIN))
        opened.store.close()
    return folder


@pytest.fixture
def founded_node(template: Path, tmp_path: Path) -> Iterator[LocalNode]:
    """The chain of `founded`."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    with local_node(state=tmp_path / "chain.json") as running:
        yield running


@pytest.fixture
def founded(tmp_path: Path, founded_node: LocalNode) -> Iterator[Office]:
    """The authority's desk after founding, with everything final."""
    opened = open_office(tmp_path, founded_node)
    yield opened
    opened.store.close()


def provide_keys(office: Office) -> None:
    members = [Member(each.code, each.kind == "issues") for each in TOWN.departments]
    provision(office.settings, office.store, members)


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


def settle(office: Office, deployment: Deployment | None = None) -> None:
    """Makes everything that was mined final."""
    for _ in range(office.settings.confirmations + 1):
        office.wait()
    office.step(deployment or in_force(office))


def in_force(office: Office) -> Deployment:
    with office.store.read() as session:
        return live(session)


def root(number: int) -> bytes:
    """A root over leaves that nobody looks at."""
    return sha256(b"root %d" % number).digest()


def heads_anchored(office: Office, seqs: dict[str, int]) -> None:
    """What the worker does for all logs: the next heads of these departments in one call."""
    codes = [code_bytes(code) for code in seqs]
    heads = [root(number) for number in seqs.values()]
    by_account(office, LOG, "AccessLog", "anchorHeads", codes, list(seqs.values()), heads)


def as_issuer(office: Office, issuer: str, function: str, *arguments: object) -> None:
    """What the worker does for an issuer: one call by its chain account, mined and followed."""
    by_account(office, issuer, "CertificateRegistry", function, code_bytes(issuer), *arguments)


def by_account(office: Office, owner: str, contract: str, function: str, *arguments: object) -> None:
    """One call by a chain account of the worker's, mined and followed."""
    ring = KeyRing.open(office.settings.keys / "worker.ring", "w")
    deployment = in_force(office)
    outbox = Outbox(office.store, office.chain, deployment, ring.account(owner))
    data = interface(contract).call(function, *arguments)
    to = deployment.access_log if contract == "AccessLog" else deployment.certificate_registry
    assert to is not None
    call = Call("anchor", f"test:{data.hex()}", to, data, 1_000_000)
    nonce, now = outbox.chain_nonce(), office.clock()
    with office.store.write() as session:
        outbox.put(session, call, fees=Fees.of(10**9), chain_nonce=nonce, now=now)
    outbox.push(now=now)
    office.wait()
    office.step(deployment)
