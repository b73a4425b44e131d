"""What an entry is proven by, whatever the log: every prefix proves, and nothing else does."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import merkle
from registry.logproof import START, Content, EntryProof, Growing, content_of, digest, link

DIGESTS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def proof_of(digests: list[bytes], index: int, blinding: bytes = b"\x07" * 32) -> EntryProof:
    content = content_of(digests)
    (path,) = merkle.some_proofs(digests, [index])
    return EntryProof(index, content.size, b"".join(path), content.link, blinding, 1, 1)


@given(DIGESTS, st.data())
def test_every_entry_of_every_prefix_leads_to_the_head_of_that_prefix(
    digests: list[bytes], data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(digests)))
    index = data.draw(st.integers(0, size - 1))
    prefix = digests[:size]
    proof = proof_of(prefix, index)
    assert proof.head(digests[index]) == content_of(prefix).head(proof.blinding)


@given(DIGESTS)
def test_a_log_that_grows_says_what_the_tree_of_rfc_9162_says(digests: list[bytes]) -> None:
    log, chained = Growing(), START
    for count, one in enumerate(digests, start=1):
        log.add(one)
        chained = link(chained, one)
        assert log.content() == Content(count, chained, merkle.root(digests[:count]))
    assert merkle.some_proofs(digests, range(len(digests))) == merkle.proofs(digests)


@given(DIGESTS, st.data())
def test_any_tampering_with_any_entry_changes_the_head(digests: list[bytes], data: st.DataObject) -> None:
    content = content_of(digests)
    at = data.draw(st.integers(0, len(digests) - 1))
    to = data.draw(st.integers(0, len(digests) - 1))
    foreign = data.draw(st.binary(min_size=32, max_size=32))
    edited = [*digests[:at], foreign, *digests[at + 1 :]]
    deleted = digests[:at] + digests[at + 1 :]
    inserted = [*digests[:at], foreign, *digests[at:]]
    reordered = list(digests)
    reordered[at], reordered[to] = reordered[to], reordered[at]
    for changed in (edited, deleted, inserted, reordered, digests[: len(digests) - 1]):
        assert (content_of(changed) == content) == (changed == digests)


@given(DIGESTS, st.data())
def test_no_other_entry_goes_by_the_same_proof(digests: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(digests) - 1))
    foreign = data.draw(st.binary(min_size=32, max_size=32))
    proof = proof_of(digests, index)
    head = content_of(digests).head(proof.blinding)
    assert (proof.head(foreign) == head) == (foreign == digests[index])


@pytest.mark.parametrize(
    "changed",
    [
        {"index": 5},
        {"size": 4},
        {"path": b"\x00" * 31},
        {"blinding": b"\x07" * 31},
        {"link": b""},
        {"index": -1},
        {"size": 2**40},
    ],
)
def test_a_proof_of_another_shape_is_none(changed: dict[str, object]) -> None:
    digests = [bytes([number]) * 32 for number in range(5)]
    with pytest.raises(merkle.BadProof):
        replace(proof_of(digests, 2), **changed).head(digests[2])  # type: ignore[arg-type]


def test_the_bytes_that_are_hashed() -> None:
    entry, salt = b'{"seq":1}', bytes(range(16))
    one = digest(salt, entry)
    assert one == hashlib.sha256(b"\x00" + salt + entry).digest()
    content = content_of([one])
    assert content.link == hashlib.sha256(bytes(32) + one).digest()
    told = b"\x02" + b"\x09" * 32 + (1).to_bytes(8, "big") + content.link + one
    assert content.head(b"\x09" * 32) == hashlib.sha256(told).digest()


def test_an_unchanged_log_under_a_fresh_blinding_has_another_head() -> None:
    content = content_of([])
    assert content.head(b"\x01" * 32) != content.head(b"\x02" * 32)
