"""Idempotency keys of cases: the same request opens one case, however often it is sent."""

from sqlmodel import Field

from registry.store.tables.base import Table, big


class CaseKey(Table, table=True):
    """A request that was answered with a case. asker: department's code, or the holder's keyed index (hex).

    key, body_hash are keyed (`Vault.request_index`): bare ones could be guessed.
    """

    __tablename__ = "case_key"

    asker: str = Field(primary_key=True)
    key: bytes = Field(primary_key=True)
    body_hash: bytes
    case: str = Field(foreign_key="case_file.id")


class PlainKey(Table, table=True):
    """An idempotency key that an older version stored as it was sent, until a process with the vault's keys
    puts it where it belongs (`registry.keyed`). certificate or case: what it was answered with."""

    __tablename__ = "plain_key"

    route: str = Field(primary_key=True)
    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_hash: bytes
    certificate: int | None = big()
    case: str | None
