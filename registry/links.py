"""Long presentations behind a link: kept sealed, by a key that only the link has; one use, five minutes."""

from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, func, select, update

from registry import secrets
from registry.errors import NotFound, RegistryError
from registry.secrets import Randomness
from registry.store.tables import Link

LIFE: Final = 300
LARGEST: Final = 300_000
MOST: Final = 10_000
"""Links that may be open at once: more is a flood."""
MOST_BYTES: Final = 64_000_000
"""What they may hold together: anybody may make one."""


class TooManyLinks(RegistryError):
    """Too many links are open: try again in a few minutes."""

    kind = "too-many-requests"
    status = 429


def keep(session: Session, sealed: bytes, *, now: int, randomness: Randomness) -> str:
    """Store what a wallet sealed; the link's id.

    Raises:
        TooManyLinks: the store has enough of them.
    """
    connection = session.connection()
    connection.execute(delete(Link).where(col(Link.expires) <= now))
    held = select(func.count(), func.coalesce(func.sum(func.length(Link.sealed)), 0)).select_from(Link)
    count, size = session.exec(held).one()
    if count >= MOST or size + len(sealed) > MOST_BYTES:
        raise TooManyLinks("链接过多，请稍后再试。", "Too many links are open; try again in a few minutes.")
    link = Link(id=secrets.handle(randomness), sealed=sealed, expires=now + LIFE)
    session.add(link)
    return link.id


def take(session: Session, id: str, now: int) -> bytes:
    """What is behind a link, for the first who asks within its time.

    Raises:
        NotFound: there is none, or it was taken before.
    """
    taken = session.connection().execute(
        update(Link)
        .where(col(Link.id) == id, col(Link.used_at).is_(None), col(Link.expires) > now)
        .values(used_at=now)
        .returning(col(Link.sealed))
    )
    sealed = taken.scalar_one_or_none()
    if sealed is None:
        raise NotFound(
            "链接不存在、已用过或已过期，请对方重新出示。",
            "There is no such link, or it was used or is over.",
        )
    return bytes(sealed)
