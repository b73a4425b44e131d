"""How certificates stand now: the chain's final word, and every later intent to revoke or suspend."""

from collections.abc import Iterable
from itertools import islice

from sqlmodel import Session, col, select

from registry.store.tables import Certificate, IntentState, StatusIntent

_AT_ONCE = 500
_STRICTEST_LAST = (0, 3, 2, 1)


def standing(session: Session, certificate: Certificate) -> int:
    """The status that a credential of this certificate has (operation.md, Status)."""
    assert certificate.id is not None
    return standings(session, [certificate.id])[certificate.id]


def standings(session: Session, certificates: Iterable[int]) -> dict[int, int]:
    """The status of several certificates, by row id.

    The strictest of the certificate's final word and every later intent to revoke or suspend: revoking and
    suspending count at once, resuming and superseding once they are final.
    """
    words = dict.fromkeys(certificates, 0)
    remaining = iter(list(words))
    while chunk := list(islice(remaining, _AT_ONCE)):
        query = (
            select(StatusIntent.certificate, StatusIntent.value, StatusIntent.state)
            .where(col(StatusIntent.certificate).in_(chunk), StatusIntent.state != IntentState.DROPPED)
            .order_by(col(StatusIntent.id))
        )
        for certificate, value, state in session.exec(query):
            if state in (IntentState.FINAL, IntentState.FOREIGN):
                words[certificate] = value
            elif value in (1, 2):
                words[certificate] = strictest(words[certificate], value)
    return words


def strictest(one: int, other: int) -> int:
    """01 over 10 over 11 over 00: revoked, suspended, superseded, valid."""
    return max(one, other, key=_STRICTEST_LAST.index)
