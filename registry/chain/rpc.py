"""The chain as the worker and the authority see it: a small protocol, and JSON-RPC behind it.

Hashes are 32 bytes, addresses lower-case hex text with 0x, quantities ints. Everything that uses a chain
takes a `Chain`, so that a test can stand between.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import orjson

from registry.errors import RegistryError

_RANGE = 5_000
"""Blocks that a node is asked for the events of at once."""


class ChainUnreachable(RegistryError):
    """The node did not answer, or not in JSON-RPC: nothing is known of what it did."""

    kind = "chain-unreachable"
    status = 503
    mender = "operator"


class ChainRefused(RegistryError):
    """The node answered with an error, such as a nonce already used or a call that reverts.

    code: JSON-RPC error code; data: what the node says beside it (revert data as hex), or None.
    """

    kind = "chain-refused"
    status = 502
    mender = "operator"

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(f"链节点拒绝：{message}", f"The chain node refused: {message}")
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Block:
    """A block header: time in Unix seconds, base_fee in wei for each gas, logs: whether it may hold any."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    base_fee: int
    logs: bool


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the node stores it: topics of 32 bytes, data undecoded."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    index: int
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction: the block that holds it, and whether it was carried out or reverted.

    contract: address of the contract that it made, where it made one.
    """

    transaction: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    contract: str | None


class Chain(Protocol):
    """A node of an EVM chain. Every method may raise ChainUnreachable or ChainRefused."""

    def chain_id(self) -> int: ...

    def head(self) -> Block: ...

    def blocks(self, numbers: Sequence[int]) -> list[Block | None]:
        """Headers by number, None where the node has none."""

    def logs(self, block_hash: bytes, addresses: Sequence[str]) -> list[Log]:
        """Events of these contracts in exactly this block, in their order."""

    def code(self, address: str) -> bytes: ...

    def receipt(self, transaction: bytes) -> Receipt | None: ...

    def knows(self, transaction: bytes) -> bool:
        """Whether the node holds it, mined or waiting."""

    def nonce(self, address: str, at: bytes | None = None) -> int:
        """Transactions of this account that are mined, as of a block hash or the head."""

    def balance(self, address: str) -> int:
        """Wei."""

    def call(self, to: str, data: bytes) -> bytes:
        """What a view answers at the head."""

    def would_take(self, sender: str, to: str, data: bytes, gas: int) -> bool:
        """Whether the same transaction would be carried out at the head, and not reverted."""

    def send(self, raw: bytes) -> None:
        """Hands in a signed transaction."""


class JsonRpcChain:
    """A `Chain` over HTTP JSON-RPC with one kept connection. Not for use by several threads at once."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url
        self._client = httpx.Client(timeout=timeout, headers={"Content-Type": "application/json"})
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    def request(self, method: str, *params: object) -> Any:
        """One JSON-RPC call; the answer's `result`."""
        return self._results([self._envelope(method, params)])[0]

    def chain_id(self) -> int:
        return int(self.request("eth_chainId"), 16)

    def head(self) -> Block:
        found = self.request("eth_getBlockByNumber", "latest", False)
        if found is None:
            raise ChainRefused(0, "no latest block")
        return _block(found)

    def blocks(self, numbers: Sequence[int]) -> list[Block | None]:
        calls = [self._envelope("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        return [found and _block(found) for found in self._results(calls)]

    def logs(self, block_hash: bytes, addresses: Sequence[str]) -> list[Log]:
        found = self.request("eth_getLogs", {"blockHash": _hex(block_hash), "address": list(addresses)})
        return sorted((_log(entry) for entry in found), key=lambda log: log.index)

    def logs_since(self, block: int, address: str) -> Iterator[Log]:
        """Events of a contract from a block to the head, in their order, asked for in pieces."""
        head = self.head().number
        for first in range(block, head + 1, _RANGE):
            last = min(first + _RANGE - 1, head)
            where = {"fromBlock": hex(first), "toBlock": hex(last), "address": address}
            found = self.request("eth_getLogs", where)
            yield from map(_log, sorted(found, key=_order))

    def code(self, address: str) -> bytes:
        return _bytes(self.request("eth_getCode", address, "latest"))

    def receipt(self, transaction: bytes) -> Receipt | None:
        found = self.request("eth_getTransactionReceipt", _hex(transaction))
        return found and Receipt(
            transaction=transaction,
            block_number=int(found["blockNumber"], 16),
            block_hash=_bytes(found["blockHash"]),
            succeeded=found["status"] == "0x1",
            gas_used=int(found["gasUsed"], 16),
            contract=found.get("contractAddress"),
        )

    def knows(self, transaction: bytes) -> bool:
        return self.request("eth_getTransactionByHash", _hex(transaction)) is not None

    def nonce(self, address: str, at: bytes | None = None) -> int:
        block: object = {"blockHash": _hex(at)} if at else "latest"
        return int(self.request("eth_getTransactionCount", address, block), 16)

    def balance(self, address: str) -> int:
        return int(self.request("eth_getBalance", address, "latest"), 16)

    def call(self, to: str, data: bytes) -> bytes:
        return _bytes(self.request("eth_call", {"to": to, "data": _hex(data)}, "latest"))

    def would_take(self, sender: str, to: str, data: bytes, gas: int) -> bool:
        call = {"from": sender, "to": to, "data": _hex(data), "gas": hex(gas)}
        try:
            self.request("eth_call", call, "latest")
        except ChainRefused:
            return False
        return True

    def send(self, raw: bytes) -> None:
        self.request("eth_sendRawTransaction", _hex(raw))

    def _envelope(self, method: str, params: Sequence[object]) -> dict[str, object]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def _results(self, calls: list[dict[str, object]]) -> list[Any]:
        if not calls:
            return []
        body = orjson.dumps(calls[0] if len(calls) == 1 else calls)
        try:
            answer = orjson.loads(self._client.post(self.url, content=body).content)
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise ChainUnreachable(
                "链节点没有应答，请检查节点是否在运行",
                f"The chain node at {self.url} does not answer; is it running?",
            ) from error
        answers: list[Any] = answer if isinstance(answer, list) else [answer]
        by_id: dict[object, Any] = {one["id"]: one for one in answers}
        return [_result(by_id.get(call["id"], answers[0])) for call in calls]


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        raise ChainRefused(error.get("code", 0), error.get("message", ""), error.get("data"))
    return answer["result"]


def _block(found: dict[str, Any]) -> Block:
    return Block(
        number=int(found["number"], 16),
        hash=_bytes(found["hash"]),
        parent=_bytes(found["parentHash"]),
        time=int(found["timestamp"], 16),
        base_fee=int(found.get("baseFeePerGas") or "0x0", 16),
        logs=int(found.get("logsBloom") or "0x1", 16) != 0,
    )


def _order(found: dict[str, Any]) -> tuple[int, int]:
    return int(found["blockNumber"], 16), int(found["logIndex"], 16)


def _log(found: dict[str, Any]) -> Log:
    return Log(
        address=found["address"].lower(),
        topics=tuple(_bytes(topic) for topic in found["topics"]),
        data=_bytes(found["data"]),
        index=int(found["logIndex"], 16),
        transaction=_bytes(found["transactionHash"]),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
