import hashlib
import random
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import merkle
from registry.merkle import BadProof, InclusionProof

MUTANTS = 120_000


def leaves_of(size, salt=0):
    return [merkle.leaf_hash(struct.pack(">II", salt, i)) for i in range(size)]


def defined_root(leaves):
    """RFC 9162, section 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return merkle.node_hash(defined_root(leaves[:k]), defined_root(leaves[k:]))


def defined_path(index, leaves):
    """RFC 9162, section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return ()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return (*defined_path(index, leaves[:k]), defined_root(leaves[k:]))
    return (*defined_path(index - k, leaves[k:]), defined_root(leaves[:k]))


def test_every_size_to_300_has_the_root_and_every_leaf_its_proof():
    for size in range(1, 301):
        leaves = leaves_of(size)
        root = merkle.root(leaves)
        assert root == defined_root(leaves)
        for index, path in enumerate(merkle.proofs(leaves)):
            assert len(path) == merkle.path_length(index, size)
            assert InclusionProof(index, size, path).root(leaves[index]) == root


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 31, 100, 255, 257])
def test_the_paths_are_those_of_the_rfc(size):
    leaves = leaves_of(size)
    assert merkle.proofs(leaves) == [defined_path(index, leaves) for index in range(size)]


def test_leaves_and_nodes_are_hashed_apart():
    assert merkle.leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert merkle.node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()


def test_no_leaves_have_the_root_of_nothing_and_no_proofs():
    assert merkle.root([]) == hashlib.sha256(b"").digest()
    assert merkle.proofs([]) == []


@given(st.integers(1, 2**32 - 1), st.data())
def test_the_length_of_a_path_is_the_rfcs_at_any_size(size, data):
    index = data.draw(st.integers(0, size - 1))
    # RFC 9162, section 2.1.3.2: how many steps until sn is 0.
    steps, node, last = 0, index, size - 1
    while last:
        while node == last and not node & 1:
            node, last = node >> 1, last >> 1
        steps, node, last = steps + 1, node >> 1, last >> 1
    assert merkle.path_length(index, size) == steps


@pytest.mark.parametrize(
    ("index", "size"), [(-1, 4), (4, 4), (5, 4), (0, 0), (0, 2**32), (-(2**40), 1), (2**70, 2**71)]
)
def test_a_leaf_outside_its_tree_is_refused(index, size):
    with pytest.raises(BadProof):
        InclusionProof(index, size, ()).root(merkle.leaf_hash(b""))


def mutant(choose, trees):  # noqa: PLR0912 (a list of mutations)
    """A wrong statement about some tree: leaf hash, proof, and the size of the tree that is anchored."""
    size = anchored = choose.randint(1, 300)
    leaves, paths, _ = trees[size]
    index = choose.randrange(size)
    leaf, path = leaves[index], list(paths[index])
    match choose.randrange(12):
        case 0:
            leaf = bytes([leaf[0] ^ 1 << choose.randrange(8)]) + leaf[1:]
        case 1 if path:
            place, byte = choose.randrange(len(path)), choose.randrange(32)
            path[place] = path[place][:byte] + bytes([path[place][byte] ^ 1]) + path[place][byte + 1 :]
        case 2 if path:
            del path[choose.randrange(len(path))]
        case 3:
            path.insert(choose.randint(0, len(path)), choose.choice(leaves))
        case 4 if len(path) > 1:
            one, other = choose.sample(range(len(path)), 2)
            path[one], path[other] = path[other], path[one]
        case 5:
            index = choose.choice([choose.randrange(size + 3), index ^ 1, index + size, -index - 1])
        case 6 if path:
            # A node shown as a leaf, its own path behind it.
            height = choose.randint(1, len(path))
            node = leaf
            for step in range(height):
                pair = (path[step] + node) if index >> step & 1 else (node + path[step])
                node = hashlib.sha256(b"\x01" + pair).digest()
            leaf, index, path = node, index >> height, path[height:]
        case 7:
            index, path = index + 1 << 1, [merkle.leaf_hash(b""), *path]
        case 8 if path:
            path[choose.randrange(len(path))] = choose.choice(
                [b"", b"\x00" * 31, b"\x00" * 33, path[0] + path[-1]]
            )
        case 9:
            leaf = merkle.leaf_hash(choose.randbytes(8))
        case 10:
            size = choose.choice([size + 1, size - 1, size * 2, choose.randint(1, 300)])
        case _:
            other = choose.randint(1, 300)
            index, path = choose.randrange(other), list(choose.choice(trees[other][1]))
            size = other if choose.random() < 0.5 else size
    return leaf, InclusionProof(index, size, tuple(path)), anchored


def test_of_a_hundred_thousand_mutants_none_is_accepted():
    choose = random.Random(20260519)
    trees = {}
    for size in range(1, 301):
        leaves = leaves_of(size, salt=size)
        trees[size] = (leaves, merkle.proofs(leaves), merkle.root(leaves))
    tried = 0
    for _ in range(MUTANTS):
        leaf, proof, anchored = mutant(choose, trees)
        leaves, paths, root = trees[anchored]
        if (
            proof.size == anchored
            and 0 <= proof.index < anchored
            and (leaf, proof.path) == (leaves[proof.index], paths[proof.index])
        ):
            continue  # some mutations give back a true statement about the same tree
        tried += 1
        with suppress(BadProof):
            assert proof.root(leaf) != root or proof.size != anchored, proof
    assert tried >= 100_000


@pytest.mark.parametrize("size", [2, 3, 5, 6, 7, 8, 11, 100])
def test_a_path_of_another_length_than_index_and_size_demand_is_refused(size):
    leaves = leaves_of(size)
    for index, path in enumerate(merkle.proofs(leaves)):
        for other in range(1, 2 * size + 2):
            fits = index < other and merkle.path_length(index, other) == len(path)
            if not fits:
                with pytest.raises(BadProof):
                    InclusionProof(index, other, path).root(leaves[index])
