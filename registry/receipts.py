"""Receipts: where a certificate's leaf stands in its final batch, as a credential carries it."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from sqlmodel import Session, col, select

from registry import merkle
from registry.credential import Anchor
from registry.errors import RegistryError
from registry.merkle import InclusionProof
from registry.store.tables import Batch, BatchState, Certificate


class NotFinal(RegistryError):
    """The certificate's batch is not final on the chain yet; it will be in a moment."""

    kind = "not-final"
    status = 409
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "证照刚刚签发，正在上链，请稍候再试。",
            "The certificate was issued just now and is being anchored; try again in a moment.",
        )


class Broken(RegistryError):
    """What is stored of a batch does not lead to its root: nothing of it is given out."""

    kind = "broken-batch"
    status = 500
    mender = "operator"


def receipt(session: Session, certificate: Certificate) -> Anchor:
    """The inclusion proof of a certificate in its batch.

    Raises:
        NotFinal: it is in no batch, or the batch is not final.
        Broken: leaves, proof and root do not fit together.
    """
    batch = session.get(Batch, certificate.batch) if certificate.batch is not None else None
    if batch is None or batch.state != BatchState.FINAL:
        raise NotFinal
    assert certificate.leaf_index is not None
    paths = _paths_of(session, batch)
    if certificate.leaf_index < len(paths) == batch.size:
        proof = InclusionProof(certificate.leaf_index, batch.size, paths[certificate.leaf_index])
        if proof.root(certificate.leaf) == batch.root:
            return Anchor.of(batch.seq, proof)
    raise Broken("批次数据不一致，已停止发放。", "The batch does not lead to its root; nothing is given out.")


_KEPT: Final = 8
_paths: OrderedDict[bytes, list[tuple[bytes, ...]]] = OrderedDict()
_lock = Lock()


def _paths_of(session: Session, batch: Batch) -> list[tuple[bytes, ...]]:
    """The paths of a whole batch. Kept by root, which determines them, for the batches asked of last."""
    with _lock:
        if batch.root in _paths:
            _paths.move_to_end(batch.root)
            return _paths[batch.root]
    leaves = (
        select(Certificate.leaf).where(Certificate.batch == batch.id).order_by(col(Certificate.leaf_index))
    )
    paths = merkle.proofs(session.exec(leaves).all())
    with _lock:
        _paths[batch.root] = paths
        if len(_paths) > _KEPT:
            _paths.popitem(last=False)
    return paths
