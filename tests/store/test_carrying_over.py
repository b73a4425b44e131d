"""What older stores hold is carried over to newer tables."""

from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData, Table, create_engine
from sqlmodel import select

from registry.store import migrations, open_store
from registry.store.tables import AccessToken, Authorisation, Credential, Grant, Refresh


class Old:
    """A store whose tables are those of an earlier revision."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self.connection = connection
        command.upgrade(migrations._config(connection), revision)

    def add(self, name: str, **values: Any) -> None:
        """A row; what it needs beside `values` is empty."""
        table = Table(name, MetaData(), autoload_with=self.connection)
        empty = {
            each.name: each.type.python_type()
            for each in table.columns
            if not each.nullable and each.server_default is None
        }
        self.connection.execute(table.insert(), empty | values)


def test_a_grant_of_before_becomes_an_authorisation_and_keeps_its_tokens(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    with create_engine(url).begin() as connection:
        old = Old(connection, "0002")
        old.add("department", code="A")
        old.add("wallet", id="w")
        old.add("data_key", id=1, issuer="A")
        old.add("certificate", id=1, issuer="A", data_key=1, lineage=1, state="open")
        old.add("offer", id="o", certificate=1, holder=b"she", ground="self")
        old.add("grant", id="g", wallet="w", offer="o", certificate=1, lineage=1, ground="self")
        old.add("access_token", hash=b"a", grant="g")
        old.add("access_token", hash=b"d", department="A")
        old.add("refresh", hash=b"r", grant="g")
        old.add("credential", certificate=1, wallet="w", grant="g", kind="wallet", ground="self")
        old.add("deferred", hash=b"t", grant="g")
    with open_store(url).read() as session:
        authorisation = session.exec(select(Authorisation)).one()
        grant = session.exec(select(Grant)).one()
        assert (grant.authorisation, grant.holder) == (authorisation.id, b"she")
        assert (authorisation.wallet, authorisation.holder) == ("w", b"she")
        tokens = {row.hash: row.authorisation for row in session.exec(select(AccessToken))}
        assert tokens == {b"a": authorisation.id, b"d": None}
        assert session.exec(select(Refresh)).one().authorisation == authorisation.id
        assert session.exec(select(Credential)).one().grant == "g"
