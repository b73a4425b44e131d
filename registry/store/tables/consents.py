"""What a person is told in the wallet, and what a person agreed that a department may ask."""

from enum import StrEnum

from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers


class ConsentState(StrEnum):
    """open: not decided. yes, no: by the wallet's key or at a window. withdrawn: after a yes."""

    OPEN = "open"
    YES = "yes"
    NO = "no"
    WITHDRAWN = "withdrawn"


class InboxItem(Table, table=True):
    """One thing for one person, read in every wallet of theirs; written whether there is a wallet or not.

    holder: keyed index. sender: code of the department under whose data key it is sealed. kind: which part
    of the registry it is from; reference: what it is about there. expires: after which it is shown no more.
    """

    __tablename__ = "inbox_item"

    id: str = Field(primary_key=True)
    holder: bytes = Field(index=True)
    sender: str
    kind: str
    reference: str = Field(index=True)
    sealed: bytes
    data_key: int = refers("data_key.id")
    created: int = big()
    expires: int | None = big(default=None)


class Consent(Table, table=True):
    """What a department wants to ask of others about a holder, for the holder to allow or not.

    matching: keyed hash of everything asked, by which the same question is known again. sealed: the question,
    in words. deciding: sealed; the request that a wallet of the holder answers now. evidence: sealed; what
    was decided by, last. due: Unix seconds from which an undecided one is withheld; until: end of a yes.
    """

    __table_args__ = (one_of("state", ConsentState),)

    id: str = Field(primary_key=True)
    asker: str
    holder: bytes = Field(index=True)
    matching: bytes = Field(index=True)
    state: str = ConsentState.OPEN
    sealed: bytes
    data_key: int = refers("data_key.id")
    deciding: bytes | None = None
    evidence: bytes | None = None
    created: int = big()
    due: int = big()
    until: int = big()
    decided_at: int | None = big(default=None)
