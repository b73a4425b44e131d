"""What happens to a certificate: events, intents for the chain, list positions, signed lists."""

from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers, row_id


class IntentState(StrEnum):
    """pending → sent → mined → final. dropped: no longer wanted. foreign: set by somebody else's hand."""

    PENDING = "pending"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    DROPPED = "dropped"
    FOREIGN = "foreign"


class CertificateList(Table, table=True):
    """A list of certificates' entries, on the chain. counter: entries given out, or burned."""

    __tablename__ = "certificate_list"

    issuer: str = Field(primary_key=True)
    type: str = Field(primary_key=True)
    list: int = Field(primary_key=True)
    counter: int = 0


class CredentialList(Table, table=True):
    """A list of credentials' entries, signed and served. counter: entries given out.

    origin: index of the origin in its address; a list keeps its address, a new origin begins a new list.
    """

    __tablename__ = "credential_list"

    issuer: str = Field(primary_key=True)
    list: int = Field(primary_key=True)
    origin: int
    counter: int = 0


class StatusEvent(Table, table=True):
    """A change of status (lifecycle.md). status: 0 valid, 1 revoked, 2 suspended, 3 superseded; None: taken
    back before it was anchored.

    changed: JSON list of claim names, for a change. recorded: when we knew; effective_from: since when.
    """

    __tablename__ = "status_event"

    id: int | None = row_id()
    certificate: int = refers("certificate.id", index=True)
    status: int | None = None
    reason: str
    basis: str = ""
    decision: str = ""
    changed: str | None = None
    effective_from: int = big()
    recorded: int = big()
    recorded_by: str = ""


class StatusIntent(Table, table=True):
    """What one entry on the chain shall become; the last one of an entry counts.

    event: None where the entry was set by a foreign hand.
    after: sent only once this certificate is final and has begun (the version that supersedes).
    """

    __tablename__ = "status_intent"
    __table_args__ = (
        Index(None, "issuer", "type", "list", "idx", "id"),
        Index(None, "state", "issuer"),
        one_of("state", IntentState),
    )

    id: int | None = row_id()
    event: int | None = refers("status_event.id", default=None)
    certificate: int = refers("certificate.id", index=True)
    issuer: str
    type: str
    list: int
    idx: int
    value: int
    after: int | None = refers("certificate.id", default=None)
    chain_tx: int | None = refers("chain_tx.id", default=None, index=True)
    state: str = IntentState.PENDING


class ListToken(Table, table=True):
    """A signed status list of credentials. version = previous + 1: who loses that race reads and signs again.

    bits: the list's bytes, deflated. token: the Status List Token as served.
    """

    __tablename__ = "list_token"

    issuer: str = Field(primary_key=True)
    list: int = Field(primary_key=True)
    version: int = big(primary_key=True)
    bits: bytes
    token: str
    iat: int = big()
    exp: int = big()
