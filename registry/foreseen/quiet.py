"""Holders who want nothing offered."""

from sqlalchemy import delete
from sqlmodel import Session, col

from registry.store.rows import insert_absent
from registry.store.tables import InboxItem, QuietHolder

_KIND = "offer"


def is_quiet(session: Session, holder: bytes) -> bool:
    """Whether this holder wants nothing offered. holder: keyed index."""
    return session.get(QuietHolder, holder) is not None


def set_quiet(session: Session, holder: bytes, quiet: bool, now: int) -> None:
    """Offer nothing from now on, and take away what was; or begin again with what comes."""
    if quiet:
        insert_absent(session.connection(), QuietHolder, {"holder": holder, "since": now})
        session.connection().execute(
            delete(InboxItem).where(col(InboxItem.holder) == holder, col(InboxItem.kind) == _KIND)
        )
    elif (row := session.get(QuietHolder, holder)) is not None:
        session.delete(row)
