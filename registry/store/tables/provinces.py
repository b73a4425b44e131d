"""Registries beside this one: what is known of them, and what their departments were answered."""

from sqlmodel import Field

from registry.store.tables.base import Table, big


class Partner(Table, table=True):
    """Another registry on the same chain, by its origin.

    root_document: pinned when it was first fetched. bundle: its newest trust bundle, as signed. version:
    counts up with every other bundle. etag: of the bundle. taken_at: when that bundle came; fetched_at: when
    it was last found to be the newest.
    """

    origin: str = Field(primary_key=True)
    root_document: bytes
    bundle: bytes
    version: int = big()
    etag: str = ""
    taken_at: int = big()
    fetched_at: int = big()


class AnsweredMessage(Table, table=True):
    """What a department of another registry was answered by one of ours (issuer), by its message's nonce.

    digest: SHA-256 of the message's body. body: the answer as it went, encrypted to a key of the asker's that
    nobody here has; or a refusal, which says nothing of anybody.
    """

    __tablename__ = "answered_message"

    asker: str = Field(primary_key=True)
    issuer: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    digest: bytes
    status: int
    content_type: str
    body: bytes
    at: int = big(index=True)
