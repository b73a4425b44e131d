"""Counted from access logs and reviews: what departments answer each other, how fast, and what was refused.

Entries lie sealed under their issuer's data key: who counts them needs the API's key.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import and_, case, func
from sqlmodel import Session, col, or_, select

from registry.accesslog.entries import opened, read
from registry.measures.counts import By, Counts, Scope, added
from registry.querying import LIMITS
from registry.store.tables import AccessEntry, QueryReview
from registry.vault import Vault

ANSWERED: Final = ("yes", "no")
REFUSED: Final = "refused"
WITHHELD: Final = "withheld"
BRAKES: Final = frozenset(each.kind for each in LIMITS)
"""Why a question was stopped, whatever its issuer shares."""
_CHUNK: Final = 1_000


class Decision(NamedTuple):
    """What is counted together. rule: that made it, or why none did."""

    issuer: str
    outcome: str
    rule: str


Decisions = Mapping[Decision, int]


def decisions(session: Session, vault: Vault, scope: Scope) -> Counter[Decision]:
    """The decisions of the period on what other departments asked. Raises Unreadable."""
    issuers = session.exec(select(AccessEntry.issuer).distinct()).all()
    counted: Counter[Decision] = Counter()
    for issuer in issuers:
        counted.update(_entries(session, vault, issuer, since=scope.since, until=scope.until))
    return counted


@dataclass
class Tail:
    """Decisions since this process first looked: each entry is opened once.

    counted: so far. seen: the last entry's seq, by issuer.
    """

    counted: Counter[Decision] = field(default_factory=Counter)
    seen: dict[str, int] | None = None

    def follow(self, session: Session, vault: Vault) -> None:
        """Count what has been written since the last time. Raises Unreadable."""
        last = select(AccessEntry.issuer, func.max(AccessEntry.seq)).group_by(AccessEntry.issuer)
        newest = dict(session.exec(last).all())
        if self.seen is not None:
            for issuer in newest:
                after = self.seen.get(issuer, 0)
                self.counted.update(_entries(session, vault, issuer, after=after))
        self.seen = newest


def _entries(
    session: Session, vault: Vault, issuer: str, *, after: int = 0, since: int = 0, until: int = 2**62
) -> Iterator[Decision]:
    """What others asked of an issuer; what it writes about its own cases is no query."""
    while True:
        rows = session.exec(
            select(AccessEntry)
            .where(AccessEntry.issuer == issuer, AccessEntry.seq > after)
            .where(AccessEntry.time >= since, AccessEntry.time < until)
            .order_by(col(AccessEntry.seq))
            .limit(_CHUNK)
        ).all()
        for row in rows:
            entry = read(opened(session, vault, row))
            if entry.asker != issuer:
                yield Decision(issuer, entry.outcome, entry.rule)
        if len(rows) < _CHUNK:
            return
        after = rows[-1].seq
        session.expunge_all()


def shared(counted: Decisions) -> By:
    """`data_shared`: answers among what was, or should have been, answered."""
    return added(
        (issuer, n if outcome in ANSWERED else 0, n)
        for (issuer, outcome, rule), n in counted.items()
        if outcome in (*ANSWERED, WITHHELD) or (outcome == REFUSED and rule not in BRAKES)
    )


def refusals(counted: Decisions) -> list[tuple[str, str, int]]:
    """(rule, refused or withheld, how many), most first."""
    by: Counter[tuple[str, str]] = Counter()
    for each, n in counted.items():
        if each.outcome in (REFUSED, WITHHELD):
            by[each.rule, each.outcome] += n
    return [
        (rule, outcome, n) for (rule, outcome), n in sorted(by.items(), key=lambda one: (-one[1], one[0]))
    ]


def count(session: Session, scope: Scope) -> Counts:
    """The measures of this group that need no key: how fast each department answers others."""
    return {
        "answer_days": _answer_days(session, scope),
        "answered_in_time": _in_time(session, scope),
    }


def _answer_days(session: Session, scope: Scope) -> By:
    rows = session.exec(
        select(QueryReview.issuer, QueryReview.created, QueryReview.decided_at).where(
            col(QueryReview.decided_at) >= scope.since, col(QueryReview.decided_at) < scope.until
        )
    )
    return added(
        (issuer, scope.calendar.between(created, decided), 1)
        for issuer, created, decided in rows
        if decided is not None
    )


def _in_time(session: Session, scope: Scope) -> By:
    decided = and_(col(QueryReview.decided_at) >= scope.since, col(QueryReview.decided_at) < scope.until)
    fallen_due = and_(
        col(QueryReview.decided_at).is_(None),
        col(QueryReview.due) >= scope.since,
        col(QueryReview.due) < min(scope.until, scope.now),
    )
    in_time = and_(decided, col(QueryReview.decided_at) <= col(QueryReview.due))
    rows = session.exec(
        select(QueryReview.issuer, func.sum(case((in_time, 1), else_=0)), func.count())
        .where(or_(decided, fallen_due))
        .group_by(QueryReview.issuer)
    )
    return added((issuer, part, whole) for issuer, part, whole in rows)
