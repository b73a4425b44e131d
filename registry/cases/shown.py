"""A case as it is shown: to the department that decides, to one that has a part in it, to a party."""

from dataclasses import dataclass, field

from registry.cases.needs import Named


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
    """A field of the form, filled in. source: how its value came: wallet, query or statement."""

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
    """What was promised for later. state: asked, open, kept or overdue. due: when it is over."""

    state: str
    due: int


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """What was decided, once nobody has to decide any more. by: rule or person; clerk: for departments only.

    reversal: a person said otherwise than the rule. reason: of the person.
    """

    outcome: str
    by: str
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
    """A case. What its reader has no business with is left empty (docs/cases.md)."""

    inputs: dict[str, str] = field(repr=False)
    missing: list[Lacking]
    form: list[FilledField]
    parties: list[ShownParty]
    facts: list[ShownFact]
    steps: list[ShownStep]
    effects: list[ShownEffect]
    promises: list[ShownPromise]
    decision: ShownDecision | None
