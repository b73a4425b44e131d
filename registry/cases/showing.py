"""A case, made ready to be shown; `seeing` says to whom, and leaves out what is not theirs."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session, col, select

from registry.cases.clocks import DECISION, STEP, Clocks
from registry.cases.deciding import Deciding
from registry.cases.documents import STATEMENT
from registry.cases.paper_promises import OnPaper, on_paper
from registry.cases.shown import (
    FilledField,
    Lacking,
    ShownCase,
    ShownClock,
    ShownDecision,
    ShownDocument,
    ShownEffect,
    ShownFact,
    ShownParty,
    ShownPromise,
    ShownStep,
    Summary,
)
from registry.cases.timing import Colour, Running
from registry.cases.world import World
from registry.matters import Fact, Matter
from registry.matters.matter import Effect, Step
from registry.store.tables import (
    Case,
    CaseDecision,
    CaseEffect,
    CaseFact,
    CaseParty,
    CaseState,
    CaseStep,
    Commitment,
    Document,
)

UNDECIDED = (CaseState.OPEN, CaseState.PERSON)
"""States in which nobody may learn yet what the rule said."""
_PARTS: Final = {
    DECISION: ("决定", "Decision"),
    "linked": ("关联证照核查", "Linked certificate to look at"),
    "objection": ("异议处理", "Objection to decide"),
}


def summary(world: World, case: Case) -> Summary:
    """A case in a list."""
    matter = world.matter(case)
    return Summary(
        name=matter.name,
        zh=matter.zh,
        en=matter.en,
        number=case.id,
        office=case.office,
        state=case.state,
        by_window=bool(case.opened_by),
        opened=case.created,
        ended=case.ended_at,
    )


def whole(world: World, number: str, holder: bytes | None = None) -> ShownCase:
    """A case; of facts only those of this holder, where one is named. Raises NoSuchCase."""
    deciding, running = Deciding(world), Clocks(world).of(number)
    missing, form = deciding.missing(number), deciding.form(number)
    with world.store.read() as session:
        case = world.case(session, number)
        matter, parties = world.matter(case), world.parties(session, case)
        roles = {each.id: each for each in parties if holder is None or each.holder == holder}
        facts = [each for each in world.facts(session, case) if each.party in roles]
        own = {"input", *(each.name for each in facts)}
        found = summary(world, case)
        return ShownCase(
            name=found.name,
            zh=found.zh,
            en=found.en,
            number=found.number,
            office=found.office,
            state=found.state,
            by_window=found.by_window,
            opened=found.opened,
            ended=found.ended,
            inputs=world.inputs(session, case),
            missing=[Lacking(each.name, each.zh, each.en, each.kind) for each in missing]
            if case.state == CaseState.OPEN
            else [],
            form=[
                FilledField(each.name, each.value, each.path, each.source)
                for each in form
                if holder is None or each.path.partition(".")[0] in own
            ],
            parties=[_party(each, holder) for each in parties],
            facts=[_fact(world, session, matter, each, roles[each.party]) for each in facts],
            steps=_steps(session, matter, case),
            effects=_effects(session, matter, case),
            promises=_promises(world, session, matter, case),
            decision=_decision(session, case),
            responsible=case.responsible,
            colour=_worst(running),
            due=min((each.due for each in running if each.ended is None), default=None),
            clocks=[clock(matter, each) for each in running],
        )


def clocks_of(world: World, running: Sequence[Running]) -> list[ShownClock]:
    """Clocks of several cases, and of none."""
    with world.store.read() as session:
        numbers = {each.case for each in running if each.case}
        rows = session.exec(select(Case.id, Case.matter).where(col(Case.id).in_(numbers))).all()
    matters = dict(rows)
    known = {each.name: each for each in world.matters}
    return [clock(known.get(matters.get(each.case, "")), each) for each in running]


def clock(matter: Matter | None, each: Running) -> ShownClock:
    """One clock, with what its part is called."""
    zh, en = _called(matter, each.part)
    return ShownClock(
        name=each.part,
        zh=zh,
        en=en,
        case=each.case,
        task=each.task,
        department=each.department,
        office=each.office,
        days=each.days,
        used=each.used,
        begun=each.begun,
        due=each.due,
        ended=each.ended,
        colour=each.colour,
        escalated=each.escalated,
    )


def document(row: Document) -> ShownDocument:
    """A document that was handed in."""
    return ShownDocument(row.id, row.kind, row.media_type, row.size, row.created)


def _called(matter: Matter | None, part: str) -> tuple[str, str]:
    kind, _, name = part.partition(".")
    named: Sequence[Step | Effect] = ()
    if matter is not None:
        named = matter.steps if kind == STEP else matter.effects
    found = next((each for each in named if each.name == name), None)
    return _PARTS.get(kind, (part, part)) if found is None else (found.zh, found.en)


def _worst(running: Sequence[Running]) -> Colour | None:
    colours = {each.colour for each in running if each.ended is None}
    worst: tuple[Colour, ...] = ("red", "yellow", "green")
    return next((each for each in worst if each in colours), None)


def _party(row: CaseParty, holder: bytes | None) -> ShownParty:
    return ShownParty(
        role=row.role,
        position=row.position,
        known=row.holder is not None,
        own=holder is not None and row.holder == holder,
        requested=row.request is not None,
        taken=row.request is not None and row.taken == row.request,
    )


def _fact(world: World, session: Session, matter: Matter, row: CaseFact, party: CaseParty) -> ShownFact:
    fact, known = matter.fact(row.name), world.known(session, row)
    return ShownFact(
        name=fact.name,
        zh=fact.zh,
        en=fact.en,
        role=party.role,
        position=row.position,
        source=row.source,
        verdict=row.verdict,
        certificate_id=row.certificate_id,
        document=known.text if row.source == STATEMENT else "",
        claims=dict(known.claims),
        at=row.at,
    )


def _steps(session: Session, matter: Matter, case: Case) -> list[ShownStep]:
    rows = {each.name: each for each in session.exec(select(CaseStep).where(CaseStep.case == case.id))}
    return [
        ShownStep(
            name=each.name,
            zh=each.zh,
            en=each.en,
            department=rows[each.name].department,
            state=rows[each.name].state,
            days=rows[each.name].days,
            opened=rows[each.name].opened_at,
            done=rows[each.name].done_at,
            by=rows[each.name].by,
            reason=rows[each.name].reason,
        )
        for each in matter.steps
        if each.name in rows
    ]


def _effects(session: Session, matter: Matter, case: Case) -> list[ShownEffect]:
    effects = {each.name: (place, each) for place, each in enumerate(matter.effects)}
    rows = session.exec(select(CaseEffect).where(CaseEffect.case == case.id)).all()
    named = [each for each in rows if each.name in effects]
    return [
        ShownEffect(
            name=row.name,
            zh=effects[row.name][1].zh,
            en=effects[row.name][1].en,
            position=row.position,
            do=effects[row.name][1].do,
            issuer=row.issuer,
            state=row.state,
            certificate_id=row.certificate_id,
            problem=row.problem,
            done=row.done_at,
        )
        for row in sorted(named, key=lambda row: (effects[row.name][0], row.position))
    ]


def _promises(world: World, session: Session, matter: Matter, case: Case) -> list[ShownPromise]:
    rows = session.exec(
        select(Commitment).where(Commitment.case == case.id).order_by(col(Commitment.id))
    ).all()
    facts = {each.name: each for each in matter.facts}
    return [_promise(world, session, facts[row.fact], row) for row in rows if row.fact in facts]


def _promise(world: World, session: Session, fact: Fact, row: Commitment) -> ShownPromise:
    made = on_paper(world, session, row) or OnPaper("", "", "", "")
    return ShownPromise(
        fact.name, fact.zh, fact.en, row.state, row.due, made.document, made.clerk, made.second
    )


def _decision(session: Session, case: Case) -> ShownDecision | None:
    rows = select(CaseDecision).where(CaseDecision.case == case.id)
    row = session.exec(rows.order_by(col(CaseDecision.at).desc())).first()
    if row is None or case.state in UNDECIDED:
        return None
    if row.person_outcome:
        return ShownDecision(
            row.person_outcome, "person", row.person_at or row.at, row.person, row.person_reason, row.reversal
        )
    return ShownDecision(row.outcome, "rule", row.at, "", "", False)
