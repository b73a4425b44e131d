"""From open certificates to a root on the chain (operation.md; docs/issuance.md has it as a page of prose).

Closing a batch stores, in one transaction, the batch, the order of its leaves, its sequence number and the
signed transaction; only afterwards is anything sent. Who is mined and final is told by the follower.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import bindparam, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from registry import definition as definitions
from registry import stops
from registry.artefacts import Inspection, Mismatch, proven_root
from registry.chain.contracts import CERTIFICATE_REGISTRY, code_bytes, interface
from registry.chain.facts import end
from registry.chain.ledger import Department
from registry.chain.outbox import Call, ForeignNonce, Outbox
from registry.desk import Desk
from registry.errors import NotFound
from registry.store.tables import Batch, BatchState, Certificate, CertificateState
from registry.store.tables import Department as DepartmentRow
from registry.taking_back import take_back

ENDS_SOON = 3_600
"""Seconds before a right's end from which nothing is anchored any more."""

ANCHOR_GAS = 200_000


class Verdict(Enum):
    """GO: may be anchored now. WAIT: no right yet, or the type is not in force. LATE: the right has ended, or
    will within the hour."""

    GO = "go"
    WAIT = "wait"
    LATE = "late"


class _Overtaken(Exception):
    """The store changed since the batch was prepared: a certificate was taken back or batched elsewhere."""


@dataclass(frozen=True)
class Prepared:
    """A batch before it is stored: its leaves in order, and their root."""

    rows: Sequence[int]
    root: bytes


@dataclass(frozen=True)
class Anchoring:
    """Closes batches and mends what the chain refused.

    batch_after: seconds until an open batch is closed, unless the issuer has its own. batch_size: leaves that
    close it at once.
    """

    desk: Desk
    inspection: Inspection
    batch_after: float
    batch_size: int

    def close(self, issuer: str, *, now: int, time: int) -> bool:
        """Closes the issuer's open batch if it is due, and stores it, signed. Whether one was stored.

        now: clock. time: the moment that rights are judged by, in the chain's eyes.
        """
        with self.desk.store.read() as session:
            due = self._due(session, issuer, now)
        rows = self._with_right(due, now, time)
        outbox = self.desk.act(issuer, now, time) if rows else None
        if outbox is None:
            return False
        prepared = self._prepare(rows)
        return prepared is not None and self._store(outbox, issuer, prepared, now)

    def verdict(self, issuer: str, type_code: str, version: int, time: int) -> Verdict:
        """Whether a certificate of that type may be anchored at a time."""
        windows = self.desk.facts.right(issuer, type_code)
        until = end(windows, time)
        if until is None:
            over = windows and max(last for _, last in windows) <= time
            return Verdict.LATE if over else Verdict.WAIT
        if until - time < ENDS_SOON:
            return Verdict.LATE
        try:
            definition = self.inspection.catalogue.definition(type_code, version)
        except NotFound:
            return Verdict.WAIT
        known = self.desk.facts.in_force(type_code, version, definitions.hash(definition), time)
        return Verdict.GO if known else Verdict.WAIT

    def call(self, batch: Batch) -> Call:
        """The transaction that anchors a batch, as it stands."""
        data = interface(CERTIFICATE_REGISTRY).call(
            "anchorBatch", code_bytes(batch.issuer), batch.seq, batch.root, batch.size
        )
        to = self.desk.deployment.certificate_registry
        return Call("anchor", f"batch:{batch.id}", to, data, ANCHOR_GAS)

    def sign(self, session: Session, outbox: Outbox, batch: Batch, chain_nonce: int, now: int) -> None:
        """Puts the batch's transaction into the outbox, in the caller's transaction."""
        call = self.call(batch)
        row = outbox.put(session, call, fees=self.desk.fees, chain_nonce=chain_nonce, now=now)
        batch.chain_tx = row.id
        session.add(batch)

    def _due(self, session: Session, issuer: str, now: int) -> Sequence[Certificate]:
        open_rows = (col(Certificate.issuer) == issuer, col(Certificate.state) == CertificateState.OPEN)
        count, oldest = session.exec(
            select(func.count(), func.min(Certificate.issued_at)).where(*open_rows)
        ).one()
        department = session.get(DepartmentRow, issuer)
        own = department.batch_after if department else None
        after = self.batch_after if own is None else own
        if not count or (count < self.batch_size and oldest + after > now):
            return []
        return session.exec(
            select(Certificate).where(*open_rows).order_by(col(Certificate.id)).limit(self.batch_size)
        ).all()

    def _with_right(self, rows: Sequence[Certificate], now: int, time: int) -> list[Certificate]:
        """Those that may be anchored now; what has lost its right is taken back, what has none yet waits."""
        verdicts = {
            key: self.verdict(*key, time)
            for key in {(row.issuer, row.type, row.type_version) for row in rows}
        }
        late = [row for row in rows if verdicts[row.issuer, row.type, row.type_version] is Verdict.LATE]
        if late:
            with self.desk.store.write() as session:
                for row in late:
                    take_back(session, row.issuer, row.certificate_id, by="worker: right ended", now=now)
        return [row for row in rows if verdicts[row.issuer, row.type, row.type_version] is Verdict.GO]

    def _prepare(self, rows: Sequence[Certificate]) -> Prepared | None:
        """Looks at every artefact once more; what does not fit is held back, the rest goes."""
        with self.desk.store.read() as session:
            wrong = self.inspection.mismatches(session, rows)
        good = [row for row in rows if row.id not in wrong]
        if wrong:
            self._hold(wrong)
        if not good:
            return None
        try:
            root = proven_root([row.leaf for row in good])
        except Mismatch:
            return None
        return Prepared([row.id for row in good if row.id is not None], root)

    def _hold(self, wrong: dict[int, str]) -> None:
        with self.desk.store.write() as session:
            for row, part in wrong.items():
                session.exec(
                    update(Certificate)
                    .where(col(Certificate.id) == row, col(Certificate.state) == CertificateState.OPEN)
                    .values(state=CertificateState.HELD, held_because=f"mismatch: {part}")
                )

    def _store(self, outbox: Outbox, issuer: str, prepared: Prepared, now: int) -> bool:
        """The one transaction: batch, leaf order, sequence number, signed transaction."""
        chain_nonce = outbox.chain_nonce()
        try:
            with self.desk.store.write() as session:
                if unmined(session, issuer, self.desk.id) is not None or not outbox.caught_up(session):
                    return False
                batch = Batch(
                    deployment=self.desk.id,
                    issuer=issuer,
                    seq=next_seq(self.desk.facts.department(issuer)),
                    root=prepared.root,
                    size=len(prepared.rows),
                    created=now,
                )
                session.add(batch)
                session.flush()
                _take(session, batch, prepared.rows)
                self.sign(session, outbox, batch, chain_nonce, now)
        except (_Overtaken, IntegrityError):
            return False  # nothing was stored; the next look sees what changed
        except ForeignNonce:
            self.desk.stop(issuer, stops.FOREIGN_NONCE, now, outbox.address)
            return False
        return True


def unmined(session: Session, issuer: str, deployment: int) -> Batch | None:
    """The issuer's batch that waits for its place on the chain, the lowest seq first; of a lost chain also
    those that had one there."""
    here = (col(Batch.deployment) == deployment) & (col(Batch.state) == BatchState.SENT)
    lost = (col(Batch.deployment) != deployment) & col(Batch.state).in_((BatchState.SENT, BatchState.MINED))
    waiting = select(Batch).where(Batch.issuer == issuer, or_(here, lost)).order_by(col(Batch.seq))
    return session.exec(waiting.limit(1)).first()


def next_seq(department: Department) -> int:
    """The seq that the contract will take next."""
    seq = max(department.batches, default=0) + 1
    while department.voided(seq):
        seq += 1
    return seq


def _take(session: Session, batch: Batch, rows: Sequence[int]) -> None:
    """Puts the certificates into the batch, in their order; all of them, or the transaction ends."""
    taken = session.connection().execute(
        update(Certificate)
        .where(col(Certificate.id) == bindparam("row"), col(Certificate.state) == CertificateState.OPEN)
        .values(state=CertificateState.BATCHED, batch=batch.id, leaf_index=bindparam("position")),
        [{"row": row, "position": position} for position, row in enumerate(rows)],
    )
    if taken.rowcount != len(rows):
        raise _Overtaken
