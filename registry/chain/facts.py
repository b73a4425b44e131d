"""What a worker asks of the followed chain: whose account is it, who may issue, how stands an entry.

Answers come from the ledger (a fold over the followed events), never from the node directly, so that all
decisions of one moment rest on one block.
"""

from collections.abc import Sequence

import orjson
from sqlmodel import Session

from registry.chain.ledger import LOG, Department, Ledger, Span, events
from registry.store.tables import ChainBlock, Follower

ENTRIES = 128
"""Entries of a status list in one word of the chain."""

MAX_SUCCESSORS = 8

Entry = tuple[str, str, int, int]
"""Issuer, type, list, idx."""


class Facts:
    """The ledger of one deployment, kept current: new events are folded in, a rollback folds all anew."""

    def __init__(self, deployment: int) -> None:
        self.deployment = deployment
        self.ledger = Ledger()
        self._folded = 0
        self._hash = b""

    def refresh(self, session: Session) -> None:
        """Takes in what was followed since."""
        follower = session.get(Follower, self.deployment)
        if follower is None or follower.head_hash == self._hash:
            return
        known = session.get(ChainBlock, (self.deployment, self._folded))
        if known is None or known.hash != self._hash:
            self.ledger, self._folded = Ledger(), 0
        for event in events(session, self.deployment, above=self._folded, upto=follower.head_number):
            self.ledger.apply(event.contract, event.name, orjson.loads(event.args), event.block_number)
        self._folded, self._hash = follower.head_number, follower.head_hash

    def department(self, code: str) -> Department:
        """What the contracts know of a department; an empty one where they do not know it."""
        return self.ledger.departments.get(code, Department())

    def accounts_of(self, code: str, time: int) -> list[str]:
        """Addresses that may act for a department, or (LOG) anchor heads, at a time."""
        known = self.ledger.log.accounts if code == LOG else self.department(code).accounts
        return [address for address, spans in known.items() if holds(spans, time)]

    def acting(self, issuer: str, type_code: str, time: int) -> list[str]:
        """Codes that may set status for what an issuer issued of a type: itself, then its successors."""
        codes = [issuer]
        while len(codes) <= MAX_SUCCESSORS and (code := self._successor(codes[-1], type_code, time)):
            codes.append(code)
        return codes

    def entry(self, entry: Entry) -> int:
        """Value of a status entry, 0 to 3."""
        issuer, type_code, number, idx = entry
        word = self.department(issuer).words.get((type_code, number), {}).get(idx // ENTRIES, 0)
        return word >> 2 * (idx % ENTRIES) & 3

    def entries(self, issuer: str) -> dict[Entry, int]:
        """Every entry of an issuer that is not 00."""
        return {
            (issuer, type_code, number, word * ENTRIES + index): pair
            for (type_code, number), words in self.department(issuer).words.items()
            for word, value in words.items()
            for index in range(ENTRIES)
            if (pair := value >> 2 * index & 3)
        }

    def in_force(self, type_code: str, version: int, definition: bytes, time: int) -> bool:
        """Whether that version of a type is on the chain with that definition, and holds at a time."""
        found = self.ledger.types.get((type_code, version))
        return found is not None and found.definition == definition and holds(found.windows, time)

    def right(self, issuer: str, type_code: str) -> Sequence[Span]:
        """Windows of an issuer's right to a type."""
        return self.department(issuer).rights.get(type_code, [])

    def _successor(self, issuer: str, type_code: str, time: int) -> str:
        begun = [
            one.successor
            for one in self.ledger.successions
            if (one.issuer, one.type) == (issuer, type_code) and one.since <= time
        ]
        return begun[-1] if begun else ""


def holds(spans: Sequence[Span], time: int) -> bool:
    """Whether one of the windows holds at a time."""
    return any(start <= time < until for start, until in spans)


def end(spans: Sequence[Span], time: int) -> int | None:
    """When the windows stop holding, without a gap, from a time on; None if none holds then."""
    reached = None
    for start, until in sorted(spans):
        if start <= (time if reached is None else reached) < until:
            reached = until
    return reached
