"""A proof made of pieces is the proof that RFC 9162 asks for, whatever the size of log and piece."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import delete, select

from registry import merkle
from registry.accesslog import tree
from registry.store import Store
from registry.store.tables import AccessEntry, AccessNode
from registry.vault import Vault
from tests.accesslog.test_auditing import ISSUER, store

__all__ = ["store"]
VAULT = Vault(bytes(32), bytes(32))


def filled(store: Store, size: int) -> list[bytes]:
    digests = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    with store.write() as session:
        session.exec(delete(AccessEntry))
        session.exec(delete(AccessNode))
        key = VAULT.issuer_key(session, ISSUER, 0)
        session.add_all(
            AccessEntry(
                issuer=ISSUER,
                seq=seq,
                sealed=b"",
                data_key=key.id,
                salt=b"",
                digest=one,
                link=b"",
                time=0,
            )
            for seq, one in enumerate(digests, start=1)
        )
    return digests


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 70), st.sampled_from([4, 8]), st.data())
def test_every_path_is_that_of_the_whole_tree(
    store: Store, size: int, piece: int, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(tree, "PIECE", piece)
        digests = filled(store, size)
        under = data.draw(st.integers(1, size))
        tree.keep(store, ISSUER, data.draw(st.integers(0, size)))
        with store.read() as session:
            found = tree.paths(session, ISSUER, under, range(under))
    whole = merkle.proofs(digests[:under])
    assert found == {index: b"".join(path) for index, path in enumerate(whole)}


def test_complete_pieces_are_kept_once(store: Store) -> None:
    digests = filled(store, 2 * tree.PIECE + 3)
    for _ in range(2):
        tree.keep(store, ISSUER, len(digests))
    with store.read() as session:
        roots = session.exec(select(AccessNode.root).order_by(AccessNode.number)).all()
        path = tree.paths(session, ISSUER, len(digests), [1_500])[1_500]
    assert roots == [merkle.root(digests[: tree.PIECE]), merkle.root(digests[tree.PIECE : 2 * tree.PIECE])]
    assert merkle.root_along(digests[1_500], 1_500, len(digests), path) == merkle.root(digests)


def test_a_piece_with_an_entry_gone_proves_nothing(store: Store) -> None:
    digests = filled(store, 5)
    with store.write() as session:
        session.delete(session.get_one(AccessEntry, (ISSUER, 2)))
    with store.read() as session:
        assert tree.paths(session, ISSUER, len(digests), [4]) == {}
