"""Commitments (告知承诺, 容缺受理): what is missing may come later, against a promise that the wallet signs.

The promise is transaction data of the request that the party answers (OpenID4VP 1.0, section 8.4): its
holder's key signs it with the identity certificate. When its day passes and nothing came, what the case
issued is suspended by its issuer (`commitment_overdue`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlmodel import Session, col, select

from registry import transactiondata
from registry.cases.errors import BadInput
from registry.cases.world import World
from registry.errors import NotAllowed
from registry.matters import Fact, Matter
from registry.matters.asking import SEPARATOR
from registry.status_changes import Decision
from registry.store.tables import (
    Case,
    CaseEffect,
    CaseParty,
    CaseState,
    Commitment,
    CommitmentState,
    EffectState,
)
from registry.walletanswers import Presented

TYPE: Final = "urn:zt:commitment"
OVERDUE: Final = "commitment_overdue"
_UNDER_WAY: Final = frozenset({CaseState.PERSON, CaseState.GRANTED, CaseState.RED})
_NOT_LATER: Final = ("不能容缺后补", "cannot come later")


@dataclass(frozen=True, slots=True)
class Passed:
    """A promise whose day has passed. certificates: that were suspended for it."""

    case: str
    fact: str
    certificates: tuple[str, ...]


@dataclass(frozen=True)
class Commitments:
    """Asks for promises, takes them, and watches their day."""

    world: World

    def ask(self, matter: Matter, case: Case, role: str, promised: Sequence[str]) -> tuple[str, ...]:
        """Transaction data for each fact to be promised, in that order.

        Raises:
            BadInput: it cannot come later, or the matter has no certificate by which that party is known.
        """
        if not promised:
            return ()
        identity = identity_of(matter, role)
        facts = {name: self.require_later(matter, role, name) for name in promised}
        if identity is None:
            raise BadInput(promised[0], *_NOT_LATER)
        ids = [f"{identity.name}{SEPARATOR}{place}" for place in range(len(identity.types))]
        return tuple(
            transactiondata.encode(TYPE, ids, self.words(matter, case, facts[name])) for name in promised
        )

    def require_later(self, matter: Matter, role: str, name: str) -> Fact:
        """A fact of a party that may come later. Raises BadInput."""
        for each in matter.facts_of(role):
            if each.name == name and each.later_days:
                return each
        raise BadInput(name, *_NOT_LATER)

    def keep(
        self, session: Session, case: Case, matter: Matter, promised: Sequence[str], request: str
    ) -> None:
        """Write down what a request asks to promise; a promise that stands already stays."""
        for name in promised:
            row = self.row(session, case, name)
            if row is None:
                row = Commitment(case=case.id, fact=name, request=request, due=0)
            elif row.state != CommitmentState.ASKED:
                continue
            row.request = request
            row.due = self.due(matter.fact(name))
            session.add(row)
        session.flush()

    def take(
        self,
        session: Session,
        case: Case,
        party: CaseParty,
        promised: Sequence[str],
        presented: Sequence[Presented],
    ) -> None:
        """Take the promises that a wallet's answer has signed. promised: in the order of the request."""
        for each in presented:
            for place in each.agreed if each.good else ():
                row = self.row(session, case, promised[place])
                if row is None or row.state != CommitmentState.ASKED or row.request != party.request:
                    continue
                row.state, row.signed_at = CommitmentState.OPEN, self.world.clock()
                bound = f"commitment/{case.id}/{row.fact}"
                row.sealed = self.world.seal(session, case.office, bound, each.text.encode())
                session.add(row)
        session.flush()

    def overdue(self, session: Session, now: int) -> list[Commitment]:
        """The promises whose day has passed with nothing come, oldest first. now: Unix seconds."""
        return list(
            session.exec(
                select(Commitment)
                .where(Commitment.state == CommitmentState.OPEN, Commitment.due <= now)
                .order_by(col(Commitment.due))
            )
        )

    def watch(self) -> list[Passed]:
        """Suspend what was issued against promises whose day has passed; may be called at any time.

        While a case may still issue something, its promise is not over: what is issued late is suspended too.
        """
        now = self.world.clock()
        with self.world.store.read() as session:
            rows = self.overdue(session, now)
        return [found for row in rows if (found := self._pass(row)) is not None]

    def _pass(self, row: Commitment) -> Passed | None:
        with self.world.store.read() as session:
            case = self.world.case(session, row.case)
            effects = session.exec(
                select(CaseEffect).where(CaseEffect.case == row.case, CaseEffect.state == EffectState.DONE)
            ).all()
        issues = {each.name for each in self.world.matter(case).effects if each.do in ("issue", "supersede")}
        suspended = []
        for effect in effects:
            if effect.name in issues and self._suspend(effect):
                suspended.append(effect.certificate_id)
        with self.world.store.write() as session:
            stored = session.get_one(Commitment, row.id)
            over = not self._may_issue(session, row.case, {each.certificate_id for each in effects})
            if over and stored.state == CommitmentState.OPEN:
                stored.state, stored.ended_at = CommitmentState.OVERDUE, self.world.clock()
                session.add(stored)
        return Passed(row.case, row.fact, tuple(suspended)) if over or suspended else None

    def _may_issue(self, session: Session, number: str, seen: Collection[str]) -> bool:
        """Whether a case has issued, or may yet issue, another certificate than those that were seen."""
        case = self.world.case(session, number, lock=True)
        done = select(CaseEffect.certificate_id).where(
            CaseEffect.case == number, CaseEffect.state == EffectState.DONE
        )
        return case.state in _UNDER_WAY or not set(session.exec(done)) <= set(seen)

    def _suspend(self, effect: CaseEffect) -> bool:
        decision = Decision(OVERDUE, number=effect.case, by=f"case {effect.case}")
        try:
            self.world.changing.suspend(effect.issuer, effect.certificate_id, decision)
        except NotAllowed:  # suspended or revoked already
            return False
        return True

    def words(self, matter: Matter, case: Case, fact: Fact) -> Mapping[str, str]:
        """What a promise says, signed by a wallet or on paper."""
        last = self._last_day(fact)
        return {
            "case": case.id,
            "matter": f"{matter.zh} {matter.en}",
            "promise": f"{fact.zh} {fact.en}",
            "until": last.isoformat(),
            "otherwise": "逾期未补交，所发证照即暂停 If it does not come, what was issued is suspended.",
        }

    def _last_day(self, fact: Fact) -> date:
        return self.world.day(self.world.clock()) + timedelta(days=fact.later_days)

    def due(self, fact: Fact) -> int:
        """The end of its last day, if it is promised now; Unix seconds."""
        after = self._last_day(fact) + timedelta(days=1)
        return int(datetime.combine(after, time(), self.world.tz).timestamp())

    def row(self, session: Session, case: Case, name: str) -> Commitment | None:
        """The promise of a fact."""
        return session.exec(
            select(Commitment).where(Commitment.case == case.id, Commitment.fact == name)
        ).first()


def identity_of(matter: Matter, role: str) -> Fact | None:
    """The fact by which a party is known."""
    return next((each for each in matter.facts_of(role) if each.identifies is not None), None)


def promises(session: Session, number: str, *states: CommitmentState) -> list[Commitment]:
    """The promises of a case in one of these states."""
    rows = select(Commitment).where(Commitment.case == number, col(Commitment.state).in_(states))
    return list(session.exec(rows.order_by(col(Commitment.id))))


def came(session: Session, number: str, fact: str, now: int) -> None:
    """What was promised has come."""
    for row in promises(session, number, CommitmentState.OPEN):
        if row.fact == fact:
            row.state, row.ended_at = CommitmentState.KEPT, now
            session.add(row)
