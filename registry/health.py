"""Whether all is well between store and chain: green, or red and why."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from registry import stops
from registry.chain.follower import GREEN, RED
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    Deployment,
    DeploymentState,
)
from registry.store.tables import Follower as FollowerRow


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is red. issuer: whose work stands still; empty where everything does."""

    issuer: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Health:
    """What an operator looks at first.

    colour: `green` or `red`. block: last followed block; age: seconds since the head was last reached; None
    before the first look. held: certificates kept out of batches. waiting: open ones. unfinal: batches that
    are sent or mined.
    """

    colour: str
    reasons: tuple[Reason, ...]
    block: int | None
    age: int | None
    waiting: int
    held: int
    unfinal: int


NOT_FOUNDED = Reason("", "not_founded", "还没有生效的合约部署", "no contracts are in force yet")


def look(session: Session, *, now: int, head_age: int) -> Health:
    """The health of the registry over the store. head_age: seconds until a followed head is too old."""
    live = session.exec(select(Deployment).where(Deployment.state == DeploymentState.LIVE)).first()
    follower = session.get(FollowerRow, live.id) if live else None
    reasons = [NOT_FOUNDED] if live is None else _chain_reasons(follower, now, head_age)
    if live is not None and live.id is not None:
        reasons += [
            Reason(one.issuer, one.code, one.reason_zh, one.reason_en)
            for one in stops.standing(session, live.id)
        ]
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
    )


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


def _count(session: Session, state: CertificateState) -> int:
    return session.exec(select(func.count()).where(col(Certificate.state) == state)).one()
