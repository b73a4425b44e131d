"""Type definitions: what the catalogue says of one version of a certificate type, without the loader.

A certificate is read by the version in its core; the hash of the definition is on the chain, so these
structures are written out exactly as they were read (a file never states a default).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, partial
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from registry import jcs, rules, values
from registry.errors import RegistryError
from registry.identifiers import CertificateId, Fault, NotAnIdentifier
from registry.values import Why

DataType = Literal[
    "text", "name", "number", "date", "amount", "code",
    "id_type", "identifier", "citizen_number", "credit_code", "portrait", "file", "status_places",
]  # fmt: skip
UPPER_CASED = frozenset({"number", "identifier", "citizen_number", "credit_code"})
TRUE = "true"


class BadDefinition(RegistryError):
    """The bytes are no type definition, or it contradicts itself."""

    kind = "bad-definition"


class _Part(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    pass


class _Named(_Part, frozen=True):
    name: str
    zh: str
    en: str


class Label(_Part, frozen=True):
    """A name in both languages."""

    zh: str
    en: str


class Authority(_Part, frozen=True):
    """Who defines the type; its code begins the type code."""

    code: str
    zh: str
    en: str


class Code(_Part, frozen=True):
    """One value of a list: as printed in Chinese, its English, and the standard's own code if it has one."""

    code: str
    en: str
    standard: str = ""


class Format(_Part, frozen=True):
    """A pattern that a text may have, and how a person would describe it."""

    pattern: str
    zh: str
    en: str


class Claim(_Named, frozen=True):
    """One named fact.

    longest: characters, and a third of the most bytes (`status_places`: all of them). formats: one of
    them must match. codes: for `code`. id_type: for `identifier`, the claim that says its type.
    """

    type: DataType
    required: bool = True
    longest: int = 100
    formats: tuple[Format, ...] = ()
    codes: tuple[Code, ...] = ()
    id_type: str = ""


class Role(_Part, frozen=True):
    """Which claims carry name, identifier type and identifier of one holder.

    id_type: fixed type, or empty and id_type_claim names the claim that says it. acts_for: the role whose
    credential this person may claim (a guardian, a legal representative), without holding the certificate.
    """

    role: str
    zh: str
    en: str
    name: str
    identifier: str
    id_type: str = ""
    id_type_claim: str = ""
    acts_for: str = ""


class Validity(_Part, frozen=True):
    """First day from a claim; last day from a claim or so many years later; neither: it does not expire."""

    begins: str
    ends: str = ""
    years: int = 0


class Derived(_Named, frozen=True):
    """A yes-claim made at issuance: an age reached (years), or an amount of at least so much."""

    claim: str
    years: int = 0
    at_least: str = ""


class Rule(_Part, frozen=True):
    """What must hold between claims.

    born: a date and a citizen number; sex: 男 or 女 and a citizen number; order: two dates, the first not
    after the second; together: all given or none.
    """

    rule: Literal["born", "sex", "order", "together"]
    claims: tuple[str, ...]


class Dependency(_Part, frozen=True):
    """What has to be looked at when a certificate of another type ends (`registry.tasks.linked`).

    type: code of that type. claim, theirs: of ours and of that one, with the same value; each the identifier
    of a role, or each the printed number. days: working days. reasons: those that give work (lifecycle.md);
    none: all.
    """

    type: str
    claim: str
    theirs: str = msgspec.field(name="is")
    days: int
    reasons: tuple[str, ...] = ()

    def concerns(self, reason: str) -> bool:
        """Whether an end for this reason gives work."""
        return not self.reasons or reason in self.reasons


class Constituent(_Part, frozen=True):
    """Claims that say for people which certificate a part is: its name, its identifier."""

    name: str
    identifier: str


class Parts(_Part, frozen=True):
    """Of which certificates one is combined (一业一证).

    status: the claim with the places of all their status entries (`status_places`): one disclosure, so that
    nobody can show a certificate without one of its parts. each: claims of every part, in the same order.
    """

    status: str
    each: tuple[Constituent, ...]


class TypeDefinition(_Part, frozen=True):
    """One version of a certificate type, in force from the day `begins` (in the file: `from`) to `until`.

    renewable_days: how long before its end a holder is reminded; 0: never; None: as the setting says.
    parts: None: it stands alone.
    """

    type: str
    version: int
    alias: str
    name: Label
    authority: Authority
    begins: str = msgspec.field(name="from")
    claims: tuple[Claim, ...]
    holders: tuple[Role, ...]
    validity: Validity
    number_claim: str
    paper: tuple[str, ...]
    until: str = ""
    derived: tuple[Derived, ...] = ()
    rules: tuple[Rule, ...] = ()
    unique_by: tuple[str, ...] = ()
    multiple: bool = False
    paper_valid_days: int = 1826
    changed_keeps: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    renewable_days: int | None = None
    parts: Parts | None = None

    @cached_property
    def claim(self) -> dict[str, Claim]:
        """Claims by name."""
        return {claim.name: claim for claim in self.claims}

    @cached_property
    def labels(self) -> dict[str, Label]:
        """Labels of all claims, derived ones too."""
        return {part.name: Label(part.zh, part.en) for part in (*self.claims, *self.derived)}

    @cached_property
    def canonical(self) -> bytes:
        """JCS of the type's file as loaded: what is hashed, and what a bundle carries."""
        return jcs.dumps(msgspec.to_builtins(self))

    @property
    def always_shown(self) -> tuple[str, ...]:
        """Claims without which nobody can judge the certificate: every presentation should have them."""
        return () if self.parts is None else (self.parts.status,)

    def roles_by(self, claim: str) -> tuple[str, ...]:
        """The roles whose identifier a claim carries."""
        return tuple(role.role for role in self.holders if role.identifier == claim)

    @cached_property
    def checks(self) -> dict[str, Callable[[str], Why | None]]:
        """For each claim, what says why a value alone is wrong."""
        return {claim.name: _check_of(claim) for claim in self.claims}


class Holder(NamedTuple):
    """A person or organisation that a certificate is about, or that acts for one (acts_for)."""

    role: str
    name: str
    id_type: str
    identifier: str
    acts_for: str = ""


class Prepared(NamedTuple):
    """What `certificate.make` takes: claims, those with release_from (Unix seconds) and value, decoys."""

    claims: dict[str, str]
    unreleased: dict[str, tuple[int, str]]
    decoys: int


def parse(document: bytes | Mapping[str, object]) -> TypeDefinition:
    """Read a definition, from JSON or as loaded. Raises BadDefinition, also where a default is stated."""
    try:
        loaded = msgspec.json.decode(document) if isinstance(document, bytes) else document
        definition = msgspec.convert(loaded, TypeDefinition)
    except msgspec.MsgspecError as wrong:
        raise BadDefinition(f"类型定义不正确：{wrong}", f"Not a type definition: {wrong}") from wrong
    if definition.canonical != jcs.dumps(loaded):
        raise BadDefinition(
            "类型定义写明了默认值，请删去。", "The definition states a default: leave it out."
        )
    return definition


def hash(definition: TypeDefinition) -> bytes:
    """SHA-256 of the canonical definition, as it stands on the chain."""
    return hashlib.sha256(definition.canonical).digest()


def clean(definition: TypeDefinition, row: Mapping[str, str]) -> dict[str, str]:
    """The row as it will be digested: NFC, identifiers upper-cased, empty fields left out."""
    cleaned = {}
    for name, value in row.items():
        if value and (kept := values.normalised(value)):
            claim = definition.claim.get(name)
            cleaned[name] = kept.upper() if claim is not None and claim.type in UPPER_CASED else kept
    return cleaned


def validate(definition: TypeDefinition, row: Mapping[str, str]) -> list[Fault]:
    """Everything that is wrong with a row, each with its field and why; empty where it may be issued."""
    claims = clean(definition, row)
    faults = [
        _fault(definition, claim.name, Why("缺少", "missing"))
        for claim in definition.claims
        if claim.required and claim.name not in claims
    ]
    faults += fits(definition, claims, derived=False)
    wrong = {fault.field for fault in faults}
    for rule in definition.rules:
        if not wrong & set(rule.claims):
            faults += (
                _fault(definition, name, why) for name, why in rules.RULES[rule.rule](rule.claims, claims)
            )
    if definition.parts is not None and not wrong:
        faults += (_fault(definition, name, why) for name, why in _wrong_parts(definition.parts, claims))
    return faults


def fits(definition: TypeDefinition, claims: Mapping[str, str], *, derived: bool = True) -> list[Fault]:
    """What is wrong with claims, any of them present or not: unknown names, values that the type excludes."""
    faults = []
    for name, value in claims.items():
        check = definition.checks.get(name)
        if check is not None:
            id_type = claims.get(definition.claim[name].id_type, "")
            if why := check(value) or (values.wrong_identifier(id_type, value) if id_type else None):
                faults.append(_fault(definition, name, why))
        elif not derived or name not in definition.labels:
            faults.append(Fault(name[:40], "类型中没有这一项", "not in the type"))
        elif value != TRUE:
            faults.append(_fault(definition, name, Why("只能为真", "can only be true")))
    return faults


def claims_for(definition: TypeDefinition, row: Mapping[str, str], *, today: date, tz: ZoneInfo) -> Prepared:
    """Claims of a valid row with its derived yes-claims; the count of digests says nothing about the row.

    An age not yet reached is made now and released on the birthday; what cannot become true by time alone,
    and every optional claim that is absent, leaves a decoy.
    """
    claims = clean(definition, row)
    unreleased: dict[str, tuple[int, str]] = {}
    for derived in definition.derived:
        given = claims.get(derived.claim)
        if given is None:
            continue
        if derived.at_least:
            if _micros(given) >= _micros(derived.at_least):
                claims[derived.name] = TRUE
        elif (reached := birthday(date.fromisoformat(given), derived.years)) <= today:
            claims[derived.name] = TRUE
        else:
            unreleased[derived.name] = (day_start(reached, tz), TRUE)
    decoys = len(definition.claims) + len(definition.derived) - len(claims) - len(unreleased)
    return Prepared(claims, unreleased, decoys)


def holders(definition: TypeDefinition, claims: Mapping[str, str]) -> list[Holder]:
    """Holders and those who act for them, in the type's order; roles without identifier are left out."""
    return [
        Holder(
            role.role,
            claims.get(role.name, ""),
            role.id_type or claims.get(role.id_type_claim, ""),
            claims[role.identifier],
            role.acts_for,
        )
        for role in definition.holders
        if role.identifier in claims
    ]


def subjects(definition: TypeDefinition, claims: Mapping[str, str]) -> list[bytes]:
    """What may have one valid certificate of this type: each holder with the claims of unique_by.

    To be kept as keyed hashes only. Empty where a holder may have several; the number alone where the
    certificate names no identifier of a holder.
    """
    if definition.multiple:
        return []
    within = [claims.get(name, "") for name in definition.unique_by]
    own = {
        (holder.id_type, holder.identifier) for holder in holders(definition, claims) if not holder.acts_for
    }
    if not own:
        own = {("number", claims.get(definition.number_claim, ""))}
    return [jcs.dumps([definition.type, *holder, *within]) for holder in sorted(own)]


def validity(definition: TypeDefinition, claims: Mapping[str, str], tz: ZoneInfo) -> tuple[int, int | None]:
    """(valid_from, valid_until): 00:00 of the first day and of the day after the last; None: no end."""
    rule = definition.validity
    first = date.fromisoformat(claims[rule.begins])
    if rule.years:
        return day_start(first, tz), day_start(birthday(first, rule.years), tz)
    last = claims.get(rule.ends)
    return day_start(first, tz), day_start(date.fromisoformat(last) + timedelta(days=1), tz) if last else None


def number(definition: TypeDefinition, claims: Mapping[str, str]) -> str:
    """The number printed on the certificate, by which it is found."""
    return claims.get(definition.number_claim, "")


@lru_cache(maxsize=65_536)
def day_start(day: date, tz: ZoneInfo) -> int:
    """Unix seconds of 00:00 of a day in the registry's time zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=tz).timestamp())


def _fault(definition: TypeDefinition, name: str, why: Why) -> Fault:
    label = definition.labels[name]
    return Fault(name, f"{label.zh}：{why.zh}", f"{label.en}: {why.en}")


def _wrong_parts(parts: Parts, claims: Mapping[str, str]) -> Iterator[tuple[str, Why]]:
    """Each part has its name, its identifier and its place, in one order."""
    places = values.status_places(claims.get(parts.status, "")) or ()
    if len(places) > len(parts.each):
        yield parts.status, Why("组成证照太多", "names too many parts")
    for position, part in enumerate(parts.each):
        place = places[position] if position < len(places) else None
        for name in (part.name, part.identifier):
            if (name in claims) != (place is not None):
                yield name, Why("与状态位置的数量不符", "does not go with the places of the parts")
        if place is not None and (type := _type_of(claims.get(part.identifier, ""))) and type != place[1]:
            yield part.identifier, Why("与状态位置的类型不符", "is of another type than its place")


def _type_of(identifier: str) -> str:
    """The type code in a certificate identifier; empty where there is none to read (imported ones)."""
    try:
        return CertificateId.parse(identifier).type
    except NotAnIdentifier:
        return ""


def _check_of(claim: Claim) -> Callable[[str], Why | None]:
    checks: dict[str, Callable[[str], Why | None]] = {
        "text": partial(_wrong_formatted, claim),
        "number": partial(_wrong_formatted, claim),
        "name": partial(values.wrong_name, longest=claim.longest),
        "date": values.wrong_date,
        "amount": values.wrong_amount,
        "code": partial(_wrong_code, frozenset(code.code for code in claim.codes)),
        "id_type": partial(_wrong_code, frozenset(values.ID_TYPES)),
        "identifier": partial(values.wrong_text, longest=40),
        "citizen_number": partial(values.wrong_identifier, "citizen_number"),
        "credit_code": partial(values.wrong_identifier, "credit_code"),
        "portrait": values.wrong_picture,
        "file": values.wrong_file,
        "status_places": partial(values.wrong_status_places, longest=claim.longest),
    }
    return checks[claim.type]


def _wrong_formatted(claim: Claim, value: str) -> Why | None:
    if why := values.wrong_text(value, claim.longest):
        return why
    formats = claim.formats
    if not formats or any(values.compiled(each.pattern).fullmatch(value) for each in formats):
        return None
    return Why(
        "应为" + "，或".join(each.zh for each in formats),
        "must be " + ", or ".join(each.en for each in formats),
    )


def _wrong_code(codes: frozenset[str], value: str) -> Why | None:
    return None if value in codes else Why("不在代码表中", "not in the list of codes")


def birthday(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _micros(amount: str) -> int:
    """A decimal string as an exact whole number of millionths."""
    whole, _, decimals = amount.partition(".")
    return int(whole + decimals.ljust(6, "0"))
