"""Proofs that entries stand in the log whose head is on the chain, final."""

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session, col, select

from registry.accesslog import tree
from registry.logproof import EntryProof
from registry.store.tables import (
    AccessEntry,
    AccessHead,
    AccessSalt,
    ChainTransaction,
    Deployment,
    DeploymentState,
    TransactionState,
)


def anchored(session: Session, issuer: str) -> tuple[AccessHead, int] | None:
    """The newest final head of an issuer's log on the contracts in force, and the block that holds it."""
    found = session.exec(
        select(AccessHead, ChainTransaction.block_number)
        .join(ChainTransaction, col(ChainTransaction.id) == col(AccessHead.chain_tx))
        .join(Deployment, col(Deployment.id) == col(AccessHead.deployment))
        .where(
            AccessHead.issuer == issuer,
            Deployment.state == DeploymentState.LIVE,
            ChainTransaction.state == TransactionState.FINAL,
        )
        .order_by(col(AccessHead.seq).desc())
        .limit(1)
    ).first()
    return None if found is None or found[1] is None else (found[0], found[1])


def proofs(session: Session, issuer: str, seqs: Collection[int]) -> Mapping[int, EntryProof]:
    """The proofs of entries by their seq; those that no anchored head holds yet are left out, and all where
    an entry that they are made of is gone: an audit says which."""
    found = anchored(session, issuer)
    if found is None:
        return {}
    head, block = found
    paths = tree.paths(session, issuer, head.size, {seq - 1 for seq in seqs if seq <= head.size})
    return {
        index + 1: EntryProof(index, head.size, path, head.link, head.blinding, head.seq, block)
        for index, path in paths.items()
    }


def of_holder(session: Session, finder: bytes, limit: int, until: int | None = None) -> Sequence[AccessEntry]:
    """The newest entries about a holder in all logs. finder: `Vault.log_index`; until: before that time."""
    rows = (
        select(AccessEntry)
        .join(
            AccessSalt,
            (col(AccessSalt.issuer) == col(AccessEntry.issuer)) & (col(AccessSalt.seq) == AccessEntry.seq),
        )
        .where(AccessSalt.finder == finder)
        .order_by(col(AccessEntry.time).desc(), col(AccessEntry.issuer), col(AccessEntry.seq).desc())
        .limit(limit)
    )
    return session.exec(rows if until is None else rows.where(AccessEntry.time < until)).all()
