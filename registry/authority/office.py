"""What the authority works with, and how its calls get onto the chain: stored, sent, waited for."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from registry.authority.renewing import renewed
from registry.catalogue import Catalogue, load_catalogue
from registry.chain.contracts import ACCESS_LOG, CERTIFICATE_REGISTRY, ISSUER_REGISTRY, interface
from registry.chain.follower import Follower, Step
from registry.chain.node import fund
from registry.chain.outbox import Call, Fees, Outbox
from registry.chain.rpc import Chain, ChainRefused, ChainUnreachable, JsonRpcChain
from registry.errors import RegistryError
from registry.keys import ChainKey, KeyRing, Signing, new_account, new_signing
from registry.runtime import open_or_create, open_ring
from registry.settings import Settings
from registry.store import Store, open_store
from registry.store.tables import (
    ChainAccount,
    ChainTransaction,
    Deployment,
    DeploymentState,
    TransactionState,
)
from registry.trusting import TrustCache

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

ACCOUNT, CA, BUNDLE, ROOT = "authority", "ca", "bundle", "root"
"""Owners of the authority's keys in its ring, and of the root keys in theirs."""

CONTRACTS = (ISSUER_REGISTRY, CERTIFICATE_REGISTRY, ACCESS_LOG)

_POLL = 0.05
"""Seconds between two looks at the chain while something is awaited."""
_LEAST_BALANCE = 10**18


class ActionRefused(RegistryError):
    """The contract refused what the authority asked of it; nothing was changed."""

    kind = "action-refused"
    status = 409
    mender = "operator"


class ChainLost(RegistryError):
    """The chain at hand is not the one that holds the contracts in force."""

    kind = "chain-lost"
    status = 503
    mender = "operator"


@dataclass
class Office:
    """The authority's desk: store, chain, its own keys, catalogue and clock.

    wait: called between two looks at the chain.
    """

    settings: Settings
    store: Store
    chain: Chain
    ring: KeyRing
    catalogue: Catalogue
    clock: Callable[[], int] = lambda: int(time.time())
    randomness: Callable[[int], bytes] = os.urandom
    wait: Callable[[], None] = lambda: time.sleep(_POLL)
    trust: TrustCache = field(init=False)

    def __post_init__(self) -> None:
        self.trust = TrustCache(self.store, self.catalogue, self.settings, self.clock)

    @classmethod
    def open(cls, settings: Settings, ring: KeyRing | None = None) -> "Office":
        """Open store, chain and, unless it is open, the authority's ring. Raises NotFounded, KeysClosed."""
        opened = ring or open_ring(settings, "authority")  # first: where there is none, no store is made
        return cls(
            settings,
            open_store(settings.database_url),
            JsonRpcChain(settings.chain_url),
            opened,
            load_catalogue(),
        )

    def close(self) -> None:
        """Give store and connection back."""
        self.store.close()
        if isinstance(self.chain, JsonRpcChain):
            self.chain.close()

    @property
    def account(self) -> "LocalAccount":
        """The authority's chain account."""
        return self.ring.account(ACCOUNT)

    def outbox(self, deployment: Deployment) -> Outbox:
        """The authority's outbox on a deployment."""
        return Outbox(self.store, self.chain, deployment, self.account)

    def follower(self, deployment: Deployment) -> Follower:
        """Follows a deployment's contracts."""
        return Follower(
            self.store,
            self.chain,
            deployment,
            confirmations=self.settings.confirmations,
            clock=self.clock,
        )

    def fund_accounts(self) -> None:
        """On a local chain, gives every account of the registry a balance where it has none."""
        if not isinstance(self.chain, JsonRpcChain):
            return
        with self.store.read() as session:
            addresses = [*session.exec(select(ChainAccount.address)), self.account.address]
        for address in addresses:
            if self.chain.balance(address) < _LEAST_BALANCE and not fund(self.chain, address):
                return

    def carry_out(self, deployment: Deployment, calls: Sequence[Call]) -> None:
        """Does everything that `calls` ask, and returns once the follower has seen all of it mined.

        What an earlier run stored under the same ref is not done twice.

        Raises:
            ActionRefused: the contract refused one of them.
            ChainLost: this is not the chain of the deployment.
        """
        if calls:
            put = self.writer(deployment)
            with self.store.write() as session:
                rows = put(session, calls)
            self.await_mined(deployment, rows)

    def writer(self, deployment: Deployment) -> Callable[[Session, Sequence[Call]], list[int]]:
        """Asks the chain now what storing calls needs to know; what is returned only stores.

        It puts calls into the outbox, but those whose ref is there already; row ids of all, in order.
        """
        outbox = self.outbox(deployment)
        fees, chain_nonce, now = Fees.of(self.chain.head().base_fee), outbox.chain_nonce(), self.clock()

        def put(session: Session, calls: Sequence[Call]) -> list[int]:
            rows = []
            for call in calls:
                row = _stored(session, deployment, call)
                row = row or outbox.put(session, call, fees=fees, chain_nonce=chain_nonce, now=now)
                rows.append(row.id or 0)
            return rows

        return put

    def await_mined(self, deployment: Deployment, rows: Sequence[int]) -> None:
        """Returns once all of these rows are mined. Raises ActionRefused, ChainLost."""
        while not self._mined(rows):
            if self.step(deployment).reset:
                raise ChainLost("这不是部署合约的那条链。", "This is not the chain that holds the contracts.")
            self.wait()

    def step(self, deployment: Deployment) -> Step:
        """Sends what waits, follows the chain to its head, looks after what was reverted.

        A node that does not answer is asked again: its silence changes nothing.
        """
        outbox, follower = self.outbox(deployment), self.follower(deployment)
        step = Step(0, reached=False)
        with suppress(ChainUnreachable, ChainRefused):
            outbox.push(now=self.clock())
            step = follower.follow()
            if step.reset is None:
                self._ask_again(deployment, outbox.examine().failed)
        return step

    def _ask_again(self, deployment: Deployment, failed: Sequence[ChainTransaction]) -> None:
        """What a rollback undid and the chain refuses now, because its time has passed, is signed anew."""
        undone = [row for row in failed if row.mined_hash is not None]
        if not undone:
            return
        calls = [renewed(row, deployment, deployment, self.clock()) for row in undone]
        put = self.writer(deployment)
        with self.store.write() as session:
            put(session, [call for call in calls if call is not None])

    def _mined(self, rows: Sequence[int]) -> bool:
        with self.store.read() as session:
            found = [session.get_one(ChainTransaction, row) for row in rows]
        failed = [row for row in found if row.state == TransactionState.FAILED]
        if failed:
            raise ActionRefused(*self._why(failed[0]))
        return all(row.state in (TransactionState.MINED, TransactionState.FINAL) for row in found)

    def _why(self, row: ChainTransaction) -> tuple[str, str]:
        """What the contract says to the same call now."""
        reason = "reverted"
        if not isinstance(self.chain, JsonRpcChain):
            return reason, reason
        call = {"from": row.account, "to": row.to, "data": "0x" + row.data.hex()}
        try:
            self.chain.request("eth_call", call, "latest")
        except ChainRefused as refusal:
            errors = (interface(name).error(refusal) for name in CONTRACTS)
            error = next(filter(None, errors), None)
            reason = f"{error.name} {dict(error.args)}" if error else refusal.message
        return f"合约拒绝了 {row.ref}：{reason}", f"The contract refused {row.ref}: {reason}"


def make_ring(
    settings: Settings,
    clock: Callable[[], int] = lambda: int(time.time()),
    randomness: Callable[[int], bytes] = os.urandom,
) -> KeyRing:
    """Open the authority's ring, made with its keys where it is missing."""
    now = clock()
    ring = open_or_create(settings, "authority", randomness)
    wanted = [
        new_signing(owner, 0, now, randomness) for owner in (CA, BUNDLE) if not ring.has(Signing, owner)
    ]
    ring.add(*wanted, *([] if ring.has(ChainKey, ACCOUNT) else [new_account(ACCOUNT, now, randomness)]))
    return ring


def current(session: Session) -> Deployment | None:
    """The deployment in force, or the one that is being founded or healed; None: neither."""
    query = select(Deployment).order_by(col(Deployment.id).desc())
    for state in (DeploymentState.LIVE, DeploymentState.IMPORTING):
        found = session.exec(query.where(Deployment.state == state)).first()
        if found is not None:
            return found
    return None


def _stored(session: Session, deployment: Deployment, call: Call) -> ChainTransaction | None:
    return session.exec(
        select(ChainTransaction).where(
            ChainTransaction.deployment == deployment.id,
            ChainTransaction.kind == call.kind,
            ChainTransaction.ref == call.ref,
            ChainTransaction.state != TransactionState.FAILED,
        )
    ).first()
