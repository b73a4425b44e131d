"""Certificates, the keyed indexes by which they are found, and what keeps one from being issued twice."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers, row_id, unique_while


class CertificateState(StrEnum):
    """open: waits for a batch. held: kept out of batches. batched: in one. taken_back: never anchored."""

    OPEN = "open"
    HELD = "held"
    BATCHED = "batched"
    TAKEN_BACK = "taken_back"


class Certificate(Table, table=True):
    """One version of a certificate as its issuer made it.

    canonical: JCS of core, `_sd` and `_sd_alg`; leaf: its RFC 9162 leaf hash.
    disclosures: sealed by `data_key` (vault.py), with what may not be released yet.
    lineage: id of the first version; the versions joined by `renews` share it and count as one.
    valid_until: None where it does not expire.
    reason: the code that made this version (lifecycle.md); its history goes on in `status_event`.
    """

    __table_args__ = (
        UniqueConstraint("issuer", "type", "serial", "version"),
        UniqueConstraint("issuer", "type", "status_list", "status_idx"),
        UniqueConstraint("batch", "leaf_index"),
        CheckConstraint("(state = 'batched') = (batch IS NOT NULL)", name="batch"),
        CheckConstraint("(batch IS NULL) = (leaf_index IS NULL)", name="leaf_index"),
        CheckConstraint("status_idx >= 0 AND status_idx < 131072", name="status_idx"),
        one_of("state", CertificateState),
        unique_while("uq_certificate_renews", "renews", condition="state <> 'taken_back'"),
        Index(None, "state", "issuer"),
        Index(None, "lineage"),
    )

    id: int | None = row_id()
    certificate_id: str = Field(unique=True)
    issuer: str = Field(foreign_key="department.code")
    type: str
    type_version: int
    serial: str
    version: int
    valid_from: int = big()
    valid_until: int | None = big(default=None)
    status_list: int
    status_idx: int
    canonical: bytes
    leaf: bytes = Field(unique=True)
    disclosures: bytes
    data_key: int = refers("data_key.id")
    state: str = CertificateState.OPEN
    held_because: str | None = None
    batch: int | None = refers("batch.id", default=None)
    leaf_index: int | None = None
    renews: int | None = refers("certificate.id", default=None)
    lineage: int = big()
    reason: str = "issued"
    issued_at: int = big()
    issued_by: str = ""


class HolderIndex(Table, table=True):
    """Finds the certificates of a holder: HMAC(index key, id_type ‖ 0x00 ‖ identifier)."""

    __tablename__ = "holder_index"

    certificate: int = refers("certificate.id", primary_key=True)
    role: str = Field(primary_key=True)
    holder: bytes = Field(primary_key=True, index=True)


class NumberIndex(Table, table=True):
    """Finds a certificate by the number printed on it, in keyed form."""

    __tablename__ = "number_index"

    certificate: int = refers("certificate.id", primary_key=True)
    number: bytes = Field(index=True)


class UniqueSubject(Table, table=True):
    """The one lineage that is, or was last, valid for what a type's `unique_by` names, in keyed form."""

    __tablename__ = "unique_subject"

    type: str = Field(primary_key=True)
    subject: bytes = Field(primary_key=True)
    lineage: int = refers("certificate.id", index=True)


class Idempotency(Table, table=True):
    """A request that was answered with a certificate.

    key, body_hash are keyed (`Vault.request_index`, `body_hash`): bare ones could be guessed.
    """

    issuer: str = Field(primary_key=True)
    key: bytes = Field(primary_key=True)
    body_hash: bytes
    certificate: int = refers("certificate.id", index=True)


class ImportJob(Table, table=True):
    """How far a file was taken in. position: rows done; accepted + refused + repeated = position.

    digest: keyed hash of the file's bytes. report_size: bytes of the refusals' report that belong to
    the rows done, so that a report is never doubled after a kill.
    """

    __tablename__ = "import_job"
    __table_args__ = (UniqueConstraint("issuer", "type", "digest"),)

    id: int | None = row_id()
    issuer: str
    type: str
    digest: bytes
    position: int = 0
    accepted: int = 0
    refused: int = 0
    repeated: int = 0
    report_size: int = big(default=0)
    started: int = big()
    finished: int | None = big(default=None)


class RowCounter(Table, table=True):
    """Next free row id of a table whose rows are written in bulk, taken in blocks."""

    __tablename__ = "row_counter"

    table: str = Field(primary_key=True)
    next: int = big()
