"""A small registry on a real local chain whose blocks come when the test says so.

Two departments issue resident identities; the authority is one account that acts by raw transactions, so that
these tests need nothing of the authority's own code.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlmodel import col, select
from stdnum.cn import ric, uscc

from registry import definition as definitions
from registry.artefacts import Inspection
from registry.chain.contracts import (
    CERTIFICATE_REGISTRY,
    FOREVER,
    ISSUER_REGISTRY,
    Deployed,
    code_bytes,
    code_hash,
    deploy,
    interface,
)
from registry.chain.node import LocalNode
from registry.chain.rpc import Chain
from registry.definition import TypeDefinition
from registry.drafting import Request
from registry.provisioning import Member, provision
from registry.runtime import Runtime
from registry.settings import Settings
from registry.store import Store, open_store
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    ChainTransaction,
    Department,
    Deployment,
    Follower,
    StatusIntent,
    Stop,
)
from registry.worker import Worker


def credit_code(body: str) -> str:
    """A credit code with its check character."""
    return body + uscc.calc_check_digit(body)


POLICE = credit_code("11440100MB9A0001X")
HARBOUR = credit_code("11440100MB9A0002X")
ISSUERS = (POLICE, HARBOUR)


def settings_in(folder: Path) -> Settings:
    """Settings of a registry in that folder."""
    return Settings(data=folder, api_passphrase="api's", worker_passphrase="worker's")


def found(folder: Path) -> None:
    """Key files and an empty store, to be copied: scrypt is slow on purpose."""
    settings = settings_in(folder)
    store = open_store(settings.database_url)
    with store.write() as session:
        for code in ISSUERS:
            session.add(
                Department(code=code, name_zh="公安局", name_en="Police", kind="issuer", batch_after=0)
            )
    provision(settings, store, [Member(code, issues=True) for code in ISSUERS])
    store.close()


@dataclass
class Authority:
    """The authority's account, acting by raw transactions on a node that mines when asked."""

    node: LocalNode
    account: LocalAccount = field(default_factory=lambda: Account.from_key(b"\x01" * 32))
    addresses: dict[str, str] = field(default_factory=dict)

    def deploy(self, contract: str, *arguments: object) -> Deployed:
        """Puts a contract on the chain."""
        made = deploy(self.node.rpc, self.account, contract, *arguments, wait=self.node.mine)
        self.addresses[contract] = made.address
        return made

    def act(
        self, contract: str, function: str, *arguments: object, account: LocalAccount | None = None
    ) -> None:
        """One transaction, mined at once, that has to succeed."""
        raw = self.signed(contract, function, *arguments, account=account)
        self.node.rpc.send(bytes(raw.raw_transaction))
        self.node.mine()
        receipt = self.node.rpc.receipt(bytes(raw.hash))
        assert receipt is not None
        assert receipt.succeeded, function

    def signed(self, contract: str, function: str, *arguments: object, account: LocalAccount | None = None):
        """A signed transaction of the authority, or of somebody who got hold of an account."""
        sender = account or self.account
        return sender.sign_transaction(
            {
                "type": 2,
                "chainId": 31337,
                "nonce": self.node.rpc.nonce(sender.address),
                "to": bytes.fromhex(self.addresses[contract][2:]),
                "value": 0,
                "data": interface(contract).call(function, *arguments),
                "gas": 1_000_000,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 10**10,
            }
        )


def register(authority: Authority, definition: TypeDefinition, accounts: dict[str, str]) -> Deployment:
    """Deploys, registers both departments with their accounts, types and rights, and closes the import."""
    node = authority.node
    node.fund(authority.account.address)
    address = authority.account.address
    first = authority.deploy(ISSUER_REGISTRY, 0, address, address)
    last = authority.deploy(CERTIFICATE_REGISTRY, first.address)
    act = authority.act
    act(ISSUER_REGISTRY, "closeImport")
    act(CERTIFICATE_REGISTRY, "closeImport")
    type_code = code_bytes(definition.type)
    act(
        ISSUER_REGISTRY,
        "addTypeVersion",
        type_code,
        definition.version,
        definitions.hash(definition),
        0,
        FOREVER,
    )
    for code, account in accounts.items():
        node.fund(account)
        act(ISSUER_REGISTRY, "registerIssuer", code_bytes(code))
        act(ISSUER_REGISTRY, "addAccount", code_bytes(code), account, 0, FOREVER)
        act(ISSUER_REGISTRY, "grantRight", code_bytes(code), type_code, 0, FOREVER)
    act(CERTIFICATE_REGISTRY, "openSequences", [code_bytes(code) for code in accounts])
    (genesis,) = node.rpc.blocks([0])
    assert genesis is not None
    return Deployment(
        chain_id=31337,
        genesis=genesis.hash,
        issuer_registry=first.address.lower(),
        certificate_registry=last.address.lower(),
        code_hash=code_hash(node.rpc, [first.address, last.address]),
        block=first.block_number,
        block_hash=first.block_hash,
        epoch=1,
        state="live",
        created=0,
    )


@dataclass
class Town:
    """The registry, its chain and its authority, as one test sees them."""

    folder: Path
    node: LocalNode
    authority: Authority
    runtime: Runtime
    issued: int = 0
    chain: Chain | None = None

    @property
    def store(self) -> Store:
        return self.runtime.store

    @property
    def identity(self) -> TypeDefinition:
        return self.runtime.catalogue.by_alias("resident_identity")

    def account(self, code: str) -> LocalAccount:
        """The newest chain account of a department."""
        return self.runtime.ring.account(code)

    def issue(self, count: int, issuer: str = POLICE) -> list[str]:
        """Issues certificates; their identifiers."""
        issuing = replace(self.runtime.issuing(lambda *_: True), clock=now)
        requests = [Request(row(self.issued + n), f"row-{self.issued + n}") for n in range(count)]
        self.issued += count
        outcomes = issuing.issue_chunk(issuer, self.identity, requests)
        return [outcome.certificate_id for outcome in outcomes]

    def worker(self, **changed: object) -> Worker:
        """A worker over this store and chain; another one with every call."""
        given: dict[str, object] = {
            "store": self.store,
            "chain": self.chain or self.node.rpc,
            "ring": self.runtime.ring,
            "inspection": Inspection(self.runtime.sealed, self.runtime.catalogue),
            "clock": now,
            "confirmations": 2,
            "batch_after": 0.0,
            "batch_size": 16_384,
        }
        return Worker(**(given | changed))

    def settle(self, *workers: Worker, rounds: int = 40) -> None:
        """Lets the workers work, a block after each turn, until nothing waits any more."""
        for _ in range(rounds):
            for worker in workers:
                worker.round()
                worker.release()
            if self.at_rest():
                return
            self.node.mine()
        raise AssertionError(f"not at rest after {rounds} rounds: {self.states()}")

    def at_rest(self) -> bool:
        """Whether every certificate is in a final batch, every transaction and intent done with."""
        with self.store.read() as session:
            waiting = session.exec(select(Certificate.id).where(Certificate.state == "open")).all()
            batches = session.exec(select(Batch.state).where(col(Batch.state).in_(("sent", "mined")))).all()
            sent = session.exec(
                select(ChainTransaction.id).where(col(ChainTransaction.state).in_(("sent", "mined")))
            ).all()
            intents = session.exec(
                select(StatusIntent.id).where(col(StatusIntent.state).in_(("pending", "sent", "mined")))
            ).all()
        return not (waiting or batches or sent or intents)

    def states(self) -> dict[str, list[str]]:
        """What is where, for a failing test."""
        with self.store.read() as session:
            return {
                "batches": [f"{one.issuer[:6]} {one.seq} {one.state}" for one in session.exec(select(Batch))],
                "chain_tx": [
                    f"{one.account[:6]} {one.nonce} {one.kind} {one.state}"
                    for one in session.exec(select(ChainTransaction))
                ],
                "stops": [f"{one.issuer} {one.code}" for one in session.exec(select(Stop))],
                "follower": [
                    f"{one.head_number} {one.health} {one.reason_en}"
                    for one in session.exec(select(Follower))
                ],
            }

    def batches(self, *states: BatchState) -> list[Batch]:
        """Batches in these states, or all, by id."""
        with self.store.read() as session:
            rows = session.exec(select(Batch).order_by(col(Batch.id))).all()
        return [row for row in rows if not states or row.state in states]

    def certificate(self, identifier: str) -> Certificate:
        """A stored certificate."""
        with self.store.read() as session:
            return session.exec(select(Certificate).where(Certificate.certificate_id == identifier)).one()

    def stops(self) -> set[str]:
        """Codes of all stops."""
        with self.store.read() as session:
            return set(session.exec(select(Stop.code)))


def runtime_in(folder: Path) -> Runtime:
    """A process that may do everything at once: these tests issue and anchor in one."""
    api = Runtime.open(settings_in(folder), "api")
    worker = Runtime.open(settings_in(folder), "worker")
    worker.store.close()
    return replace(api, ring=worker.ring)


def runtime_over(opened: Runtime, folder: Path) -> Runtime:
    """The same over a copied folder, without opening the key files once more (scrypt is slow on purpose)."""
    ring = copy.copy(opened.ring)
    ring.path = settings_in(folder).keys / "worker.ring"
    return replace(opened, ring=ring, store=open_store(settings_in(folder).database_url))


def now() -> int:
    """The clock, Unix seconds."""
    return int(time.time())


def citizen_number(number: int) -> str:
    """The n-th citizen's number."""
    body = f"44010619{60 + number // 900:02d}0101{number % 900 + 1:03d}"
    return body + ric.calc_check_digit(body + "0")


def row(number: int) -> dict[str, str]:
    """The n-th citizen's identity, as a department has it."""
    return {
        "name": f"陈{chr(0x4E00 + number)}",
        "sex": "男" if (number % 900 + 1) % 2 else "女",
        "ethnicity": "汉",
        "birth_date": f"19{60 + number // 900:02d}-01-01",
        "address": "羊城市珠江新城 8 号",
        "citizen_number": citizen_number(number),
        "portrait": "iVBORw0KGgoAAAANSUhEUg==",
        "issuing_authority": "羊城市公安局",
        "first_day": "2026-01-01",
        "last_day": "2046-01-01",
    }


def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Waits for something that other processes bring about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
