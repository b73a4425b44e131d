"""One issuer's dealings with the chain: which account it acts by, what waits, what keeps it from acting.

Used by anchoring.py and status_sending.py, which make the calls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from registry import stops
from registry.chain.facts import Facts
from registry.chain.outbox import TIP, Call, Fees, Outbox
from registry.chain.rpc import Chain
from registry.retrying import MOST, reverts
from registry.store import Store
from registry.store.tables import (
    ChainTransaction,
    Department,
    Deployment,
    Follower,
    Stop,
    TransactionState,
)

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

Accounts = Callable[[str], Sequence["LocalAccount"]]
"""A department's chain accounts that this process holds, oldest first."""


@dataclass
class Desk:
    """What both kinds of work need of store and chain, for one deployment.

    fees: what a transaction made now pays. head_time: block time of the followed head. The worker keeps both
    current.
    """

    store: Store
    chain: Chain
    deployment: Deployment
    facts: Facts
    accounts: Accounts
    confirmations: int
    fees: Fees = field(default_factory=lambda: Fees.of(TIP))
    head_time: int = 0
    outboxes: dict[str, Outbox] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The deployment's row."""
        assert self.deployment.id is not None
        return self.deployment.id

    def departments(self) -> list[str]:
        """Codes of this registry's departments that the contracts know; they may know those of others too."""
        with self.store.read() as session:
            ours = session.exec(select(Department.code).order_by(Department.code)).all()
        return [code for code in ours if code in self.facts.ledger.departments]

    def outbox(self, account: "LocalAccount") -> Outbox:
        """The outbox of an account."""
        address = account.address.lower()
        if address not in self.outboxes:
            self.outboxes[address] = Outbox(self.store, self.chain, self.deployment, account)
        return self.outboxes[address]

    def acting(self, codes: Sequence[str], now: int) -> Outbox | None:
        """The outbox of the newest account of ours that the chain lets act for the first of these codes that
        has one, and that no foreign hand has used; None if there is none."""
        barred = self._barred()
        for code in codes:
            allowed = set(self.facts.accounts_of(code, now)) - barred
            for account in reversed(self.accounts(code)):
                if account.address.lower() in allowed:
                    return self.outbox(account)
        return None

    def act(self, issuer: str, now: int, time: int, codes: Sequence[str] = ()) -> Outbox | None:
        """The outbox by which an issuer (or one of `codes`, which act for it) acts now. Where there is
        none it is stopped; where there is, it is no longer stopped for want of an account (for a stolen
        one it is, until that was ended: watching.py)."""
        outbox = self.acting(codes or [issuer], time)
        if outbox is None:
            self.stop(issuer, stops.NOT_AUTHORISED, now)
        else:
            self.resume(issuer, stops.NOT_AUTHORISED)
        return outbox

    def may_sign(self, issuer: str, outbox: Outbox, call: Call, reason: str, now: int) -> bool:
        """Whether a call may be signed, which may have been reverted before. Where the chain reverted it
        again and again the issuer is stopped for that reason."""
        with self.store.read() as session:
            before = reverts(session, self.id, call.ref)
            follower = session.get(Follower, self.id)
        if before.times < MOST:
            return True
        self.stop(issuer, reason, now)
        return before.may_try(follower.head_number if follower else 0) and self.chain.would_take(
            outbox.address, call.to, call.data, call.gas
        )

    def stopped(self, issuer: str) -> frozenset[str]:
        """Codes of the stops that stand against an issuer."""
        with self.store.read() as session:
            found = session.exec(select(Stop.code).where(Stop.deployment == self.id, Stop.issuer == issuer))
            return frozenset(found)

    def stop(self, issuer: str, code: str, now: int, account: str = "") -> None:
        """Stops an issuer, unless it is already."""
        if code not in self.stopped(issuer):
            with self.store.write() as session:
                stops.stop(session, self.id, issuer, code, account=account, now=now)

    def resume(self, issuer: str, *codes: str) -> None:
        """Ends stops of an issuer."""
        if self.stopped(issuer) & set(codes):
            with self.store.write() as session:
                stops.end(session, self.id, issuer, *codes)

    def waiting(self) -> list[Outbox]:
        """Outboxes of our accounts that have unmined rows."""
        with self.store.read() as session:
            query = select(ChainTransaction.account).where(
                ChainTransaction.deployment == self.id, ChainTransaction.state == TransactionState.SENT
            )
            addresses = set(session.exec(query.distinct()))
        return [outbox for address, outbox in sorted(self.outboxes.items()) if address in addresses]

    def _barred(self) -> frozenset[str]:
        with self.store.read() as session:
            found = session.exec(
                select(Stop.account).where(Stop.deployment == self.id, Stop.code == stops.FOREIGN_NONCE)
            )
            return frozenset(found)


def failed(session: Session, row: int | None) -> bool:
    """Whether a transaction was reverted, lost its nonce, or was never made."""
    if row is None:
        return True
    state = session.exec(select(ChainTransaction.state).where(col(ChainTransaction.id) == row)).one()
    return state == TransactionState.FAILED
