"""The file of a matter, as structs; docs/matters.md says how one is written.

A path names a value that a case has: `fact.claim`, `input.name`. Nothing here is personal.
"""

import hashlib
from functools import cached_property
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from registry import jcs
from registry.definition import DataType

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
Path = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")]
Alias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
"""A department by its short name (`offices`), which each town gives a code."""
Source = Literal["wallet", "query", "statement"]
Do = Literal["issue", "supersede", "revoke", "task"]
INPUT: Final = "input"
FACT: Final = "fact:"
OTHER_EFFECT: Final = "effect:"
ALL: Final = "all:"
EARLIEST: Final = "earliest:"
REFERRED: Final = frozenset({"", "status", "last_day"})
"""What a claim may say of another certificate: its identifier, its status entry's place, its last day."""


class _Part(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True, dict=True
):
    pass


class _Named(_Part, frozen=True, kw_only=True):
    name: Name
    zh: str
    en: str


class Party(_Named, frozen=True, kw_only=True):
    """Who takes part. count: one, or many of that role. kind: natural person or organisation."""

    kind: Literal["natural", "legal"] = "natural"
    count: Literal["one", "many"] = "one"


class Input(_Named, frozen=True, kw_only=True):
    """What the applicant states himself. required: without it the case is incomplete."""

    type: DataType = "text"
    required: bool = True


class About(_Part, frozen=True, kw_only=True):
    """Whom a department is asked about: an identifier that the case has proven, or was given as input."""

    id_type: str
    path: Path = msgspec.field(name="is")


class Fact(_Named, frozen=True, kw_only=True):
    """One thing that has to be known of a party.

    types: aliases of certificate types, any of which does; empty: a document of the holder's own. claims:
    that are needed of it. sources: in the order in which they are tried. about: for queries. least, most: how
    many of it. identifies: the claim by which its party is known. later_days: it may be promised by a
    commitment (告知承诺) and come within so many days; 0: it may not. elsewhere: the value that names, by
    its code, the one department that is asked; it may be another registry's (跨省通办).
    """

    party: Name
    types: tuple[Alias, ...] = ()
    claims: tuple[Name, ...] = ()
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    about: About | None = None
    least: int = 1
    most: int = 1
    identifies: Name | None = None
    later_days: int = 0
    elsewhere: Path | None = None

    @property
    def is_document(self) -> bool:
        """Whether it is no certificate but a paper of the holder's own (a lease, a floor plan)."""
        return not self.types


class Step(_Named, frozen=True, kw_only=True):
    """A department's part before the decision. days: working days. after: steps that end before it begins;
    steps without a common one run side by side (并联审批)."""

    department: Alias
    days: Annotated[int, Meta(ge=1, le=90)]
    after: tuple[Name, ...] = ()


class Effect(_Named, frozen=True, kw_only=True):
    """What a grant brings about, by its own issuer.

    issue: a certificate of `type` with `claims`; supersede: the next version of the certificate of `fact`
    with `claims` changed; revoke: that certificate, for `reason`; task: something to do by `issuer`
    (`registry.tasks`). days: working days that its issuer has for it. A claim's value is a path, `today`,
    `today+N` (years, less a day), `=` and a text whose every # becomes a digit made from the case number, or
    something of another certificate: `fact:NAME` (of a fact) or `effect:NAME` (of what another effect issued)
    is its identifier, with `.status` behind it the place of its status entry, with `.last_day` its last day.
    `all: …` joins several of these, `earliest: …` takes the smallest.
    """

    do: Do
    issuer: Alias
    type: Alias | None = None
    fact: Name | None = None
    reason: str = ""
    days: Annotated[int, Meta(ge=1, le=90)] = 1
    claims: dict[Name, str] = {}
    after: tuple[Name, ...] = ()


class OfferWhen(_Part, frozen=True, kw_only=True):
    """When a holder newly qualifies, and is offered the matter before asking (无感智办).

    type: of the certificate that says so; role: in which it names who is offered. claim: a derived age, from
    whose birthday on; None: from the certificate's first day on. per: once in a life, or once a certificate,
    in whatever versions. rule: CEL over the certificate's own claims (`type.claim`), true or false; empty:
    always.
    """

    type: Alias
    role: Name
    claim: Name | None = None
    per: Literal["holder", "certificate"] = "holder"
    rule: str = ""


class Matter(_Named, frozen=True, kw_only=True):
    """One matter. department: who decides, and in whose name is asked. supervisor: to whom a part that is not
    done in time is escalated; in a town without such an office, the deciding department. decision_days:
    working days for the decision. joins: paths whose values are equal. form: what is filled in from proven
    claims, by field. rule: CEL. locks: facts whose certificate one case holds until it ends. offer_when: to
    whom it is offered before being asked; None: to nobody."""

    basis: dict[str, str]
    department: Alias
    supervisor: Alias
    decision_days: Annotated[int, Meta(ge=1, le=90)] = 5
    parties: Annotated[tuple[Party, ...], Meta(min_length=1)]
    inputs: tuple[Input, ...] = ()
    facts: tuple[Fact, ...]
    joins: tuple[tuple[Path, Path], ...] = ()
    steps: tuple[Step, ...] = ()
    form: dict[Name, Path] = {}
    rule: str
    effects: tuple[Effect, ...]
    locks: tuple[Name, ...] = ()
    offer_when: OfferWhen | None = None

    def fact(self, name: str) -> Fact:
        """The fact of that name; it stands in the file."""
        return next(each for each in self.facts if each.name == name)

    def facts_of(self, party: str) -> tuple[Fact, ...]:
        """What has to be known of a role."""
        return tuple(each for each in self.facts if each.party == party)

    @cached_property
    def canonical(self) -> bytes:
        """The matter as it is kept beside the cases that it decided."""
        return jcs.dumps(msgspec.to_builtins(self))

    @cached_property
    def version(self) -> str:
        """SHA-256 of it, hexadecimal: what a decision names as its rule version."""
        return hashlib.sha256(self.canonical).hexdigest()


def parse(document: Any) -> Matter:
    """A matter, as loaded from YAML. Raises msgspec.ValidationError."""
    return msgspec.convert(document, Matter)
