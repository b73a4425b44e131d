"""Revoke, suspend, resume: one decision, recorded and published in one transaction (operation.md, Status).

Durable together: the event of every version that the decision applies to, what the chain shall say (an
intent, without nonce or gas), and the newly signed lists of the credentials cut from these versions. The
worker carries the intents to the chain afterwards.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from registry import lifecycle
from registry.errors import NotAllowed, NotFound
from registry.lifecycle import Kind, Reason, Status
from registry.store.tables import Certificate, CertificateState, IntentState, StatusEvent, StatusIntent

Publish = Callable[[Session, Iterable[int], int], None]
"""Signs anew the lists that show these certificates: (session, certificate row ids, now)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a department decided.

    reason: a code of lifecycle.md. basis, number: legal basis and number of the decision.
    effective_from: Unix seconds; None: from now, or from the certificate's beginning where the reason says.
    by: who recorded it.
    """

    reason: str
    basis: str = ""
    number: str = ""
    effective_from: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What was recorded. versions: identifiers of all versions that changed, the one named first."""

    versions: tuple[str, ...]
    status: Status | None
    recorded: int
    effective_from: int


def change(
    session: Session,
    certificate_id: str,
    decision: Decision,
    kind: Kind,
    *,
    issuers: Iterable[str],
    publish: Publish,
    now: int,
) -> StatusChange:
    """Apply one decision to a certificate and to every other version of its number that it reaches.

    issuers: codes that the caller acts for: its own, and those it succeeded for this type.

    Raises:
        NotFound: no such certificate of these issuers.
        NotAllowed: the reason is of another kind, or does not fit the certificate's state (lifecycle.md).
    """
    named = find(session, certificate_id, issuers)
    reason = lifecycle.reason(decision.reason)
    if reason.kind is not kind:
        raise NotAllowed(
            f"“{reason.zh}”不能用于此操作。", f"“{reason.en}” is a reason for another operation."
        )
    lifecycle.require(history(session, named), reason.code)
    if kind is Kind.RESUME and _is_followed(session, named, now):
        raise NotAllowed(
            "已有新版本接替，旧版本不能恢复。",
            "A newer version takes its place: this one does not come back.",
        )
    reached = [named, *_others(session, named, reason, now)]
    for version in reached:
        record(session, version, reason, decision, now)
    session.flush()
    publish(session, [row_id(version) for version in reached], now)
    return StatusChange(
        tuple(version.certificate_id for version in reached),
        reason.status,
        now,
        _effective(named, reason, decision, now),
    )


def find(session: Session, certificate_id: str, issuers: Iterable[str]) -> Certificate:
    """A certificate of one of these issuers that was not taken back, locked until this transaction ends.

    Raises NotFound otherwise.
    """
    found = session.exec(
        select(Certificate)
        .where(
            Certificate.certificate_id == certificate_id,
            col(Certificate.issuer).in_(list(issuers)),
            Certificate.state != CertificateState.TAKEN_BACK,
        )
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound("本部门没有颁发过这份证照。", "Your department has not issued this certificate.")
    return found


def history(session: Session, certificate: Certificate) -> list[str]:
    """Reason codes of one version, oldest first, beginning with the one that made it.

    A version that waits to be superseded is not superseded yet: its successor may never come to be.
    """
    rows = session.exec(
        select(StatusEvent.reason, StatusIntent.after, StatusIntent.state)
        .join(StatusIntent, col(StatusIntent.event) == col(StatusEvent.id), isouter=True)
        .where(StatusEvent.certificate == certificate.id)
        .order_by(col(StatusEvent.id))
    ).all()
    dead = {IntentState.PENDING, IntentState.DROPPED}
    return [certificate.reason, *(code for code, after, state in rows if after is None or state not in dead)]


def record(
    session: Session, version: Certificate, reason: Reason, decision: Decision, now: int
) -> StatusEvent:
    """Store the event of one version and, where its status changes, the intent for the chain."""
    before = lifecycle.status_after(history(session, version))
    event = StatusEvent(
        certificate=row_id(version),
        status=reason.status,
        reason=reason.code,
        basis=decision.basis,
        decision=decision.number,
        effective_from=_effective(version, reason, decision, now),
        recorded=now,
        recorded_by=decision.by,
    )
    session.add(event)
    session.flush()
    if reason.status is not None and before is not Status.REVOKED and before is not reason.status:
        _drop_waiting(session, version, reason)
        session.add(intent(version, reason.status, event.id))
    return event


def intent(
    version: Certificate, status: Status, event: int | None, *, after: int | None = None
) -> StatusIntent:
    """What the version's entry on the chain shall become."""
    return StatusIntent(
        event=event,
        certificate=row_id(version),
        issuer=version.issuer,
        type=version.type,
        list=version.status_list,
        idx=version.status_idx,
        value=int(status),
        after=after,
    )


def _others(session: Session, named: Certificate, reason: Reason, now: int) -> list[Certificate]:
    """The other versions of the number that a decision applies to, those not yet begun included."""
    versions = session.exec(
        select(Certificate)
        .where(
            Certificate.lineage == named.lineage,
            Certificate.id != named.id,
            Certificate.state != CertificateState.TAKEN_BACK,
        )
        .order_by(col(Certificate.id))
        .with_for_update()
    ).all()
    reached = []
    for version in versions:
        status = lifecycle.status_after(history(session, version))
        followed = reason.kind is Kind.RESUME and _is_followed(session, version, now)
        if status is not None and reason.touches(status) and not followed:
            reached.append(version)
    return reached


def _is_followed(session: Session, version: Certificate, now: int) -> bool:
    """Whether a later version has begun, which takes this one's place once it is final: the two never both
    stand because a suspension ends."""
    successors = (
        select(Certificate.id)
        .join(StatusIntent, col(StatusIntent.after) == col(Certificate.id))
        .where(
            StatusIntent.certificate == version.id,
            StatusIntent.state == IntentState.PENDING,
            Certificate.state != CertificateState.TAKEN_BACK,
            Certificate.valid_from <= now,
        )
    )
    return session.exec(successors).first() is not None


def _drop_waiting(session: Session, version: Certificate, reason: Reason) -> None:
    """A version that is revoked is not superseded afterwards."""
    if reason.kind is not Kind.REVOKE:
        return
    waiting = session.exec(
        select(StatusIntent).where(
            StatusIntent.certificate == version.id,
            StatusIntent.state == IntentState.PENDING,
            col(StatusIntent.after).is_not(None),
        )
    )
    for row in waiting:
        row.state = IntentState.DROPPED
        session.add(row)


def _effective(version: Certificate, reason: Reason, decision: Decision, now: int) -> int:
    if reason.from_beginning:
        return version.valid_from
    return now if decision.effective_from is None else decision.effective_from


def row_id(version: Certificate) -> int:
    """The row id of a stored certificate."""
    assert version.id is not None
    return version.id
