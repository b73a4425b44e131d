"""A log's RFC 9162 tree in pieces: roots of complete pieces are kept, so that a proof reads two pieces only.

Pairing level by level, the nodes of level 10 are the roots of pieces of 1,024 entries, the last one perhaps
shorter: a path is that within the entry's piece, and then that of the piece among all.
"""

from collections.abc import Collection, Mapping
from itertools import takewhile

from sqlmodel import Session, col, func, select

from registry import merkle
from registry.store import Store
from registry.store.tables import AccessEntry, AccessNode

PIECE = 1_024


def keep(store: Store, issuer: str, size: int) -> None:
    """Stores the roots of the pieces that a log of that size has completed."""
    with store.read() as session:
        last = session.exec(select(func.max(AccessNode.number)).where(AccessNode.issuer == issuer)).one()
        new = range(0 if last is None else last + 1, size // PIECE)
        roots = list(takewhile(bool, (_computed(session, issuer, number, size) for number in new)))
    if roots:
        with store.write() as session:
            session.add_all(
                AccessNode(issuer=issuer, number=number, root=root)
                for number, root in zip(new, roots, strict=False)
                if root is not None
            )


def paths(session: Session, issuer: str, size: int, indexes: Collection[int]) -> Mapping[int, bytes]:
    """The joined paths of entries, by index, in the tree over the first `size` entries; nothing where one of
    the entries that they are made of is missing."""
    pieces = -(-size // PIECE)
    kept = dict(
        session.exec(
            select(AccessNode.number, AccessNode.root).where(
                AccessNode.issuer == issuer, AccessNode.number < size // PIECE
            )
        ).all()
    )
    roots = [kept.get(number) or _computed(session, issuer, number, size) for number in range(pieces)]
    found: dict[int, bytes] = {}
    for number in sorted({index // PIECE for index in indexes}):
        digests = _digests(session, issuer, number, size)
        mine = [index for index in indexes if index // PIECE == number]
        if None in roots or not digests:
            return {}
        (above,) = merkle.some_proofs([root for root in roots if root is not None], [number])
        within = merkle.some_proofs(digests, [index % PIECE for index in mine])
        found |= {index: b"".join((*path, *above)) for index, path in zip(mine, within, strict=True)}
    return found


def _computed(session: Session, issuer: str, number: int, size: int) -> bytes | None:
    digests = _digests(session, issuer, number, size)
    return merkle.root(digests) if digests else None


def _digests(session: Session, issuer: str, number: int, size: int) -> list[bytes]:
    """Those of one piece, as far as the size reaches; none where one is missing."""
    first, last = number * PIECE + 1, min((number + 1) * PIECE, size)
    found = session.exec(
        select(AccessEntry.digest)
        .where(AccessEntry.issuer == issuer, col(AccessEntry.seq).between(first, last))
        .order_by(col(AccessEntry.seq))
    ).all()
    return list(found) if len(found) == last - first + 1 else []
