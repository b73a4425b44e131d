"""The worker: follows the chain, closes batches, carries status intents, sends, and looks after what failed.

One round does a little of everything, in an order that never signs before it has looked. Any number of
workers may run: a lease lets one work while the others wait, and the store's constraints keep two that hold
it at once from harm.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry import keys, leases, stops
from registry.accesslog.heads import HeadSending
from registry.anchoring import Anchoring
from registry.artefacts import Inspection
from registry.chain.facts import Facts
from registry.chain.follower import Follower, Step
from registry.chain.ledger import LOG
from registry.chain.outbox import Fees, Outbox
from registry.chain.rpc import Chain
from registry.desk import Desk
from registry.keys import KeyRing
from registry.mending import Mending, issuers_at_work
from registry.status_sending import StatusSending
from registry.store import Store
from registry.store.tables import ChainAccount, ChainBlock, Deployment, DeploymentState
from registry.watching import Watch

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

LEASE = "worker"
LEASE_SECONDS = 4
"""Short, so that whoever follows a killed worker need not wait; two at once do no harm."""
PATIENCE = 1.0
"""Seconds of closing batches in one round."""

RECONCILE_AFTER = 30
"""Seconds between two looks at whether all is at rest as it should be."""


@dataclass(frozen=True)
class Round:
    """What one round found. step: how far the chain was followed; None without lease or contracts."""

    step: Step | None
    worked: bool = False


@dataclass
class Worker:
    """Everything one worker process needs.

    clock: Unix seconds. timer: seconds that only ever go forward. confirmations: blocks above a transaction
    until it is final. heads_every: seconds from one round of the access logs' heads to the next.
    fund: gives an account of a local chain a balance; returns at once on any other chain.
    """

    store: Store
    chain: Chain
    ring: KeyRing
    inspection: Inspection
    clock: Callable[[], int]
    confirmations: int
    batch_after: float
    batch_size: int
    heads_every: float = 60
    fund: Callable[[str], None] = lambda _address: None
    timer: Callable[[], float] = monotonic
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    _accounts: dict[str, list["LocalAccount"]] = field(default_factory=dict)
    _line: "Line | None" = None
    _reconciled: int = 0

    def round(self) -> Round:
        """Does what there is to do, once.

        Raises:
            ChainUnreachable: what was stored until then stands; the next round goes on.
        """
        now = self.clock()
        if not leases.hold(self.store, LEASE, self.name, now=now, seconds=LEASE_SECONDS):
            return Round(None)
        line = self._current_line()
        if line is None:
            return Round(None)
        step = line.follower.step()
        if step.reset is not None or not step.reached:
            return Round(step, worked=step.blocks > 0)
        if step.rolled_back_to is not None:
            self._reconciled = 0
        try:
            worked = self._work(line, now)
        except IntegrityError:
            worked = True  # another worker was a moment earlier; nothing of ours was stored
        return Round(step, worked)

    def accounts(self, code: str) -> "Sequence[LocalAccount]":
        """A department's chain accounts, oldest first."""
        return self._accounts.get(code, [])

    def release(self) -> None:
        """Lets the next worker go on at once."""
        leases.release(self.store, LEASE, self.name)

    def _work(self, line: "Line", now: int) -> bool:
        with self.store.read() as session:
            line.desk.facts.refresh(session)
            line.desk.head_time = _head_time(session, line.desk)
            at_work = issuers_at_work(session, line.desk.id)
        time = max(now, line.desk.head_time)
        line.desk.fees = Fees.of(self.chain.head().base_fee)
        self._examine(line, now, time)
        line.mending.notice_foreign_batches(now)
        worked = False
        to_tell = line.sending.issuers()
        for issuer in to_tell:
            worked |= line.sending.send(issuer, now=now, time=time)
        line.mending.adopt()
        worked |= self._close(line, at_work, now, time)
        heads_due = line.heads.is_due(now)
        worked |= heads_due and self._send_heads(line, now, time)
        for outbox in line.desk.waiting():
            outbox.push(now=now)
        line.watch.end_stops({*at_work, *to_tell, *([LOG] if heads_due else [])}, time)
        self._replace_ended_accounts(line, now, time)
        self._reconcile(line, now)
        return worked

    def _close(self, line: "Line", at_work: Sequence[str], now: int, time: int) -> bool:
        """Closes batches until that has taken a while: what is closed should be sent before the rest is."""
        begun = self.timer()
        closed = False
        for issuer in at_work:
            if line.mending.look(issuer, now=now, time=time):
                closed |= line.anchoring.close(issuer, now=now, time=time)
            if self.timer() - begun > PATIENCE:
                break
        return closed

    def _examine(self, line: "Line", now: int, time: int) -> None:
        """Looks for transactions that were reverted, and for what somebody else sent by our accounts."""
        owners = {account.address.lower(): code for code, held in self._accounts.items() for account in held}
        stolen = [outbox for outbox in line.desk.waiting() if outbox.examine().foreign]
        stolen += [
            line.desk.outboxes[address]
            for address in sorted(line.watch.foreign_senders() & line.desk.outboxes.keys())
            if address in line.desk.facts.accounts_of(owners[address], time)
        ]
        for outbox in stolen:
            self._account_is_foreign(line, owners[outbox.address], outbox, now)

    def _send_heads(self, line: "Line", now: int, time: int) -> bool:
        """Sends the next heads, unless a foreign hand has used the log's account."""
        for address in line.desk.facts.accounts_of(LOG, time):
            outbox = line.desk.outboxes.get(address)
            if outbox is not None and outbox.examine().foreign:
                self._account_is_foreign(line, LOG, outbox, now)
        return line.heads.send(now=now, time=time)

    def _account_is_foreign(self, line: "Line", code: str, outbox: Outbox, now: int) -> None:
        """Stops the department, and makes the account that the authority can register in its place."""
        line.desk.stop(code, stops.FOREIGN_NONCE, now, outbox.address)
        outbox.abandon()
        if self._accounts[code][-1].address.lower() == outbox.address:
            self._make_account(code, now)

    def _replace_ended_accounts(self, line: "Line", now: int, time: int) -> None:
        """Where the authority has ended every account that we hold of a department, publishes a new one."""
        for code, held in list(self._accounts.items()):
            known = line.desk.facts.department(code).accounts
            ours = [known.get(account.address.lower()) for account in held]
            if all(spans and max(until for _, until in spans) <= time for spans in ours):
                self._make_account(code, now)

    def _make_account(self, code: str, now: int) -> None:
        self.ring.add(keys.new_account(code, now))
        self._accounts[code] = self.ring.accounts(code)
        with self.store.write() as session:
            session.add(ChainAccount(issuer=code, address=self._accounts[code][-1].address, created=now))

    def _reconcile(self, line: "Line", now: int) -> None:
        if now - self._reconciled < RECONCILE_AFTER:
            return
        self._reconciled = now
        for issuer in line.desk.departments():
            line.sending.reconcile(issuer)

    def _current_line(self) -> "Line | None":
        """What belongs to the deployment in force; made anew when another one is."""
        with self.store.read() as session:
            live = session.exec(select(Deployment).where(Deployment.state == DeploymentState.LIVE)).first()
            published = session.exec(select(ChainAccount)).all()
        if live is None:
            return None
        if self._line is None or self._line.is_old(live):
            self._line = Line.of(self, live)
        for row in published:
            self._know(self._line.desk, row)
        return self._line

    def _know(self, desk: Desk, row: ChainAccount) -> None:
        """Takes up an account that was published: its key is in the ring, and its outbox is served."""
        known = self._accounts.get(row.issuer, [])
        if row.address not in {account.address for account in known}:
            self.ring.reload()
            self._accounts[row.issuer] = self.ring.accounts(row.issuer)
        if row.address.lower() in desk.outboxes:
            return
        for account in self._accounts[row.issuer]:
            self.fund(account.address)
            desk.outbox(account)


@dataclass(frozen=True)
class Line:
    """A worker's parts for one deployment."""

    follower: Follower
    desk: Desk
    anchoring: Anchoring
    mending: Mending
    sending: StatusSending
    heads: HeadSending
    watch: Watch

    def is_old(self, live: Deployment) -> bool:
        """Whether other contracts are in force, or one more."""
        return (self.desk.id, self.desk.deployment.access_log) != (live.id, live.access_log)

    @classmethod
    def of(cls, worker: Worker, deployment: Deployment) -> "Line":
        """The parts, over the worker's store, chain and keys."""
        assert deployment.id is not None
        follower = Follower(
            worker.store,
            worker.chain,
            deployment,
            confirmations=worker.confirmations,
            clock=worker.clock,
        )
        desk = Desk(
            worker.store,
            worker.chain,
            deployment,
            Facts(deployment.id),
            worker.accounts,
            worker.confirmations,
        )
        anchoring = Anchoring(desk, worker.inspection, worker.batch_after, worker.batch_size)
        mending, sending = Mending(desk, anchoring), StatusSending(desk)
        heads = HeadSending(desk, worker.heads_every)
        return cls(follower, desk, anchoring, mending, sending, heads, Watch(desk, mending, sending))


def _head_time(session: Session, desk: Desk) -> int:
    block = session.exec(
        select(ChainBlock.time)
        .where(ChainBlock.deployment == desk.id)
        .order_by(col(ChainBlock.number).desc())
        .limit(1)
    ).first()
    return block or 0
