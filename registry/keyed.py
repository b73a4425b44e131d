"""Idempotency keys that an older version stored as they were sent are put under their keyed hashes.

A migration has no keys: it sets those rows aside, and the first process that has the vault's keys does this
as it opens, before anything is answered.
"""

from collections.abc import Sequence

from sqlmodel import Session, select

from registry.store import Store, wait_turn
from registry.store.rows import IN_A_QUERY, insert_new
from registry.store.tables import CaseKey, Idempotency, PlainKey
from registry.vault import Vault


def keep_no_plain_keys(store: Store, vault: Vault) -> None:
    """Put every key that is still plain where it belongs; some hundred in one transaction."""
    with store.read() as session:
        left = session.exec(select(PlainKey.route).limit(1)).first() is not None
    while left:
        with store.write() as session:
            wait_turn(session, "plain keys")
            rows = session.exec(select(PlainKey).limit(IN_A_QUERY)).all()
            _put(session, vault, rows)
            left = bool(rows)


def _put(session: Session, vault: Vault, rows: Sequence[PlainKey]) -> None:
    connection = session.connection()
    certificates, cases = [], []
    for each in rows:
        if each.certificate is not None:
            key = vault.request_index("certificates", each.caller, each.key)
            found = {"issuer": each.caller, "certificate": each.certificate}
            certificates.append(found | {"key": key, "body_hash": each.body_hash})
        else:
            key = vault.request_index("cases", each.caller, each.key)
            cases.append({"asker": each.caller, "case": each.case, "key": key, "body_hash": each.body_hash})
        session.delete(each)
    insert_new(connection, Idempotency, certificates)
    insert_new(connection, CaseKey, cases)
    session.flush()
