"""What holders are offered before they ask: what is to come, what was offered, who wants none of it."""

from sqlmodel import Field

from registry.store.tables.base import Table, big, refers


class Foreseen(Table, table=True):
    """That whoever is named by a certificate in a role may be offered something from `at` on (Unix seconds).

    what: `renewal`, or `matter/` and its name.
    """

    certificate: int = refers("certificate.id", primary_key=True)
    role: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    at: int = big(index=True)


class Offered(Table, table=True):
    """That a holder was offered something, once. holder: keyed index. what: and for which certificate."""

    holder: bytes = Field(primary_key=True)
    what: str = Field(primary_key=True)
    at: int = big()


class QuietHolder(Table, table=True):
    """A holder who wants nothing offered. holder: keyed index."""

    __tablename__ = "quiet_holder"

    holder: bytes = Field(primary_key=True)
    since: int = big()
