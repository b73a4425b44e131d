"""Looking at every certificate once, in the order of their rows, to note what is to come of it.

How far each source has come is kept with the notes it made, in one transaction: after a stop it goes on
there. Rows are read by their key, a piece at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from sqlmodel import Session, col, select

from registry.errors import RegistryError
from registry.foreseen.sources import Looked, Source
from registry.store import Store
from registry.store.rows import insert_new
from registry.store.tables import Certificate, Foreseen, Setting

PIECE: Final = 500
"""Certificates that are looked at in one transaction."""
SETTLED: Final = 600
"""Seconds after which no certificate with a lower row id comes any more: ids are set aside before rows are
written (`writing.reserve`)."""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Notes what is to come."""

    store: Store
    sources: Sequence[Source]
    clock: Callable[[], int]

    def step(self) -> int:
        """One piece for each source that has one; how many certificates were looked at."""
        return sum(self._piece(source) for source in self.sources)

    def _piece(self, source: Source) -> int:
        now = self.clock()
        with self.store.read() as session:
            if not _next(session, _place(session, source), now):
                return 0
        with self.store.write() as session:
            rows = _next(session, _place(session, source), now)
            notes = [
                {"certificate": row.id, "role": role, "what": source.what, "at": at}
                for row in rows
                for role, at in _foreseen(session, source, row, now)
            ]
            insert_new(session.connection(), Foreseen, notes)
            if rows:
                session.merge(Setting(name=source.cursor, value=str(rows[-1].id)))
        return len(rows)


def _foreseen(session: Session, source: Source, row: Looked, now: int) -> list[tuple[str, int]]:
    """What a source foresees; nothing of a certificate that cannot be read (its key was destroyed)."""
    try:
        return list(source.foresee(session, row, now))
    except RegistryError:
        return []


def _place(session: Session, source: Source) -> int:
    kept = session.get(Setting, source.cursor)
    return 0 if kept is None else int(kept.value)


def _next(session: Session, after: int, now: int) -> list[Looked]:
    rows = session.exec(
        select(
            Certificate.id,
            Certificate.type,
            Certificate.type_version,
            Certificate.valid_from,
            Certificate.valid_until,
            Certificate.issued_at,
        )  # type: ignore[call-overload]
        .where(col(Certificate.id) > after)
        .order_by(col(Certificate.id))
        .limit(PIECE)
    )
    return list(takewhile(lambda row: row.issued_at <= now - SETTLED, (Looked(*row) for row in rows)))
