"""Counted from finished cases: materials, windows, working days, decisions, promises, and what people say."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, exists, or_, select

from registry import jcs
from registry.cases.world import NOT_HERE
from registry.measures.counts import By, Counts, Scope, added, joined
from registry.store.tables import (
    AskedAgain,
    Case,
    CaseDecision,
    CaseFact,
    CaseRating,
    Commitment,
    CommitmentState,
    Document,
    MatterVersion,
)

STATEMENT: Final = "statement"
VALID: Final = "valid"
SATISFIED: Final = 3
"""Stars from which a rating is no bad one (国办发〔2019〕51号: the last two of five levels are bad)."""


def count(session: Session, scope: Scope) -> Counts:
    """Every measure of this group."""
    reported = _reported(session, scope)
    return {
        "repeated_materials": _repeated(session, scope, reported),
        "certificates_used": _used(session, scope, reported),
        "wholly_online": _opened(session, scope, by_holder=True),
        "trips": _opened(session, scope, by_holder=False),
        "working_days": _working_days(session, scope),
        "decided_by_rule": _decided_by_rule(session, scope),
        "reversals": _reversals(session, scope),
        "commitments_kept": _kept(session, scope),
        "satisfaction": _satisfied(session, scope),
        "asked_again": _asked_again(session, scope),
    }


def _finished(scope: Scope) -> ColumnElement[bool]:
    return and_(col(Case.ended_at) >= scope.since, col(Case.ended_at) < scope.until)


def _repeated(session: Session, scope: Scope, reported: Iterable[tuple[str, str, str, int]]) -> By:
    again = and_(
        col(CaseFact.source) == STATEMENT,
        or_(col(CaseFact.name).in_(scope.held), _handed_in_before()),
        ~exists().where(col(AskedAgain.case) == CaseFact.case, col(AskedAgain.fact) == CaseFact.name),
    )
    rows = session.exec(
        select(Case.office, func.sum(case((again, 1), else_=0)), func.count())
        .join(CaseFact, col(CaseFact.case) == Case.id)
        .where(_finished(scope), col(CaseFact.verdict).not_in(NOT_HERE))
        .group_by(Case.office)
    )
    return joined(added((office, part, whole) for office, part, whole in rows), _all_reported(session, scope))


def _handed_in_before() -> Any:
    """Whether this is a document new to this case, of a kind that its holder handed in for another before."""
    earlier, here, first, other = (
        _alias(Document, "earlier"),
        _alias(Document, "here"),
        _alias(CaseFact, "first"),
        _alias(CaseFact, "other"),
    )
    new = ~exists().where(first.digest == CaseFact.digest, first.id < CaseFact.id)
    return and_(
        new,
        exists().where(
            here.digest == CaseFact.digest,
            earlier.holder == here.holder,
            earlier.kind == here.kind,
            earlier.created <= here.created,
            earlier.id != here.id,
            other.digest == earlier.digest,
            other.id < CaseFact.id,
        ),
    )


def _alias(table: Any, name: str) -> Any:
    return aliased(table, name=name)


def _all_reported(session: Session, scope: Scope) -> By:
    """Reports in finished cases; a whole only where the material is not among the case's facts anyway."""
    rows = session.exec(
        select(Case.office, func.count(), func.sum(case((_has_fact(), 0), else_=1)))
        .join(AskedAgain, col(AskedAgain.case) == Case.id)
        .where(_finished(scope))
        .group_by(Case.office)
    )
    return added((office, part, whole) for office, part, whole in rows)


def _has_fact() -> Any:
    return exists().where(col(CaseFact.case) == AskedAgain.case, col(CaseFact.name) == AskedAgain.fact)


def _reported(session: Session, scope: Scope) -> list[tuple[str, str, str, int]]:
    """(office, matter's version, fact, how many) of reports whose material is not among the case's facts."""
    rows = (
        select(Case.office, Case.rule_version, AskedAgain.fact, func.count())
        .join(AskedAgain, col(AskedAgain.case) == Case.id)
        .where(_finished(scope), ~_has_fact())
        .group_by(Case.office, Case.rule_version, AskedAgain.fact)
    )
    return list(session.exec(rows))


def _used(session: Session, scope: Scope, reported: Iterable[tuple[str, str, str, int]]) -> By:
    stated = col(CaseFact.source) == STATEMENT
    proven = and_(~stated, col(CaseFact.verdict) == VALID)
    facts = session.exec(
        select(Case.office, func.sum(case((proven, 1), else_=0)), func.count())
        .join(CaseFact, col(CaseFact.case) == Case.id)
        .where(_finished(scope), or_(~stated, col(CaseFact.name).in_(scope.held)))
        .group_by(Case.office)
    )
    absent = [*_promised(session, scope), *reported]
    certified = _certified(session, {version for _, version, _, _ in absent})
    return joined(
        added((office, part, whole) for office, part, whole in facts),
        added((office, 0, n) for office, version, fact, n in absent if fact in certified[version]),
    )


def _promised(session: Session, scope: Scope) -> list[tuple[str, str, str, int]]:
    """(office, matter's version, fact, how many) of promises whose material has not come."""
    came = exists().where(col(CaseFact.case) == Commitment.case, col(CaseFact.name) == Commitment.fact)
    rows = (
        select(Case.office, Case.rule_version, Commitment.fact, func.count())
        .join(Commitment, col(Commitment.case) == Case.id)
        .where(_finished(scope), Commitment.state != CommitmentState.ASKED, ~came)
        .group_by(Case.office, Case.rule_version, Commitment.fact)
    )
    return list(session.exec(rows))


def _certified(session: Session, versions: Iterable[str]) -> dict[str, frozenset[str]]:
    """By version of a matter, the facts that a certificate proves."""
    rows = session.exec(select(MatterVersion).where(col(MatterVersion.version).in_(versions)))
    found = {}
    for row in rows:
        facts = msgspec.convert(jcs.loads(row.text.encode()), _Matter).facts
        found[row.version] = frozenset(each.name for each in facts if each.types)
    return found


class _Fact(msgspec.Struct):
    name: str
    types: list[str] = []


class _Matter(msgspec.Struct):
    facts: list[_Fact]


def _opened(session: Session, scope: Scope, *, by_holder: bool) -> By:
    own = col(Case.opened_by) == ""
    rows = session.exec(
        select(Case.office, func.sum(case((own if by_holder else ~own, 1), else_=0)), func.count())
        .where(_finished(scope))
        .group_by(Case.office)
    )
    return added((office, part, whole) for office, part, whole in rows)


def _working_days(session: Session, scope: Scope) -> By:
    rows = session.exec(select(Case.office, Case.created, Case.ended_at).where(_finished(scope)))
    return added(
        (office, scope.calendar.between(created, ended), 1)
        for office, created, ended in rows
        if ended is not None
    )


def _decided_by_rule(session: Session, scope: Scope) -> By:
    alone = and_(col(CaseDecision.outcome) == "grant", col(CaseDecision.person) == "")
    return _decisions(session, scope, alone)


def _reversals(session: Session, scope: Scope) -> By:
    looked_at = (col(CaseDecision.outcome) == "grant", col(CaseDecision.person) != "")
    return _decisions(session, scope, col(CaseDecision.reversal), *looked_at)


def _decisions(session: Session, scope: Scope, part: Any, *among: Any) -> By:
    rows = session.exec(
        select(Case.office, func.sum(case((part, 1), else_=0)), func.count())
        .join(CaseDecision, col(CaseDecision.case) == Case.id)
        .where(_finished(scope), *among)
        .group_by(Case.office)
    )
    return added((office, n, whole) for office, n, whole in rows)


def _kept(session: Session, scope: Scope) -> By:
    kept = col(Commitment.state) == CommitmentState.KEPT
    rows = session.exec(
        select(Case.office, func.sum(case((kept, 1), else_=0)), func.count())
        .join(Commitment, col(Commitment.case) == Case.id)
        .where(
            col(Commitment.state).in_((CommitmentState.KEPT, CommitmentState.OVERDUE)),
            col(Commitment.ended_at) >= scope.since,
            col(Commitment.ended_at) < scope.until,
        )
        .group_by(Case.office)
    )
    return added((office, part, whole) for office, part, whole in rows)


def _satisfied(session: Session, scope: Scope) -> By:
    rows = session.exec(
        select(Case.office, func.sum(case((col(CaseRating.stars) >= SATISFIED, 1), else_=0)), func.count())
        .join(CaseRating, col(CaseRating.case) == Case.id)
        .where(CaseRating.at >= scope.since, CaseRating.at < scope.until)
        .group_by(Case.office)
    )
    return added((office, part, whole) for office, part, whole in rows)


def _asked_again(session: Session, scope: Scope) -> By:
    rows = session.exec(
        select(AskedAgain.department, func.count())
        .where(AskedAgain.at >= scope.since, AskedAgain.at < scope.until)
        .group_by(AskedAgain.department)
    )
    return added((department, n, 0) for department, n in rows)
