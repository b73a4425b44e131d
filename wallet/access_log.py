"""Who asked about me: the entries of the access logs, each proven against the chain by this wallet itself.

What is shown is read from the entry (but for names, which are the registry's words). The hash of the entry
and its path lead to a head, which has to be in the block of the chain that a node tells of; which contract
and which chain these are, the pinned trust list says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import httpx
import msgspec

from registry import b64
from registry.errors import RegistryError
from registry.logproof import EntryProof, digest
from registry.trust import Trust

TOPIC: Final = "0xbd5b7a988e544383fa0560aa57bd2b4066732e17288fc8a21fe4e1e1795cc8af"
"""Keccak-256 of HeadsAnchored(address,bytes32[],uint64[],bytes32[],uint64)."""
MOST_PAGES: Final = 100
"""Pages of the log that are asked for at most."""
_WORD: Final = 32


class NodeUnclear(RegistryError):
    """The chain's node does not answer, or not as a node of that chain does."""

    kind = "node-unclear"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "链节点没有应答，或不是该登记系统的链。",
            "The chain's node does not answer, or is not of that registry's chain.",
        )


class Standing(Enum):
    """proven: its head is on the chain. waiting: not anchored yet. unchecked: no node was asked. wrong: the
    registry gave a proof that does not hold."""

    PROVEN = "proven"
    WAITING = "waiting"
    UNCHECKED = "unchecked"
    WRONG = "wrong"


class Entry(msgspec.Struct, frozen=True):
    """What an entry says (registry's `accesslog.Entry`)."""

    seq: int
    time: int
    asker: str
    clerk: str
    purpose: str
    rule: str
    outcome: str
    type: str = ""
    claims: tuple[str, ...] = ()
    case: str = ""
    manner: str = ""
    second: str = ""


class _Proof(msgspec.Struct, frozen=True):
    index: int
    size: int
    path: str
    link: str
    blinding: str
    number: int
    block: int

    def proof(self) -> EntryProof:
        return EntryProof(
            self.index,
            self.size,
            b64.decode(self.path),
            b64.decode(self.link),
            b64.decode(self.blinding),
            self.number,
            self.block,
        )


class Name(msgspec.Struct, frozen=True):
    """A name in both languages."""

    zh: str
    en: str


class _Served(msgspec.Struct, frozen=True):
    issuer: str
    entry: str
    salt: str
    issuer_name: Name
    asker_name: Name
    type_name: Name | None = None
    proof: _Proof | None = None


class Served(msgspec.Struct, frozen=True):
    """What `GET /holder/log` answers."""

    entries: tuple[_Served, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as the wallet shows it. issuer: who answered; names: as the registry calls them."""

    issuer: str
    entry: Entry
    standing: Standing
    issuer_name: Name
    asker_name: Name
    type_name: Name | None


@dataclass
class Node:
    """A node of the chain, asked for the heads of one registry. Raises NodeUnclear."""

    http: httpx.Client
    url: str
    trust: Trust
    _heads: dict[int, frozenset[tuple[str, int, bytes]]] = field(default_factory=dict)

    def holds(self, issuer: str, number: int, head: bytes, block: int) -> bool:
        """Whether a block of the chain has that head as the `number`-th of a department's log."""
        if block not in self._heads:
            self._heads[block] = self._read(block)
        return (issuer, number, head) in self._heads[block]

    def check(self) -> None:
        """Make sure that it is a node of the trust list's chain."""
        if int(str(self._ask("eth_chainId")), 16) != self.trust.chain_id:
            raise NodeUnclear

    def _read(self, block: int) -> frozenset[tuple[str, int, bytes]]:
        log, registry = self.trust.contracts.get("AccessLog"), self.trust.contracts["CertificateRegistry"]
        if log is None:
            return frozenset()
        where = {
            "fromBlock": hex(block),
            "toBlock": hex(block),
            "address": log,
            "topics": [TOPIC, "0x" + registry.removeprefix("0x").lower().rjust(64, "0")],
        }
        try:
            events = [bytes.fromhex(each["data"][2:]) for each in self._ask("eth_getLogs", where)]
            return frozenset(head for data in events for head in anchored_heads(data))
        except (KeyError, TypeError, ValueError):
            raise NodeUnclear from None

    def _ask(self, method: str, *params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            return self.http.post(self.url, json=body).raise_for_status().json()["result"]
        except (httpx.HTTPError, KeyError, TypeError, ValueError):
            raise NodeUnclear from None


def anchored_heads(data: bytes) -> list[tuple[str, int, bytes]]:
    """Department, number and head of each head in the data of an event HeadsAnchored (Solidity's ABI).

    Raises:
        ValueError: it is no such data.
    """
    issuers, seqs, heads = (_array(data, _number(data, index * _WORD)) for index in range(3))
    if not len(issuers) == len(seqs) == len(heads):
        raise ValueError
    return [
        (issuer.rstrip(b"\0").decode("ascii"), int.from_bytes(seq, "big"), head)
        for issuer, seq, head in zip(issuers, seqs, heads, strict=True)
    ]


def pages(read: Callable[[str], object]) -> list[Served]:
    """All pages of the log, newest first, MOST_PAGES at most.

    read: asks for a page, given the query of its address, which is empty for the first.

    Raises:
        BadLog: it is not what a registry answers.
    """
    found: list[Served] = []
    query = ""
    try:
        while len(found) < MOST_PAGES:
            found.append(msgspec.convert(read(query), Served))
            if not found[-1].more or not found[-1].entries:
                break
            last = msgspec.json.decode(found[-1].entries[-1].entry, type=Entry)
            query = f"?until={last.time}"
    except msgspec.MsgspecError:
        raise BadLog from None
    return found


def shown(served: Served, node: Node | None) -> list[Shown]:
    """What the registry told in one page, checked: entries read, proofs followed, heads looked up.

    node: None: no proof is checked against the chain.

    Raises:
        BadLog: an entry cannot be read. NodeUnclear.
    """
    return [_shown(each, node) for each in served.entries]


class BadLog(RegistryError):
    """The registry's answer cannot be read."""

    kind = "bad-log"
    mender = "issuer"

    def __init__(self) -> None:
        super().__init__(
            "登记系统给出的查询记录无法读取。", "What the registry tells of its log cannot be read."
        )


def _shown(each: _Served, node: Node | None) -> Shown:
    try:
        entry = msgspec.json.decode(each.entry, type=Entry)
    except msgspec.MsgspecError:
        raise BadLog from None
    standing = _standing(each, entry, node)
    return Shown(each.issuer, entry, standing, each.issuer_name, each.asker_name, each.type_name)


def _standing(each: _Served, entry: Entry, node: Node | None) -> Standing:
    if each.proof is None:
        return Standing.WAITING
    try:
        proof = each.proof.proof()
        head = proof.head(digest(b64.decode(each.salt), each.entry.encode()))
    except (RegistryError, ValueError, OverflowError):
        return Standing.WRONG
    if proof.index != entry.seq - 1:
        return Standing.WRONG
    if node is None:
        return Standing.UNCHECKED
    good = node.holds(each.issuer, proof.number, head, proof.block)
    return Standing.PROVEN if good else Standing.WRONG


def _number(data: bytes, at: int) -> int:
    word = data[at : at + _WORD]
    if len(word) != _WORD:
        raise ValueError
    return int.from_bytes(word, "big")


def _array(data: bytes, at: int) -> list[bytes]:
    count = _number(data, at)
    if at + _WORD * (1 + count) > len(data):
        raise ValueError
    return [data[at + _WORD * (1 + one) :][:_WORD] for one in range(count)]


def as_json(each: Shown) -> Mapping[str, object]:
    """An entry for a program."""
    return {
        "issuer": each.issuer,
        "standing": each.standing.value,
        **{name: value for name, value in msgspec.to_builtins(each.entry).items() if name != "holder"},
    }
