"""Public origins: the addresses under which this registry was, and is, reached. Appended only."""

from typing import Final
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from registry.store.tables import Origin

DEFAULT_PORT: Final = 8000
_HERE: Final = "http://localhost:"


def append_origin(session: Session, origin: str, now: int) -> None:
    """Append an origin, unless it is known. An index never changes its meaning."""
    known = session.exec(select(Origin.origin)).all()
    if origin not in known:
        session.add(Origin(index=len(known), origin=origin, since=now))


def wanted_port(session: Session) -> int:
    """The port to listen on: that of the newest origin, where it is one on this machine."""
    newest = _newest(session)
    if newest is None or not newest.startswith(_HERE):
        return DEFAULT_PORT
    return urlsplit(newest).port or DEFAULT_PORT


def listening_on(session: Session, port: int, now: int) -> None:
    """A registry on this machine now listens on a port: where that is another one, it is a new origin.

    One that is reached through a name of its own keeps its origin, whatever port it is bound to.
    """
    newest = _newest(session)
    if newest is not None and newest.startswith(_HERE):
        append_origin(session, f"{_HERE}{port}", now)


def _newest(session: Session) -> str | None:
    return session.exec(select(Origin.origin).order_by(col(Origin.index).desc()).limit(1)).first()
