"""Who sees which case, and what of it.

The department that decides sees all; one that has a step or an effect in it sees those, and the form; a party
sees the case and what became known of himself. To everybody else there is no such case.
"""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from registry.cases import showing
from registry.cases.clocks import Clocks
from registry.cases.documents import STATEMENT
from registry.cases.errors import NoSuchCase, WrongState
from registry.cases.paper_promises import sheets
from registry.cases.shown import ShownAlert, ShownCase, ShownClock, ShownDocument, Summary
from registry.cases.world import World
from registry.errors import NotFound
from registry.store.tables import Case, CaseEffect, CaseParty, CaseStep, Document

MOST: Final = 200
"""Cases, or documents, in a list: the newest."""


@dataclass(frozen=True)
class Seeing:
    """Shows cases to those whose they are."""

    world: World

    def of_department(self, code: str, state: str = "") -> list[Summary]:
        """The cases that a department decides or has a part in, newest first. state: only these."""
        own = _has_part(code)
        rows = select(Case).where(own).order_by(col(Case.created).desc(), col(Case.id)).limit(MOST)
        with self.world.store.read() as session:
            found = session.exec(rows.where(Case.state == state) if state else rows).all()
        return [showing.summary(self.world, each) for each in found]

    def of_holder(self, holder: bytes) -> list[Summary]:
        """The cases in which somebody takes part, newest first."""
        parts = select(CaseParty.case).where(CaseParty.holder == holder)
        rows = select(Case).where(col(Case.id).in_(parts)).order_by(col(Case.created).desc(), col(Case.id))
        with self.world.store.read() as session:
            return [showing.summary(self.world, each) for each in session.exec(rows.limit(MOST))]

    def to_department(self, number: str, code: str) -> ShownCase:
        """A case, to a department. Raises NoSuchCase: there is none in which it has a part."""
        self.require_part(number, code)
        shown = showing.whole(self.world, number)
        if shown.office == code:
            return shown
        return replace(
            shown,
            inputs={},
            missing=[],
            parties=[],
            facts=[],
            promises=[],
            decision=None,
            steps=[each for each in shown.steps if each.department == code],
            effects=[each for each in shown.effects if each.issuer == code],
            colour=None,
            due=None,
            clocks=[each for each in shown.clocks if each.department == code],
        )

    def to_holder(self, number: str, holder: bytes) -> ShownCase:
        """A case, to a party of it. Raises NoSuchCase: there is none in which this holder takes part."""
        self.part_of(number, holder)
        shown = showing.whole(self.world, number, holder)
        decision = shown.decision
        return replace(
            shown,
            steps=[replace(each, by="") for each in shown.steps],
            promises=[replace(each, clerk="", second="") for each in shown.promises],
            decision=None if decision is None else replace(decision, clerk=""),
        )

    def clocks(self, code: str) -> list[ShownClock]:
        """What a department has to do by a day, the most urgent first."""
        return showing.clocks_of(self.world, Clocks(self.world).running(code))

    def alerts(self, code: str) -> list[ShownAlert]:
        """What an office has to see to because it is late, or soon will be, the oldest first."""
        found = Clocks(self.world).alerts(code)
        clocks = showing.clocks_of(self.world, [each.clock for each in found])
        return [ShownAlert(each.kind, each.at, clock) for each, clock in zip(found, clocks, strict=True)]

    def require_office(self, number: str, code: str) -> None:
        """Raises NoSuchCase where a department does not decide that case."""
        self._require(number, col(Case.office) == code)

    def require_part(self, number: str, code: str) -> None:
        """Raises NoSuchCase where a department neither decides that case nor has a step or effect in it."""
        self._require(number, _has_part(code))

    def require_decided(self, number: str) -> None:
        """Raises NoSuchCase; WrongState while a person decides, who must not see what the rule said."""
        with self.world.store.read() as session:
            if self.world.case(session, number).state in showing.UNDECIDED:
                raise WrongState

    def part_of(self, number: str, holder: bytes, role: str = "", fact: str = "") -> CaseParty:
        """The part that a holder has in a case; the first one where neither role nor fact says which.

        Raises:
            NoSuchCase: there is none.
        """
        rows = select(CaseParty).where(CaseParty.case == number, CaseParty.holder == holder)
        with self.world.store.read() as session:
            own = list(session.exec(rows.order_by(col(CaseParty.id))))
            if own and fact:
                facts = self.world.matter(self.world.case(session, number)).facts
                roles = {each.party for each in facts if each.name == fact}
                own = [each for each in own if each.role in roles]
        own = [each for each in own if role in ("", each.role)]
        if not own:
            raise NoSuchCase
        return own[0]

    def documents(self, holder: bytes) -> list[ShownDocument]:
        """What somebody has handed in, newest first."""
        rows = select(Document).where(Document.holder == holder).order_by(col(Document.created).desc())
        with self.world.store.read() as session:
            return [showing.document(each) for each in session.exec(rows.limit(MOST))]

    def document(self, id: str, holder: bytes) -> ShownDocument:
        """One of somebody's own. Raises NotFound."""
        with self.world.store.read() as session:
            row = session.get(Document, id)
        if row is None or row.holder != holder:
            raise _no_document()
        return showing.document(row)

    def document_of(self, number: str, id: str) -> ShownDocument:
        """A document that a case uses. Raises NoSuchCase, NotFound."""
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            used = {
                self.world.known(session, each).text
                for each in self.world.facts(session, case)
                if each.source == STATEMENT
            }
            used |= {each.document for each in sheets(self.world, session, case)}
            row = session.get(Document, id) if id in used else None
        if row is None:
            raise _no_document()
        return showing.document(row)

    def _require(self, number: str, own: ColumnElement[bool]) -> None:
        """One look, whether it is another's or none at all: neither answer nor work tells which."""
        with self.world.store.read() as session:
            if session.exec(select(Case.id).where(Case.id == number, own)).first() is None:
                raise NoSuchCase


def _has_part(code: str) -> ColumnElement[bool]:
    """Of a case: whether a department decides it, or has a step or an effect in it."""
    parts = (
        select(CaseStep.case).where(CaseStep.department == code),
        select(CaseEffect.case).where(CaseEffect.issuer == code),
    )
    return or_(col(Case.office) == code, *(col(Case.id).in_(each) for each in parts))


def _no_document() -> NotFound:
    return NotFound("没有这份材料。", "There is no such document.")
