"""From issued to final on a real chain whose blocks come when asked for: nothing here waits for a block."""

import time
from collections.abc import Iterator

from eth_account import Account
from hexbytes import HexBytes
from sqlalchemy import bindparam, func, select, update
from web3 import Web3
from web3.types import Nonce

from registry.store import Store, open_store
from registry.store.tables import Certificate
from scripts.bench.measuring import Pair, in_turns
from scripts.bench.world import DEPARTMENTS, World

GAS = 60_000
"""More than a small transaction with as much data as `anchorBatch` has needs."""
DATA = bytes(4 + 4 * 32)
GWEI = 10**9


def pairs(world: World, *, count: int, rounds: int) -> Iterator[Pair]:
    """Certificates of one batch, and batches of many departments."""

    def certificates() -> tuple[float, float]:
        world.take_in(world.file(count))
        bare = open_store(world.copied("limit").database_url)
        limit = _mark(bare, count)
        bare.close()
        return _anchored(world, count), limit

    yield Pair("anchor_certificates", "certificates/s", certificates, rounds)

    def batches() -> float:
        world.issue_one_each()
        return _anchored(world, DEPARTMENTS)

    yield Pair("anchor_batches", "transactions/s", in_turns(batches, _Bare(world).send), rounds)


def _anchored(world: World, units: int) -> float:
    started = time.perf_counter()
    world.anchor()
    return units / (time.perf_counter() - started)


def _mark(store: Store, count: int) -> float:
    """What anchoring must read and write of each certificate, by Core in one transaction, and no more."""
    certificate, batch = (Certificate.metadata.tables[name] for name in ("certificate", "batch"))
    mine = update(certificate).where(certificate.c.id == bindparam("row"))
    mark = mine.values(state="batched", batch=bindparam("batch"), leaf_index=bindparam("at"))
    started = time.perf_counter()
    with store.engine.begin() as connection:
        rows = connection.execute(select(certificate).where(certificate.c.state == "open")).all()
        newest = connection.execute(select(func.max(batch.c.id))).scalar_one()
        places = [{"row": row.id, "batch": newest, "at": row.id} for row in rows]
        connection.execute(mark, places)
    if len(rows) != count:
        raise RuntimeError(f"{len(rows)} open certificates, not {count}")
    return count / (time.perf_counter() - started)


class _Bare:
    """As many transactions as there are departments, by web3.py alone: signed, sent, mined, receipts read."""

    def __init__(self, world: World) -> None:
        self._node = world.node
        self._web3 = Web3(Web3.HTTPProvider(world.node.url))
        self._account = Account.create()
        world.node.fund(self._account.address)

    def send(self) -> float:
        """Transactions a second."""
        started = time.perf_counter()
        nonce = self._web3.eth.get_transaction_count(self._account.address)
        sent = [self._send_one(Nonce(nonce + number)) for number in range(DEPARTMENTS)]
        self._node.mine()
        for one in sent:
            if self._web3.eth.get_transaction_receipt(one)["status"] != 1:
                raise RuntimeError("a bare transaction was reverted")
        return DEPARTMENTS / (time.perf_counter() - started)

    def _send_one(self, nonce: Nonce) -> HexBytes:
        signed = self._account.sign_transaction(
            {
                "type": 2, "chainId": 31337, "nonce": nonce, "to": self._account.address, "value": 0,
                "data": DATA, "gas": GAS, "maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": GWEI,
            }
        )  # fmt: skip
        return self._web3.eth.send_raw_transaction(signed.raw_transaction)
