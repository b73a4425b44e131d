"""A town on a local anvil, for tests of the contracts: deployed, one issuer, one type, import closed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from registry.chain.compiler import compiled
from registry.chain.node import LocalNode

FOREVER = 2**64 - 1
TYPE = b"11100000000013338W011".ljust(32, b"\0")


def code(number: int) -> bytes:
    """The code of the number-th issuer of the town."""
    return f"11440101{number:010d}".encode().ljust(32, b"\0")


class Node(Protocol):
    """A chain with at least one unlocked account, which makes blocks when told, or unasked."""

    url: str

    def mine(self, blocks: int = 1) -> None: ...


class Town:
    """Both contracts on a running node, whose one account is the authority's and every issuer's."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.web3 = Web3(Web3.HTTPProvider(node.url))
        self.account = self.web3.eth.accounts[0]
        self.issuers = self._deploy("IssuerRegistry", 0, self.account, self.account)
        self.certificates = self._deploy("CertificateRegistry", self.issuers.address)

    def send(self, call: Any, gas: int = 16_000_000) -> TxReceipt:
        """One transaction in a block of its own, checked to have succeeded."""
        sent = call.transact({"from": self.account, "gas": gas})
        self.node.mine()
        receipt = self.web3.eth.wait_for_transaction_receipt(sent)
        assert receipt["status"] == 1
        return receipt

    def found(self, issuers: int = 1) -> None:
        """Registers issuers and closes the import, as founding does."""
        self.send(self.issuers.functions.addTypeVersion(TYPE, 1, b"\1" * 32, 0, FOREVER))
        for number in range(issuers):
            self.send(self.issuers.functions.registerIssuer(code(number)))
            self.send(self.issuers.functions.addAccount(code(number), self.account, 0, FOREVER))
        self.send(self.certificates.functions.openSequences([code(number) for number in range(issuers)]))
        self.send(self.issuers.functions.closeImport())
        self.send(self.certificates.functions.closeImport())

    def _deploy(self, name: str, *arguments: object) -> Contract:
        artifact = compiled()[name]
        contract = self.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        receipt = self.send(contract.constructor(*arguments))
        return cast(Contract, self.web3.eth.contract(address=receipt["contractAddress"], abi=artifact.abi))


@contextmanager
def town(issuers: int = 1) -> Iterator[Town]:
    """A founded town, gone with its node at the end."""
    node = LocalNode.start(block_time=None)
    try:
        built = Town(node)
        built.found(issuers)
        yield built
    finally:
        node.stop()
