"""What older stores hold is carried over to newer tables."""

from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData, Table, create_engine
from sqlmodel import select

from registry.keyed import keep_no_plain_keys
from registry.store import migrations, open_store
from registry.store.rows import IN_A_QUERY
from registry.store.tables import (
    AccessToken,
    Authorisation,
    CaseKey,
    Credential,
    Grant,
    Idempotency,
    PlainKey,
    Refresh,
)
from registry.vault import Vault


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


def test_plain_idempotency_keys_of_before_are_found_again_by_keyed_hashes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite'}"
    keys = [f"card of 44010619900101007{number}" for number in range(IN_A_QUERY + 1)]
    with create_engine(url).begin() as connection:
        old = Old(connection, "0004")
        old.add("department", code="A")
        old.add("data_key", id=1, issuer="A")
        old.add("certificate", id=1, issuer="A", data_key=1, lineage=1, state="open")
        old.add("matter_version", version="v")
        old.add("case_file", id="C", office="A", responsible="A", rule_version="v", data_key=1, state="open")
        for key in keys:
            old.add("idempotency", issuer="A", key=key, certificate=1, body_hash=b"b")
        old.add("case_key", asker="A", key=keys[0], case="C", body_hash=b"c")
    store, vault = open_store(url), Vault(bytes(32), bytes(32))
    for _ in range(2):
        keep_no_plain_keys(store, vault)
    with store.read() as session:
        assert session.exec(select(PlainKey)).all() == []
        found = {row.key: (row.certificate, row.body_hash) for row in session.exec(select(Idempotency))}
        assert found == {vault.request_index("certificates", "A", key): (1, b"b") for key in keys}
        case = session.exec(select(CaseKey)).one()
        assert (case.key, case.case) == (vault.request_index("cases", "A", keys[0]), "C")
        assert case.body_hash == b"c"
