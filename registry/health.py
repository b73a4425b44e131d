"""Whether all is well between store and chain, and among who asks: green, or red and why."""

from dataclasses import dataclass, replace

from sqlmodel import Session, col, func, select

from registry import stops
from registry.chain.follower import GREEN, RED
from registry.mandates import family
from registry.queries import limits
from registry.store.tables import (
    Batch,
    BatchState,
    CaseClock,
    Certificate,
    CertificateState,
    ChainTransaction,
    Deployment,
    DeploymentState,
    Task,
    TaskState,
    TransactionState,
)
from registry.store.tables import Follower as FollowerRow


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is red. issuer: whose work stands still, or whose queries are unusual; empty: everybody's."""

    issuer: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Health:
    """What an operator looks at first.

    colour: `green` or `red`. block: last followed block; age: seconds since the head was last reached; None
    before the first look. held: certificates kept out of batches. waiting: open ones. unfinal: batches that
    are sent or mined. heads: seconds since the access logs' heads on the chain were made; None: there is no
    access log. late: parts of cases and tasks whose last working day is over, whosever they are.
    """

    colour: str
    reasons: tuple[Reason, ...]
    block: int | None
    age: int | None
    waiting: int
    held: int
    unfinal: int
    heads: int | None = None
    late: int = 0


NOT_FOUNDED = Reason("", "not_founded", "还没有生效的合约部署", "no contracts are in force yet")


HEADS_LATE = Reason(
    "", "heads_late", "查询日志头没有按时上链", "the access logs' heads did not get onto the chain in time"
)


MANY_MANDATES = Reason(
    "", "mandates", "有人代理的家庭成员以外的委托人过多", "somebody acts for many people outside the family"
)


def look(session: Session, *, now: int, head_age: int, heads_every: float | None = None) -> Health:
    """The health of the registry over the store.

    head_age: seconds until a followed head is too old. heads_every: seconds between two rounds of the access
    logs' heads; red where three were missed; None: not looked at.
    """
    live = session.exec(select(Deployment).where(Deployment.state == DeploymentState.LIVE)).first()
    follower = session.get(FollowerRow, live.id) if live else None
    reasons = [NOT_FOUNDED] if live is None else _chain_reasons(follower, now, head_age)
    if live is not None and live.id is not None:
        reasons += [
            Reason(one.issuer, one.code, one.reason_zh, one.reason_en)
            for one in stops.standing(session, live.id)
        ]
    reasons += [_asking(each.asker, each.kind) for each in limits.standing(session)]
    reasons += [replace(MANY_MANDATES, issuer=each.issuer) for each in family.standing_alerts(session)]
    heads = _heads(session, live, now)
    late = heads_every is not None and heads is not None and heads > 3 * heads_every
    if late and not reasons:
        reasons = [HEADS_LATE]
    reached = follower.reached_at if follower else 0
    return Health(
        colour=RED if reasons else GREEN,
        reasons=tuple(reasons),
        block=follower.head_number if follower else None,
        age=now - reached if reached else None,
        waiting=_count(session, CertificateState.OPEN),
        held=_count(session, CertificateState.HELD),
        unfinal=session.exec(
            select(func.count()).where(col(Batch.state).in_((BatchState.SENT, BatchState.MINED)))
        ).one(),
        heads=heads,
        late=_late(session, now),
    )


def _late(session: Session, now: int) -> int:
    """A task that a case gave has a clock as well: it counts once."""
    tasks = select(func.count()).where(Task.state == TaskState.OPEN, Task.due <= now)
    parts = select(func.count()).where(
        col(CaseClock.ended).is_(None), CaseClock.due <= now, ~col(CaseClock.part).startswith("task.")
    )
    return session.exec(tasks).one() + session.exec(parts).one()


def _heads(session: Session, live: Deployment | None, now: int) -> int | None:
    if live is None or live.access_log is None:
        return None
    made = session.exec(
        select(ChainTransaction.created)
        .where(
            ChainTransaction.deployment == live.id,
            ChainTransaction.kind == "heads",
            col(ChainTransaction.state).in_((TransactionState.MINED, TransactionState.FINAL)),
        )
        .order_by(col(ChainTransaction.id).desc())
        .limit(1)
    ).first()
    return now - (made if made is not None else live.created)


def _chain_reasons(follower: FollowerRow | None, now: int, head_age: int) -> list[Reason]:
    if follower is not None and follower.health == RED:
        return [Reason("", "reset", follower.reason_zh, follower.reason_en)]
    if follower is None or now - follower.reached_at > head_age:
        return [
            Reason(
                "",
                "behind",
                "没有跟上链的最新区块",
                "the chain's head was not reached lately: is the worker running?",
            )
        ]
    return []


_ASKING = {
    limits.CAP: ("查询次数达到上限", "reached a cap on queries"),
    limits.GUESSING: ("大量查询没有结果", "asks much that finds nothing"),
    limits.REFUSALS: ("大量查询被拒绝", "asks much that is refused"),
}


def _asking(asker: str, kind: str) -> Reason:
    zh, en = _ASKING[kind]
    return Reason(asker, "queries", zh, en)


def _count(session: Session, state: CertificateState) -> int:
    return session.exec(select(func.count()).where(col(Certificate.state) == state)).one()
