"""How often what the chain reverts is signed anew: three times in a row, then only where the chain, asked
beforehand, would take it, and ever more seldom."""

from typing import NamedTuple

from sqlmodel import Session, col, func, select

from registry.store.tables import ChainTransaction, TransactionState

MOST = 3
"""Times in a row that the same thing may be reverted before the issuer stops."""
SELDOM = 10
"""The wait doubles up to 2^10 blocks."""

_TAKEN = (TransactionState.MINED, TransactionState.FINAL)


class Reverts(NamedTuple):
    """How often in a row, and in which block last."""

    times: int
    block: int

    def may_try(self, head: int) -> bool:
        """Whether it is time for another try, the head being that block."""
        return self.times < MOST or head - self.block >= 1 << min(self.times - MOST + 1, SELDOM)


def reverts(session: Session, deployment: int, ref: str) -> Reverts:
    """Reverted transactions for the same thing, since one for it was last carried out."""
    same = (ChainTransaction.deployment == deployment, ChainTransaction.ref == ref)
    taken = select(func.max(ChainTransaction.id)).where(*same, col(ChainTransaction.state).in_(_TAKEN))
    count, block = session.exec(
        select(func.count(), func.max(ChainTransaction.block_number)).where(
            *same,
            ChainTransaction.state == TransactionState.FAILED,
            col(ChainTransaction.mined_hash).is_not(None),
            col(ChainTransaction.id) > (session.exec(taken).one() or 0),
        )
    ).one()
    return Reverts(count, block or 0)


def exhausted(session: Session, deployment: int, ref: str) -> bool:
    """Whether it was reverted as often as anything may be."""
    return reverts(session, deployment, ref).times >= MOST
