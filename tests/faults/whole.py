"""A whole registry in one process: authority, worker, API and wallets, over one real chain.

Every part is the real one; only its rounds come when the test says so, and blocks when something waits.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from eth_account.signers.local import LocalAccount
from fastapi.testclient import TestClient
from sqlmodel import col, select

import api
from registry import credential, running
from registry.authority.decisions import Decisions
from registry.authority.loop import Rounds
from registry.authority.office import Office
from registry.chain.contracts import CERTIFICATE_REGISTRY, code_bytes, interface
from registry.chain.node import LocalNode
from registry.chain.rpc import JsonRpcChain
from registry.drafting import Request
from registry.health import Health, look
from registry.list_keeping import ListKeeper
from registry.runtime import Runtime
from registry.status_changes import Decision
from registry.store import Store
from registry.store.tables import (
    Batch,
    Certificate,
    ChainAccount,
    Deployment,
    StatusIntent,
    Stop,
)
from registry.trusting import live
from registry.worker import Worker
from tests.api.town import credit_code
from tests.authority.conftest import ORIGIN, POLICE, open_office
from tests.chain.checker import check
from tests.chain.town import citizen_number, row
from wallet.claiming import Claiming
from wallet.keyfile import Held, WalletFile
from wallet.presenting import present


class Clock:
    """The time of day, but never behind the chain, whose blocks come faster here than one a second."""

    def __init__(self, now: int) -> None:
        self._least = now

    def __call__(self) -> int:
        self._least = max(self._least, int(time.time()))
        return self._least

    def reaches(self, now: int) -> None:
        """It is at least so late."""
        self._least = max(self._least, now)


class Mute:
    """A chain that nothing is ever sent to."""

    def __init__(self, chain: JsonRpcChain) -> None:
        self._chain = chain

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    def send(self, raw: bytes) -> None:
        """Drops it."""


@dataclass(frozen=True)
class Holder:
    """Somebody with a wallet of their own, and the credential in it."""

    claiming: Claiming
    held: Held

    @property
    def certificate_id(self) -> str:
        """Of the certificate that it was cut from."""
        return credential.parse(self.held.credential).payload.core.certificate_id

    def renewed(self) -> "Holder":
        """The same with what the wallet is given now; the wallet keeps that and its key only."""
        [held] = self.claiming.renew(all=True).held
        return Holder(self.claiming, held)

    def shows(self, now: int) -> str:
        """A proof code of this moment."""
        return present(self.claiming.wallet, self.held, [], now=now)


@dataclass
class Whole:
    """What a test has at hand."""

    folder: Path
    node: LocalNode
    office: Office
    runtime: Runtime
    worker: Worker
    clock: Clock
    http: httpx.Client
    services: Any
    issued: int = 0
    _keeper: ListKeeper = field(init=False)

    def __post_init__(self) -> None:
        self._keeper = ListKeeper(self.store, self.services.sharing.lists, self.clock, "keeper")

    @property
    def store(self) -> Store:
        return self.office.store

    @property
    def decide(self) -> Decisions:
        return Decisions(self.office)

    def mine(self) -> None:
        """A block, and a second."""
        self.node.mine()
        self.clock.reaches(max(self.node.rpc.head().time, self.clock() + 1))

    def issue(self, count: int = 1, issuer: str = POLICE, alias: str = "") -> list[str]:
        """New certificates of a department, due for a batch; their identifiers."""
        alias = alias or ("resident_identity" if issuer == POLICE else "business_licence")
        type_code = self.runtime.catalogue.by_alias(alias).type
        numbers = range(self.issued, self.issued + count)
        self.issued += count
        rows = [(row(one) if alias == "resident_identity" else licence(one)) for one in numbers]
        made = [
            self.services.cases.issuing.issue(issuer, type_code, Request(each, f"row-{number}"))
            for number, each in zip(numbers, rows, strict=True)
        ]
        self.clock.reaches(self.clock() + 2)
        return [each.certificate_id for each in made]

    def work(self, *, unsent: bool = False) -> None:
        """One round of the worker. unsent: what it signs is stored and never reaches the chain."""
        worker = self.worker
        if unsent:
            worker = replace(worker, chain=Mute(self.office.chain), _accounts={}, _line=None)
        worker.round()

    def settle(self, rounds: int = 40) -> None:
        """Lets worker, authority and list keeper work, a block after each turn, until all is at rest."""
        for _ in range(rounds):
            self.work()
            with self.store.read() as session:
                deployment = live(session)
            self.office.step(deployment)
            self._keeper.tick()
            if self.at_rest():
                return
            self.mine()
        batches = self.query("SELECT issuer, seq, size, state FROM batch")
        raise AssertionError(f"not at rest: {self.stops()} {batches} {self.intents()}")

    def at_rest(self) -> bool:
        """Whether every certificate is in a final batch, and every intent done with."""
        with self.store.read() as session:
            waiting = session.exec(select(Certificate.id).where(Certificate.state == "open")).all()
            batches = session.exec(select(Batch.id).where(col(Batch.state).in_(("sent", "mined")))).all()
            states = ("pending", "sent", "mined")
            intents = session.exec(select(StatusIntent.id).where(col(StatusIntent.state).in_(states))).all()
        return not (waiting or batches or intents)

    def revoke(self, certificate_id: str, issuer: str = POLICE) -> None:
        """A department's decision."""
        self.services.cases.changing.revoke(issuer, certificate_id, Decision("cancelled_on_request"))

    def claim(self, certificate_id: str, issuer: str = POLICE) -> Holder:
        """A credential of it in a new wallet."""
        self.issued += 1
        wallet = WalletFile.create(self.folder / f"{self.issued}.wallet", "phone", cost=16)
        offer = self.services.sharing.offer(issuer, certificate_id, made_by="clerk 7", seen="card")
        claiming = Claiming(wallet, self.http, self.clock)
        [held] = claiming.claim(offer.link(ORIGIN), offer.pin).held
        return Holder(claiming, held)

    def verdict(self, holder: Holder) -> str:
        """What anybody is told who has it checked now."""
        return str(self.report(holder)["verdict"])

    def failed(self, holder: Holder) -> list[str]:
        """Names of the checks that fail now."""
        return failed(self.report(holder))

    def report(self, holder: Holder) -> dict[str, Any]:
        """The same at length."""
        self.clock.reaches(self.clock() + 1)  # a code is bound to its second
        return self.check(holder.shows(self.clock()))

    def check(self, shown: str) -> dict[str, Any]:
        """The report on what somebody shows."""
        answer = self.http.post("/verify", data={"text": shown})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def batches(self, issuer: str = POLICE) -> list[tuple[int, int, str]]:
        """Sequence number, size and state of all, as they were made."""
        with self.store.read() as session:
            rows = session.exec(select(Batch).where(Batch.issuer == issuer).order_by(col(Batch.id))).all()
        return [(one.seq, one.size, str(one.state)) for one in rows]

    def intents(self) -> list[str]:
        """States of all status intents, oldest first."""
        with self.store.read() as session:
            return [str(one) for one in session.exec(select(StatusIntent.state).order_by(StatusIntent.id))]

    def certificate(self, certificate_id: str) -> Certificate:
        """A stored certificate."""
        with self.store.read() as session:
            query = select(Certificate).where(Certificate.certificate_id == certificate_id)
            return session.exec(query).one()

    def stops(self) -> set[tuple[str, str]]:
        """Issuer and code of every stop."""
        with self.store.read() as session:
            deployment = live(session)
            return set(
                session.exec(select(Stop.issuer, Stop.code).where(Stop.deployment == deployment.id)).all()
            )

    def health(self) -> Health:
        """As an operator sees it."""
        with self.store.read() as session:
            return look(session, now=self.clock(), head_age=30)

    def deployment(self) -> Deployment:
        """The contracts in force."""
        with self.store.read() as session:
            return live(session)

    def accounts(self, issuer: str = POLICE) -> list[LocalAccount]:
        """A department's chain accounts, oldest first."""
        return list(self.worker.ring.accounts(issuer))

    def published_account(self, issuer: str = POLICE) -> str:
        """The newest account that the worker asks the authority to register."""
        with self.store.read() as session:
            query = select(ChainAccount.address).where(ChainAccount.issuer == issuer)
            return session.exec(query.order_by(col(ChainAccount.created).desc())).first() or ""

    def by_account(
        self,
        account: LocalAccount,
        function: str,
        *arguments: object,
        contract: str = CERTIFICATE_REGISTRY,
    ) -> None:
        """A transaction of whoever holds an account's key; it has to succeed."""
        fee = self.node.rpc.head().base_fee * 2 + 10**10
        deployment = self.deployment()
        to = deployment.access_log if contract == "AccessLog" else deployment.certificate_registry
        signed = account.sign_transaction(
            {
                "type": 2,
                "chainId": 31337,
                "nonce": self.node.rpc.nonce(account.address),
                "to": bytes.fromhex(str(to)[2:]),
                "value": 0,
                "data": interface(contract).call(function, *arguments),
                "gas": 1_000_000,
                "maxFeePerGas": fee,
                "maxPriorityFeePerGas": 10**10,
            }
        )
        self.node.rpc.send(bytes(signed.raw_transaction))
        self.mine()
        receipt = self.node.rpc.receipt(bytes(signed.hash))
        assert receipt is not None and receipt.succeeded, function

    def lose_the_chain(self) -> None:
        """The chain's node loses its state: an empty chain answers at the same address."""
        reached = self.node.rpc.head().time
        self.node.kill()
        state = self.folder / "chain.json"
        state.unlink(missing_ok=True)
        state.with_suffix(".genesis").unlink()
        self.node = LocalNode.start(port=self.node.port, state=state, block_time=None)
        self.node.rpc.request("evm_setNextBlockTimestamp", max(reached, int(time.time())) + 1)
        self.mine()

    def heal(self) -> None:
        """A round of the authority, which finds that the chain was reset."""
        Rounds(self.office).once()

    def check_independently(self, **foreign: Any) -> None:
        """Raw logs and raw SQL say that all is where it should be."""
        check(self, **foreign)  # type: ignore[arg-type]

    def set_status_by(self, account: LocalAccount, certificate_id: str, value: int) -> None:
        """A certificate's entry, set by whoever holds an account's key."""
        row = self.certificate(certificate_id)
        place, word, mask = (code_bytes(row.issuer), code_bytes(row.type), row.status_list), *word_of(row)
        self.by_account(account, "setStatus", *place, [word], [mask], value)

    def on_chain(self, certificate_id: str) -> int:
        """What the contract in force itself says of a certificate's entry."""
        row = self.certificate(certificate_id)
        place = (code_bytes(row.issuer), code_bytes(row.type), row.status_list, row.status_idx)
        return int(self.ask("statusOf", *place))

    def ask(self, view: str, *arguments: object) -> Any:
        """What a view of the contract in force says."""
        address = self.deployment().certificate_registry
        return interface(CERTIFICATE_REGISTRY).ask(self.node.rpc, address, view, *arguments)

    def register_new_account(self, issuer: str) -> None:
        """What the authority does for a department whose account was ended."""
        self.work()
        self.decide.add_account(issuer, self.published_account(issuer))

    def later(self, seconds: int = 31) -> None:
        """So much later; by default, that the worker looks whether all is at rest as it should be."""
        then = self.clock() + seconds
        self.node.rpc.request("evm_increaseTime", seconds)
        self.mine()
        self.clock.reaches(then)

    def query(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Raw SQL."""
        with sqlite3.connect(f"file:{self.folder / 'registry.sqlite'}?mode=ro", uri=True) as store:
            return store.execute(statement, arguments).fetchall()


def failed(report: dict[str, Any]) -> list[str]:
    """Names of the checks that failed."""
    return [each["id"] for each in report["checks"] if each["outcome"] == "fail"]


def word_of(row: Certificate) -> tuple[int, int]:
    """Number of the word that holds a certificate's entry, and the entry's mask in it."""
    return row.status_idx // 128, 1 << 2 * (row.status_idx % 128)


def licence(number: int) -> dict[str, str]:
    """The n-th business licence, as a department has it."""
    return {
        "credit_code": credit_code(f"91440101MA5A{number:04d}0"),
        "company_name": f"羊城珠江{chr(0x4E00 + number)}餐饮有限公司",
        "kind": "有限责任公司(自然人独资)",
        "representative_name": f"陈{chr(0x4E00 + number)}",
        "representative_number": citizen_number(number),
        "capital": "2000000",
        "established_on": "2020-05-20",
        "premises": "羊城市珠江新城 8 号",
        "scope": "餐饮服务",
        "approved_on": "2025-05-20",
    }


@contextmanager
def whole_over(template: Path, folder: Path) -> Iterator[Whole]:
    """A whole registry over a copy of a founded one, on a chain of its own, which a test may ruin."""
    shutil.copytree(template, folder)
    state = folder / "chain.json"
    node = LocalNode.start(state=state, block_time=None)
    chain = JsonRpcChain(node.url)
    clock = Clock(node.rpc.head().time)
    office = replace(open_office(folder, node), chain=chain, clock=clock)
    api_runtime = Runtime.open(office.settings, "api", clock=clock)
    runtime = Runtime.open(office.settings, "worker", clock=clock)
    app = api.create_app(api_runtime)
    made = Whole(
        folder,
        node,
        office,
        runtime,
        running.make_worker(runtime, chain),
        clock,
        TestClient(app, base_url=ORIGIN, raise_server_exceptions=False),
        app.state.services,
    )
    office.wait = made.mine
    try:
        yield made
    finally:
        made.http.close()
        chain.close()
        made.node.kill()
        for opened in (office.store, api_runtime, runtime):
            opened.close()
