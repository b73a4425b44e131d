"""Before its batch closes: taking a certificate back, holding it, letting it go (operation.md)."""

from collections.abc import Collection

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


class PartOfAnother(NotAllowed):
    """A combined licence of the same case names it as a part: that would go on as if the part stood."""

    kind = "part-of-another"

    def __init__(self) -> None:
        super().__init__(
            "同一办件颁发的综合许可证以该证照为组成部分；请先撤回综合许可证，或按“错发作废”撤销（issued_in_error）。",
            "A combined licence of the same case names it as a part: take that one back first, or revoke "
            "this one with issued_in_error.",
        )


def take_back(
    session: Session,
    issuer: str,
    certificate_id: str,
    *,
    by: str,
    now: int,
    combined: Collection[str] = (),
) -> None:
    """Undo an issuing whose batch has not closed: it is never anchored, identifier and entry are burned.

    It wins if its transaction comes before the one that closes the batch.

    combined: types whose certificates name parts. What was taken back has no word on the chain, so that
    whoever verifies one of these would not see it.

    Raises:
        NotFound: this issuer has no such certificate.
        TooLate: its batch is closed.
        TakenBack: it was taken back before.
        PartOfAnother: a combined licence of the same case stands.
    """
    row = _move(session, issuer, certificate_id, CertificateState.TAKEN_BACK)
    if _is_part(session, row, combined):
        raise PartOfAnother
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


def _is_part(session: Session, row: int, combined: Collection[str]) -> bool:
    one = session.get_one(Certificate, row)
    if one.type in combined or not one.issued_by.startswith("case "):
        return False
    beside = select(Certificate.id).where(
        Certificate.issued_by == one.issued_by,
        col(Certificate.type).in_(combined),
        Certificate.state != CertificateState.TAKEN_BACK,
    )
    return session.exec(beside.limit(1)).first() is not None


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
