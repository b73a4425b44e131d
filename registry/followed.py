"""What was followed of the chain, folded for trust: the ledger, and status words as they count now.

A status counts once it is final; revoking and suspending count at once, from the first intent on.
"""

from collections.abc import Mapping
from copy import deepcopy

import orjson
from sqlmodel import Session, col, select

from registry.chain.ledger import Args, Ledger, code_of, events
from registry.standing import strictest
from registry.status import WORD_ENTRIES
from registry.store.tables import ChainBlock, IntentState, StatusIntent

Words = dict[tuple[str, int], dict[int, int]]
"""Status words of one issuer: by (type, list), then by number."""

_TIGHTENING = (1, 2)
_NOT_FINAL = (IntentState.PENDING, IntentState.SENT, IntentState.MINED)


class Followed:
    """Folds what was followed; what is final is kept from one time to the next."""

    def __init__(self) -> None:
        self._final = _FinalLedger()

    def upto(self, session: Session, deployment: int, final: int) -> tuple[Ledger, Mapping[str, Words]]:
        """Everything followed, and the status words: the final ones, tightened by what came later."""
        ledger = deepcopy(self._final.upto(session, deployment, final))
        words = {code: department.words for code, department in deepcopy(ledger.departments).items()}
        for event in events(session, deployment, above=final):
            args = orjson.loads(event.args)
            ledger.apply(event.contract, event.name, args, event.block_number)
            if event.name == "StatusSet" and args["value"] in _TIGHTENING:
                _tighten_by_event(words, args)
        for intent in session.exec(
            select(StatusIntent).where(
                col(StatusIntent.state).in_(_NOT_FINAL), col(StatusIntent.value).in_(_TIGHTENING)
            )
        ):
            _tighten(words, intent.issuer, intent.type, intent.list, intent.idx, intent.value)
        return ledger, words


class _FinalLedger:
    """The ledger of all final blocks, extended as more become final; folded anew after a deep rollback."""

    def __init__(self) -> None:
        self._deployment = 0
        self._block = 0
        self._hash = b""
        self._ledger = Ledger()

    def upto(self, session: Session, deployment: int, block: int) -> Ledger:
        """The ledger up to a block. The caller may not change it."""
        held = session.get(ChainBlock, (self._deployment, self._block))
        if deployment != self._deployment or block < self._block or not held or held.hash != self._hash:
            self._deployment, self._block, self._ledger = deployment, 0, Ledger()
        for event in events(session, deployment, above=self._block, upto=block):
            self._ledger.apply(event.contract, event.name, orjson.loads(event.args), event.block_number)
        reached = session.get(ChainBlock, (deployment, block))
        self._block, self._hash = (block, reached.hash) if reached else (0, b"")
        return self._ledger


def _tighten_by_event(words: Mapping[str, Words], args: Args) -> None:
    issuer, type_code = code_of(args["issuer"]), code_of(args["typeCode"])
    for number, mask in zip(args["words"], args["masks"], strict=True):
        for index in range(WORD_ENTRIES):
            if int(mask, 16) >> 2 * index & 1:
                idx = number * WORD_ENTRIES + index
                _tighten(words, issuer, type_code, args["list"], idx, args["value"])


def _tighten(
    words: Mapping[str, Words], issuer: str, type_code: str, number: int, idx: int, value: int
) -> None:
    """Gives an entry the stricter of what it has and a value."""
    if issuer not in words:
        return
    of_list = words[issuer].setdefault((type_code, number), {})
    word, shift = idx // WORD_ENTRIES, 2 * (idx % WORD_ENTRIES)
    before = of_list.get(word, 0)
    of_list[word] = before & ~(3 << shift) | strictest(before >> shift & 3, value) << shift
