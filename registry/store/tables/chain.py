"""The followed copy of the chain, the outbox, and batches.

Everything about trust is a fold over `chain_event`; a rollback deletes what is above the common ancestor.
"""

from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers, row_id, unique_while


class DeploymentState(StrEnum):
    """importing: contracts whose import is open. live: the one in force. lost: its chain was reset."""

    IMPORTING = "importing"
    LIVE = "live"
    LOST = "lost"


class TransactionState(StrEnum):
    """sent: stored, perhaps sent, not mined. mined: receipt status 1 and the expected event. final: deep
    enough. failed: mined with status 0, or its nonce was used by another transaction."""

    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"


class BatchState(StrEnum):
    """sent → mined → final, back to sent by a rollback. voided: by the authority. dissolved: never mined and
    no longer to be anchored; its leaves are taken back or batched anew."""

    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    VOIDED = "voided"
    DISSOLVED = "dissolved"


class Deployment(Table, table=True):
    """Our contracts on one chain, pinned: genesis, addresses, code, block of deployment.

    code_hash: SHA-256 over the runtime code of the contracts, in the order of the columns.
    epoch: trust epoch of the authority that names these contracts.
    """

    __table_args__ = (
        one_of("state", DeploymentState),
        unique_while("uq_deployment_live", "state", condition="state = 'live'"),
    )

    id: int | None = row_id()
    chain_id: int = big()
    genesis: bytes
    issuer_registry: str
    certificate_registry: str
    access_log: str | None = None
    code_hash: bytes
    block: int = big()
    block_hash: bytes
    epoch: int
    state: str
    created: int = big()


class ChainBlock(Table, table=True):
    """A followed block."""

    __tablename__ = "chain_block"

    deployment: int = refers("deployment.id", primary_key=True)
    number: int = big(primary_key=True)
    hash: bytes
    parent: bytes
    time: int = big()


class ChainEvent(Table, table=True):
    """An event of our contracts, in the order of the chain. args: canonical JSON, bytes as 0x hex."""

    __tablename__ = "chain_event"
    __table_args__ = (Index(None, "deployment", "name"), Index(None, "transaction_hash"))

    deployment: int = refers("deployment.id", primary_key=True)
    block_number: int = big(primary_key=True)
    log_index: int = Field(primary_key=True)
    block_hash: bytes
    transaction_hash: bytes
    contract: str
    name: str
    args: str


class Follower(Table, table=True):
    """How far the chain was followed.

    reached_at: when the head was last reached (age of the chain words). health: `green`, or `red`.
    reason_zh, reason_en: why red.
    version: counts up with every change to events or finality, so that a trust state knows it is old.
    """

    deployment: int = refers("deployment.id", primary_key=True)
    head_number: int = big()
    head_hash: bytes
    reached_at: int = big()
    health: str
    reason_zh: str = ""
    reason_en: str = ""
    version: int = big(default=0)


class ChainTransaction(Table, table=True):
    """One transaction that an account of ours sends, whatever fees it takes: the outbox.

    kind: `anchor`, `status`, `heads`, or an authority's action. ref: what it is for (`batch:12`).
    """

    __tablename__ = "chain_tx"
    __table_args__ = (
        UniqueConstraint("deployment", "account", "nonce"),
        one_of("state", TransactionState),
        Index(None, "deployment", "state"),
        Index(None, "kind", "ref"),
    )

    id: int | None = row_id()
    deployment: int = refers("deployment.id")
    account: str
    nonce: int = big()
    kind: str
    ref: str
    to: str
    data: bytes
    gas: int = big()
    state: str = TransactionState.SENT
    created: int = big()
    mined_hash: bytes | None = None
    block_number: int | None = big(default=None)
    block_hash: bytes | None = None
    gas_used: int | None = big(default=None)


class Attempt(Table, table=True):
    """The signed bytes of a transaction, stored before they are sent. Fees in wei a gas."""

    id: int | None = row_id()
    tx: int = refers("chain_tx.id", index=True)
    raw: bytes
    hash: bytes = Field(unique=True)
    max_fee: int = big()
    priority_fee: int = big()
    sent_block: int = big()
    created: int = big()


class Batch(Table, table=True):
    """Certificates anchored together. Its leaves are the certificates that name it, by `leaf_index`.

    replaces: the voided batch whose place in the sequence this one takes (`replaceBatch`).
    block_time counts for rights; it is the old one's where the batch was replaced or moved to a new chain.
    """

    __table_args__ = (
        unique_while(
            "uq_batch_seq",
            "deployment",
            "issuer",
            "seq",
            condition="state NOT IN ('voided', 'dissolved')",
        ),
        one_of("state", BatchState),
        Index(None, "issuer", "state"),
        Index(None, "issuer", "root"),
    )

    id: int | None = row_id()
    deployment: int = refers("deployment.id")
    issuer: str = Field(foreign_key="department.code")
    seq: int = big()
    root: bytes
    size: int
    state: str = BatchState.SENT
    created: int = big()
    chain_tx: int | None = refers("chain_tx.id", default=None)
    block_number: int | None = big(default=None)
    block_hash: bytes | None = None
    block_time: int | None = big(default=None)
    replaces: int | None = refers("batch.id", default=None)


class Stop(Table, table=True):
    """Why an issuer sends nothing, red: taken away when the chain shows that its cause is gone.

    code: one of registry/stops.py. account: the one that cannot be used; empty where any may be.
    """

    deployment: int = refers("deployment.id", primary_key=True)
    issuer: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    account: str = ""
    reason_zh: str
    reason_en: str
    since: int = big()
