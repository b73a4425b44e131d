"""Watching over the departments' accounts: what a foreign hand sent by one, and stops whose cause is gone.

Both are looked for every round, of every department: a thief is noticed though the department itself has
nothing to send, and the light turns green again though nothing of the department waits.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import orjson
from sqlmodel import Session, col, select

from registry import stops
from registry.accesslog import heads
from registry.anchoring import unmined
from registry.chain.contracts import BATCH_ANCHORED, STATUS_SET
from registry.chain.ledger import LOG
from registry.desk import Desk
from registry.mending import Mending
from registry.retrying import exhausted
from registry.status_sending import StatusSending
from registry.store.tables import Attempt, ChainBlock, ChainEvent, Follower, Stop


@dataclass
class Watch:
    """Watches over one deployment."""

    desk: Desk
    mending: Mending
    sending: StatusSending
    _block: int = 0
    _hash: bytes = field(default=b"", repr=False)
    _senders: set[str] = field(default_factory=set)

    def foreign_senders(self) -> set[str]:
        """Accounts by which something was sent, as far as the chain was followed, that is in no outbox."""
        with self.desk.store.read() as session:
            follower = session.get(Follower, self.desk.id)
            if follower is None or follower.head_hash == self._hash:
                return self._senders
            known = session.get(ChainBlock, (self.desk.id, self._block))
            if known is None or known.hash != self._hash:
                self._block, self._senders = 0, set()
            self._senders |= _senders(session, self.desk.id, self._block, follower.head_number)
            self._block, self._hash = follower.head_number, follower.head_hash
            return self._senders

    def end_stops(self, waiting: Collection[str], time: int) -> None:
        """Ends the stops whose cause is gone.

        waiting: departments for which something waits. time: the moment in the chain's eyes.
        """
        with self.desk.store.read() as session:
            standing = stops.standing(session, self.desk.id)
        for one in standing:
            if self._is_over(one, waiting, time):
                self.desk.resume(one.issuer, one.code)

    def _is_over(self, one: Stop, waiting: Collection[str], time: int) -> bool:
        match one.code:
            case stops.FOREIGN_NONCE:
                ended = one.account not in self.desk.facts.accounts_of(one.issuer, time)
                over = ended and self.desk.acting([one.issuer], time) is not None
            case stops.NOT_AUTHORISED:
                over = one.issuer not in waiting or self.desk.acting([one.issuer], time) is not None
            case stops.SEQ_TAKEN:
                over = not self.mending.has_foreign_batches(one.issuer)
            case stops.ROOT_TAKEN:
                over = not self.mending.root_is_foreign(one.issuer)
            case stops.REVERTED:
                over = not self._is_exhausted(one.issuer)
            case stops.STATUS_REVERTED:
                over = not self.sending.is_exhausted(one.issuer)
            case stops.LOG_CHANGED:
                over = False  # whoever makes the heads looks, and ends it
            case _:
                over = self._account_ended_since(one, time)
        return over

    def _is_exhausted(self, issuer: str) -> bool:
        with self.desk.store.read() as session:
            if issuer == LOG:
                return exhausted(session, self.desk.id, heads.REF)
            batch = unmined(session, issuer, self.desk.id)
            return batch is not None and exhausted(session, self.desk.id, f"batch:{batch.id}")

    def _account_ended_since(self, one: Stop, time: int) -> bool:
        """A forbidden move was a thief's doing, who is out once the authority has ended his account."""
        ends = {
            until
            for department in self.desk.facts.ledger.departments.values()
            for spans in department.accounts.values()
            for _, until in spans
        }
        return any(one.since <= until <= time for until in ends)


def _senders(session: Session, deployment: int, since: int, upto: int) -> set[str]:
    events = session.exec(
        select(ChainEvent.args)
        .join(Attempt, col(Attempt.hash) == ChainEvent.transaction_hash, isouter=True)
        .where(ChainEvent.deployment == deployment, col(ChainEvent.name).in_((BATCH_ANCHORED, STATUS_SET)))
        .where(col(ChainEvent.block_number) > since, col(ChainEvent.block_number) <= upto)
        .where(col(Attempt.id).is_(None))
    )
    return {orjson.loads(args)["account"].lower() for args in events}
