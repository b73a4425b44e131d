"""Versions of the rights that this registry decided by: numbered, kept as they were, anchored in order.

`AccessLog.anchorPolicy` takes them one after the other, under the same numbers.
"""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from registry.rights import Rights
from registry.store.tables import Policy


def record(session: Session, rights: Rights, now: int) -> int:
    """The number of this version; a new one the first time it is seen."""
    row = session.exec(select(Policy).where(Policy.digest == rights.digest)).first()
    if row is not None:
        return row.number
    number = (session.exec(select(func.max(Policy.number))).one() or 0) + 1
    session.add(Policy(number=number, digest=rights.digest, document=rights.document, since=now))
    session.flush()
    return number


def waiting(session: Session) -> Sequence[Policy]:
    """Versions that are not on the chain yet, in the order in which they go there."""
    return session.exec(
        select(Policy).where(col(Policy.anchored).is_(None)).order_by(col(Policy.number))
    ).all()


def anchored(session: Session, digest: bytes, at: int) -> None:
    """The chain has this version since `at` (Unix seconds)."""
    row = session.exec(select(Policy).where(Policy.digest == digest)).first()
    if row is not None and row.anchored is None:
        row.anchored = at
        session.add(row)
