"""What the followed events say of the registry's contracts: accounts, rights, types, successors, words.

A fold over `chain_event`; the worker decides by it, so that it asks the followed chain and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlmodel import Session, col, select

from registry.chain.contracts import STATUS_SET, WORDS_IMPORTED, code_text
from registry.store.tables import ChainEvent

ENTRIES = 128
"""Entries of a status list in one word of the chain."""

Entry = tuple[str, str, int, int]
"""Issuer, type, list, idx."""


@dataclass(slots=True)
class Windows:
    """Windows of time by index, each [from, until) in Unix seconds."""

    spans: dict[int, tuple[int, int]] = field(default_factory=dict)

    def hold(self, time: int) -> bool:
        """Whether one of them holds at that time."""
        return any(start <= time < until for start, until in self.spans.values())

    def end(self, time: int) -> int | None:
        """When they stop holding without a gap, counted from a time at which one holds; None if none does."""
        found = None
        for start, until in sorted(self.spans.values()):
            if start <= (time if found is None else found) < until:
                found = until
        return found


@dataclass
class Facts:
    """The state of accounts, rights, type versions and successors after all followed events."""

    accounts: dict[tuple[str, str], Windows] = field(default_factory=lambda: defaultdict(Windows))
    rights: dict[tuple[str, str], Windows] = field(default_factory=lambda: defaultdict(Windows))
    types: dict[tuple[str, int], Windows] = field(default_factory=lambda: defaultdict(Windows))
    definitions: dict[tuple[str, int], bytes] = field(default_factory=dict)
    successors: dict[tuple[str, str], list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def accounts_of(self, issuer: str, time: int) -> list[str]:
        """Addresses that may anchor for an issuer at a time."""
        return [
            address for (code, address), spans in self.accounts.items() if code == issuer and spans.hold(time)
        ]

    def acting(self, issuer: str, type_code: str, time: int) -> list[str]:
        """Codes that may set status for what an issuer issued of a type: itself, then its successors."""
        codes = [issuer]
        while (following := self._successor(codes[-1], type_code, time)) and len(codes) <= 8:
            codes.append(following)
        return codes

    def _successor(self, issuer: str, type_code: str, time: int) -> str:
        begun = [code for start, code in self.successors[issuer, type_code] if start <= time]
        return begun[-1] if begun else ""


def load_facts(session: Session, deployment: int) -> Facts:
    """Folds all followed events of a deployment but batches and words."""
    facts = Facts()
    for name, args in _events(session, deployment, tuple(_APPLY)):
        _APPLY[name](facts, args)
    return facts


def load_entries(session: Session, deployment: int) -> dict[Entry, int]:
    """Every status entry that is not 00, or was once set: its value after all followed events."""
    entries: dict[Entry, int] = {}
    for name, args in _events(session, deployment, (STATUS_SET, WORDS_IMPORTED)):
        entries.update(_imported(args) if name == WORDS_IMPORTED else _set(args))
    return entries


def _set(args: Mapping[str, Any]) -> Iterable[tuple[Entry, int]]:
    issuer, type_code = code_text(args["issuer"]), code_text(args["typeCode"])
    for word, mask in zip(args["words"], args["masks"], strict=True):
        for index in _ones(int(mask, 16)):
            yield (issuer, type_code, args["list"], word * ENTRIES + index), args["value"]


def _imported(args: Mapping[str, Any]) -> Iterable[tuple[Entry, int]]:
    issuer, type_code = code_text(args["issuer"]), code_text(args["typeCode"])
    for word, value in zip(args["words"], args["values"], strict=True):
        for index in range(ENTRIES):
            if pair := int(value, 16) >> 2 * index & 3:
                yield (issuer, type_code, args["list"], word * ENTRIES + index), pair


def _ones(mask: int) -> Iterable[int]:
    while mask:
        lowest = mask & -mask
        yield (lowest.bit_length() - 1) // 2
        mask ^= lowest


def _events(
    session: Session, deployment: int, names: tuple[str, ...]
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found = session.exec(
        select(ChainEvent.name, ChainEvent.args)
        .where(ChainEvent.deployment == deployment, col(ChainEvent.name).in_(names))
        .order_by(col(ChainEvent.block_number), col(ChainEvent.log_index))
    )
    return ((name, orjson.loads(args)) for name, args in found)


def _open(spans: Windows, args: Mapping[str, Any]) -> None:
    spans.spans[args["index"]] = args["from"], args["until"]


def _close(spans: Windows, args: Mapping[str, Any]) -> None:
    spans.spans[args["index"]] = spans.spans[args["index"]][0], args["until"]


def _account(facts: Facts, args: Mapping[str, Any]) -> Windows:
    return facts.accounts[code_text(args["issuer"]), args["account"]]


def _right(facts: Facts, args: Mapping[str, Any]) -> Windows:
    return facts.rights[code_text(args["issuer"]), code_text(args["typeCode"])]


def _version(facts: Facts, args: Mapping[str, Any]) -> Windows:
    return facts.types[code_text(args["typeCode"]), args["version"]]


def _add_version(facts: Facts, args: Mapping[str, Any]) -> None:
    _open(_version(facts, args), args)
    facts.definitions[code_text(args["typeCode"]), args["version"]] = bytes.fromhex(args["definition"][2:])


def _succeed(facts: Facts, args: Mapping[str, Any]) -> None:
    key = code_text(args["issuer"]), code_text(args["typeCode"])
    facts.successors[key].append((args["from"], code_text(args["successor"])))


_APPLY = {
    "AccountAdded": lambda facts, args: _open(_account(facts, args), args),
    "AccountEnded": lambda facts, args: _close(_account(facts, args), args),
    "RightGranted": lambda facts, args: _open(_right(facts, args), args),
    "RightEnded": lambda facts, args: _close(_right(facts, args), args),
    "TypeVersionAdded": _add_version,
    "TypeVersionEnded": lambda facts, args: _close(_version(facts, args), args),
    "SuccessorSet": _succeed,
}
