"""The outbox: transactions of one chain account, stored with their signed bytes before they are sent.

What is durable when: `put` adds row and first attempt to the caller's database transaction; after its commit
`push` sends, and sends the same bytes again whenever the node does not know them. A restart therefore looks
first and repeats only what it finds stored. Which transactions were mined is told by the follower
(settling.py); `examine` finds the rest: reverted, or the nonce used by a foreign hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry.chain.rpc import Chain, ChainRefused
from registry.store import Store
from registry.store.tables import (
    Attempt,
    ChainBlock,
    ChainTransaction,
    Deployment,
    Follower,
    TransactionState,
)

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

BUMP_AFTER = 3
"""Blocks without being mined until the fees are raised."""

TIP = 10**9
"""Wei a gas for whoever makes the block, to begin with."""

WORKER_KINDS = ("anchor", "status", "heads")
"""Kinds of the issuers' and the log's transactions; every other kind is an action of the authority."""


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction to be made. to: contract address; empty: a contract is created.

    gas: limit, fixed by whoever knows the call.

    kind: `anchor`, `status`, `heads`, or an authority's action. ref: what it is for (`batch:12`).
    """

    kind: str
    ref: str
    to: str
    data: bytes
    gas: int


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei a gas (EIP-1559): the most that is paid, and what of it is the tip."""

    max_fee: int
    priority_fee: int

    @classmethod
    def of(cls, base_fee: int) -> "Fees":
        """Enough for six full blocks in a row above that base fee."""
        return cls(2 * base_fee + TIP, TIP)

    def raised(self, base_fee: int) -> "Fees":
        """Both at least 12.5 % up, as nodes ask of a replacement, and enough for the present base fee."""
        fresh = Fees.of(base_fee)
        return Fees(
            max(_an_eighth_more(self.max_fee), fresh.max_fee),
            max(_an_eighth_more(self.priority_fee), fresh.priority_fee),
        )


@dataclass(frozen=True, slots=True)
class Examined:
    """What `examine` found. failed: rows that were reverted; they keep their nonce, and are never sent again.

    foreign: whether a nonce of this account was used by a transaction that is not ours.
    """

    failed: Sequence[ChainTransaction]
    foreign: bool


class ForeignNonce(Exception):
    """The account sent a transaction that is not ours: somebody else holds its key."""


class Outbox:
    """Transactions of one account on one deployment. Several processes may hold the same one: the unique
    (deployment, account, nonce) and the store's transactions are the guard."""

    def __init__(self, store: Store, chain: Chain, deployment: Deployment, account: "LocalAccount") -> None:
        assert deployment.id is not None
        self.store = store
        self.chain = chain
        self.deployment = deployment
        self.account = account
        self.address = account.address.lower()
        self._deployment: int = deployment.id

    def chain_nonce(self) -> int:
        """What the chain says this account's next nonce is; read before `put`, which must not wait for it."""
        return self.chain.nonce(self.address)

    def put(
        self, session: Session, call: Call, *, fees: Fees, chain_nonce: int, now: int
    ) -> ChainTransaction:
        """Adds a transaction and its first signed attempt to the caller's database transaction.

        The nonce follows the account's last row, or is the chain's for the first; two callers that take the
        same one cannot both commit.

        Raises:
            ForeignNonce: the chain has used nonces that no row of ours has.
        """
        last = session.exec(select(func.max(ChainTransaction.nonce)).where(*self._mine)).one()
        if last is not None and chain_nonce > last + 1:
            raise ForeignNonce(self.address)
        follower = session.get(Follower, self._deployment)
        row = ChainTransaction(
            deployment=self._deployment,
            account=self.address,
            nonce=chain_nonce if last is None else last + 1,
            kind=call.kind,
            ref=call.ref,
            to=call.to,
            data=call.data,
            gas=call.gas,
            created=now,
        )
        session.add(row)
        session.flush()
        session.add(self._attempt(row, fees, follower.head_number if follower else 0, now))
        session.flush()
        return row

    def push(self, *, now: int) -> None:
        """Sends, in nonce order, what the node does not know, and raises fees where mining takes too long.

        After a rollback the worker's rows wait until those of the authority are mined again.

        Raises:
            ChainUnreachable: sending stopped there; the next push goes on.
        """
        with self.store.read() as session:
            if self._must_wait(session):
                return
            waiting = self._unmined(session)
            attempts = {row.id: self._attempt_to_send(session, row) for row in waiting}
            head = self._head(session)
        for position, row in enumerate(waiting):
            attempt = attempts[row.id]
            if not self.chain.knows(attempt.hash):
                self._count_from(attempt, head)
                self._send(attempt)
            elif position == 0 and head - attempt.sent_block >= BUMP_AFTER:
                self._raise_fees(row, attempt, head, now)

    def abandon(self) -> None:
        """Gives up what waits in this outbox, because its account is in foreign hands: it is signed anew by
        another account, and whichever the chain takes counts."""
        with self.store.write() as session:
            for row in self._unmined(session):
                row.state = TransactionState.FAILED
                session.add(row)

    def examine(self) -> Examined:
        """Looks after rows whose nonce the chain has used without the follower having seen their events."""
        with self.store.read() as session:
            follower = session.get(Follower, self._deployment)
            waiting = self._unmined(session)
            hashes = {row.id: self._hashes(session, row) for row in waiting}
            known = session.exec(select(func.max(ChainTransaction.nonce)).where(*self._mine)).one()
        if follower is None or known is None:
            return Examined((), False)
        used = self.chain.nonce(self.address, follower.head_hash)
        failed: list[ChainTransaction] = []
        foreign = used > known + 1
        for row in waiting:
            if row.nonce < used:
                outcome = self._outcome(row, hashes[row.id], follower)
                foreign = foreign or outcome == "foreign"
                failed += [row] if outcome == "reverted" else []
        return Examined(failed, foreign)

    def caught_up(self, session: Session) -> bool:
        """Whether nothing of this account waits that was mined once and rolled back."""
        return not session.exec(
            select(exists().where(*self._mine, *_UNMINED, col(ChainTransaction.mined_hash).is_not(None)))
        ).one()

    def _outcome(self, row: ChainTransaction, hashes: Sequence[bytes], follower: Follower) -> str:
        receipts = [receipt for one in hashes if (receipt := self.chain.receipt(one))]
        # Only now: the head that the nonce was asked at still holds, so a missing receipt means something.
        (head,) = self.chain.blocks([follower.head_number])
        canonical = head is not None and head.hash == follower.head_hash
        with self.store.write() as session:
            current = session.get(ChainTransaction, row.id)
            if current is None or current.state != TransactionState.SENT:
                return "settled"
            if not receipts:
                if not canonical:
                    return "not followed yet"
                current.state = TransactionState.FAILED
                current.block_number, current.block_hash = follower.head_number, follower.head_hash
                return "foreign"
            receipt = receipts[0]
            block = session.get(ChainBlock, (self._deployment, receipt.block_number))
            if block is None or block.hash != receipt.block_hash:
                return "not followed yet"
            current.state = TransactionState.MINED if receipt.succeeded else TransactionState.FAILED
            current.mined_hash, current.gas_used = receipt.transaction, receipt.gas_used
            current.block_number, current.block_hash = receipt.block_number, receipt.block_hash
            return "mined" if receipt.succeeded else "reverted"

    def _count_from(self, attempt: Attempt, head: int) -> None:
        """An attempt that is sent again has its full time before its fees are raised."""
        if attempt.sent_block != head:
            with self.store.write() as session:
                session.exec(update(Attempt).where(col(Attempt.id) == attempt.id).values(sent_block=head))

    def _send(self, attempt: Attempt) -> None:
        try:
            self.chain.send(attempt.raw)
        except ChainRefused:
            return  # known already, mined meanwhile, or underpriced: the chain is asked again next time

    def _raise_fees(self, row: ChainTransaction, before: Attempt, head: int, now: int) -> None:
        fees = Fees(before.max_fee, before.priority_fee).raised(self.chain.head().base_fee)
        attempt = self._attempt(row, fees, head, now)
        try:
            with self.store.write() as session:
                session.add(attempt)
        except IntegrityError:
            return  # another process raised it to the same fees at the same moment
        self._send(attempt)

    def _attempt(self, row: ChainTransaction, fees: Fees, block: int, now: int) -> Attempt:
        signed = self.account.sign_transaction(
            {
                "type": 2,
                "chainId": self.deployment.chain_id,
                "nonce": row.nonce,
                "to": bytes.fromhex(row.to[2:]),
                "value": 0,
                "data": row.data,
                "gas": row.gas,
                "maxFeePerGas": fees.max_fee,
                "maxPriorityFeePerGas": fees.priority_fee,
            }
        )
        assert row.id is not None
        return Attempt(
            tx=row.id,
            raw=bytes(signed.raw_transaction),
            hash=bytes(signed.hash),
            max_fee=fees.max_fee,
            priority_fee=fees.priority_fee,
            sent_block=block,
            created=now,
        )

    @property
    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (
            col(ChainTransaction.deployment) == self._deployment,
            col(ChainTransaction.account) == self.address,
        )

    def _unmined(self, session: Session) -> Sequence[ChainTransaction]:
        return session.exec(
            select(ChainTransaction).where(*self._mine, *_UNMINED).order_by(col(ChainTransaction.nonce))
        ).all()

    def _attempt_to_send(self, session: Session, row: ChainTransaction) -> Attempt:
        """The one that was mined before a rollback, byte for byte; else the newest."""
        attempts = select(Attempt).where(Attempt.tx == row.id).order_by(col(Attempt.id).desc())
        if row.mined_hash is not None:
            attempts = attempts.where(Attempt.hash == row.mined_hash)
        return session.exec(attempts.limit(1)).one()

    def _hashes(self, session: Session, row: ChainTransaction) -> Sequence[bytes]:
        return session.exec(select(Attempt.hash).where(Attempt.tx == row.id)).all()

    def _head(self, session: Session) -> int:
        follower = session.get(Follower, self._deployment)
        return follower.head_number if follower else 0

    def _must_wait(self, session: Session) -> bool:
        """Whether rows of the authority were rolled back and are not mined again, and this is no such row."""
        if not session.exec(
            select(exists().where(*self._mine, *_UNMINED, col(ChainTransaction.kind).in_(WORKER_KINDS)))
        ).one():
            return False
        return authority_was_rolled_back(session, self._deployment)


def authority_was_rolled_back(session: Session, deployment: int) -> bool:
    """Whether actions of the authority were mined once, were rolled back and are not mined again."""
    return session.exec(
        select(
            exists().where(
                col(ChainTransaction.deployment) == deployment,
                *_UNMINED,
                col(ChainTransaction.kind).not_in(WORKER_KINDS),
                col(ChainTransaction.mined_hash).is_not(None),
            )
        )
    ).one()


_UNMINED = (col(ChainTransaction.state) == TransactionState.SENT,)


def _an_eighth_more(wei: int) -> int:
    return wei + max(1, -(-wei // 8))
