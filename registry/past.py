"""Status history for a trust state: what was recorded when, and why (lifecycle.md)."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from registry.credential import status_uri
from registry.lifecycle import Status
from registry.store.tables import (
    Certificate,
    Credential,
    CredentialList,
    IntentState,
    Origin,
    StatusEvent,
    StatusIntent,
)
from registry.trust import CredentialPlace, History, Place, StatusChange

WITHDRAWN = "credential_withdrawn"
"""Reason of a credential that was withdrawn while its certificate stands (a lost phone)."""

_NOT_BEGUN = (IntentState.PENDING, IntentState.DROPPED)
_Changes = tuple[StatusChange, ...]


class Past:
    """Every status change that the store has recorded; new ones are read, old ones are kept."""

    def __init__(self) -> None:
        self._last = 0
        self._waiting: set[int] = set()
        self._certificates: dict[Place, _Changes] = {}
        self._rows: dict[int, _Changes] = {}

    def history(self, session: Session, now: int) -> History:
        """All of it up to now. What was recorded is never changed, so it covers every earlier time."""
        self._read_events(session)
        return History(0, now, dict(self._certificates), self._credentials(session))

    def _read_events(self, session: Session) -> None:
        """A version is superseded once the one after it is final and has begun, or never."""
        found = session.exec(
            select(StatusEvent, Certificate, StatusIntent)
            .join(Certificate, col(Certificate.id) == StatusEvent.certificate)
            .join(StatusIntent, col(StatusIntent.event) == col(StatusEvent.id), isouter=True)
            .where(col(StatusEvent.status).is_not(None))
            .where((col(StatusEvent.id) > self._last) | col(StatusEvent.id).in_(self._waiting))
            .order_by(col(StatusEvent.id))
        ).all()
        self._waiting = set()
        by_event = {event.id: (event, certificate, intent) for event, certificate, intent in found}
        for event, certificate, intent in by_event.values():
            self._last = max(self._last, event.id or 0)
            if intent is not None and intent.after is not None and intent.state in _NOT_BEGUN:
                self._waiting |= {event.id or 0} if intent.state == IntentState.PENDING else set()
            else:
                self._take_in(event, certificate)

    def _take_in(self, event: StatusEvent, certificate: Certificate) -> None:
        place = (certificate.issuer, certificate.type, certificate.status_list, certificate.status_idx)
        change = StatusChange(Status(event.status or 0), event.reason, event.recorded, event.effective_from)
        self._certificates[place] = (*self._certificates.get(place, ()), change)
        self._rows[event.certificate] = self._certificates[place]

    def _credentials(self, session: Session) -> Mapping[CredentialPlace, _Changes]:
        """Entries of credentials: withdrawn on their own, or with their certificate."""
        origins = dict(session.exec(select(Origin.index, Origin.origin)).all())
        lists = {(row.issuer, row.list): origins[row.origin] for row in session.exec(select(CredentialList))}
        touched = col(Credential.withdrawn_at).is_not(None) | col(Credential.certificate).in_(
            select(StatusEvent.certificate)
        )
        changes = {}
        for row in session.exec(select(Credential).where(col(Credential.idx).is_not(None), touched)):
            place = (status_uri(lists[row.issuer, row.list or 0], row.issuer, row.list or 0), row.idx or 0)
            changes[place] = (*self._rows.get(row.certificate, ()), *_withdrawal(row))
        return changes


def _withdrawal(row: Credential) -> _Changes:
    if row.withdrawn_at is None:
        return ()
    return (StatusChange(Status.REVOKED, WITHDRAWN, row.withdrawn_at, row.withdrawn_at),)
