"""Sealing, keyed hashes, and the permutation of list entries."""

import gc
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import select

from registry.store import Store, open_store
from registry.store.tables import DataKey
from registry.vault import ENTRIES, Contents, Permutation, Unreadable, Vault

ISSUER = "11440101MB2D00017N"
CONTENTS = Contents(("eyJh", "eyJi"), ((100, "eyJj"),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'registry.sqlite'}")


@pytest.fixture
def vault() -> Vault:
    return Vault(b"m" * 32, b"i" * 32)


def test_what_was_sealed_opens_only_for_its_certificate_and_only_unchanged(
    store: Store, vault: Vault
) -> None:
    with store.write() as session:
        key = vault.issuer_key(session, ISSUER, now=1)
        sealed = vault.seal_contents(key, "1.2.3", CONTENTS)
        assert vault.contents(session, key.id, "1.2.3", sealed) == CONTENTS
        for wrong_id, wrong in [("1.2.4", sealed), ("1.2.3", sealed[:-1] + b"x"), ("1.2.3", b"")]:
            with pytest.raises(Unreadable):
                vault.contents(session, key.id, wrong_id, wrong)


def test_another_process_with_the_same_master_key_opens_it_and_one_without_does_not(
    store: Store, vault: Vault
) -> None:
    with store.write() as session:
        key = vault.issuer_key(session, ISSUER, now=1)
        sealed = vault.seal_contents(key, "1.2.3", CONTENTS)
    with store.read() as session:
        assert Vault(b"m" * 32, b"j" * 32).contents(session, key.id, "1.2.3", sealed) == CONTENTS
        with pytest.raises(Unreadable):
            Vault(b"n" * 32, b"i" * 32).contents(session, key.id, "1.2.3", sealed)


def test_an_issuer_keeps_its_data_key_and_no_two_share_one(store: Store, vault: Vault) -> None:
    with store.write() as session:
        first = vault.issuer_key(session, ISSUER, now=1)
        assert vault.issuer_key(session, ISSUER, now=2).id == first.id
        assert vault.issuer_key(session, "11440101MB2D00025H", now=2).id != first.id
        wrapped = [row.wrapped for row in session.exec(select(DataKey))]
    assert len(set(wrapped)) == 2


def test_an_age_not_reached_is_given_to_nobody_before_the_birthday() -> None:
    assert CONTENTS.released(99) == ("eyJh", "eyJi")
    assert CONTENTS.released(100) == ("eyJh", "eyJi", "eyJj")
    assert "eyJ" not in repr(CONTENTS)


def test_keyed_hashes_of_one_text_differ_by_purpose_and_by_key(vault: Vault) -> None:
    text = "440101199001011234"
    found = {
        vault.holder_index("citizen_number", text),
        vault.holder_index("passport", text),
        vault.number_index(text),
        vault.subject_index(text.encode()),
        vault.body_hash(text.encode()),
        Vault(b"m" * 32, b"j" * 32).number_index(text),
    }
    assert len(found) == 6


@pytest.mark.parametrize("name", ["issuer type 0", "issuer type 1"])
def test_every_counter_gets_an_entry_of_its_own_and_neighbours_are_far_apart(name: str) -> None:
    permutation = Permutation(b"p" * 32, name)
    entries = [permutation(counter) for counter in range(ENTRIES)]
    assert sorted(entries) == list(range(ENTRIES))
    near = sum(abs(a - b) < 128 for a, b in pairwise(entries))
    assert near < 2 * 255  # as many as chance gives, and not 131,071
    words = {entry // 128 for entry in entries[:1000]}
    assert len(words) > 550


def test_lists_are_permuted_differently() -> None:
    one, other = (Permutation(b"p" * 32, name) for name in ("issuer type 0", "issuer type 1"))
    assert sum(one(counter) == other(counter) for counter in range(10_000)) < 10


def test_a_session_asks_for_a_data_key_once(store: Store, vault: Vault) -> None:
    with store.write() as session:
        key = vault.issuer_key(session, ISSUER, now=1)
        sealed = [vault.seal_contents(key, f"1.2.{number}", CONTENTS) for number in range(5)]
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with store.read() as session:
        for number, each in enumerate(sealed):
            assert vault.contents(session, key.id, f"1.2.{number}", each) == CONTENTS
            gc.collect()
    assert len([query for query in asked if "data_key" in query]) == 1
