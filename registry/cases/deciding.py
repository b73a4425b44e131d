"""Deciding a case in seconds (秒批): the rule grants, asks for a person, or says what is missing.

It never refuses. Made once for a case and a version of the rule, with the digest of what it was made from.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import msgspec
from sqlmodel import Session, select

from registry import clerks, jcs
from registry.cases import clocks
from registry.cases.accepting import SAID, Missing, advance, lacking, promised_facts
from registry.cases.effects import Effects
from registry.cases.errors import NotOwnStep, StepAnswered, StepWaits, TookCopy, WrongState
from registry.cases.opening import keep_version
from registry.cases.standing import stands
from registry.cases.world import COUNTS, GOOD, NONE, World
from registry.matters import Matter, Rule
from registry.matters.loading import PROMISED, STEP, check
from registry.matters.matter import parse
from registry.matters.rule import Decided, typed
from registry.store.tables import (
    Case,
    CaseDecision,
    CaseEffect,
    CaseFact,
    CaseState,
    CaseStep,
    MatterVersion,
    StepState,
)

ByPerson = Literal["grant", "refuse"]
"""What a person says."""


class Field(msgspec.Struct, frozen=True):
    """A field of the form, filled in. source: the fact or input that it comes from, and how that came."""

    name: str
    value: str
    path: str
    source: str

    def __repr__(self) -> str:
        return f"Field({self.name})"


class _Made(msgspec.Struct, frozen=True):
    """What a decision was made from: texts by path, as verified; the day; what was wrong with any of it."""

    values: dict[str, list[str]]
    day: str
    doubts: list[str]
    digests: list[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a case. outcome: grant, person or incomplete. missing: for incomplete."""

    outcome: Decided
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision made again from what was kept. same: it comes out as it did, from untouched facts."""

    outcome: str
    same: bool


@dataclass(frozen=True)
class Deciding:
    """Decides cases, by rule and by people."""

    world: World

    def missing(self, number: str) -> tuple[Missing, ...]:
        """预审: what is missing, by the rule that will decide; nothing is sent or changed."""
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            return self._missing(session, case, self.world.matter(case))

    def form(self, number: str) -> tuple[Field, ...]:
        """The form, filled in from what is proven or was stated, each field with its source."""
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            sources = {each.name: each.source for each in self.world.facts(session, case)}
            return tuple(
                Field(name, found[0], path, sources.get(path.partition(".")[0], "statement"))
                for name, path in self.world.matter(case).form.items()
                if (found := self.world.value(session, case, path))
            )

    def decide(self, number: str) -> Verdict:
        """Decide an open case by its rule, once; a case that was decided says what was said.

        Raises:
            NoSuchCase: there is none.
            WrongState: it waits for a person, or was decided by one.
        """
        with self.world.store.write() as session:
            case = self.world.case(session, number, lock=True)
            matter = self.world.matter(case)
            before = session.get(CaseDecision, (case.id, matter.version))
            if before is not None:
                by_person = case.drawn or before.person or case.state == CaseState.PERSON
                return Verdict("person" if by_person or before.outcome != "grant" else "grant")
            if case.state != CaseState.OPEN:
                raise WrongState
            if missing := self._missing(session, case, matter):
                return Verdict("incomplete", missing)
            made = self._made(session, case, matter)
            outcome: Decided = "person"
            if not made.doubts:
                outcome = self._by_rule(self.world.matters.rule(matter.name), made)
            self._keep(session, case, matter, made, outcome)
            if outcome == "grant" and not case.drawn:
                self._grant(session, case, matter, made)
                return Verdict("grant")
            self._to_person(session, case, matter)
            return Verdict("person")

    def by_person(self, number: str, clerk: str, outcome: ByPerson, reason: str) -> CaseDecision:
        """A person's decision, where the rule asked for one, drew the case, or a review was asked for.

        What the rule said shows only afterwards, as a reversal where the two differ.

        Raises:
            NoSuchCase, WrongState: as they say; the one who decided before does not review it.
            TookCopy: who took a copy on paper does not decide on it.
        """
        with self.world.store.write() as session:
            case = self.world.case(session, number, lock=True)
            row = self._decision(session, case)
            if case.state != CaseState.PERSON or not clerk.strip():
                raise WrongState
            if row.person and clerks.same_person(clerk, row.person):
                raise WrongState
            took = {self.world.known(session, each).by for each in self.world.facts(session, case)} - {""}
            if any(clerks.same_person(clerk, each) for each in took):
                raise TookCopy
            before = row.person_outcome or row.outcome
            row.reversal = row.reversal or before not in ("person", outcome)
            row.person, row.person_outcome = clerk, outcome
            row.person_reason, row.person_at = reason, self.world.clock()
            session.add(row)
            self._by_person(session, case, outcome)
            return row

    def review(self, number: str) -> None:
        """Ask for a person's review of a decision; until then nothing more is carried out.

        Raises NoSuchCase, WrongState: nothing was decided yet, or a person has it already.
        """
        with self.world.store.write() as session:
            case = self.world.case(session, number, lock=True)
            if case.state in (CaseState.OPEN, CaseState.PERSON):
                raise WrongState
            row = self._decision(session, case)
            row.review_asked = self.world.clock()
            session.add(row)
            clocks.stop_all(self.world, session, case.id)
            self._to_person(session, case, self.world.matter(case))

    def step(self, number: str, name: str, department: str, clerk: str, *, agreed: bool, reason: str) -> None:
        """What a department says in its step.

        Raises:
            NoSuchCase: there is none.
            WrongState: the case is not open; NotOwnStep, StepWaits, StepAnswered: of that step.
        """
        with self.world.store.write() as session:
            case = self.world.case(session, number, lock=True)
            rows = session.exec(select(CaseStep).where(CaseStep.case == case.id)).all()
            row = next((each for each in rows if each.name == name and each.department == department), None)
            if row is None:
                raise NotOwnStep
            if row.state in (StepState.AGREED, StepState.OBJECTED):
                moment = datetime.fromtimestamp(row.done_at or 0, UTC).astimezone(self.world.working.tz)
                said = row.state == StepState.AGREED
                raise StepAnswered(agreed=said, moment=moment.isoformat(" ", "seconds"))
            if case.state != CaseState.OPEN:
                raise WrongState
            if row.state != StepState.OPEN:
                raise StepWaits
            row.state = StepState.AGREED if agreed else StepState.OBJECTED
            row.by, row.reason, row.done_at = clerk, reason, self.world.clock()
            session.add(row)
            clocks.stop(self.world, session, case.id, f"{clocks.STEP}.{name}")
            advance(self.world, session, case)

    def replay(self, number: str) -> Replay:
        """Make a decision again, from what was sealed, with the rule as it was then.

        Raises:
            NoSuchCase: there is none.
            WrongState: nothing was decided, or the person who decides a drawn case has not yet: nobody sees
                the rule's outcome before that one.
            Unreadable: what was sealed was changed.
        """
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            row = self._decision(session, case)
            if case.drawn and not row.person_outcome:
                raise WrongState
            kept = session.get_one(MatterVersion, row.rule_version)
            matter = parse(jcs.loads(kept.text.encode()))
            sealed = self.world.open_bytes(session, f"decision/{case.id}/{row.rule_version}", row.sealed)
            made = msgspec.json.decode(sealed, type=_Made)
            rule = check(matter, self.world.catalogue).rule
            outcome = "person" if made.doubts else self._by_rule(rule, made)
            whole = hashlib.sha256(sealed).digest() == row.digest and matter.version == row.rule_version
            facts = sorted(each.digest.hex() for each in self.world.facts(session, case))
            return Replay(outcome, whole and outcome == row.outcome and set(made.digests) <= set(facts))

    def _by_person(self, session: Session, case: Case, outcome: str) -> None:
        matter = self.world.matter(case)
        clocks.stop(self.world, session, case.id, clocks.DECISION)
        begun = session.exec(select(CaseEffect.name).where(CaseEffect.case == case.id)).first() is not None
        if outcome == "grant" and begun and Effects(self.world).go_on(session, case):
            case.state = CaseState.GRANTED
        elif outcome == "grant" and not begun:
            made = self._made(session, case, matter)
            case.state = CaseState.GRANTED
            Effects(self.world).prepare(session, case, matter, made.values, date.fromisoformat(made.day))
        else:
            # What was granted before stands until its issuer takes it back: a review changes no certificate.
            case.state = CaseState.ENDED if outcome == "grant" else CaseState.REFUSED
            Effects(self.world).end(session, case)
        session.add(case)

    def _to_person(self, session: Session, case: Case, matter: Matter) -> None:
        case.state = CaseState.PERSON
        session.add(case)
        clocks.start(self.world, session, case, clocks.DECISION, case.office, matter.decision_days)

    def _grant(self, session: Session, case: Case, matter: Matter, made: _Made) -> None:
        case.state = CaseState.GRANTED
        session.add(case)
        clocks.stop(self.world, session, case.id, clocks.DECISION)
        Effects(self.world).prepare(session, case, matter, made.values, date.fromisoformat(made.day))

    def _decision(self, session: Session, case: Case) -> CaseDecision:
        rows = select(CaseDecision).where(CaseDecision.case == case.id)
        row = session.exec(rows.order_by(CaseDecision.at.desc())).first()  # type: ignore[attr-defined]
        if row is None:
            raise WrongState
        return row

    def _keep(self, session: Session, case: Case, matter: Matter, made: _Made, outcome: str) -> None:
        plain = jcs.dumps(msgspec.to_builtins(made))
        keep_version(session, matter)
        session.add(
            CaseDecision(
                case=case.id,
                rule_version=matter.version,
                outcome=outcome,
                digest=hashlib.sha256(plain).digest(),
                sealed=self.world.seal(session, case.office, f"decision/{case.id}/{matter.version}", plain),
                at=self.world.clock(),
            )
        )

    def _by_rule(self, rule: Rule, made: _Made) -> Decided:
        try:
            values = {
                path: tuple(typed(rule.names[path], each, self.world.tz) for each in texts)
                for path, texts in made.values.items()
                if path in rule.names
            }
        except (ValueError, ArithmeticError):
            return "person"
        said = rule.decide(values, date.fromisoformat(made.day), self.world.tz)
        return "person" if said == "incomplete" else said

    def _missing(self, session: Session, case: Case, matter: Matter) -> tuple[Missing, ...]:
        found = lacking(self.world, session, case, matter)
        said = {each.name for each in self._steps(session, case) if each.state in SAID}
        found += [
            Missing("step", each.name, each.zh, each.en) for each in matter.steps if each.name not in said
        ]
        doubtful = any(each.verdict not in (GOOD, NONE) for each in self.world.facts(session, case))
        if not found and not doubtful and self._says_incomplete(session, case, matter):
            found.append(Missing("rule", matter.name, matter.zh, matter.en))
        return tuple(found)

    def _says_incomplete(self, session: Session, case: Case, matter: Matter) -> bool:
        values, rule = self._texts(session, case, matter), self.world.matters.rule(matter.name)
        try:
            made = {
                path: tuple(typed(rule.names[path], each, self.world.tz) for each in texts)
                for path, texts in values.items()
                if path in rule.names
            }
        except (ValueError, ArithmeticError):
            return False
        return rule.decide(made, self.world.day(self.world.clock()), self.world.tz) == "incomplete"

    def _made(self, session: Session, case: Case, matter: Matter) -> _Made:
        values, facts = self._texts(session, case, matter), self.world.facts(session, case)
        return _Made(
            values,
            self.world.day(self.world.clock()).isoformat(),
            self._doubts(session, matter, facts, values),
            sorted(each.digest.hex() for each in facts),
        )

    def _doubts(
        self, session: Session, matter: Matter, facts: Sequence[CaseFact], values: Mapping[str, list[str]]
    ) -> list[str]:
        """Why a person has to look: what was not verified, stands no more, or is not equal."""
        trust, now = self.world.trust(), self.world.clock()
        doubts = [f"{each.name}: {each.verdict}" for each in facts if each.verdict not in (GOOD, NONE)]
        doubts += [
            f"{each.name}: not standing"
            for each in facts
            if each.verdict in COUNTS
            and each.certificate_id
            and not stands(session, each.certificate_id, self.world.known(session, each), trust, now)
        ]
        doubts += [
            f"{one} is not {other}"
            for one, other in matter.joins
            if values.get(one) and not (values.get(other) and set(values[one]) == set(values[other]))
        ]
        return doubts

    def _texts(self, session: Session, case: Case, matter: Matter) -> dict[str, list[str]]:
        """Every path that has a value, as texts."""
        made: dict[str, list[str]] = {}
        for name, text in self.world.inputs(session, case).items():
            made[f"input.{name}"] = [text]
        for fact in self.world.facts(session, case):
            if fact.verdict in COUNTS:
                claims = self.world.known(session, fact).claims | {"source": fact.source}
                for name, text in claims.items():
                    made.setdefault(f"{fact.name}.{name}", []).append(text)
        for name in promised_facts(session, case):
            made[f"{PROMISED}.{name}"] = ["true"]
        for step in self._steps(session, case):
            if step.state in SAID:
                made[f"{STEP}.{step.name}"] = [step.state]
        return made

    def _steps(self, session: Session, case: Case) -> Sequence[CaseStep]:
        return session.exec(select(CaseStep).where(CaseStep.case == case.id)).all()
