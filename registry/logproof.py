"""An access log from the outside: what its entries and heads are the hashes of, and the proof of one entry.

digest = SHA-256(0x00 ‖ salt ‖ entry), which is RFC 9162's leaf hash (section 2.1) of salt ‖ entry.
link = SHA-256(previous link ‖ digest), the first after 32 zero bytes.
head = SHA-256(0x02 ‖ blinding ‖ size ‖ link ‖ root): blinding 32 random bytes, size the number of entries as
8 bytes big-endian, link that of the last entry, root of RFC 9162's tree over all digests. Only the head is on
the chain.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from registry import merkle

START = bytes(32)
"""What the first entry of a log is linked to, and the link of an empty log."""
BLINDING_BYTES = 32


def digest(salt: bytes, entry: bytes) -> bytes:
    """The hash that an entry (canonical JSON) is linked, proven and quoted by."""
    return merkle.leaf_hash(salt + entry)


def link(previous: bytes, entry_digest: bytes) -> bytes:
    """The next link of a log."""
    return hashlib.sha256(previous + entry_digest).digest()


@dataclass(frozen=True, slots=True)
class Content:
    """What a head says of a log: how many entries, the last one's link, the root over all."""

    size: int
    link: bytes
    root: bytes

    def head(self, blinding: bytes) -> bytes:
        """The 32 bytes that go to the chain."""
        size = self.size.to_bytes(8, "big")
        return hashlib.sha256(b"\x02" + blinding + size + self.link + self.root).digest()


@dataclass(slots=True)
class Growing:
    """A log's content, kept current entry by entry; it holds one hash for each bit of the size."""

    size: int = 0
    link: bytes = START
    _peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, entry_digest: bytes) -> None:
        """Takes in the next entry."""
        self.size += 1
        self.link = link(self.link, entry_digest)
        height, node = 0, entry_digest
        while self._peaks and self._peaks[-1][0] == height:
            node = merkle.node_hash(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))

    def content(self) -> Content:
        """What a head would say now."""
        if not self._peaks:
            return Content(0, START, merkle.root([]))
        *others, (_, node) = self._peaks
        for _, peak in reversed(others):
            node = merkle.node_hash(peak, node)
        return Content(self.size, self.link, node)


def content_of(digests: Iterable[bytes]) -> Content:
    """What a head says of a log with these entries."""
    log = Growing()
    for one in digests:
        log.add(one)
    return log.content()


@dataclass(frozen=True, slots=True)
class EntryProof:
    """That an entry stands in a log whose head is anchored.

    path: RFC 9162 siblings, joined, from the leaf up. blinding, link: open the head, the `number`-th of this
    log, which the block `block` of the chain holds.
    """

    index: int
    size: int
    path: bytes
    link: bytes
    blinding: bytes
    number: int
    block: int

    def head(self, entry_digest: bytes) -> bytes:
        """The head that this proof leads to: it proves the entry if the chain has that very head.

        Raises:
            BadProof: the path does not fit index and size, or something else has not its length.
        """
        if len(self.blinding) != BLINDING_BYTES or len(self.link) != merkle.HASH_SIZE:
            raise merkle.BadProof
        root = merkle.root_along(entry_digest, self.index, self.size, self.path)
        return Content(self.size, self.link, root).head(self.blinding)
