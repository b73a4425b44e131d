"""What a schema cannot see: whether a type definition agrees with itself, and fits on paper."""

from collections.abc import Iterator, Mapping

from registry import identifiers, values
from registry.definition import Claim, TypeDefinition
from registry.lifecycle import REASONS, Kind

RESERVED = frozenset(
    {"iss", "iat", "nbf", "exp", "vct", "cnf", "aud", "sub", "jti", "nonce", "status", "core", "anchor", "v"}
    | {"certificate_id", "issuer", "type", "type_version", "valid_from", "valid_until", "sd_hash"}
)
"""Members of payload, core and KB-JWT: a claim may not have such a name (protocol.md, Values)."""

_TEXTS = frozenset({"text", "name", "number"})
_RULE_ARITY = {"born": 2, "sex": 2, "order": 2}
_BESIDE_CLAIMS = 400
_PATH_OF_LARGEST_BATCH = 14 * 32
_EACH_CLAIM = 16 + 6


def flaws(definition: TypeDefinition) -> Iterator[str]:
    """Everything in which a definition contradicts itself or the protocol, in English for who wrote it."""
    yield from _identity_flaws(definition)
    yield from _claim_flaws(definition)
    yield from _reference_flaws(definition)
    yield from _role_flaws(definition)
    yield from _dependency_flaws(definition)
    yield from _parts_flaws(definition)


def link_flaws(definition: TypeDefinition, named: Mapping[str, TypeDefinition]) -> Iterator[str]:
    """Where it depends on what is not there. named: the newest version of each type, by code."""
    for each in definition.depends_on:
        upstream = named.get(each.type)
        if upstream is None:
            yield f"depends_on: there is no type {each.type}"
        elif not _is_found_by(upstream, each.theirs):
            yield f"depends_on: a {upstream.alias} is not found by {each.theirs}"
        elif bool(definition.roles_by(each.claim)) != bool(upstream.roles_by(each.theirs)):
            yield f"depends_on: {each.claim} and {each.theirs}: a number and an identifier"


def largest_copy_bytes(definition: TypeDefinition) -> int:
    """An upper bound of a copy's bytes in a QR: every paper claim at its longest.

    Beside them: two signatures' worth of core, keys and members, the path of a batch of 16,384, and 32 bytes
    for each digest that is not shown.
    """
    shown = [definition.claim[name] for name in definition.paper if name in definition.claim]
    hidden = len(definition.claims) + len(definition.derived) - len(definition.paper)
    texts = sum(_longest_bytes(claim) for claim in shown) + len(definition.paper) - len(shown)
    return _BESIDE_CLAIMS + _PATH_OF_LARGEST_BATCH + texts + _EACH_CLAIM * len(definition.paper) + 32 * hidden


def _longest_bytes(claim: Claim) -> int:
    match claim.type:
        case "text" | "name" | "number":
            return 3 * claim.longest
        case "status_places":
            return claim.longest
        case "code":
            return max(len(code.code.encode()) for code in claim.codes)
        case "portrait" | "file":
            return values.LARGEST_FILE
        case "date":
            return 10
        case _:
            return 40


def _identity_flaws(definition: TypeDefinition) -> Iterator[str]:
    if not identifiers.is_type_code(definition.type):
        yield "type is no credit code with three digits"
    if definition.authority.code != definition.type[:18]:
        yield "authority.code does not begin the type code"
    days = [definition.begins, *([definition.until] if definition.until else [])]
    if any(values.wrong_date(day) for day in days) or days != sorted(set(days)):
        yield "from and until are not two days in order"


def _claim_flaws(definition: TypeDefinition) -> Iterator[str]:
    names = [part.name for part in (*definition.claims, *definition.derived)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name}: there twice"
    for name in sorted(RESERVED & set(names)):
        yield f"{name}: a member of the payload, no claim"
    for claim in definition.claims:
        if bool(claim.codes) != (claim.type == "code"):
            yield f"{claim.name}: codes go with type code"
        if claim.formats and claim.type not in _TEXTS:
            yield f"{claim.name}: formats go with texts"
        if bool(claim.id_type) != (claim.type == "identifier"):
            yield f"{claim.name}: id_type goes with type identifier"
        if len({code.code for code in claim.codes}) < len(claim.codes):
            yield f"{claim.name}: a code is there twice"
        for each in claim.formats:
            if not values.is_linear(each.pattern):
                yield f"{claim.name}: its pattern could run long"


def _reference_flaws(definition: TypeDefinition) -> Iterator[str]:
    claims = definition.claim
    validity = definition.validity
    if validity.ends and validity.years:
        yield "validity: ends by a claim or by years, not both"
    wanted = {
        "validity": (["date"], [validity.begins, *([validity.ends] if validity.ends else [])]),
        "number_claim": (["number", "text", "citizen_number", "credit_code"], [definition.number_claim]),
        "unique_by": ([], definition.unique_by),
        "changed_keeps": ([], definition.changed_keeps),
        "an identifier's type": (["id_type"], [claim.id_type for claim in claims.values() if claim.id_type]),
    }
    for where, (kinds, names) in wanted.items():
        for name in names:
            if name not in claims or (kinds and claims[name].type not in kinds):
                yield f"{where}: {name} is no claim that can stand there"
    if validity.begins in claims and not claims[validity.begins].required:
        yield "validity: the first day is optional"
    for name in definition.paper:
        if name not in definition.labels:
            yield f"paper: {name} is no claim"
    yield from _rule_flaws(definition)


def _rule_flaws(definition: TypeDefinition) -> Iterator[str]:
    claims = definition.claim
    for rule in definition.rules:
        if any(name not in claims for name in rule.claims):
            yield f"rule {rule.rule}: names no claim of this type"
        if len(rule.claims) != _RULE_ARITY.get(rule.rule, len(rule.claims)):
            yield f"rule {rule.rule}: takes two claims"
    for derived in definition.derived:
        kind = "amount" if derived.at_least else "date"
        if bool(derived.years) == bool(derived.at_least):
            yield f"{derived.name}: either years or at_least"
        elif derived.claim not in claims or claims[derived.claim].type != kind:
            yield f"{derived.name}: needs a claim of type {kind}"
        elif derived.at_least and values.wrong_amount(derived.at_least):
            yield f"{derived.name}: at_least is no amount"


def _role_flaws(definition: TypeDefinition) -> Iterator[str]:
    roles = {role.role for role in definition.holders}
    if len(roles) < len(definition.holders):
        yield "holders: a role is there twice"
    for role in definition.holders:
        named = [role.name, role.identifier, *([role.id_type_claim] if role.id_type_claim else [])]
        if any(name not in definition.claim for name in named):
            yield f"{role.role}: names no claim of this type"
        if bool(role.id_type) == bool(role.id_type_claim) or (
            role.id_type and role.id_type not in values.ID_TYPES
        ):
            yield f"{role.role}: either a type of identifier or the claim that says it"
        if role.acts_for and role.acts_for not in roles:
            yield f"{role.role}: acts for a role that is not there"


def _dependency_flaws(definition: TypeDefinition) -> Iterator[str]:
    for each in definition.depends_on:
        if each.type == definition.type:
            yield "depends_on: itself"
        if not _is_found_by(definition, each.claim):
            yield f"depends_on: certificates are not found by {each.claim}"
        for code in each.reasons:
            if code not in REASONS or REASONS[code].kind is not Kind.REVOKE:
                yield f"depends_on: {code} revokes nothing"


def _parts_flaws(definition: TypeDefinition) -> Iterator[str]:
    places = [claim.name for claim in definition.claims if claim.type == "status_places"]
    parts = definition.parts
    if places != ([] if parts is None else [parts.status]):
        yield "parts: one claim of type status_places, and it is their status"
    if parts is None:
        return
    status = definition.claim.get(parts.status)
    # A copy shows what is on the paper list and nothing else: without the places it could never be judged.
    if status is None or not status.required or parts.status not in definition.paper:
        yield "parts: their status is a required claim, and on paper"
    elif status.longest < len(parts.each) * (values.LONGEST_STATUS_PLACE + 1) - 1:
        yield "parts: the places of so many do not fit into their status"
    named = [name for each in parts.each for name in (each.name, each.identifier)]
    if len(set(named)) < len(named):
        yield "parts: a claim stands for two things"
    for name in named:
        if name not in definition.claim or definition.claim[name].type not in _TEXTS:
            yield f"parts: {name} is no text or number of this type"


def _is_found_by(definition: TypeDefinition, claim: str) -> bool:
    """Whether the store has a keyed index of that claim."""
    return bool(definition.roles_by(claim)) or definition.number_claim == claim
