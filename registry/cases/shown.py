"""A case as it is shown: to the department that decides, to one that has a part in it, to a party."""

from dataclasses import dataclass, field
from typing import Literal

from registry.cases.needs import Named
from registry.cases.timing import Colour

By = Literal["rule", "person"]
"""Who decided."""


@dataclass(frozen=True, slots=True)
class Summary(Named):
    """A case in a list. name, zh, en: its matter's. opened, ended: Unix seconds. by_window: opened there."""

    number: str
    office: str
    state: str
    by_window: bool
    opened: int
    ended: int | None


@dataclass(frozen=True, slots=True)
class Lacking(Named):
    """What is missing. kind: input, fact, step, or rule (one of several things would do)."""

    kind: str


@dataclass(frozen=True, slots=True)
class FilledField:
    """A field of the form, filled in. source: how its value came: wallet, query, paper or statement."""

    name: str
    value: str = field(repr=False)
    path: str
    source: str


@dataclass(frozen=True, slots=True)
class ShownParty:
    """A role. known: somebody was proven, or named at a window, to be it. own: it is who asks.

    requested: a request was made to its wallet; taken: the answer to the last one was.
    """

    role: str
    position: int
    known: bool
    own: bool
    requested: bool
    taken: bool


@dataclass(frozen=True, slots=True)
class ShownFact(Named):
    """What became known. verdict: valid, or why it is not. claims: those that were proven.

    document: the id of a document of the holder's own, empty for a certificate.
    """

    role: str
    position: int
    source: str
    verdict: str
    certificate_id: str
    document: str
    claims: dict[str, str] = field(repr=False)
    at: int


@dataclass(frozen=True, slots=True)
class ShownStep(Named):
    """A department's part. state: waiting, open, agreed or objected. by: the clerk, for departments only."""

    department: str
    state: str
    days: int
    opened: int | None
    done: int | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownEffect(Named):
    """What a grant brings about. state: waiting, done or refused; problem: kind of the refusal."""

    position: int
    do: str
    issuer: str
    state: str
    certificate_id: str
    problem: str
    done: int | None


@dataclass(frozen=True, slots=True)
class ShownPromise(Named):
    """What was promised for later. state: asked, open, kept or overdue. due: when it is over.

    paper: id of the scanned sheet, empty where a wallet signs. clerk, second: who took it, for departments.
    """

    state: str
    due: int
    paper: str
    clerk: str
    second: str


@dataclass(frozen=True, slots=True)
class ShownClock(Named):
    """How much of its time a part has used (registry.cases.clocks). name: step.NAME, decision, effect.NAME,
    task.NAME, or kind of a task of no case, whose id `task` is.

    department: at work. office: which has to see to it now: that one, once it is red the one that took the
    case first, once it is escalated the supervisor. days, used: working days. due: end of the last one.
    """

    case: str
    task: str
    department: str
    office: str
    days: int
    used: int
    begun: int
    due: int
    ended: int | None
    colour: Colour
    escalated: bool


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """What an office has to see to while a clock runs. kind: yellow, red or escalated; at: since when."""

    kind: str
    at: int
    clock: ShownClock


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """What was decided, once nobody has to decide any more. by: rule or person; clerk: for departments only.

    reversal: a person said otherwise than the rule. reason: of the person.
    """

    outcome: str
    by: By
    at: int
    clerk: str
    reason: str
    reversal: bool


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document that was handed in. size: bytes."""

    id: str
    kind: str
    media_type: str
    size: int
    created: int


@dataclass(frozen=True, slots=True)
class ShownCase(Summary):
    """A case. What its reader has no business with is left empty (docs/cases.md).

    colour: the worst of the clocks that run, due: the first day that ends; None: nobody's time runs.
    responsible: the department that took it first and answers for all of it (首接负责).
    """

    inputs: dict[str, str] = field(repr=False)
    missing: list[Lacking]
    form: list[FilledField]
    parties: list[ShownParty]
    facts: list[ShownFact]
    steps: list[ShownStep]
    effects: list[ShownEffect]
    promises: list[ShownPromise]
    decision: ShownDecision | None
    responsible: str
    colour: Colour | None
    due: int | None
    clocks: list[ShownClock]
