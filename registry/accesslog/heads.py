"""The heads of all logs go to the chain together, at least once a minute, changed or not.

Every department gets a head in every round, one number up and blinded anew, so that the chain does not show
who was asked. One transaction waits at a time; after a revert a new one is made, over the logs as they are.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, exists, select

from registry import stops
from registry.accesslog import tree
from registry.chain.contracts import ACCESS_LOG, code_bytes, interface
from registry.chain.ledger import LOG
from registry.chain.outbox import Call, ForeignNonce, Outbox
from registry.desk import Desk
from registry.logproof import BLINDING_BYTES, Content, Growing
from registry.store.tables import AccessEntry, AccessHead, ChainTransaction, TransactionState

REF = "heads"
MOST = 200
"""Departments in one call; what more there are go into further calls of the same moment."""
_GAS = 120_000
_GAS_A_HEAD = 60_000
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class NextHead:
    """A head before it is signed."""

    issuer: str
    seq: int
    content: Content
    blinding: bytes

    @property
    def head(self) -> bytes:
        """What the chain gets."""
        return self.content.head(self.blinding)


@dataclass
class HeadSending:
    """Sends heads for one deployment. every: seconds from one round of heads to the next, at most."""

    desk: Desk
    every: float
    randomness: Callable[[int], bytes] = os.urandom
    _logs: dict[str, Growing] = field(default_factory=dict)
    _made: int = 0

    def is_due(self, now: int) -> bool:
        """Whether a round of heads is to be made: none waits, and the last was made long enough ago."""
        if self.desk.deployment.access_log is None or now - self._made < self.every:
            return False
        with self.desk.store.read() as session:
            if _waits(session, self.desk.id):
                return False
            self._made = _last(session, self.desk.id)
        return now - self._made >= self.every

    def send(self, *, now: int, time: int) -> bool:
        """Makes the next heads of all departments and stores them, signed. Whether any were.

        now: clock. time: the moment that accounts are judged by, in the chain's eyes.
        """
        outbox = self.desk.act(LOG, now, time)
        heads = self._next(now) if outbox is not None else []
        if outbox is None or not heads:
            return False
        calls = [self._call(heads[first : first + MOST]) for first in range(0, len(heads), MOST)]
        if not self.desk.may_sign(LOG, outbox, calls[0], stops.REVERTED, now):
            return False
        chain_nonce = outbox.chain_nonce()
        try:
            with self.desk.store.write() as session:
                if _waits(session, self.desk.id) or not outbox.caught_up(session):
                    return False
                for number, call in enumerate(calls):
                    some = heads[number * MOST : (number + 1) * MOST]
                    self._store(session, outbox, call, some, chain_nonce, now)
        except ForeignNonce:
            self.desk.stop(LOG, stops.FOREIGN_NONCE, now, outbox.address)
            return False
        return True

    def _next(self, now: int) -> list[NextHead]:
        ledger = self.desk.facts.ledger
        found = []
        for issuer in self.desk.departments():
            content = self._content(issuer, now)
            if content is not None:
                before = ledger.log.heads.get(issuer)
                seq = before.seq + 1 if before else 1
                found.append(NextHead(issuer, seq, content, self.randomness(BLINDING_BYTES)))
        return found

    def _content(self, issuer: str, now: int) -> Content | None:
        """What the issuer's log says now; None, and the issuer red, where it is no longer what was anchored:
        the chain keeps what was true."""
        with self.desk.store.read() as session:
            if issuer not in self._logs and (log := _continued(session, issuer)) is not None:
                self._logs[issuer] = log
            if issuer in self._logs:
                _grow(session, issuer, self._logs[issuer])
        if issuer not in self._logs:
            self.desk.stop(issuer, stops.LOG_CHANGED, now)
            return None
        self.desk.resume(issuer, stops.LOG_CHANGED)
        tree.keep(self.desk.store, issuer, self._logs[issuer].size)
        return self._logs[issuer].content()

    def _call(self, heads: Sequence[NextHead]) -> Call:
        address = self.desk.deployment.access_log
        assert address is not None
        data = interface(ACCESS_LOG).call(
            "anchorHeads",
            [code_bytes(one.issuer) for one in heads],
            [one.seq for one in heads],
            [one.head for one in heads],
        )
        return Call("heads", REF, address, data, _GAS + _GAS_A_HEAD * len(heads))

    def _store(
        self,
        session: Session,
        outbox: Outbox,
        call: Call,
        heads: Sequence[NextHead],
        chain_nonce: int,
        now: int,
    ) -> None:
        row = outbox.put(session, call, fees=self.desk.fees, chain_nonce=chain_nonce, now=now)
        assert row.id is not None
        session.add_all(
            AccessHead(
                deployment=self.desk.id,
                issuer=one.issuer,
                seq=one.seq,
                chain_tx=row.id,
                size=one.content.size,
                link=one.content.link,
                root=one.content.root,
                blinding=one.blinding,
                head=one.head,
                created=now,
            )
            for one in heads
        )


def _waits(session: Session, deployment: int) -> bool:
    return session.exec(
        select(
            exists().where(
                col(ChainTransaction.deployment) == deployment,
                col(ChainTransaction.kind) == "heads",
                col(ChainTransaction.state) == TransactionState.SENT,
            )
        )
    ).one()


def _last(session: Session, deployment: int) -> int:
    """When heads were last made that the chain has, or will have."""
    made = select(ChainTransaction.created).where(
        ChainTransaction.deployment == deployment,
        ChainTransaction.kind == "heads",
        ChainTransaction.state != TransactionState.FAILED,
    )
    return session.exec(made.order_by(col(ChainTransaction.id).desc()).limit(1)).first() or 0


def _newest(session: Session, issuer: str) -> AccessHead | None:
    return session.exec(
        select(AccessHead)
        .join(ChainTransaction, col(ChainTransaction.id) == col(AccessHead.chain_tx))
        .where(AccessHead.issuer == issuer, ChainTransaction.state != TransactionState.FAILED)
        .order_by(col(AccessHead.deployment).desc(), col(AccessHead.seq).desc())
        .limit(1)
    ).first()


def _continued(session: Session, issuer: str) -> Growing | None:
    """The log as far as it was put under a head; None where it is no longer what that head says."""
    log, before = Growing(), _newest(session, issuer)
    if before is not None:
        _grow(session, issuer, log, upto=before.size)
        if log.content() != Content(before.size, before.link, before.root):
            return None
    return log


def _grow(session: Session, issuer: str, log: Growing, *, upto: int | None = None) -> None:
    """Takes in the entries that came since, in their order, as far as none is missing."""
    rows = select(AccessEntry.seq, AccessEntry.digest).where(
        AccessEntry.issuer == issuer, AccessEntry.seq > log.size
    )
    rows = rows if upto is None else rows.where(AccessEntry.seq <= upto)
    found = session.exec(rows.order_by(col(AccessEntry.seq)).execution_options(yield_per=_CHUNK))
    for seq, entry_digest in found:
        if seq != log.size + 1:
            return
        log.add(entry_digest)
