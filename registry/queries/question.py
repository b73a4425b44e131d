"""What a department asks, and what one issuer answers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from registry.rights import Ask, Asked
from registry.statement import Outcome

STATED: Final = "stated"
VOUCHED: Final = "vouched"


@dataclass(frozen=True, slots=True)
class Query:
    """What a department asks.

    asker: its code; clerk: who asks there. matter: what it is for, as the rights name it. type: its code or
    short name. ask: whether there is a valid certificate (`has_valid`), named claims of it, its status, or
    how one claim compares (`equals`, `over`, `under`) with `value`.
    holder: (identifier type, identifier); certificate_id: instead, where a certificate is known.
    value: text, an amount or a date, as the claim is written. source: where an `equals` has it from:
    `stated` by the holder to the case, `vouched`: so the department says, where its right lets it, or the
    identifier of the certificate that proved it. shown: (identifier of a certificate, value) of each claim
    that was shown in answer to a request of the asker, which the question names as its source; never told.
    case: number of the asker's case. on_behalf: identifier of the certificate through which an agent acts
    (a mandate, a birth certificate, a licence). second: the clerk who approved it, where it takes two.
    assisted: a clerk does it all for a person (帮办).
    """

    asker: str
    clerk: str
    matter: str
    type: str
    ask: Ask
    claims: tuple[str, ...] = ()
    holder: tuple[str, str] | None = field(default=None, repr=False)
    certificate_id: str | None = None
    value: str = field(default="", repr=False)
    source: str = ""
    case: str | None = None
    on_behalf: str | None = None
    second: str = ""
    assisted: bool = False
    shown: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def asked(self, type_code: str) -> Asked:
        """The part that the rights decide on."""
        return Asked(
            self.asker,
            self.matter,
            type_code,
            self.ask,
            self.claims,
            self.value if self.ask in ("over", "under") else "",
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """On what an answer depends, by the rights files alone: the same whoever it is about, and whatever was
    said or not said. kind: `consent` of the holder, `review` by the issuer, or `never` shared."""

    kind: Literal["consent", "review", "never"]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one issuer answers: the question as put (salted), outcome, proof and signed word.

    conditions: of a pending or withheld one, what it depends on. due: of a pending one, the moment from which
    the same question is answered or withheld, Unix seconds.
    """

    question: Mapping[str, Any] = field(repr=False)
    outcome: Outcome
    statement: str
    status: str | None = None
    presentation: str | None = field(default=None, repr=False)
    due: int | None = None
    conditions: tuple[Condition, ...] = ()

    def envelope(self) -> dict[str, Any]:
        """The answer as it travels."""
        parts = {
            "status": self.status,
            "presentation": self.presentation,
            "due": self.due,
            "conditions": [asdict(each) for each in self.conditions] or None,
        }
        return {
            "question": self.question,
            "outcome": self.outcome,
            **{name: value for name, value in parts.items() if value is not None},
            "statement": self.statement,
        }
