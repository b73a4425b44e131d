"""What becomes of batches that the chain did not take: signed anew, moved, dissolved, or all stands still.

Never the same bytes again, and never without having asked the followed chain first (operation.md, Outbox).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlmodel import Session, col, select

from registry import stops
from registry.anchoring import Anchoring, Verdict, next_seq, unmined
from registry.chain.ledger import Anchored
from registry.chain.outbox import ForeignNonce, Outbox
from registry.desk import Desk
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    ChainBlock,
    ChainTransaction,
    Follower,
    TransactionState,
)

_COUNTING = (BatchState.SENT, BatchState.MINED, BatchState.FINAL)


@dataclass(frozen=True)
class Mending:
    """Looks after unmined batches."""

    desk: Desk
    anchoring: Anchoring
    _clean: dict[str, tuple[int, int, bytes]] = field(default_factory=dict, repr=False)
    """How many batches and voids a department had, and its last root, when all batches were ours."""

    def look(self, issuer: str, *, now: int, time: int) -> bool:
        """Deals with what the chain says of the issuer's batches. Whether a new one may be closed now."""
        if self.has_foreign_batches(issuer):
            return False
        with self.desk.store.read() as session:
            batch = unmined(session, issuer, self.desk.id)
        if batch is None:
            return True
        if batch.deployment == self.desk.id and not self._lost(batch):
            return False
        self._mend(batch, now, time)
        return False

    def notice_foreign_batches(self, now: int) -> None:
        """Stops every department of this worker's for which somebody else has anchored something.

        A department whose accounts are elsewhere anchors by itself: that is no theft.
        """
        for issuer, department in self.desk.facts.ledger.departments.items():
            ours = not department.accounts.keys().isdisjoint(self.desk.outboxes)
            if ours and self.has_foreign_batches(issuer):
                self.desk.stop(issuer, stops.SEQ_TAKEN, now)

    def has_foreign_batches(self, issuer: str) -> bool:
        """Whether the chain counts a batch of this issuer that is not ours."""
        department = self.desk.facts.department(issuer)
        last = next(reversed(department.batches.values())).root if department.batches else b""
        seen = len(department.batches), len(department.voids), last
        if self._clean.get(issuer) == seen:
            return False
        with self.desk.store.read() as session:
            rows = session.exec(select(Batch.seq, Batch.root, Batch.size).where(Batch.issuer == issuer))
            ours = {(seq, root, size) for seq, root, size in rows}
        foreign = any(
            (seq, one.root, one.size) not in ours and not department.voided(seq)
            for seq, one in department.batches.items()
        )
        if not foreign:
            self._clean[issuer] = seen
        return foreign

    def root_is_foreign(self, issuer: str) -> bool:
        """Whether the root of the batch that waits stands on the chain elsewhere than where we want it."""
        with self.desk.store.read() as session:
            batch = unmined(session, issuer, self.desk.id)
        return batch is not None and any(
            one.root == batch.root and (seq, one.size) != (batch.seq, batch.size)
            for seq, one in self.desk.facts.department(issuer).batches.items()
        )

    def adopt(self) -> None:
        """After a heal: batches that the new chain has by import stand there."""
        with self.desk.store.read() as session:
            moved = session.exec(
                select(Batch).where(Batch.deployment != self.desk.id, col(Batch.state).in_(_COUNTING))
            ).all()
        for batch in moved:
            anchored = self._anchored(batch)
            if anchored is not None:
                self._move(batch, anchored)

    def _mend(self, batch: Batch, now: int, time: int) -> None:
        if self._late(batch, time):
            self._dissolve(batch)
        elif self.root_is_foreign(batch.issuer):
            self.desk.stop(batch.issuer, stops.ROOT_TAKEN, now)
        else:
            outbox = self.desk.act(batch.issuer, now, time)
            if outbox is not None:
                self._sign_anew(outbox, batch, now)

    def _lost(self, batch: Batch) -> bool:
        """Whether the batch's transaction can no longer be mined."""
        with self.desk.store.read() as session:
            row = session.get(ChainTransaction, batch.chain_tx) if batch.chain_tx else None
            return row is None or row.state == TransactionState.FAILED

    def _late(self, batch: Batch, time: int) -> bool:
        """Whether leaves have lost their right, and nothing that was signed can still be mined."""
        with self.desk.store.read() as session:
            kinds = session.exec(
                select(Certificate.type, Certificate.type_version)
                .where(Certificate.batch == batch.id)
                .distinct()
            ).all()
            row = session.get(ChainTransaction, batch.chain_tx) if batch.chain_tx else None
            follower = session.get(Follower, self.desk.id)
        head = follower.head_number if follower else 0
        deep = (
            batch.deployment != self.desk.id
            or row is None
            or (row.block_number is not None and row.block_number + self.desk.confirmations <= head)
        )
        verdicts = [self.anchoring.verdict(batch.issuer, *kind, time) for kind in kinds]
        return deep and Verdict.LATE in verdicts

    def _dissolve(self, batch: Batch) -> None:
        """Lets the leaves go: closing takes those without right back, and batches the others anew."""
        with self.desk.store.write() as session:
            current = session.get(Batch, batch.id)
            if current is None or current.state not in (BatchState.SENT, BatchState.MINED):
                return
            current.state = BatchState.DISSOLVED
            session.add(current)
            session.exec(
                update(Certificate)
                .where(col(Certificate.batch) == batch.id)
                .values(state=CertificateState.OPEN, batch=None, leaf_index=None)
            )

    def _sign_anew(self, outbox: Outbox, batch: Batch, now: int) -> None:
        """The same root under the account's next nonce; the same seq, unless that one was voided."""
        department = self.desk.facts.department(batch.issuer)
        if batch.seq in department.batches or department.voided(batch.seq):
            batch.seq = next_seq(department)
        if not self.desk.may_sign(batch.issuer, outbox, self.anchoring.call(batch), stops.REVERTED, now):
            return
        chain_nonce = outbox.chain_nonce()
        try:
            with self.desk.store.write() as session:
                current = session.get(Batch, batch.id)
                if current is None or current.chain_tx != batch.chain_tx or not outbox.caught_up(session):
                    return
                current.seq = batch.seq
                current.deployment, current.state = self.desk.id, BatchState.SENT
                current.block_number = current.block_hash = current.block_time = None
                self.anchoring.sign(session, outbox, current, chain_nonce, now)
        except ForeignNonce:
            self.desk.stop(batch.issuer, stops.FOREIGN_NONCE, now, outbox.address)

    def _anchored(self, batch: Batch) -> Anchored | None:
        department = self.desk.facts.department(batch.issuer)
        for found in (department.replacements.get(batch.seq), department.batches.get(batch.seq)):
            if found is not None and (found.root, found.size) == (batch.root, batch.size):
                return found
        return None

    def _move(self, batch: Batch, anchored: Anchored) -> None:
        with self.desk.store.write() as session:
            current = session.get(Batch, batch.id)
            block = session.get(ChainBlock, (self.desk.id, anchored.block))
            if current is None or block is None or current.deployment == self.desk.id:
                return
            current.deployment, current.state = self.desk.id, BatchState.MINED
            current.block_number, current.block_hash = block.number, block.hash
            current.block_time = anchored.time
            session.add(current)


def issuers_at_work(session: Session, deployment: int) -> Sequence[str]:
    """Departments with open certificates, or with batches that wait for the chain."""
    opened = session.exec(
        select(Certificate.issuer).where(Certificate.state == CertificateState.OPEN).distinct()
    )
    here = (col(Batch.deployment) == deployment) & (col(Batch.state) == BatchState.SENT)
    lost = (col(Batch.deployment) != deployment) & col(Batch.state).in_(_COUNTING)
    waiting = session.exec(select(Batch.issuer).where(here | lost).distinct())
    return sorted({*opened, *waiting})
