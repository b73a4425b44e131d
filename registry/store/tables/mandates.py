"""Mandates (授权委托): from what a grantor or a clerk wrote down to the certificate that says so."""

from enum import StrEnum

from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers


class MandateWay(StrEnum):
    """Where it was made: in the grantor's wallet, or at a window by two clerks."""

    WALLET = "wallet"
    WINDOW = "window"


class Mandate(Table, table=True):
    """A mandate, waiting for the grantor's wallet or the second clerk, or issued.

    grantor, agent: keyed indexes. sealed: its contents, and what it was made by. first_clerk: keyed index of
    the clerk who wrote it down. family: whether the two are family as far as certificates say. certificate:
    identifier, once issued. expires: Unix seconds after which it is not issued any more. until: its end.
    """

    __table_args__ = (one_of("way", MandateWay),)

    id: str = Field(primary_key=True)
    issuer: str
    grantor: bytes = Field(index=True)
    agent: bytes = Field(index=True)
    way: str
    sealed: bytes
    data_key: int = refers("data_key.id")
    first_clerk: bytes | None = None
    family: bool = False
    certificate: str | None = Field(default=None, unique=True)
    created: int = big()
    expires: int = big()
    until: int = big()


class MandateAlert(Table, table=True):
    """Somebody acts for more people outside the family than is usual. grantors: how many there were.

    mandate: identifier of the certificate that made it so many. It stands until somebody has looked into it.
    """

    __tablename__ = "mandate_alert"

    id: str = Field(primary_key=True)
    issuer: str = Field(index=True)
    agent: bytes = Field(index=True)
    mandate: str
    grantors: int
    created: int = big()
    ended_at: int | None = big(default=None)
    ended_by: str = ""


class Acting(Table, table=True):
    """Somebody acts for another in one case of one department; proven by a wallet or seen at a window.

    asker: code; case_number: as that department has it. request: that a wallet answers. ground: identifier of
    the certificate through which (a mandate, a birth certificate, a licence); principal, agent: keyed
    indexes. All three are known once it is taken. seen: how the clerk knew the agent.
    """

    id: str = Field(primary_key=True)
    asker: str
    case_number: str = Field(index=True)
    matter: str
    clerk: str = ""
    request: str | None = None
    ground: str | None = None
    principal: bytes | None = None
    agent: bytes | None = None
    seen: str = ""
    created: int = big()
    taken_at: int | None = big(default=None)
