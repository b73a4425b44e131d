"""How much may be asked: caps by clerk and department, and what of it is unusual (threat 20).

What a case asks because its holder handed it in counts for that holder, by the same caps as a clerk, and not
for the department: nobody outside uses up what its clerks may ask.

Counted in the transaction that answers. An alert stays until somebody of the registry has looked into it and
ends it; meanwhile health is red.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from registry import clerks
from registry.errors import NotFound, RegistryError
from registry.store import wait_turn
from registry.store.tables import AskedQuery, QueryAlert

HOUR: Final = 3_600
DAY: Final = 86_400
CAP, GUESSING, REFUSALS = "cap", "guessing", "refusals"
"""Kinds of alert: a cap was reached; most of a clerk's questions find nobody; too many were refused."""
GUESSES: Final = 30
"""Questions of one clerk in an hour from which four in five that find nothing are unusual."""
REFUSED: Final = 10
"""Refused questions of one clerk in an hour that are unusual."""

_CLERKS: Final[list[ColumnElement[bool]]] = [col(AskedQuery.holder).is_(None)]


class TooManyQueries(RegistryError):
    """A cap is reached; nobody is looked up."""

    kind = "too-many-queries"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            "查询次数已达上限，请稍后再试；如确有需要，请联系登记系统管理员。",
            "The cap on queries is reached: try again later.",
        )


@dataclass(frozen=True, slots=True)
class Caps:
    """Most queries of one clerk, and of one department, in any hour and any day (24 hours)."""

    clerk_hour: int = 100
    clerk_day: int = 400
    department_hour: int = 1_000
    department_day: int = 5_000


def admit(
    session: Session, caps: Caps, asker: str, clerk: str, now: int, holder: bytes | None = None
) -> None:
    """Let one more query through; the next one of this department waits until it is decided.

    holder: keyed hash of who handed in the case that asks; None: the clerk asks.

    Raises TooManyQueries.
    """
    take_turn(session, asker)
    one = _by(clerk, holder)
    asked = [(caps.clerk_hour, HOUR, one), (caps.clerk_day, DAY, one)]
    if holder is None:
        asked += [(caps.department_hour, HOUR, _CLERKS), (caps.department_day, DAY, _CLERKS)]
    for most, seconds, who in asked:
        if len(_outcomes(session, asker, who, now - seconds, most)) >= most:
            raise TooManyQueries


def take_turn(session: Session, asker: str) -> None:
    """Be the one query of this department that is decided now; before any turn in a log."""
    wait_turn(session, "asked", asker)


def record(
    session: Session, asker: str, clerk: str, outcome: str, now: int, holder: bytes | None = None
) -> None:
    """Count a query that was decided, in the transaction of the decision; raise an alert where it is unusual.

    holder: as in `admit`. Two at once cannot take the same place: (asker, seq) is the primary key.
    """
    last = session.exec(select(func.max(AskedQuery.seq)).where(AskedQuery.asker == asker)).one()
    session.add(
        AskedQuery(
            asker=asker,
            seq=(last or 0) + 1,
            clerk=clerks.counted(clerk),
            at=now,
            outcome=outcome,
            holder=holder,
        )
    )
    session.flush()
    lately = _outcomes(session, asker, _by(clerk, holder), now - HOUR, 10_000)
    if lately.count("refused") >= REFUSED:
        alert(session, asker, REFUSALS, clerk, now)
    if len(lately) >= GUESSES and lately.count("no") * 5 >= len(lately) * 4:
        alert(session, asker, GUESSING, clerk, now)


def alert(session: Session, asker: str, kind: str, clerk: str, now: int) -> None:
    """Raise an alert, unless the same one stands."""
    standing = select(QueryAlert).where(
        QueryAlert.asker == asker,
        QueryAlert.kind == kind,
        QueryAlert.clerk == clerk,
        col(QueryAlert.ended_at).is_(None),
    )
    if session.exec(standing).first() is None:
        session.add(QueryAlert(asker=asker, kind=kind, clerk=clerk, at=now))
        session.flush()


def standing(session: Session) -> Sequence[QueryAlert]:
    """Alerts that nobody has ended yet, oldest first."""
    return session.exec(
        select(QueryAlert).where(col(QueryAlert.ended_at).is_(None)).order_by(col(QueryAlert.id))
    ).all()


def end(session: Session, id: int, by: str, now: int, *, department: str = "") -> QueryAlert:
    """End an alert that was looked into. by: who did; department: for whom, which is not the one it is about.

    Raises:
        NotFound: no such alert stands, or it is about that department.
    """
    row = session.get(QueryAlert, id)
    if row is None or row.ended_at is not None or row.asker == department:
        raise NotFound("没有这条预警，或已解除。", "There is no such alert, or not any more.")
    row.ended_at, row.ended_by = now, by
    session.add(row)
    return row


def _by(clerk: str, holder: bytes | None) -> list[ColumnElement[bool]]:
    if holder is not None:
        return [col(AskedQuery.holder) == holder]
    return [*_CLERKS, col(AskedQuery.clerk) == clerks.counted(clerk)]


def _outcomes(
    session: Session, asker: str, who: Sequence[ColumnElement[bool]], since: int, most: int
) -> list[str]:
    asked = select(AskedQuery.outcome).where(AskedQuery.asker == asker, AskedQuery.at > since, *who)
    return list(session.exec(asked.limit(most)).all())
