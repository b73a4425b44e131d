"""Our contracts: calls encoded, events and errors decoded, code put on a chain.

Codes of issuers and types travel as right-padded ASCII in 32 bytes.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from registry.chain.compiler import compiled
from registry.chain.rpc import Chain, ChainRefused, Log
from registry.errors import RegistryError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

ISSUER_REGISTRY = "IssuerRegistry"
CERTIFICATE_REGISTRY = "CertificateRegistry"
ACCESS_LOG = "AccessLog"

BATCH_ANCHORED = "BatchAnchored"
BATCHES_VOIDED = "BatchesVoided"
BATCH_REPLACED = "BatchReplaced"
HEADS_ANCHORED = "HeadsAnchored"
STATUS_SET = "StatusSet"
WORDS_IMPORTED = "WordsImported"

FOREVER = 2**64 - 1
"""`until` of a window without an end."""

CREATION_GAS = 12_000_000
"""Limit for the creation of a contract."""


class DeploymentFailed(RegistryError):
    """A contract could not be put on the chain."""

    kind = "deployment-failed"
    status = 502
    mender = "operator"


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event. args: JSON values; bytes, addresses and integers above 64 bits as 0x hex."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract on a chain: its address, and the block that holds it."""

    address: str
    block_number: int
    block_hash: bytes


class Interface:
    """What one contract can be asked, tells and refuses, by its ABI."""

    def __init__(self, abi: Sequence[Mapping[str, Any]]) -> None:
        self._functions = {entry["name"]: entry for entry in abi if entry["type"] == "function"}
        self._events = {_topic(entry): entry for entry in abi if entry["type"] == "event"}
        self._errors = {_topic(entry)[:4]: entry for entry in abi if entry["type"] == "error"}
        self._constructor: Mapping[str, Any] = next(
            (entry for entry in abi if entry["type"] == "constructor"), {"inputs": []}
        )

    def call(self, function: str, *arguments: object) -> bytes:
        """Calldata of a function."""
        entry = self._functions[function]
        return _topic(entry)[:4] + encode(_types(entry["inputs"]), arguments)

    def called(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """The function that calldata calls, and its arguments by name, in their order.

        Raises:
            KeyError: this contract has no such function.
        """
        entry = {_topic(one)[:4]: one for one in self._functions.values()}[data[:4]]
        values = decode(_types(entry["inputs"]), data[4:])
        names = (one["name"] for one in entry["inputs"])
        return entry["name"], dict(zip(names, values, strict=True))

    def construction(self, *arguments: object) -> bytes:
        """What follows the bytecode when the contract is created."""
        return encode(_types(self._constructor["inputs"]), arguments)

    def result(self, function: str, data: bytes) -> tuple[Any, ...]:
        """What a view answered."""
        return decode(_types(self._functions[function]["outputs"]), data)

    def ask(self, chain: Chain, address: str, function: str, *arguments: object) -> Any:
        """Calls a view at the chain's head; its only answer, or all of them as a tuple."""
        found = self.result(function, chain.call(address, self.call(function, *arguments)))
        return found[0] if len(found) == 1 else found

    def event(self, log: Log) -> Event | None:
        """A log of this contract; None where its ABI has no such event."""
        entry = self._events.get(log.topics[0]) if log.topics else None
        if entry is None:
            return None
        indexed = [one for one in entry["inputs"] if one["indexed"]]
        plain = [one for one in entry["inputs"] if not one["indexed"]]
        values = {
            one["name"]: _plain(one["type"], decode([one["type"]], topic)[0])
            for one, topic in zip(indexed, log.topics[1:], strict=True)
        }
        for one, value in zip(plain, decode(_types(plain), log.data), strict=True):
            values[one["name"]] = _plain(one["type"], value)
        return Event(entry["name"], values)

    def error(self, refusal: ChainRefused) -> Event | None:
        """The custom error behind a refused call, where the node gave one that this contract has."""
        data = refusal.data
        raw = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
        entry = self._errors.get(raw[:4])
        if entry is None:
            return None
        values = decode(_types(entry["inputs"]), raw[4:])
        pairs = zip(entry["inputs"], values, strict=True)
        return Event(entry["name"], {one["name"]: _plain(one["type"], value) for one, value in pairs})


@cache
def interface(contract: str) -> Interface:
    """The interface of a contract by its name, from what the compiler made of it."""
    return Interface(compiled()[contract].abi)


def code_bytes(code: str) -> bytes:
    """A code of an issuer or a type as the chain has it."""
    return code.encode("ascii").ljust(32, b"\0")


def code_text(data: bytes | str) -> str:
    """The code in 32 bytes, or in their hex form as events keep it."""
    raw = bytes.fromhex(data[2:]) if isinstance(data, str) else data
    return raw.rstrip(b"\0").decode("ascii")


def code_hash(chain: Chain, addresses: Sequence[str]) -> bytes:
    """SHA-256 over the runtime code at these addresses, in this order (`Deployment.code_hash`)."""
    return hashlib.sha256(b"".join(chain.code(address) for address in addresses)).digest()


def deploy(
    chain: Chain,
    account: "LocalAccount",
    contract: str,
    *arguments: object,
    wait: Callable[[], None],
    bytecode: bytes | None = None,
) -> Deployed:
    """Puts a contract on the chain and returns once it is mined. `wait` is called between looks.

    Nothing is stored: after a kill a second contract is made, and the first is nobody's.

    Raises:
        DeploymentFailed: the constructor reverted.
        ChainUnreachable, ChainRefused
    """
    creation = (bytecode or compiled()[contract].bytecode) + interface(contract).construction(*arguments)
    base_fee = chain.head().base_fee
    signed = account.sign_transaction(
        {
            "type": 2,
            "chainId": chain.chain_id(),
            "nonce": chain.nonce(account.address),
            "value": 0,
            "data": creation,
            "gas": CREATION_GAS,
            "maxFeePerGas": 2 * base_fee + 10**9,
            "maxPriorityFeePerGas": 10**9,
        }
    )
    chain.send(bytes(signed.raw_transaction))
    while (receipt := chain.receipt(bytes(signed.hash))) is None:
        wait()
    if not receipt.succeeded or receipt.contract is None:
        raise DeploymentFailed(f"合约 {contract} 部署失败", f"The contract {contract} could not be deployed.")
    return Deployed(receipt.contract, receipt.block_number, receipt.block_hash)


def _types(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [collapse_if_tuple(dict(one)) for one in inputs]


def _topic(entry: Mapping[str, Any]) -> bytes:
    return keccak(text=f"{entry['name']}({','.join(_types(entry['inputs']))})")


def _plain(kind: str, value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(kind.rpartition("[")[0], one) for one in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and kind == "uint256":
        return f"0x{value:064x}"
    return value.lower() if isinstance(value, str) else value
