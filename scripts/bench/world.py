"""A registry to measure: founded on a real local chain, on disk, with certificates in a final batch.

Blocks come when they are asked for, so that nothing here waits for a block.
"""

import contextlib
import csv
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from sqlmodel import col, select
from stdnum.cn import ric, uscc

from registry import bulk, certificate, credential, sm
from registry.artefacts import Inspection
from registry.authority.founding import Town, TownDepartment, found
from registry.authority.office import Office, make_ring
from registry.catalogue import load_catalogue
from registry.chain.node import LocalNode, local_node
from registry.credential import CODE_AUDIENCE
from registry.definition import TypeDefinition
from registry.drafting import Request
from registry.provisioning import provision
from registry.runtime import Runtime
from registry.settings import Settings
from registry.signing import SigningKey
from registry.store import open_store
from registry.store.tables import Authorisation, Batch, BatchState, Certificate, Grant, Wallet
from registry.trust import Trust
from registry.trusting import TrustCache
from registry.usecases import UseCases
from registry.worker import Worker

TYPE = "business_licence"
SHOWN = ("company_name", "credit_code", "representative_name")
DEPARTMENTS = 8


def credit_code(number: int, kind: str = "91") -> str:
    """A valid credit code; another one for each number."""
    body = f"{kind}440101{number:09d}"
    return body + str(uscc.calc_check_digit(body))


def citizen_number(number: int) -> str:
    """A valid citizen number; another one for each number."""
    day = date(1950, 1, 1) + timedelta(days=number // 900)
    body = f"440106{day:%Y%m%d}{number % 900 + 1:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def licence(number: int) -> dict[str, str]:
    """The business licence of the n-th enterprise, as a department has it."""
    return {
        "credit_code": credit_code(number),
        "company_name": f"羊城珠江{number}餐饮管理有限公司",
        "kind": "有限责任公司",
        "representative_name": "买买提·艾力",
        "representative_number": citizen_number(number),
        "capital": "2000000",
        "established_on": "2020-05-20",
        "premises": f"羊城市天河区珠江新城华夏路 {number} 号",
        "scope": "餐饮服务；食品销售；企业管理咨询；道路货物运输（依法须经批准的项目除外）。",
        "approved_on": "2025-05-20",
    }


SECOND = credit_code(DEPARTMENTS, "11")


@dataclass(frozen=True)
class Held:
    """A credential in a wallet. disclosures: of the claims that will be shown."""

    jwt: str
    disclosures: tuple[str, ...]
    wallet: SigningKey

    def show(self, now: int, nonce: str) -> str:
        """A presentation of the kind `code`, made at that moment."""
        return credential.present(
            self.jwt, self.disclosures, key=self.wallet, aud=CODE_AUDIENCE, nonce=nonce, iat=now
        )


@dataclass
class World:
    """The registry, its chain and its processes' things, in one process. issued: rows used so far."""

    office: Office
    node: LocalNode
    runtime: Runtime
    worker: Worker
    trusting: TrustCache
    issued: int = 0

    @property
    def settings(self) -> Settings:
        """Settings of this registry."""
        return self.runtime.settings

    @cached_property
    def cases(self) -> UseCases:
        """The use cases, as the API has them."""
        return UseCases.of(self.runtime, self.trusting.current)

    @property
    def definition(self) -> TypeDefinition:
        """The type that is issued here."""
        return self.runtime.catalogue.by_alias(TYPE)

    @property
    def issuer(self) -> str:
        """The department that issues in bulk."""
        return self.issuers[0]

    @cached_property
    def issuers(self) -> Sequence[str]:
        """The departments that issue with P-256."""
        return [credit_code(number, "11") for number in range(DEPARTMENTS)]

    @property
    def second(self) -> str:
        """The department that issues with SM2; empty where that is not installed."""
        return SECOND if sm.installed() else ""

    def trust(self) -> Trust:
        """The trust state of the moment."""
        return self.trusting.current()

    def rows(self, count: int) -> list[dict[str, str]]:
        """Rows that nobody has used before."""
        first, self.issued = self.issued, self.issued + count
        return [licence(number) for number in range(first, first + count)]

    def file(self, count: int) -> Path:
        """A CSV file of new rows."""
        rows = self.rows(count)
        path = self.settings.data / f"rows-{self.issued}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def take_in(self, path: Path, issuer: str = "") -> int:
        """Issue a file's rows in bulk, as `registry issue` does; how many."""
        done = bulk.take_in(self.cases.issuing, issuer or self.issuer, self.definition.type, path)
        if done.refused:
            raise RuntimeError(f"{done.refused} rows were refused: {done.report}")
        return done.accepted

    def issue_one_each(self) -> None:
        """One new certificate for every department."""
        for issuer, row in zip(self.issuers, self.rows(DEPARTMENTS), strict=True):
            self.cases.issuing.issue(issuer, self.definition.type, Request(row, ""))

    def anchor(self) -> None:
        """Let the worker work until every batch is final; a block after each of its rounds."""
        while True:
            self.worker.round()
            if self._at_rest():
                return
            self.node.mine()

    def keep_following(self) -> None:
        """A new block, followed: the words of the chain are fresh."""
        self.node.mine()
        self.worker.round()

    def copied(self, name: str) -> Settings:
        """The same store as it is now, in a file of its own."""
        folder = self.settings.data / name
        folder.mkdir(exist_ok=True)
        settings = self.settings.model_copy(update={"data": folder})
        for path in folder.glob("registry.sqlite*"):
            path.unlink()
        with (
            contextlib.closing(sqlite3.connect(self.settings.data / "registry.sqlite")) as source,
            contextlib.closing(sqlite3.connect(folder / "registry.sqlite")) as target,
        ):
            source.backup(target)
        return settings

    def final_certificate(self, issuer: str = "") -> Certificate:
        """A certificate of an issuer's largest final batch."""
        query = (
            select(Certificate)
            .join(Batch, col(Certificate.batch) == col(Batch.id))
            .where(Batch.state == BatchState.FINAL, Batch.issuer == (issuer or self.issuer))
            .order_by(col(Batch.size).desc(), col(Certificate.leaf_index))
        )
        with self.runtime.store.read() as session:
            return session.exec(query.limit(1)).one()

    def held(self, issuer: str = "") -> Held:
        """A credential of that certificate, cut for a new wallet, its status list signed and stored."""
        row, wallet, now = self.final_certificate(issuer), SigningKey.generate(), self.runtime.clock()
        with self.runtime.store.write() as session:
            name = wallet.public.thumbprint
            session.add(Wallet(id=name, created=now))
            session.flush()
            session.add(Authorisation(id=name, wallet=name, dpop_thumbprint=name, created=now))
            session.flush()
            grant = Grant(
                id=name, authorisation=name, wallet=name, certificate=row.id or 0, lineage=row.lineage,
                role="holder", dpop_thumbprint=name, created=now,
            )  # fmt: skip
            session.add(grant)
            session.flush()
            cut = self.cases.sharing.cutter.for_wallet(session, row, grant, wallet.public, now)
        jwt, disclosures = credential.split(cut.text)
        shown = [text for text in disclosures if certificate.parse_disclosure(text).name in SHOWN]
        return Held(jwt, tuple(shown), wallet)

    def _at_rest(self) -> bool:
        with self.runtime.store.read() as session:
            waiting = session.exec(select(Certificate.id).where(Certificate.state == "open").limit(1)).first()
            busy = session.exec(
                select(Batch.id).where(col(Batch.state).in_((BatchState.SENT, BatchState.MINED))).limit(1)
            ).first()
        return waiting is None and busy is None


@contextlib.contextmanager
def opened(folder: Path, size: int) -> Iterator[World]:
    """A founded registry in `folder`, of each suite with one final batch of `size` certificates."""
    with local_node() as node:
        # Else every block would be a second later than the one before, and the chain ahead of the clock.
        node.rpc.request("anvil_setBlockTimestampInterval", 0)
        office = _office(folder, node)
        found(office, _town(), "http://localhost:8000")
        world = _world(office, node)
        world.anchor()
        for issuer in filter(None, (world.issuer, world.second)):
            world.take_in(world.file(size), issuer)
        world.anchor()
        yield world
        world.runtime.close()
        office.store.close()


def _town() -> Town:
    departments = [
        TownDepartment(credit_code(number, "11"), "市场监管局", "Market", "issues", (TYPE,), 0.0)
        for number in range(DEPARTMENTS)
    ]
    if sm.installed():
        departments.append(TownDepartment(SECOND, "市场监管局", "Market", "issues", (TYPE,), 0.0, "sm"))
    return Town(tuple(departments))


def _office(folder: Path, node: LocalNode) -> Office:
    passphrase = secrets.token_urlsafe()
    settings = Settings(
        data=folder, chain_url=node.url, batch_size=1_000_000,
        api_passphrase=passphrase, worker_passphrase=passphrase, authority_passphrase=passphrase,
    )  # fmt: skip
    store = open_store(settings.database_url)
    provision(settings, store, [each.member for each in _town().departments])
    return Office(settings, store, node.rpc, make_ring(settings), load_catalogue(), wait=node.mine)


def _world(office: Office, node: LocalNode) -> World:
    runtime = Runtime.open(office.settings, "api")
    keys = Runtime.open(office.settings, "worker")
    keys.store.close()
    worker = Worker(
        store=runtime.store,
        chain=node.rpc,
        ring=keys.ring,
        inspection=Inspection(keys.sealed, runtime.catalogue),
        clock=lambda: int(time.time()),
        confirmations=office.settings.confirmations,
        batch_after=0.0,
        batch_size=office.settings.batch_size,
        fund=node.fund,
    )
    trusting = TrustCache(runtime.store, runtime.catalogue, runtime.settings, runtime.clock)
    return World(office, node, runtime, worker, trusting)
