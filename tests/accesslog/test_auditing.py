"""An audit finds whatever was done to a log after it was anchored, and says what it cannot know yet."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import delete, select

from registry import accesslog
from registry.accesslog.auditing import Audit, Auditing, ChainHead
from registry.logproof import content_of, link
from registry.store import Store, open_store
from registry.store.tables import (
    AccessEntry,
    AccessHead,
    AccessSalt,
    ChainTransaction,
    Department,
    Deployment,
)
from registry.vault import Vault

ISSUER = "11440100MB9A00014G"
BLINDING = b"\x07" * 32
VAULT = Vault(bytes(32), b"\x01" * 32)
NOW = 1_790_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one department and what heads refer to; nothing is in its log."""
    opened = open_store(f"sqlite:///{tmp_path / 'log.sqlite'}")
    with opened.write() as session:
        session.add(Department(code=ISSUER, name_zh="公安局", name_en="Police", kind="issues"))
        session.add(
            Deployment(
                id=1,
                chain_id=31337,
                genesis=bytes(32),
                issuer_registry="0x1",
                certificate_registry="0x2",
                access_log="0x3",
                code_hash=bytes(32),
                block=1,
                block_hash=bytes(32),
                epoch=1,
                state="live",
                created=0,
            )
        )
        session.flush()
        session.add(
            ChainTransaction(
                id=1,
                deployment=1,
                account="0x4",
                nonce=1,
                kind="heads",
                ref="heads",
                to="0x3",
                data=b"",
                gas=1,
                created=0,
            )
        )
    yield opened
    opened.close()


def empty(store: Store) -> None:
    with store.write() as session:
        for table in (AccessEntry, AccessSalt, AccessHead):
            session.exec(delete(table))


def write(store: Store, count: int) -> None:
    """Entries about two holders in turn."""
    with store.write() as session:
        for number in range(count):
            accesslog.append(
                session,
                ISSUER,
                asker="11440100MB9A000306",
                clerk="clerk 3",
                purpose="title_registration",
                rule="housing-identity",
                holder=bytes([number % 2]) * 32,
                outcome="yes",
                answer=None,
                vault=VAULT,
                now=NOW + number,
                randomness=lambda size, number=number: bytes([number]) * size,  # type: ignore[misc]
            )


def anchor(store: Store, size: int, seq: int) -> ChainHead:
    """A head over the first entries; what the chain has of it."""
    with store.write() as session:
        rows = session.exec(select(AccessEntry.digest).order_by(AccessEntry.seq).limit(size)).all()
        content = content_of(rows)
        head = content.head(BLINDING[:-1] + bytes([seq]))
        session.add(
            AccessHead(
                deployment=1,
                issuer=ISSUER,
                seq=seq,
                chain_tx=1,
                size=content.size,
                link=content.link,
                root=content.root,
                blinding=BLINDING[:-1] + bytes([seq]),
                head=head,
                created=NOW,
            )
        )
    return ChainHead(seq, head, NOW + 60 * seq)


def audit(store: Store, *heads: ChainHead, vault: Vault | None = VAULT, since: int = 0) -> Audit:
    with store.read() as session:
        return Auditing(session, {ISSUER: heads}, since, 2**62, vault, b"s" * 32).audit([ISSUER])


def codes(found: Audit) -> set[str]:
    return {finding.code for finding in found.findings}


def rewritten(store: Store, first: int) -> None:
    """Makes every link and every seq from an entry on fit again, as whoever tampers would."""
    with store.write() as session:
        rows = session.exec(select(AccessEntry).order_by(AccessEntry.seq)).all()
        previous = bytes(32)
        for row in rows:
            if row.seq >= first:
                row.link = link(previous, row.digest)
            previous = row.link


def test_a_log_that_nobody_touched_agrees(store: Store) -> None:
    write(store, 5)
    found = audit(store, anchor(store, 0, 1), anchor(store, 3, 2), anchor(store, 5, 3))
    assert found.findings == []
    (log,) = found.logs
    assert (log.entries, log.size, log.anchored, log.heads, log.open_since, log.widest) == (
        5,
        5,
        5,
        3,
        None,
        60,
    )


def test_what_is_not_anchored_yet_is_said(store: Store) -> None:
    write(store, 5)
    (log,) = audit(store, anchor(store, 3, 1)).logs
    assert (log.size, log.anchored, log.open_since) == (5, 3, NOW + 3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 7), st.data())
def test_any_tampering_with_any_anchored_entry_is_found_even_where_the_rest_is_made_to_fit(
    store: Store, size: int, data: st.DataObject
) -> None:
    empty(store)
    write(store, size)
    early = anchor(store, data.draw(st.integers(0, size)), 1)
    late = anchor(store, size, 2)
    at = data.draw(st.integers(1, size))
    how = data.draw(st.sampled_from(["edit", "digest", "delete", "cut", "swap", "link", "salt", "insert"]))
    tamper(store, how, at, size)
    if how not in ("link", "salt", "edit"):
        rewritten(store, 1)
    found = audit(store, early, late)
    assert found.findings or (how == "swap" and at == size) or (how == "cut" and at > size)


def tamper(store: Store, how: str, at: int, size: int) -> None:
    if how == "insert":
        write(store, 1)  # where an entry was deleted, so that the size stays what it was
    with store.write() as session:
        row = session.get_one(AccessEntry, (ISSUER, at))
        if how == "edit":
            row.sealed = VAULT.seal(
                VAULT.issuer_key(session, ISSUER, NOW),
                f"access/{ISSUER}/{at}",
                accesslog.opened(session, VAULT, row).replace(b'"yes"', b'"no"'),
            )
        elif how == "digest":
            row.digest = bytes(32)
        elif how == "link":
            row.link = bytes(32)
        elif how == "salt":
            row.salt = bytes([99]) * 16
        elif how == "swap" and at < size:
            other = session.get_one(AccessEntry, (ISSUER, at + 1))
            row.digest, other.digest = other.digest, row.digest
        elif how in ("delete", "cut", "insert"):
            last = size if how == "cut" else at
            for seq in range(at, last + 1):
                session.delete(session.get_one(AccessEntry, (ISSUER, seq)))
            session.flush()
            if how != "cut":
                moved = select(AccessEntry).where(AccessEntry.seq > at).order_by(AccessEntry.seq)
                for later in session.exec(moved).all():
                    later.seq -= 1
                    session.flush()


def test_a_cut_end_is_called_that(store: Store) -> None:
    write(store, 4)
    head = anchor(store, 4, 1)
    tamper(store, "cut", 3, 4)
    assert codes(audit(store, head)) == {"cut"}


def test_a_change_is_narrowed_down_to_between_two_heads(store: Store) -> None:
    write(store, 6)
    heads = [anchor(store, size, seq) for seq, size in enumerate((2, 4, 6), start=1)]
    tamper(store, "digest", 4, 6)
    rewritten(store, 1)
    (finding,) = audit(store, *heads, vault=None).findings
    assert (finding.code, finding.seq) == ("changed", 4) and "3 to 4" in finding.en


def test_a_head_that_a_foreign_hand_anchored_is_none_of_the_logs(store: Store) -> None:
    write(store, 1)
    found = audit(store, anchor(store, 1, 1), ChainHead(2, b"\x09" * 32, NOW))
    assert codes(found) == {"unknown_head"}


def test_an_opening_that_was_changed_with_the_log_does_not_open_what_the_chain_has(store: Store) -> None:
    write(store, 2)
    head = anchor(store, 2, 1)
    with store.write() as session:
        session.get_one(AccessEntry, (ISSUER, 2)).digest = bytes(32)
    rewritten(store, 1)
    with store.write() as session:
        content = content_of(session.exec(select(AccessEntry.digest).order_by(AccessEntry.seq)).all())
        row = session.exec(select(AccessHead)).one()
        row.link, row.root = content.link, content.root
    assert "unknown_head" in codes(audit(store, head, vault=None))


def test_a_period_is_checked_against_its_own_heads_and_lists_its_own_entries(store: Store) -> None:
    write(store, 4)
    with store.read() as session:
        heads = [anchor(store, 4, 1)]
        auditing = Auditing(session, {ISSUER: heads}, NOW + 2, NOW + 3, VAULT, b"s" * 32)
        found = auditing.audit([ISSUER])
    assert [each.entry.seq for each in auditing.listed] == [3]
    assert found.logs[0].entries == 1


def test_pseudonyms_mean_something_within_one_audit_only(store: Store) -> None:
    write(store, 4)

    def pseudonyms(secret: bytes) -> list[str]:
        with store.read() as session:
            auditing = Auditing(session, {}, 0, 2**62, VAULT, secret)
            auditing.audit([ISSUER])
            return [each.holder for each in auditing.listed]

    one, other = pseudonyms(b"a" * 32), pseudonyms(b"b" * 32)
    assert one[0] == one[2] != one[1] == one[3]
    assert not set(one) & set(other)


def test_an_erased_salt_leaves_the_log_whole_and_the_holder_out(store: Store) -> None:
    write(store, 2)
    head = anchor(store, 2, 1)
    with store.write() as session:
        session.delete(session.get_one(AccessSalt, (ISSUER, 1)))
    with store.read() as session:
        auditing = Auditing(session, {ISSUER: [head]}, 0, 2**62, VAULT, b"s" * 32)
        assert auditing.audit([ISSUER]).findings == []
    assert [bool(each.holder) for each in auditing.listed] == [False, True]


def test_without_the_keys_the_hashes_alone_are_compared(store: Store) -> None:
    write(store, 3)
    head = anchor(store, 3, 1)
    assert audit(store, head, vault=None).findings == []
    wrong = replace(head, head=b"\x01" * 32)
    assert codes(audit(store, wrong, vault=None)) == {"unknown_head"}
