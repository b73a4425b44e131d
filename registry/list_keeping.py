"""Keeping the credential lists fresh and right: what one API process at a time does beside answering.

Lists are signed again at half their ttl. When the worker reported something final, or an intent was dropped,
entries that no longer say how their certificates stand are mended (operation.md, Status).
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session, col, func, select

from registry import agents, authorisations, door, leases, lists, nonces, requesting
from registry.errors import RegistryError
from registry.lists import Lists
from registry.mandates import ending
from registry.provinces import answering
from registry.signers import NoSigner
from registry.sm import NoSm
from registry.store import Store
from registry.store.tables import Credential, StatusIntent

LEASE: Final = "status-lists"
_LEASE_SECONDS: Final = 20
_CLEAN_EVERY: Final = 600

Seen = tuple[tuple[str, int, int], ...]


@dataclass(slots=True)
class ListKeeper:
    """One process's part in it. `tick` is cheap while nothing happened."""

    store: Store
    lists: Lists
    clock: Callable[[], int]
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    _seen: Seen | None = None
    _cleaned: int = 0

    def tick(self) -> int:
        """Do what is due, if this process has the lease; how many lists were signed.

        Raises:
            NoSigner, NoSm: an issuer's lists cannot be signed now; every other issuer's were.
        """
        now = self.clock()
        if not leases.hold(self.store, LEASE, self.owner, now=now, seconds=_LEASE_SECONDS):
            return 0
        if now - self._cleaned >= _CLEAN_EVERY:
            self._clean(now)
        unsigned: list[RegistryError] = []
        mended = self._mend(now, unsigned)
        with self.store.read() as session:
            due = self.lists.due(session, now)
        for issuer, number in due:
            with _unless_unsigned(unsigned), self.store.write() as session:
                self.lists.sign_again(session, issuer, number, now)
        if unsigned:
            raise unsigned[0]
        return mended + len(due)

    def release(self) -> None:
        """Let another process have the lease."""
        leases.release(self.store, LEASE, self.owner)

    def _mend(self, now: int, unsigned: list[RegistryError]) -> int:
        with self.store.read() as session:
            seen = _intents(session)
            wrong = [] if seen == self._seen else lists.wrong_entries(session, _expected(session, now))
        if not wrong:
            self._seen = seen
        mended = 0
        for issuer in sorted({change.issuer for change in wrong}):
            with _unless_unsigned(unsigned), self.store.write() as session:
                expected = [each for each in _expected(session, now) if each.issuer == issuer]
                changes = lists.wrong_entries(session, expected)
                self.lists.after(session, changes, now)
                mended += len({change.list for change in changes})
        return mended

    def _clean(self, now: int) -> None:
        with self.store.write() as session:
            agents.end_expired(session, self.lists, now)
            ending.forget_expired(session, now)
            nonces.forget_expired(session, now)
            authorisations.forget_expired(session, now)
            door.forget_expired(session, now)
            requesting.forget_expired(session, now)
            answering.forget_expired(session, now)
        self._cleaned = now


@contextmanager
def _unless_unsigned(refusals: list[RegistryError]) -> Iterator[None]:
    """Keeps why an issuer's lists were not signed, so that it stops nobody else's."""
    try:
        yield
    except (NoSigner, NoSm) as refusal:
        refusals.append(refusal)


def _intents(session: Session) -> Seen:
    """Changes whenever an intent is made or takes another state."""
    query = select(StatusIntent.state, func.count(), func.max(col(StatusIntent.id))).group_by(
        StatusIntent.state
    )
    return tuple(sorted((state, count, highest or 0) for state, count, highest in session.exec(query)))


def _expected(session: Session, now: int) -> list[lists.Change]:
    """The entries of all credentials whose certificates ever had an intent, and of withdrawn ones."""
    touched = select(StatusIntent.certificate)
    query = select(Credential.certificate).where(
        col(Credential.list).is_not(None),
        Credential.exp > now,
        col(Credential.certificate).in_(touched) | col(Credential.withdrawn_at).is_not(None),
    )
    return lists.entries_of(session, session.exec(query.distinct()), now)
