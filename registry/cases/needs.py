"""What a matter needs, as people read it before they begin: departments at a window, holders in a wallet."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from registry import holding
from registry.cases.world import World
from registry.holding import Person
from registry.matters import Fact, Matter
from registry.matters.loading import UnknownMatter


@dataclass(frozen=True, slots=True)
class Named:
    """A part of a matter by its name, with what it is called."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class NeededParty(Named):
    """A role. kind: natural or legal; count: one or many."""

    kind: str
    count: str


@dataclass(frozen=True, slots=True)
class NeededInput(Named):
    """What the applicant states. type: as the data elements have it."""

    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class NeededFact(Named):
    """What has to be known of a party.

    types: of certificates, any of which does; none: a document of the holder's own. sources: wallet, query or
    statement, in the order in which they are tried. later_days: it may be promised, and come within so many
    days; 0: it may not. held: whether a department here holds one that is valid for who asks; null where a
    department asks.
    """

    party: str
    types: list[str]
    claims: list[str]
    sources: list[str]
    required: bool
    document: bool
    later_days: int
    held: bool | None


@dataclass(frozen=True, slots=True)
class NeededStep(Named):
    """A department's part. department: its code; days: working days."""

    department: str
    days: int
    after: list[str]


@dataclass(frozen=True, slots=True)
class Outcome(Named):
    """What a grant brings about. do: issue, supersede, revoke or task; issuer: code of a department."""

    do: str
    issuer: str
    type: str | None


@dataclass(frozen=True, slots=True)
class Needs(Named):
    """A matter: who takes part, what is needed, and what comes of it. office: code of who decides."""

    basis: dict[str, str]
    office: str
    parties: list[NeededParty]
    inputs: list[NeededInput]
    facts: list[NeededFact]
    steps: list[NeededStep]
    effects: list[Outcome]


def offered(world: World) -> list[Matter]:
    """The matters that this town has a department for in each of their parts."""
    return [each for each in world.matters if _departments(each) <= world.offices.keys()]


def offered_named(world: World, name: str) -> Matter:
    """One of them. Raises UnknownMatter."""
    found = next((each for each in offered(world) if each.name == name), None)
    if found is None:
        raise UnknownMatter
    return found


def needs(world: World, matter: Matter, held: frozenset[str] | None = None) -> Needs:
    """A matter as people read it. held: types (alias) of which who asks has a valid one; None: not said."""
    return Needs(
        matter.name,
        matter.zh,
        matter.en,
        dict(matter.basis),
        world.office(matter.department),
        [NeededParty(each.name, each.zh, each.en, each.kind, each.count) for each in matter.parties],
        [NeededInput(each.name, each.zh, each.en, each.type, each.required) for each in matter.inputs],
        [_fact(each, held) for each in matter.facts],
        [
            NeededStep(
                each.name, each.zh, each.en, world.office(each.department), each.days, list(each.after)
            )
            for each in matter.steps
        ],
        [
            Outcome(each.name, each.zh, each.en, each.do, world.office(each.issuer), each.type)
            for each in matter.effects
        ],
    )


def held_by(world: World, session: Session, person: Person) -> frozenset[str]:
    """Types (alias) of which departments here hold a valid certificate for a person, newest versions."""
    now = world.clock()
    return frozenset(
        world.catalogue.newest(each.certificate.type).alias
        for each in holding.holdings(session, world.catalogue, world.vault, world.tz, person, now)
        if each.status == 0 and not each.ended and each.certificate.valid_from <= now
    )


def _fact(fact: Fact, held: frozenset[str] | None) -> NeededFact:
    return NeededFact(
        fact.name,
        fact.zh,
        fact.en,
        fact.party,
        list(fact.types),
        list(fact.claims),
        list(fact.sources),
        fact.least > 0,
        fact.is_document,
        fact.later_days,
        None if held is None else bool(held & set(fact.types)),
    )


def _departments(matter: Matter) -> set[str]:
    """Short names of all departments that have a part in it."""
    steps: Iterable[str] = (each.department for each in matter.steps)
    return {matter.department, *steps, *(each.issuer for each in matter.effects)}
