"""Finding a department's own certificates: by identifier, by the number printed on them, by holder.

The issuer is part of every query, so that what another department issued is as if it did not exist. Numbers
and holders are looked up by keyed hash.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from registry import certificate as certificates
from registry.errors import NotFound
from registry.lifecycle import Status
from registry.standing import standings
from registry.store.tables import Batch, Certificate, CertificateState, HolderIndex, NumberIndex, StatusEvent
from registry.vault import Vault

MOST = 200
"""Certificates that one search gives, newest first."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """The batch of a certificate. block: None until it is mined."""

    seq: int
    root: bytes
    size: int
    index: int
    state: str
    block: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate as its issuer finds it, without its claims.

    row: its id in the store. state: open, held, batched or taken_back. status: as it stands now; None where
    it was taken back. expired: its validity is over (said as 已过期, never as 无效).
    """

    row: int
    certificate_id: str
    issuer: str
    type: str
    type_version: int
    state: str
    held_because: str | None
    status: Status | None
    expired: bool
    valid_from: int
    valid_until: int | None
    issued_at: int
    issued_by: str
    batch: Anchored | None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a certificate's history. reason: a code of lifecycle.md; times in Unix seconds."""

    reason: str
    basis: str
    decision: str
    effective_from: int
    recorded: int
    recorded_by: str


def by_identifier(session: Session, issuers: Collection[str], certificate_id: str, now: int) -> Found:
    """The certificate of that identifier. Raises NotFound where none of these issuers issued it."""
    found = _found(session, issuers, [certificate_id], Certificate.certificate_id, now)
    if not found:
        raise NotFound("本部门没有颁发过这份证照。", "Your department has not issued this certificate.")
    return found[0]


def by_number(session: Session, vault: Vault, issuers: Collection[str], number: str, now: int) -> list[Found]:
    """Certificates with that number printed on them, newest first."""
    rows = session.exec(
        select(NumberIndex.certificate)
        .join(Certificate, col(Certificate.id) == col(NumberIndex.certificate))
        .where(
            NumberIndex.number == vault.number_index(number.strip().upper()),
            col(Certificate.issuer).in_(issuers),
        )
        .order_by(col(NumberIndex.certificate).desc())
        .limit(MOST)
    ).all()
    return _found(session, issuers, rows, Certificate.id, now)


def by_holder(
    session: Session, vault: Vault, issuers: Collection[str], id_type: str, identifier: str, now: int
) -> list[Found]:
    """Certificates about that holder, in any role, newest first."""
    rows = session.exec(
        select(HolderIndex.certificate)
        .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
        .where(
            HolderIndex.holder == vault.holder_index(id_type, identifier.strip().upper()),
            col(Certificate.issuer).in_(issuers),
        )
        .distinct()
        .order_by(col(HolderIndex.certificate).desc())
        .limit(MOST)
    ).all()
    return _found(session, issuers, rows, Certificate.id, now)


def history(session: Session, found: Found) -> list[Event]:
    """What happened to a certificate, oldest first, beginning with how it was made."""
    row = session.get_one(Certificate, found.row)
    events = session.exec(
        select(StatusEvent).where(StatusEvent.certificate == found.row).order_by(col(StatusEvent.id))
    )
    return [
        Event(row.reason, "", "", row.valid_from, row.issued_at, row.issued_by),
        *(
            Event(
                each.reason, each.basis, each.decision, each.effective_from, each.recorded, each.recorded_by
            )
            for each in events
        ),
    ]


def claims(session: Session, vault: Vault, found: Found, now: int) -> dict[str, str]:
    """The claims of a certificate by name, those that may be given out by now."""
    row = session.get_one(Certificate, found.row)
    contents = vault.contents(session, row.data_key, row.certificate_id, row.disclosures)
    parsed = (certificates.parse_disclosure(text) for text in contents.released(now))
    return {each.name: each.value for each in parsed}


def _found(
    session: Session, issuers: Collection[str], values: Iterable[object], column: object, now: int
) -> list[Found]:
    rows = session.exec(
        select(Certificate, Batch)
        .join(Batch, col(Batch.id) == col(Certificate.batch), isouter=True)
        .where(col(column).in_(list(values)), col(Certificate.issuer).in_(issuers))
        .order_by(col(Certificate.id).desc())
    ).all()
    status = standings(session, [row.id for row, _ in rows if row.id is not None])
    return [_as_found(row, batch, Status(status[row.id or 0]), now) for row, batch in rows]


def _as_found(row: Certificate, batch: Batch | None, status: Status, now: int) -> Found:
    assert row.id is not None
    return Found(
        row=row.id,
        certificate_id=row.certificate_id,
        issuer=row.issuer,
        type=row.type,
        type_version=row.type_version,
        state=row.state,
        held_because=row.held_because,
        status=None if row.state == CertificateState.TAKEN_BACK else status,
        expired=row.valid_until is not None and row.valid_until <= now,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        issued_at=row.issued_at,
        issued_by=row.issued_by,
        batch=None if batch is None else _anchored(batch, row.leaf_index or 0),
    )


def _anchored(batch: Batch, index: int) -> Anchored:
    return Anchored(batch.seq, batch.root, batch.size, index, batch.state, batch.block_number)
