"""What was taken over from other systems: each of their rows once, by keyed hashes."""

from sqlmodel import Field

from registry.store.tables.base import Table, big, refers, row_id


class ImportedRow(Table, table=True):
    """A row of another system that became a certificate.

    mapping: the name of its mapping. key, content: keyed hashes of what names the row there, and of what was
    taken from it last. certificate: the version that came of it last. ended: reason code by which that system
    ended or suspended it; empty while it does not. faults: fields in which the identifier it brought is wrong
    (`identifiers.check_certificate_id`), with blanks between; empty where it is right, or made here.
    """

    __tablename__ = "imported_row"

    issuer: str = Field(primary_key=True)
    mapping: str = Field(primary_key=True)
    key: bytes = Field(primary_key=True)
    content: bytes
    certificate: int = refers("certificate.id", index=True)
    ended: str = ""
    faults: str = ""
    at: int = big()


class ImportRun(Table, table=True):
    """One run over a source. since: day from which changed rows were asked for, YYYY-MM-DD; empty: all.

    finished: None while it goes on, or where it was interrupted.
    """

    __tablename__ = "import_run"

    id: int | None = row_id()
    mapping: str = Field(index=True)
    issuer: str
    since: str = ""
    started: int = big()
    finished: int | None = big(default=None)
    rows: int = 0
    refused: int = 0
