"""Merkle trees and inclusion proofs, exactly as RFC 9162, section 2.1, over SHA-256."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from registry.errors import RegistryError

HASH_SIZE = 32
MAX_SIZE = 2**32 - 1
"""Leaves in a batch at most: the contract keeps the size in 32 bits."""


class BadProof(RegistryError):
    """The proof's shape does not fit its index and size."""

    kind = "bad-proof"

    def __init__(self) -> None:
        super().__init__("上链凭据的长度与位置不符。", "The proof does not fit its position and size.")


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root of the tree; that of no leaves is SHA-256 of nothing, and is never anchored."""
    if not leaf_hashes:
        return sha256(b"").digest()
    return _levels(leaf_hashes)[-1][0]


def proofs(leaf_hashes: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """The path of every leaf, siblings from the leaf up."""
    if not leaf_hashes:
        return []
    # From the root down, so that neighbours share the tail of their paths.
    paths: list[tuple[bytes, ...]] = [()]
    for level in reversed(_levels(leaf_hashes)[:-1]):
        alone = len(level) - 1 if len(level) & 1 else None
        paths = [paths[i >> 1] if i == alone else (level[i ^ 1], *paths[i >> 1]) for i in range(len(level))]
    return paths


def some_proofs(leaf_hashes: Sequence[bytes], indexes: Sequence[int]) -> list[tuple[bytes, ...]]:
    """The paths of some leaves, siblings from the leaf up; every index is below the number of leaves."""
    paths: list[list[bytes]] = [[] for _ in indexes]
    for height, level in enumerate(_levels(leaf_hashes)):
        for path, index in zip(paths, indexes, strict=True):
            sibling = index >> height ^ 1
            if sibling < len(level):
                path.append(level[sibling])
    return [tuple(path) for path in paths]


def path_length(index: int, size: int) -> int:
    """How many hashes the path of leaf `index` has in a tree of `size` leaves.

    Raises:
        BadProof: there is no such leaf.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise BadProof
    # Below the level where index and last leaf part every level has a sibling; above it only set bits do.
    common = (index ^ (size - 1)).bit_length()
    return common + (index >> common).bit_count()


def root_along(leaf_hash: bytes, index: int, size: int, path: bytes) -> bytes:
    """The root that a path of joined hashes leads to (RFC 9162, section 2.1.3.2).

    Raises:
        BadProof: index not below size, or a path that is not exactly as long as they demand.
    """
    if len(path) != path_length(index, size) * HASH_SIZE:
        raise BadProof
    last, current = size - 1, leaf_hash
    for start in range(0, len(path), HASH_SIZE):
        sibling = path[start : start + HASH_SIZE]
        while index == last and not index & 1:
            index >>= 1
            last >>= 1
        current = sha256(b"\x01" + sibling + current if index & 1 else b"\x01" + current + sibling).digest()
        index >>= 1
        last >>= 1
    return current


def _levels(leaf_hashes: Sequence[bytes]) -> list[Sequence[bytes]]:
    # RFC 9162 splits at the largest power of two: the same tree as pairing neighbours level by level
    # and taking a last one without a neighbour up as it is.
    levels = [leaf_hashes]
    while len(level := levels[-1]) > 1:
        above = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) & 1:
            above.append(level[-1])
        levels.append(above)
    return levels


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """Where a leaf stands in a batch (RFC 9162, section 2.1.3).

    index: position of the leaf, 0-based.
    size: leaves in the tree, at least index + 1.
    path: sibling hashes from the leaf up, 32 bytes each.
    """

    index: int
    size: int
    path: tuple[bytes, ...]

    def root(self, leaf_hash: bytes) -> bytes:
        """The root that this proof leads to from `leaf_hash`; raises BadProof as `root_along` does."""
        if any(len(sibling) != HASH_SIZE for sibling in self.path):
            raise BadProof
        return root_along(leaf_hash, self.index, self.size, b"".join(self.path))
