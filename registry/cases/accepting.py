"""Acceptance (受理): a case whose inputs and facts are all there; from then on departments' time counts.

What the citizen still has to bring is nobody's delay (行政许可法 32).
"""

from typing import Final, Literal

import msgspec
from sqlmodel import Session, select

from registry.cases import clocks
from registry.cases.world import NOT_HERE, World
from registry.matters import Matter
from registry.store.tables import Case, CaseState, CaseStep, Commitment, CommitmentState, StepState

SAID: Final = frozenset({StepState.AGREED, StepState.OBJECTED})
_STAND: Final = frozenset({CommitmentState.OPEN, CommitmentState.KEPT})


class Missing(msgspec.Struct, frozen=True):
    """What a case still needs. kind: input, fact, step, or rule (one of several things would do)."""

    kind: Literal["input", "fact", "step", "rule"]
    name: str
    zh: str
    en: str


def lacking(world: World, session: Session, case: Case, matter: Matter) -> list[Missing]:
    """The inputs and facts that are not there yet, nor promised."""
    inputs = world.inputs(session, case)
    found = [
        Missing("input", each.name, each.zh, each.en)
        for each in matter.inputs
        if each.required and not inputs.get(each.name)
    ]
    facts, promised = world.facts(session, case), promised_facts(session, case)
    for party in world.parties(session, case):
        for fact in matter.facts_of(party.role):
            own = (each for each in facts if each.party == party.id and each.name == fact.name)
            here = [each for each in own if each.verdict not in NOT_HERE]
            if len(here) < fact.least and fact.name not in promised:
                found.append(Missing("fact", fact.name, fact.zh, fact.en))
    return found


def promised_facts(session: Session, case: Case) -> set[str]:
    """The facts for which a commitment stands."""
    rows = session.exec(select(Commitment).where(Commitment.case == case.id))
    return {each.fact for each in rows if each.state in _STAND}


def advance(world: World, session: Session, case: Case) -> None:
    """Accept an open case when all is there, let the steps begin whose turn it is, then the decision."""
    matter = world.matter(case)
    if case.state != CaseState.OPEN:
        return
    if case.accepted is None:
        if lacking(world, session, case, matter):
            return
        case.accepted = world.clock()
        session.add(case)
    steps = session.exec(select(CaseStep).where(CaseStep.case == case.id)).all()
    rows = {each.name: each for each in steps}
    said = {name for name, each in rows.items() if each.state in SAID}
    for step in matter.steps:
        row = rows[step.name]
        if row.state == StepState.WAITING and set(step.after) <= said:
            row.state, row.opened_at = StepState.OPEN, world.clock()
            session.add(row)
            clocks.start(world, session, case, f"{clocks.STEP}.{row.name}", row.department, row.days)
    if said == rows.keys():
        clocks.start(world, session, case, clocks.DECISION, case.office, matter.decision_days)
