"""The queries of issuing: what was answered, who stands in the way, what is set aside, what is written."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session, col, select, update

from registry.store.racing import Overtaken
from registry.store.rows import insert_many, pieces, take_ids
from registry.store.tables import (
    Certificate,
    CertificateList,
    CertificateState,
    HolderIndex,
    Idempotency,
    IntentState,
    NumberIndex,
    StatusIntent,
    UniqueSubject,
)

LIST_ENTRIES = 131_072
LIST_CLOSES = LIST_ENTRIES * 9 // 10
"""Entries given out until a list is closed and the next one begins."""
_OFF = {1, 3}
"""Words of a certificate that stands no more: revoked, superseded."""


class Place(NamedTuple):
    """What was set aside for one certificate: its row's id, its status list and entry."""

    id: int
    list: int
    idx: int


class Answered(NamedTuple):
    """A request that was answered before."""

    body_hash: bytes
    certificate_id: str
    state: str


class KeyedRow(NamedTuple):
    """A certificate's row with the keyed hashes it is found by, and the request it answers."""

    row: Mapping[str, Any]
    holders: Sequence[tuple[str, bytes]]
    number: bytes | None
    subjects: Sequence[bytes]
    key: bytes
    body_hash: bytes


def reserve(
    session: Session, issuer: str, type_code: str, count: int, entry: Callable[[int, int], int]
) -> list[Place]:
    """Set aside row ids and status entries for certificates to come; what is not used is burned.

    entry: (list, counter) to the entry of that list.
    """
    first = take_ids(session.connection(), Certificate, count)
    entries: list[tuple[int, int]] = []
    while len(entries) < count:
        current = _open_list(session, issuer, type_code)
        until = min(current.counter + count - len(entries), LIST_CLOSES)
        entries += ((current.list, entry(current.list, n)) for n in range(current.counter, until))
        current.counter = until
        session.add(current)
        session.flush()
    return [Place(first + number, *each) for number, each in enumerate(entries)]


def answered(session: Session, issuer: str, keys: Collection[bytes]) -> dict[bytes, Answered]:
    """Those of an issuer's idempotency keys (keyed hashes) that were used, with what they got."""
    found = {}
    for piece in pieces(keys):
        rows = session.exec(
            select(Idempotency.key, Idempotency.body_hash, Certificate.certificate_id, Certificate.state)
            .join(Certificate, col(Certificate.id) == col(Idempotency.certificate))
            .where(Idempotency.issuer == issuer, col(Idempotency.key).in_(piece))
        )
        found.update({key: Answered(body, name, state) for key, body, name, state in rows})
    return found


def taken_serials(session: Session, issuer: str, type_code: str, serials: Collection[str]) -> set[str]:
    """Those serials that the issuer has used for this type, in any version."""
    taken: set[str] = set()
    for piece in pieces(serials):
        taken.update(
            session.exec(
                select(Certificate.serial).where(
                    Certificate.issuer == issuer,
                    Certificate.type == type_code,
                    col(Certificate.serial).in_(piece),
                )
            )
        )
    return taken


def lineages(session: Session, type_code: str, subjects: Collection[bytes]) -> dict[bytes, int]:
    """The lineage that is, or was last, valid for each subject that had one."""
    found: dict[bytes, int] = {}
    for piece in pieces(subjects):
        found.update(
            session.exec(
                select(UniqueSubject.subject, UniqueSubject.lineage).where(
                    UniqueSubject.type == type_code, col(UniqueSubject.subject).in_(piece)
                )
            ).all()
        )
    return found


def standing_lineages(session: Session, of: Collection[int], now: int) -> set[int]:
    """Those lineages that have a version neither expired, taken back, revoked nor superseded.

    A suspended one can come back, so it stands. One that waits to be superseded stands till then.
    """
    versions: dict[int, int] = {}
    for piece in pieces(of):
        versions.update(
            session.exec(
                select(Certificate.id, Certificate.lineage).where(
                    col(Certificate.lineage).in_(piece),
                    Certificate.state != CertificateState.TAKEN_BACK,
                    (col(Certificate.valid_until).is_(None)) | (col(Certificate.valid_until) > now),
                )
            ).all()  # type: ignore[arg-type]
        )
    words = _last_words(session, versions)
    return {lineage for row, lineage in versions.items() if words.get(row, 0) not in _OFF}


def store_rows(session: Session, rows: Sequence[KeyedRow]) -> None:
    """Write certificates with their indexes and the requests that they answer."""
    if not rows:
        return
    connection = session.connection()
    columns = tuple(rows[0].row)
    insert_many(connection, Certificate, columns, [tuple(each.row.values()) for each in rows])
    insert_many(
        connection,
        HolderIndex,
        ("certificate", "role", "holder"),
        [(each.row["id"], role, holder) for each in rows for role, holder in each.holders],
    )
    insert_many(
        connection,
        NumberIndex,
        ("certificate", "number"),
        [(each.row["id"], each.number) for each in rows if each.number],
    )
    insert_many(
        connection,
        Idempotency,
        ("issuer", "key", "body_hash", "certificate"),
        [(each.row["issuer"], each.key, each.body_hash, each.row["id"]) for each in rows],
    )


def store_subjects(session: Session, rows: Iterable[KeyedRow], before: Mapping[bytes, int]) -> None:
    """Note each certificate's lineage as the one for its subjects, in place of the one before.

    Raises Overtaken: another writer took the place meanwhile.
    """
    new = []
    for each in rows:
        for subject in each.subjects:
            if subject not in before:
                new.append((each.row["type"], subject, each.row["lineage"]))
            elif before[subject] != each.row["lineage"]:
                _replace_lineage(session, each.row["type"], subject, before[subject], each.row["lineage"])
    insert_many(session.connection(), UniqueSubject, ("type", "subject", "lineage"), new)


def _replace_lineage(session: Session, type_code: str, subject: bytes, old: int, new: int) -> None:
    changed = session.exec(
        update(UniqueSubject)
        .where(
            col(UniqueSubject.type) == type_code,
            col(UniqueSubject.subject) == subject,
            col(UniqueSubject.lineage) == old,
        )
        .values(lineage=new)
    )
    if changed.rowcount != 1:
        raise Overtaken


def _open_list(session: Session, issuer: str, type_code: str) -> CertificateList:
    """The list that has room, locked for this transaction; the next one where it is closed."""
    newest = session.exec(
        select(CertificateList)
        .where(CertificateList.issuer == issuer, CertificateList.type == type_code)
        .order_by(col(CertificateList.list).desc())
        .limit(1)
        .with_for_update()
    ).first()
    if newest is None or newest.counter >= LIST_CLOSES:
        number = 0 if newest is None else newest.list + 1
        newest = CertificateList(issuer=issuer, type=type_code, list=number, counter=0)
    return newest


def _last_words(session: Session, of: Collection[int]) -> dict[int, int]:
    """The last intent that counts for each certificate; one that waits for a successor does not yet."""
    words: dict[int, int] = {}
    for piece in pieces(of):
        words.update(
            session.exec(
                select(StatusIntent.certificate, StatusIntent.value)
                .where(
                    col(StatusIntent.certificate).in_(piece),
                    StatusIntent.state != IntentState.DROPPED,
                    (col(StatusIntent.after).is_(None)) | (StatusIntent.state != IntentState.PENDING),
                )
                .order_by(col(StatusIntent.id))
            ).all()
        )
    return words
