"""Before its batch closes: taking a certificate back, holding it, letting it go (operation.md)."""

from sqlmodel import Session, col, select, update

from registry.errors import NotAllowed, NotFound
from registry.store.tables import Certificate, CertificateState, IntentState, StatusEvent, StatusIntent

_WAITING = (CertificateState.OPEN, CertificateState.HELD)


class TooLate(NotAllowed):
    """The certificate's batch was closed: it can be revoked as issued in error, not taken back."""

    kind = "too-late"

    def __init__(self) -> None:
        super().__init__(
            "该证照已进入批次，不能撤回误签；如系错发，请按“错发作废”撤销（issued_in_error）。",
            "Its batch is closed. If it was issued in error, revoke it with issued_in_error.",
        )


class TakenBack(NotAllowed):
    """The certificate was taken back before."""

    kind = "taken-back"

    def __init__(self) -> None:
        super().__init__(
            "该证照先前已撤回，标识作废。", "It was taken back before; its identifier is burned."
        )


def take_back(session: Session, issuer: str, certificate_id: str, *, by: str, now: int) -> None:
    """Undo an issuing whose batch has not closed: it is never anchored, identifier and entry are burned.

    It wins if its transaction comes before the one that closes the batch.

    Raises:
        NotFound: this issuer has no such certificate.
        TooLate: its batch is closed.
        TakenBack: it was taken back before.
    """
    row = _move(session, issuer, certificate_id, CertificateState.TAKEN_BACK)
    session.add(
        StatusEvent(certificate=row, reason="taken_back", effective_from=now, recorded=now, recorded_by=by)
    )
    session.exec(
        update(StatusIntent)
        .where(col(StatusIntent.state) == IntentState.PENDING, col(StatusIntent.after) == row)
        .values(state=IntentState.DROPPED)
    )


def hold(session: Session, issuer: str, certificate_id: str, why: str) -> None:
    """Keep a certificate out of batches. Raises NotFound, TooLate, TakenBack."""
    _move(session, issuer, certificate_id, CertificateState.HELD, why)


def release(session: Session, issuer: str, certificate_id: str) -> None:
    """Let a held certificate into the next batch. Raises NotFound, TooLate, TakenBack."""
    _move(session, issuer, certificate_id, CertificateState.OPEN)


def _move(
    session: Session, issuer: str, certificate_id: str, after: CertificateState, why: str | None = None
) -> int:
    """To another state from open or held; the row's id."""
    row = session.exec(
        select(Certificate.id).where(
            Certificate.certificate_id == certificate_id, Certificate.issuer == issuer
        )
    ).first()
    if row is None:
        raise NotFound("本部门没有颁发过这份证照。", "Your department has not issued this certificate.")
    moved = session.exec(
        update(Certificate)
        .where(col(Certificate.id) == row, col(Certificate.state).in_(_WAITING))
        .values(state=after, held_because=why)
    )
    if moved.rowcount != 1:
        state = session.exec(select(Certificate.state).where(Certificate.id == row)).one()
        raise TakenBack if state == CertificateState.TAKEN_BACK else TooLate
    return row
