"""Following the chain: blocks by hash into `chain_block`, events into `chain_event`.

One step reads the network first and then writes once: what is above the common ancestor goes, new blocks and
events come, and everything that waits for them moves (settling.py), in one transaction. Any number of
processes may follow; the one whose starting point is no longer the stored head throws its reading away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry import jcs
from registry.chain import settling
from registry.chain.contracts import (
    ACCESS_LOG,
    CERTIFICATE_REGISTRY,
    ISSUER_REGISTRY,
    code_hash,
    interface,
)
from registry.chain.rpc import Block, Chain, Log
from registry.store import Store
from registry.store.tables import ChainBlock, ChainEvent, Deployment
from registry.store.tables import Follower as FollowerRow

STEP = 200
"""Blocks taken in by one step."""

REFRESH = 5
"""Seconds after which it is written down again that a head that did not move was reached."""

GREEN, RED = "green", "red"

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Reset:
    """This is not the chain that was followed: which pinned fact differs, in both languages."""

    zh: str
    en: str


NOT_OUR_CHAIN = Reset(
    "链的编号或创世区块不是登记的那一个", "another chain answers: its id or genesis block differs"
)
NO_ANCESTOR = Reset(
    "链上没有我们的部署区块，链已被重置", "the chain was reset: our deployment block is not on it"
)
OTHER_CODE = Reset(
    "合约地址上的代码不是部署的那一份", "the code at the contracts' addresses is not what was deployed"
)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. head: number of the last followed block. reached: it is the chain's head.

    rolled_back_to: the common ancestor, where there was a rollback. blocks: how many came.
    reset: set when following stopped, red.
    """

    head: int
    reached: bool
    blocks: int = 0
    rolled_back_to: int | None = None
    reset: Reset | None = None


class Follower:
    """Follows one deployment's contracts on a chain into the store."""

    def __init__(
        self, store: Store, chain: Chain, deployment: Deployment, *, confirmations: int, clock: Clock
    ) -> None:
        assert deployment.id is not None
        self.store = store
        self.chain = chain
        self.deployment = deployment
        self.confirmations = confirmations
        self.clock = clock
        self._id: int = deployment.id
        self._contracts = {
            address.lower(): name for name, address in _addresses(deployment).items() if address is not None
        }
        self._registry = deployment.certificate_registry.lower()
        self._pins_seen = False
        self._written = 0

    def step(self) -> Step:
        """Follows up to STEP blocks.

        Raises:
            ChainUnreachable, ChainRefused: nothing was written.
        """
        start = self._start()
        head = self.chain.head()
        if head.hash == start.hash and self._pins_seen and self.clock() - self._written < REFRESH:
            return Step(start.number, reached=True)
        reset = None if self._pins_seen and head.number >= start.number else self._check_pins()
        ancestor = None if reset else self._common_ancestor(start)
        if reset or ancestor is None:
            return self._stop(start, reset or NO_ANCESTOR)
        if ancestor.hash != start.hash and (reset := self._check_pins()):
            return self._stop(start, reset)
        self._pins_seen, self._written = True, self.clock()
        blocks = self._read(ancestor, head)
        events = [(block, self._events(block)) for block in blocks]
        try:
            return self._write(start, ancestor, head, events)
        except IntegrityError:
            return Step(start.number, reached=False)  # another process took in the same blocks just now

    def follow(self) -> Step:
        """Steps until the head is reached, or following stops."""
        step = self.step()
        while not step.reached and step.reset is None:
            step = self.step()
        return step

    def _start(self) -> ChainBlock:
        """The last followed block; before the first, the place just below the deployment block."""
        with self.store.read() as session:
            row = session.get(FollowerRow, self._id)
            found = row and session.get(ChainBlock, (self._id, row.head_number))
        return found or self._below()

    def _below(self) -> ChainBlock:
        return ChainBlock(deployment=self._id, number=self.deployment.block - 1, hash=b"", parent=b"", time=0)

    def _check_pins(self) -> Reset | None:
        """Whether the node's chain is the one the deployment names: id, genesis, block and code of ours."""
        pinned = self.deployment
        genesis, ours = self.chain.blocks([0, pinned.block])
        if self.chain.chain_id() != pinned.chain_id or genesis is None or genesis.hash != pinned.genesis:
            return NOT_OUR_CHAIN
        if ours is None or ours.hash != pinned.block_hash:
            return NO_ANCESTOR
        addresses = [address for address in _addresses(pinned).values() if address is not None]
        return None if code_hash(self.chain, addresses) == pinned.code_hash else OTHER_CODE

    def _common_ancestor(self, start: ChainBlock) -> ChainBlock | None:
        """The highest followed block that is still on the chain; None where none is at or above ours."""
        if start.number < self.deployment.block or self._holds(start):
            return start
        with self.store.read() as session:
            below = select(ChainBlock).where(ChainBlock.deployment == self._id)
            below = below.where(col(ChainBlock.number) < start.number)
            downwards = below.order_by(col(ChainBlock.number).desc()).execution_options(yield_per=STEP)
            return next((row for row in session.exec(downwards) if self._holds(row)), None)

    def _holds(self, row: ChainBlock) -> bool:
        (block,) = self.chain.blocks([row.number])
        return block is not None and block.hash == row.hash

    def _read(self, ancestor: ChainBlock, head: Block) -> list[Block]:
        """The next blocks, as far as each is the parent of the next: a reorganisation cuts them short."""
        numbers = range(ancestor.number + 1, min(head.number, ancestor.number + STEP) + 1)
        blocks: list[Block] = []
        parent = ancestor.hash
        for block in self.chain.blocks(numbers):
            if block is None or (parent and block.parent != parent):
                break
            blocks.append(block)
            parent = block.hash
        return blocks

    def _events(self, block: Block) -> list[ChainEvent]:
        logs = self.chain.logs(block.hash, list(self._contracts)) if block.logs else []
        return [event for log in logs if (event := self._event(block, log))]

    def _event(self, block: Block, log: Log) -> ChainEvent | None:
        contract = self._contracts[log.address]
        event = interface(contract).event(log)
        if event is None or event.args.get("registry", self._registry) != self._registry:
            return None  # AccessLog may serve other registries too
        return ChainEvent(
            deployment=self._id,
            block_number=block.number,
            log_index=log.index,
            block_hash=block.hash,
            transaction_hash=log.transaction,
            contract=contract,
            name=event.name,
            args=jcs.dumps(dict(event.args)).decode(),
        )

    def _write(
        self,
        start: ChainBlock,
        ancestor: ChainBlock,
        head: Block,
        found: Sequence[tuple[Block, list[ChainEvent]]],
    ) -> Step:
        last = found[-1][0] if found else ancestor
        reached = last.number == head.number and last.hash == head.hash
        rolled_back = ancestor.number < start.number
        with self.store.write() as session:
            row = self._row(session, start)
            if row is None:
                return Step(start.number, reached=False)
            if rolled_back:
                self._roll_back(session, ancestor.number)
            _add(session, self._id, found)
            row.head_number, row.head_hash = last.number, last.hash
            row.health, row.reason_zh, row.reason_en = GREEN, "", ""
            row.reached_at = self.clock() if reached else row.reached_at
            moved = bool(found) and settling.settle(
                session,
                self._id,
                since=ancestor.number + 1,
                head=last.number,
                confirmations=self.confirmations,
            )
            if moved or rolled_back or any(events for _, events in found):
                row.version += 1
        return Step(last.number, reached, len(found), ancestor.number if rolled_back else None)

    def _row(self, session: Session, start: ChainBlock) -> FollowerRow | None:
        """The follower's row, made on the first run; None where another process has moved it meanwhile, or
        has put a contract beside ours whose events this one would miss."""
        pinned = session.get(Deployment, self._id)
        if pinned is None or pinned.access_log != self.deployment.access_log:
            return None
        row = session.get(FollowerRow, self._id)
        if row is None and start.hash == b"":
            row = FollowerRow(
                deployment=self._id, head_number=start.number, head_hash=b"", reached_at=0, health=GREEN
            )
            session.add(row)
        return row if row is not None and row.head_hash == start.hash else None

    def _roll_back(self, session: Session, ancestor: int) -> None:
        settling.unsettle(session, self._id, ancestor)
        events = delete(ChainEvent).where(col(ChainEvent.deployment) == self._id)
        session.exec(events.where(col(ChainEvent.block_number) > ancestor))
        blocks = delete(ChainBlock).where(col(ChainBlock.deployment) == self._id)
        session.exec(blocks.where(col(ChainBlock.number) > ancestor))

    def _stop(self, start: ChainBlock, reset: Reset) -> Step:
        with self.store.write() as session:
            row = self._row(session, start)
            if row is not None and (row.health, row.reason_en) != (RED, reset.en):
                row.health, row.reason_zh, row.reason_en = RED, reset.zh, reset.en
                row.version += 1
        self._pins_seen = False
        return Step(start.number, reached=False, reset=reset)


def _add(session: Session, deployment: int, found: Sequence[tuple[Block, list[ChainEvent]]]) -> None:
    for block, events in found:
        session.add(
            ChainBlock(
                deployment=deployment,
                number=block.number,
                hash=block.hash,
                parent=block.parent,
                time=block.time,
            )
        )
        session.add_all(events)
    session.flush()


def _addresses(deployment: Deployment) -> dict[str, str | None]:
    return {
        ISSUER_REGISTRY: deployment.issuer_registry,
        CERTIFICATE_REGISTRY: deployment.certificate_registry,
        ACCESS_LOG: deployment.access_log,
    }
