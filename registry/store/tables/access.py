"""Queries between departments and the log of who asked what."""

from sqlmodel import Field

from registry.store.tables.base import Table, big, refers, row_id


class AccessEntry(Table, table=True):
    """An entry of an answering issuer's log: link = SHA-256(previous ‖ digest).

    digest = SHA-256(0x00 ‖ salt ‖ JCS(entry)); sealed: the entry under the issuer's data key.
    """

    __tablename__ = "access_entry"

    issuer: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    sealed: bytes
    data_key: int = big(foreign_key="data_key.id")
    salt: bytes
    digest: bytes
    link: bytes
    time: int = big()


class AccessSalt(Table, table=True):
    """What ties an entry to a holder: its salt, encrypted, and a keyed hash by which the holder finds it
    (`Vault.log_index`); erasing the row erases the tie."""

    __tablename__ = "access_salt"

    issuer: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    sealed: bytes
    finder: bytes | None = Field(default=None, index=True)


class AccessHead(Table, table=True):
    """The `seq`-th head of an issuer's log, and what opens it: head = SHA-256(0x02 ‖ blinding ‖ size ‖ link ‖
    root) (registry/logproof.py). It stands on the chain as its transaction does."""

    __tablename__ = "access_head"

    deployment: int = refers("deployment.id", primary_key=True)
    issuer: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    chain_tx: int = refers("chain_tx.id", primary_key=True)
    size: int = big()
    link: bytes
    root: bytes
    blinding: bytes
    head: bytes = Field(index=True)
    created: int = big()


class AccessNode(Table, table=True):
    """Root of a complete piece of 1,024 entries of an issuer's log, numbered from 0 (accesslog/tree.py)."""

    __tablename__ = "access_node"

    issuer: str = Field(primary_key=True)
    number: int = big(primary_key=True)
    root: bytes


class QueryCase(Table, table=True):
    """A query as the asker keeps it: the question and, once answered, the envelope, both sealed."""

    __tablename__ = "query_case"

    id: str = Field(primary_key=True)
    asker: str = Field(foreign_key="department.code", index=True)
    purpose: str
    sealed_question: bytes
    sealed_answer: bytes | None = None
    data_key: int = big(foreign_key="data_key.id")
    outcome: str | None = None
    created: int = big()
    answered_at: int | None = big(default=None)


class Verification(Table, table=True):
    """That a presentation was checked here: when, by whom, with what outcome; nothing of what it showed.

    verifier: a department's code, or empty for the public page. kind: kind of presentation.
    epoch, version: the trust state that the checks used.
    """

    id: int | None = row_id()
    at: int = big(index=True)
    verifier: str = ""
    kind: str
    verdict: str
    epoch: int
    version: int = big()
