"""The identity credential as a login: which person and wallet a presentation proves, and for how long."""

from dataclasses import dataclass

from msgspec import UNSET
from sqlmodel import Session, select

from registry.credential import Presentation
from registry.standing import standing
from registry.store.tables import (
    Certificate,
    CertificateState,
    Credential,
    CredentialKind,
    Ground,
    HolderIndex,
    Wallet,
)
from registry.trust import Trust


@dataclass(frozen=True, slots=True)
class Identity:
    """holder: keyed index of the person; wallet: whose credential was shown; credential: its row id."""

    holder: bytes
    wallet: str
    credential: int


def identity_of(session: Session, shown: Presentation, type: str, trust: Trust, now: int) -> Identity | None:
    """Who a presentation that was found valid proves; None where it is no login here.

    type: the one that is the login. The credential is found by its own status entry; only a person's own is
    a login, never one held for somebody else.
    """
    if shown.payload.status is UNSET:
        return None
    entry = shown.payload.status.status_list
    issuer, _, number = entry.uri.rpartition("/status/")
    row = session.exec(
        select(Credential, Certificate)
        .where(Credential.issuer == issuer.rpartition("/")[2], Credential.list == int(number))
        .where(Credential.idx == entry.idx, Credential.kind == CredentialKind.WALLET)
        .where(Credential.ground == Ground.SELF, Certificate.id == Credential.certificate)
        .where(Certificate.certificate_id == shown.payload.core.certificate_id, Certificate.type == type)
    ).first()
    if row is None:
        return None
    credential, certificate = row
    holder = session.exec(
        select(HolderIndex.holder).where(
            HolderIndex.certificate == certificate.id, HolderIndex.role == credential.role
        )
    ).first()
    if holder is None or credential.wallet is None or credential.id is None:
        return None
    if not is_alive(session, credential.id, trust, now):
        return None
    return Identity(holder, credential.wallet, credential.id)


def is_alive(session: Session, credential: int, trust: Trust, now: int) -> bool:
    """Whether an identity credential logs its holder in: it stands, is not expired, and its own certificate
    is neither revoked, suspended nor superseded."""
    row = session.get_one(Credential, credential)
    certificate = session.get_one(Certificate, row.certificate)
    return row.exp > now and _in_force(session, certificate, now) and _in_use(session, row, trust)


def stands(session: Session, credential: int, holder: bytes | None, trust: Trust, now: int) -> bool:
    """Whether what an identity credential was shown for goes on.

    holder: keyed index of the person it was taken for; a version that names somebody else does not count.
    Unlike `is_alive`, it may have expired, and its certificate may have a newer version that is in force:
    what a wallet renews unasked must not end with the month, or with a new card.
    """
    row = session.get_one(Credential, credential)
    lineage = session.get_one(Certificate, row.certificate).lineage
    versions = session.exec(
        select(Certificate).where(
            Certificate.lineage == lineage, Certificate.state != CertificateState.TAKEN_BACK
        )
    )
    return _in_use(session, row, trust) and any(
        _in_force(session, each, now)
        and holder is not None
        and session.get(HolderIndex, (each.id, row.role, holder)) is not None
        for each in versions
    )


def _in_use(session: Session, row: Credential, trust: Trust) -> bool:
    """Neither it nor its wallet was withdrawn, and nobody else has its issuer's key."""
    issuer = trust.issuers.get(row.issuer)
    key = issuer.keys.get(row.key) if issuer is not None else None
    return (
        row.withdrawn_at is None
        and row.wallet is not None
        and session.get_one(Wallet, row.wallet).withdrawn_at is None
        and key is not None
        and key.compromised is None
    )


def _in_force(session: Session, certificate: Certificate, now: int) -> bool:
    return standing(session, certificate) == 0 and (
        certificate.valid_until is None or now < certificate.valid_until
    )
