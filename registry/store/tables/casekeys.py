"""Idempotency keys of cases: the same request opens one case, however often it is sent."""

from sqlmodel import Field

from registry.store.tables.base import Table


class CaseKey(Table, table=True):
    """A request that was answered with a case. asker: department's code, or the holder's keyed index (hex).

    body_hash is keyed: a bare one could be guessed.
    """

    __tablename__ = "case_key"

    asker: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_hash: bytes
    case: str = Field(foreign_key="case_file.id")
