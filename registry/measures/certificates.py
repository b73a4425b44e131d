"""Counted from certificates and batches: coverage by type and department, accuracy, anchor lag."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, func
from sqlmodel import Session, col, exists, select

from registry.measures.counts import By, Counts, Scope, added
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    Credential,
    CredentialKind,
    IntentState,
    StatusEvent,
    StatusIntent,
)

ENDED: Final = (1, 3)
"""Words of a certificate that stands no more: revoked, superseded."""
WRONG: Final = ("corrected", "issued_in_error")
_ANCHORED: Final = (BatchState.SENT, BatchState.MINED, BatchState.FINAL)


@dataclass(frozen=True, slots=True, order=True)
class Covered:
    """A type at a department. certificates: neither taken back, revoked nor superseded. in_wallets: those of
    which some wallet holds a live credential."""

    department: str
    type: str
    certificates: int
    in_wallets: int


def coverage(session: Session, scope: Scope) -> list[Covered]:
    """What each department has issued, by type, as it is now; counted over indexes."""
    made = _by_type(session, select(Certificate.issuer, Certificate.type, func.count()))
    back = _by_type(
        session,
        select(Certificate.issuer, Certificate.type, func.count()).where(
            Certificate.state == CertificateState.TAKEN_BACK
        ),
    )
    ended = _by_type(
        session,
        select(Certificate.issuer, Certificate.type, func.count(func.distinct(col(StatusIntent.certificate))))
        .join(StatusIntent, col(StatusIntent.certificate) == Certificate.id)
        .where(col(StatusIntent.value).in_(ENDED), StatusIntent.state != IntentState.DROPPED),
    )
    held = _by_type(
        session,
        select(Certificate.issuer, Certificate.type, func.count(func.distinct(col(Credential.certificate))))
        .join(Credential, col(Credential.certificate) == Certificate.id)
        .where(
            Credential.kind == CredentialKind.WALLET,
            col(Credential.withdrawn_at).is_(None),
            Credential.exp > scope.now,
            ~_ended(),
        ),
    )
    return [
        Covered(*place, count - back.get(place, 0) - ended.get(place, 0), held.get(place, 0))
        for place, count in sorted(made.items())
    ]


def count(session: Session, scope: Scope, covered: list[Covered]) -> Counts:
    """Every measure of this group. covered: from `coverage`."""
    return {
        "types_issued": _types_issued(scope, covered),
        "in_wallets": added((each.department, each.in_wallets, each.certificates) for each in covered),
        "data_accuracy": _accuracy(session, scope),
        "anchor_lag": _anchor_lag(session, scope),
    }


def _types_issued(scope: Scope, covered: list[Covered]) -> By:
    there = {(each.department, each.type) for each in covered if each.certificates}
    return added(
        (department, sum((department, type) in there for type in types), len(types))
        for department, types in scope.may_issue.items()
        if types
    )


def _accuracy(session: Session, scope: Scope) -> By:
    batched = (
        Batch.created >= scope.since,
        Batch.created < scope.until,
        col(Batch.state).in_(_ANCHORED),
    )
    all_ = session.exec(select(Batch.issuer, func.sum(Batch.size)).where(*batched).group_by(Batch.issuer))
    wrong = session.exec(
        select(Batch.issuer, func.count(func.distinct(col(StatusEvent.certificate))))
        .join(Certificate, col(Certificate.batch) == Batch.id)
        .join(StatusEvent, col(StatusEvent.certificate) == Certificate.id)
        .where(*batched, col(StatusEvent.reason).in_(WRONG))
        .group_by(Batch.issuer)
    )
    return added(
        [
            *((issuer, size, size) for issuer, size in all_),
            *((issuer, -found, 0) for issuer, found in wrong),
        ]
    )


def _anchor_lag(session: Session, scope: Scope) -> By:
    lag = col(Batch.block_time) - col(Certificate.issued_at)
    rows = session.exec(
        select(Batch.issuer, func.sum(case((lag > 0, lag), else_=0)), func.count())
        .join(Certificate, col(Certificate.batch) == Batch.id)
        .where(
            Certificate.leaf_index == 0,
            col(Batch.state).in_((BatchState.MINED, BatchState.FINAL)),
            col(Batch.block_time) >= scope.since,
            col(Batch.block_time) < scope.until,
        )
        .group_by(Batch.issuer)
    )
    return added((issuer, seconds, batches) for issuer, seconds, batches in rows)


def _ended() -> Any:
    return exists().where(
        col(StatusIntent.certificate) == Certificate.id,
        col(StatusIntent.value).in_(ENDED),
        col(StatusIntent.state) != IntentState.DROPPED,
    )


def _by_type(session: Session, query: Any) -> dict[tuple[str, str], int]:
    rows = session.exec(query.group_by(Certificate.issuer, Certificate.type))
    return {(issuer, type): number for issuer, type, number in rows}
