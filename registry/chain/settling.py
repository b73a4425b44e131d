"""What followed blocks mean for the rows that wait for them: sent → mined → final, and back by a rollback.

All of it runs in the follower's database transaction and looks at the store only, so that blocks, events and
states change together.
"""

from collections.abc import Iterable

import orjson
from sqlalchemy import CursorResult, Update, update
from sqlmodel import Session, col, select

from registry.chain.contracts import BATCH_ANCHORED, BATCH_REPLACED, BATCHES_VOIDED, code_text
from registry.store.tables import (
    Attempt,
    Batch,
    BatchState,
    ChainEvent,
    ChainTransaction,
    IntentState,
    StatusIntent,
    TransactionState,
)

_ON_CHAIN = (BatchState.MINED, BatchState.FINAL)
_CARRIED = (IntentState.SENT, IntentState.MINED, IntentState.FINAL)


def unsettle(session: Session, deployment: int, ancestor: int) -> None:
    """Takes back to `sent` whatever stood on blocks above the ancestor; reverted rows too, so that their
    nonce is filled again. `mined_hash` stays: it says which bytes to send again."""
    nowhere = {"block_number": None, "block_hash": None}
    _run(
        session,
        update(ChainTransaction)
        .where(col(ChainTransaction.deployment) == deployment, col(ChainTransaction.block_number) > ancestor)
        .values(state=TransactionState.SENT, gas_used=None, **nowhere),
    )
    _run(
        session,
        update(Batch)
        .where(col(Batch.deployment) == deployment, col(Batch.block_number) > ancestor)
        .where(col(Batch.state).in_(_ON_CHAIN))
        .values(state=BatchState.SENT, block_time=None, **nowhere),
    )
    _unvoid(session, deployment, ancestor)
    _move_intents(session, deployment)


def settle(session: Session, deployment: int, *, since: int, head: int, confirmations: int) -> bool:
    """Moves transactions, batches and intents by the events of blocks from `since` on, and by depth below
    `head`. Whether anything became final, or was voided."""
    deep = head - confirmations
    _mine_transactions(session, deployment, since)
    voids = 0
    for event in _events(session, deployment, since, (BATCH_ANCHORED, BATCHES_VOIDED, BATCH_REPLACED)):
        if event.name == BATCHES_VOIDED:
            voids += _void(session, event)
        else:
            (_mine_batch if event.name == BATCH_ANCHORED else _replace_batch)(session, event)
    final = _run(session, _finalise(deployment, deep))
    _run(
        session,
        update(ChainTransaction)
        .where(col(ChainTransaction.deployment) == deployment, col(ChainTransaction.block_number) <= deep)
        .where(col(ChainTransaction.state) == TransactionState.MINED)
        .values(state=TransactionState.FINAL),
    )
    return final + voids + _move_intents(session, deployment) > 0


def _finalise(deployment: int, deep: int) -> Update:
    return (
        update(Batch)
        .where(col(Batch.deployment) == deployment, col(Batch.block_number) <= deep)
        .where(col(Batch.state) == BatchState.MINED)
        .values(state=BatchState.FINAL)
    )


def _mine_transactions(session: Session, deployment: int, since: int) -> None:
    found = session.exec(
        select(ChainTransaction, ChainEvent)
        .join(Attempt, col(Attempt.tx) == ChainTransaction.id)
        .join(ChainEvent, col(ChainEvent.transaction_hash) == Attempt.hash)
        .where(ChainTransaction.deployment == deployment, ChainEvent.deployment == deployment)
        .where(col(ChainEvent.block_number) >= since, ChainTransaction.state == TransactionState.SENT)
    ).all()
    for row, event in found:
        row.state, row.mined_hash = TransactionState.MINED, event.transaction_hash
        row.block_number, row.block_hash = event.block_number, event.block_hash
        session.add(row)
    session.flush()


def _mine_batch(session: Session, event: ChainEvent) -> None:
    """A batch is mined when its very issuer, seq, root and size are on the chain, whoever's transaction it
    was that put them there."""
    args = orjson.loads(event.args)
    _run(
        session,
        update(Batch)
        .where(col(Batch.deployment) == event.deployment, col(Batch.issuer) == code_text(args["issuer"]))
        .where(col(Batch.seq) == args["seq"], col(Batch.root) == bytes.fromhex(args["root"][2:]))
        .where(col(Batch.size) == args["size"], col(Batch.state) == BatchState.SENT)
        .values(**_place(event), block_time=args["time"]),
    )


def _replace_batch(session: Session, event: ChainEvent) -> None:
    """A batch of ours that counts in a voided one's place, at its time: its root was anchored by somebody
    else, or it is the very one that was voided, together with a thief's."""
    args = orjson.loads(event.args)
    _run(
        session,
        update(Batch)
        .where(col(Batch.deployment) == event.deployment, col(Batch.issuer) == code_text(args["issuer"]))
        .where(col(Batch.root) == bytes.fromhex(args["root"][2:]), col(Batch.size) == args["size"])
        .where(col(Batch.state).in_((BatchState.SENT, BatchState.VOIDED)))
        .values(**_place(event), seq=args["seq"], block_time=args["time"]),
    )


def _place(event: ChainEvent) -> dict[str, object]:
    return {
        "state": BatchState.MINED,
        "block_number": event.block_number,
        "block_hash": event.block_hash,
    }


def _void(session: Session, event: ChainEvent) -> int:
    return _run(
        session, _voiding(event).where(col(Batch.state).in_(_ON_CHAIN)).values(state=BatchState.VOIDED)
    )


def _voiding(event: ChainEvent) -> Update:
    args = orjson.loads(event.args)
    return update(Batch).where(
        col(Batch.deployment) == event.deployment,
        col(Batch.issuer) == code_text(args["issuer"]),
        col(Batch.seq).between(args["fromSeq"], args["toSeq"]),
    )


def _unvoid(session: Session, deployment: int, ancestor: int) -> None:
    """A void that was rolled back: its batches stand again, or wait again where their anchor went too.

    Called before the events above the ancestor are deleted.
    """
    for event in _events(session, deployment, ancestor + 1, (BATCHES_VOIDED,)):
        voided = _voiding(event).where(col(Batch.state) == BatchState.VOIDED)
        _run(session, voided.where(col(Batch.block_number) <= ancestor).values(state=BatchState.MINED))
        gone = {"state": BatchState.SENT, "block_number": None, "block_hash": None, "block_time": None}
        _run(session, voided.where(col(Batch.block_number) > ancestor).values(**gone))


def _move_intents(session: Session, deployment: int) -> int:
    """Intents stand where their transaction stands. How many became final."""
    final = 0
    for state in (TransactionState.SENT, TransactionState.MINED, TransactionState.FINAL):
        transactions = select(ChainTransaction.id).where(
            ChainTransaction.deployment == deployment, ChainTransaction.state == state
        )
        others = [other for other in _CARRIED if other.value != state.value]
        moved = _run(
            session,
            update(StatusIntent)
            .where(col(StatusIntent.state).in_(others), col(StatusIntent.chain_tx).in_(transactions))
            .values(state=IntentState(state.value)),
        )
        final += moved if state == TransactionState.FINAL else 0
    return final


def _events(session: Session, deployment: int, since: int, names: Iterable[str]) -> list[ChainEvent]:
    return list(
        session.exec(
            select(ChainEvent)
            .where(ChainEvent.deployment == deployment, col(ChainEvent.name).in_(names))
            .where(col(ChainEvent.block_number) >= since)
            .order_by(col(ChainEvent.block_number), col(ChainEvent.log_index))
        ).all()
    )


def _run(session: Session, statement: Update) -> int:
    result = session.exec(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0
