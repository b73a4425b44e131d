"""Credentials' own status lists: entries given out, set, signed anew and served (operation.md, Status).

A list is a row of versions. Each new version is stored under unique (issuer, list, version = previous + 1) in
the transaction that changes what it says: who loses that race reads and signs again. What was stored is what
is served, so an entry that was read here was read from the served list.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry import credential, status
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.signers import Signers
from registry.signing import Use
from registry.standing import standings, strictest
from registry.status import LIST_SIZE, StatusBits
from registry.store.tables import Certificate, Credential, CredentialList, ListToken, Origin
from registry.vault import Permutation

CLOSED_AT: Final = LIST_SIZE * 9 // 10
_TRIES: Final = 20
_KEPT_EVERY: Final = 6 * 3600
_MOST_AT_ONCE: Final = 500
_MOST_LISTS: Final = 1 << 31
_LATEST: Final = 1 << 53


class ListsBusy(RegistryError):
    """Other processes changed the same list faster than this one could; nothing was changed."""

    kind = "busy"
    status = 503
    mender = "operator"


@dataclass(frozen=True, slots=True)
class Change:
    """What one entry becomes. value: 0 to 3."""

    issuer: str
    list: int
    idx: int
    value: int


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of a credential's own. uri: the list's address, which never changes."""

    issuer: str
    list: int
    idx: int
    uri: str


class Lists:
    """All credential lists of a registry, as one process signs them.

    permutation: a list's name to the order of its entries; ttl, expiry: seconds (settings).
    """

    def __init__(
        self, signers: Signers, permutation: Callable[[str], Permutation], *, ttl: int, expiry: int
    ) -> None:
        self._signers = signers
        self._permutation = permutation
        self._ttl = ttl
        self._expiry = expiry

    def allocate(self, session: Session, issuer: str, now: int) -> Place:
        """An unused entry, 00, in a list that is signed and stored: the caller's transaction takes it."""
        origin = newest_origin(session)
        row = session.exec(
            select(CredentialList)
            .where(CredentialList.issuer == issuer)
            .order_by(col(CredentialList.list).desc())
            .limit(1)
            .with_for_update()
        ).first()
        if row is None or row.counter >= CLOSED_AT or row.origin != origin.index:
            number = 0 if row is None else row.list + 1
            row = CredentialList(issuer=issuer, list=number, origin=origin.index)
            session.add(row)
            session.flush()
            self._sign(session, issuer, number, StatusBits(), version=1, now=now)
        idx = self._permutation(f"credential\0{issuer}\0{row.list}")(row.counter)
        row.counter += 1
        session.add(row)
        return Place(issuer, row.list, idx, credential.status_uri(origin.origin, issuer, row.list))

    def after(self, session: Session, changes: Iterable[Change], now: int) -> None:
        """Set entries and store the newly signed lists, in the caller's transaction.

        Raises:
            ListsBusy: the race for the next version was lost again and again.
        """
        by_list: dict[tuple[str, int], list[Change]] = defaultdict(list)
        for change in changes:
            by_list[change.issuer, change.list].append(change)
        for (issuer, number), entries in sorted(by_list.items()):
            self._change(session, issuer, number, entries, now)

    def publish(self, session: Session, certificates: Iterable[int], now: int) -> None:
        """Make the lists say how these certificates (row ids) stand, for every credential cut from them.

        A claim holds its certificate's row until it commits, so that none is cut unseen in between.
        """
        named = sorted(set(certificates))
        for start in range(0, len(named), _MOST_AT_ONCE):
            chunk = named[start : start + _MOST_AT_ONCE]
            session.exec(
                select(Certificate.id)
                .where(col(Certificate.id).in_(chunk))
                .order_by(col(Certificate.id))
                .with_for_update()
            ).all()
        self.after(session, entries_of(session, named, now), now)

    def sign_again(self, session: Session, issuer: str, number: int, now: int) -> None:
        """A fresh version with the same entries. Versions that say nothing of their own are dropped.

        Kept are those whose entries changed, and one in six hours (or half the expiry, where that is less),
        so that at every time some kept version was in force.
        """
        kept_every = min(_KEPT_EVERY, self._expiry // 2)
        recent = session.exec(_newest(issuer, number).limit(2)).all()
        self._change(session, issuer, number, (), now)
        if len(recent) == 2:
            newest, before = recent
            same_hours = newest.iat // kept_every == before.iat // kept_every
            if newest.bits == before.bits and same_hours:
                session.delete(newest)

    def due(self, session: Session, now: int) -> list[tuple[str, int]]:
        """Lists that an unexpired credential points at, the newest version older than half its ttl."""
        living = select(Credential.issuer, Credential.list).where(
            Credential.exp > now, col(Credential.list).is_not(None)
        )
        due = []
        for issuer, number in session.exec(living.distinct()):
            newest = session.exec(_newest(issuer, number or 0).limit(1)).first()
            if newest is None or newest.iat <= now - self._ttl // 2:
                due.append((issuer, number or 0))
        return due

    def _change(
        self, session: Session, issuer: str, number: int, entries: Iterable[Change], now: int
    ) -> None:
        for _ in range(_TRIES):
            previous = session.exec(_newest(issuer, number).limit(1)).one()
            bits = StatusBits(packed=zlib.decompress(previous.bits))
            for entry in entries:
                bits.set(entry.idx, Status(entry.value))
            try:
                with session.begin_nested():
                    self._sign(session, issuer, number, bits, version=previous.version + 1, now=now)
            except IntegrityError:
                continue
            return
        raise ListsBusy("状态列表繁忙，请重试。", "The status lists are busy; try again.")

    def _sign(
        self, session: Session, issuer: str, number: int, bits: StatusBits, *, version: int, now: int
    ) -> None:
        signer = self._signers.signer(session, issuer, Use.STATUS_LISTS, now)
        uri = address(session, issuer, number)
        token = status.sign_list(
            bits,
            uri=uri,
            version=version,
            iat=now,
            exp=now + self._expiry,
            ttl=self._ttl,
            key=signer.key,
            x5c=signer.x5c,
            aggregation=uri.rpartition("/")[0],
        )
        packed = zlib.compress(bits.to_bytes(), 6)
        session.add(
            ListToken(
                issuer=issuer, list=number, version=version, bits=packed, token=token, iat=now,
                exp=now + self._expiry,
            )
        )  # fmt: skip
        session.flush()


def served(session: Session, issuer: str, number: int) -> ListToken | None:
    """The list as everybody gets it now; None where there is no such list."""
    if not 0 <= number < _MOST_LISTS:
        return None
    return session.exec(_newest(issuer, number).limit(1)).first()


def served_version(session: Session, issuer: str, number: int, version: int) -> ListToken | None:
    """One version of a list; None where it was never made, or said nothing of its own and was dropped."""
    if not (0 <= number < _MOST_LISTS and 0 < version < _MOST_LISTS):
        return None
    return session.get(ListToken, (issuer, number, version))


def served_at(session: Session, issuer: str, number: int, time: int) -> ListToken | None:
    """The newest version with iat ≤ time < exp (Token Status List, section 8.4); None where there is none."""
    if not (0 <= number < _MOST_LISTS and 0 <= time < _LATEST):
        return None
    then = _newest(issuer, number).where(ListToken.iat <= time, ListToken.exp > time)
    return session.exec(then.limit(1)).first()


def addresses(session: Session, issuer: str | None, now: int) -> list[str]:
    """Lists whose newest token has not expired, of one issuer or of all (Token Status List, section 9)."""
    query = select(CredentialList).order_by(CredentialList.issuer, col(CredentialList.list))
    if issuer is not None:
        query = query.where(CredentialList.issuer == issuer)
    origins = {row.index: row.origin for row in session.exec(select(Origin))}
    return [
        credential.status_uri(origins[row.origin], row.issuer, row.list)
        for row in session.exec(query)
        if _expiry(session, row) > now
    ]


def read_entry(session: Session, place: Place) -> int:
    """What the served list says of an entry, read from the token as a stranger would read it."""
    token = served(session, place.issuer, place.list)
    if token is None:
        raise ListsBusy("状态列表尚未发布。", "The status list is not served yet.")
    return _parsed(token.token).get(place.idx)


def entries_of(session: Session, certificates: Iterable[int], now: int) -> list[Change]:
    """The entries that credentials of these certificates must have now, by the rule of operation.md.

    01 if the credential was withdrawn, for ever; else how its certificate stands.
    """
    wanted = sorted(set(certificates))
    words = standings(session, wanted)
    changes = []
    for start in range(0, len(wanted), _MOST_AT_ONCE):
        rows = session.exec(
            select(Credential).where(
                col(Credential.certificate).in_(wanted[start : start + _MOST_AT_ONCE]),
                col(Credential.list).is_not(None),
                Credential.exp > now,
            )
        )
        changes += [change_of(row, words[row.certificate]) for row in rows]
    return changes


def change_of(row: Credential, word: int) -> Change:
    """The entry of one credential whose certificate stands at `word`."""
    assert row.list is not None and row.idx is not None
    value = strictest(word, 1 if row.withdrawn_at is not None else 0)
    return Change(row.issuer, row.list, row.idx, value)


def wrong_entries(session: Session, changes: Iterable[Change]) -> list[Change]:
    """Those of the changes that the newest lists do not show yet."""
    lists: dict[tuple[str, int], StatusBits] = {}
    wrong = []
    for change in changes:
        key = change.issuer, change.list
        if key not in lists:
            newest = session.exec(_newest(*key).limit(1)).one()
            lists[key] = StatusBits(packed=zlib.decompress(newest.bits))
        if lists[key].get(change.idx) != change.value:
            wrong.append(change)
    return wrong


def address(session: Session, issuer: str, number: int) -> str:
    """A list's address: under the origin it was begun with, for good."""
    row = session.get_one(CredentialList, (issuer, number))
    return credential.status_uri(session.get_one(Origin, row.origin).origin, issuer, number)


def newest_origin(session: Session) -> Origin:
    """The origin that new credentials name.

    Raises:
        ListsBusy: the registry was not founded yet.
    """
    origin = session.exec(select(Origin).order_by(col(Origin.index).desc()).limit(1)).first()
    if origin is None:
        raise ListsBusy("登记系统尚未创建。", "The registry was not founded yet.")
    return origin


def all_origins(session: Session) -> list[str]:
    """Every origin of this registry, oldest first."""
    return list(session.exec(select(Origin.origin).order_by(col(Origin.index))))


def _newest(issuer: str, number: int) -> SelectOfScalar[ListToken]:
    return (
        select(ListToken)
        .where(ListToken.issuer == issuer, ListToken.list == number)
        .order_by(col(ListToken.version).desc())
    )


def _expiry(session: Session, row: CredentialList) -> int:
    newest = (
        select(ListToken.exp)
        .where(ListToken.issuer == row.issuer, ListToken.list == row.list)
        .order_by(col(ListToken.version).desc())
    )
    return session.exec(newest.limit(1)).one()


@lru_cache(maxsize=64)
def _parsed(token: str) -> status.StatusList:
    return status.parse_list(token)
