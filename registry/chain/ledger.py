"""The whole state of a registry's contracts, as a fold over the followed events, and nothing else.

Trust states are made of it (trusting.py), and what moves to a new chain is compared by it (healing.py): two
ledgers are equal where the contracts behind them say the same, whatever blocks it took to get there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlmodel import Session, col, select

from registry.store.tables import ChainEvent

FOREVER = 2**64 - 1
"""`until` of a window without an end."""

LOG = "log"
"""Owner of the chain account that anchors the access logs' heads; no department has such a code."""

Span = tuple[int, int]
"""[from, until) in Unix seconds."""
Args = Mapping[str, Any]


@dataclass(slots=True)
class Key:
    """A key of an issuer. uses: bit set. compromised: when that was reported."""

    uses: int = 0
    windows: list[Span] = field(default_factory=list)
    compromised: int | None = None


@dataclass(slots=True)
class TypeVersion:
    """A version of a type. definition: SHA-256 of its canonical JSON."""

    definition: bytes = b""
    windows: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class Anchored:
    """A batch, or what replaced one. time counts for rights; block says how deep it is.

    voided_root: of a replacement, what stood there before.
    """

    root: bytes
    size: int
    time: int
    block: int = field(compare=False)
    voided_root: bytes = b""


@dataclass(frozen=True, slots=True)
class Void:
    """Batches from one seq to another, both included, do not count. reason: 32 bytes as hex."""

    first: int
    last: int
    reason: str
    time: int


@dataclass(frozen=True, slots=True)
class Succession:
    """From `since` on `successor` (empty: nobody) acts for what `issuer` issued of a type."""

    issuer: str
    type: str
    successor: str
    since: int


@dataclass(frozen=True, slots=True)
class Head:
    """The newest head of a department's access log: its number, the blinded head, when it was anchored."""

    seq: int
    head: bytes
    time: int


@dataclass(slots=True)
class AccessLog:
    """What AccessLog holds of this registry. policies: (hash of the rights in force from then on, time), the
    first has version 1."""

    accounts: dict[str, list[Span]] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    policies: list[tuple[bytes, int]] = field(default_factory=list)


@dataclass(slots=True)
class Department:
    """What the contracts know of one issuer. words: status words by (type, list), those that are not zero."""

    accounts: dict[str, list[Span]] = field(default_factory=dict)
    keys: dict[bytes, Key] = field(default_factory=dict)
    rights: dict[str, list[Span]] = field(default_factory=dict)
    batches: dict[int, Anchored] = field(default_factory=dict)
    voids: list[Void] = field(default_factory=list)
    replacements: dict[int, Anchored] = field(default_factory=dict)
    words: dict[tuple[str, int], dict[int, int]] = field(default_factory=dict)
    sequence_open: bool = False

    def voided(self, seq: int) -> bool:
        """Whether the seq was voided, replaced or not."""
        return any(void.first <= seq <= void.last for void in self.voids)


@dataclass(slots=True)
class Ledger:
    """The state of a registry's contracts. closed: those whose import is shut. log: of AccessLog."""

    departments: dict[str, Department] = field(default_factory=dict)
    types: dict[tuple[str, int], TypeVersion] = field(default_factory=dict)
    successions: list[Succession] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    log: AccessLog = field(default_factory=AccessLog)

    def apply(self, contract: str, name: str, args: Args, block: int) -> None:
        """Takes in one event, in the order of the chain."""
        if name == "ImportClosed":
            self.closed.add(contract)
        elif name in _TYPES:
            _TYPES[name](self, args)
        elif name in _LOG:
            _LOG[name](self.log, args)
        elif name in _DEPARTMENTS:
            department = self.departments.setdefault(code_of(args["issuer"]), Department())
            _DEPARTMENTS[name](department, args, block)

    def successor(self, issuer: str, type_code: str) -> Succession | None:
        """The succession set last, begun or not."""
        for one in reversed(self.successions):
            if (one.issuer, one.type) == (issuer, type_code):
                return one if one.successor else None
        return None


def load_ledger(session: Session, deployment: int, *, above: int = 0, upto: int | None = None) -> Ledger:
    """Folds the followed events of a deployment, of blocks above one and up to another (None: all)."""
    ledger = Ledger()
    for event in events(session, deployment, above=above, upto=upto):
        ledger.apply(event.contract, event.name, orjson.loads(event.args), event.block_number)
    return ledger


def events(
    session: Session, deployment: int, *, above: int = 0, upto: int | None = None
) -> Iterable[ChainEvent]:
    """Followed events of blocks above one and up to another, in the order of the chain."""
    query = (
        select(ChainEvent)
        .where(ChainEvent.deployment == deployment, col(ChainEvent.block_number) > above)
        .order_by(col(ChainEvent.block_number), col(ChainEvent.log_index))
    )
    return session.exec(query if upto is None else query.where(col(ChainEvent.block_number) <= upto))


def changed(word: int, mask: int, value: int) -> int:
    """A status word after the entries of a mask took a value, as the contract does it."""
    return word & ~(mask | mask << 1) | mask * value


def code_of(data: str) -> str:
    """The code in 32 bytes of hex, as events have it."""
    return raw(data).rstrip(b"\0").decode("ascii")


def raw(data: str) -> bytes:
    """The bytes of 0x hex, as events have them."""
    return bytes.fromhex(data[2:])


def _open(windows: list[Span], args: Args) -> None:
    windows.append((args["from"], args["until"]))


def _end(windows: list[Span], args: Args) -> None:
    windows[args["index"]] = windows[args["index"]][0], args["until"]


def _registered(_department: Department, _args: Args, _block: int) -> None:
    """Being there is all."""


def _account_added(department: Department, args: Args, _block: int) -> None:
    _open(department.accounts.setdefault(args["account"], []), args)


def _account_ended(department: Department, args: Args, _block: int) -> None:
    _end(department.accounts[args["account"]], args)


def _key_added(department: Department, args: Args, _block: int) -> None:
    key = department.keys.setdefault(raw(args["thumbprint"]), Key())
    key.uses = args["uses"]
    _open(key.windows, args)


def _key_ended(department: Department, args: Args, _block: int) -> None:
    _end(department.keys[raw(args["thumbprint"])].windows, args)


def _key_compromised(department: Department, args: Args, _block: int) -> None:
    department.keys[raw(args["thumbprint"])].compromised = args["time"]


def _right_granted(department: Department, args: Args, _block: int) -> None:
    _open(department.rights.setdefault(code_of(args["typeCode"]), []), args)


def _right_ended(department: Department, args: Args, _block: int) -> None:
    _end(department.rights[code_of(args["typeCode"])], args)


def _sequence_opened(department: Department, _args: Args, _block: int) -> None:
    department.sequence_open = True


def _anchored(department: Department, args: Args, block: int) -> None:
    department.batches[args["seq"]] = Anchored(raw(args["root"]), args["size"], args["time"], block)


def _voided(department: Department, args: Args, _block: int) -> None:
    department.voids.append(Void(args["fromSeq"], args["toSeq"], args["reason"], args["time"]))


def _replaced(department: Department, args: Args, block: int) -> None:
    department.replacements[args["seq"]] = Anchored(
        raw(args["root"]), args["size"], args["time"], block, raw(args["voidedRoot"])
    )


def _status_set(department: Department, args: Args, _block: int) -> None:
    words = department.words.setdefault((code_of(args["typeCode"]), args["list"]), {})
    for number, mask in zip(args["words"], args["masks"], strict=True):
        _put(words, number, changed(words.get(number, 0), int(mask, 16), args["value"]))


def _words_imported(department: Department, args: Args, _block: int) -> None:
    words = department.words.setdefault((code_of(args["typeCode"]), args["list"]), {})
    for number, value in zip(args["words"], args["values"], strict=True):
        _put(words, number, int(value, 16))


def _put(words: dict[int, int], number: int, value: int) -> None:
    words[number] = value
    if not value:
        del words[number]


def _type_added(ledger: Ledger, args: Args) -> None:
    version = ledger.types.setdefault((code_of(args["typeCode"]), args["version"]), TypeVersion())
    version.definition = raw(args["definition"])
    _open(version.windows, args)


def _type_ended(ledger: Ledger, args: Args) -> None:
    _end(ledger.types[code_of(args["typeCode"]), args["version"]].windows, args)


def _succeeded(ledger: Ledger, args: Args) -> None:
    ledger.successions.append(
        Succession(
            code_of(args["issuer"]), code_of(args["typeCode"]), code_of(args["successor"]), args["from"]
        )
    )


def _log_account_added(log: AccessLog, args: Args) -> None:
    _open(log.accounts.setdefault(args["account"], []), args)


def _log_account_ended(log: AccessLog, args: Args) -> None:
    _end(log.accounts[args["account"]], args)


def _heads_anchored(log: AccessLog, args: Args) -> None:
    for issuer, seq, head in zip(args["issuers"], args["seqs"], args["heads"], strict=True):
        log.heads[code_of(issuer)] = Head(seq, raw(head), args["time"])


def _policy_anchored(log: AccessLog, args: Args) -> None:
    log.policies.append((raw(args["hash"]), args["time"]))


_LOG: dict[str, Callable[[AccessLog, Args], None]] = {
    "LogAccountAdded": _log_account_added,
    "LogAccountEnded": _log_account_ended,
    "HeadsAnchored": _heads_anchored,
    "PolicyAnchored": _policy_anchored,
}

_TYPES: dict[str, Callable[[Ledger, Args], None]] = {
    "TypeVersionAdded": _type_added,
    "TypeVersionEnded": _type_ended,
    "SuccessorSet": _succeeded,
}

_DEPARTMENTS: dict[str, Callable[[Department, Args, int], None]] = {
    "IssuerRegistered": _registered,
    "AccountAdded": _account_added,
    "AccountEnded": _account_ended,
    "KeyAdded": _key_added,
    "KeyEnded": _key_ended,
    "KeyCompromised": _key_compromised,
    "RightGranted": _right_granted,
    "RightEnded": _right_ended,
    "SequenceOpened": _sequence_opened,
    "BatchAnchored": _anchored,
    "BatchesVoided": _voided,
    "BatchReplaced": _replaced,
    "StatusSet": _status_set,
    "WordsImported": _words_imported,
}
