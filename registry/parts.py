"""Whether the parts of a combined certificate (一业一证) stand: check 6 of what names other certificates.

A part is named by the place of its status entry, and judged by the chain's words alone. One that is revoked
or suspended fails the whole; of one with a newer version it is not known whether that stands; what cannot be
seen is unknown, never taken for valid.
"""

from collections.abc import Iterator, Mapping

from registry import findings
from registry.definition import TypeDefinition
from registry.findings import PART_LINES, Finding, Outcome
from registry.lifecycle import Status
from registry.status import read_entry
from registry.trust import Place, StatusChange, Trust
from registry.values import status_places


def status(
    definition: TypeDefinition, claims: Mapping[str, str], trust: Trust, moment: int, at: int | None
) -> Finding:
    """What the parts add to a certificate that stands itself: every part of the strictest outcome is named.

    definition: of a type with parts. claims: those shown. at: a past time to judge by, then `moment` too.
    """
    if definition.parts is None:
        raise ValueError("a type without parts")
    places = status_places(claims.get(definition.parts.status, ""))
    if places is None:
        return findings.PARTS_NOT_SHOWN
    found = list(_judged(definition, places, trust, moment, at))
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        if worst := [each for each in found if each.outcome is outcome]:
            return worst[0]._replace(
                zh="；".join(each.zh for each in worst), en="; ".join(each.en for each in worst)
            )
    return findings.PARTS_STAND if at is None else findings.PARTS_STOOD


def _judged(
    definition: TypeDefinition, places: tuple[Place, ...], trust: Trust, moment: int, at: int | None
) -> Iterator[Finding]:
    for position, place in enumerate(places):
        changes = trust.history.certificates.get(place, ()) if trust.history is not None else ()
        finding = _now(place, changes, trust, moment) if at is None else _then(place, changes, trust, at)
        zh, en = _name(definition, position, place[1], trust)
        yield finding._replace(zh=finding.zh.replace("{part}", zh), en=finding.en.replace("{part}", en))


def _now(place: Place, changes: tuple[StatusChange, ...], trust: Trust, moment: int) -> Finding:
    """By the words of the chain."""
    code, type, number, idx = place
    issuer = trust.issuers.get(code)
    # An entry that nobody could ever have set says nothing: its issuer must have had a right to the type.
    if issuer is None or not issuer.rights.get(type):
        return findings.PART_UNKNOWN
    word, fresh = read_entry(issuer.words.get((type, number), b""), idx), moment < trust.words_fresh_until
    if word is Status.VALID or (word is Status.SUSPENDED and not fresh):
        return findings.PARTS_STAND if fresh else findings.PART_STALE
    failed = word is not Status.SUPERSEDED and bool(changes) and changes[-1].status is word
    return findings.with_reason(PART_LINES[word], changes[-1].reason) if failed else PART_LINES[word]


def _then(place: Place, changes: tuple[StatusChange, ...], trust: Trust, at: int) -> Finding:
    """By what had been recorded by then, and by what became known later and takes effect before then."""
    history, issuer = trust.history, trust.issuers.get(place[0])
    if history is None or not history.since <= at <= history.until:
        return findings.PART_UNKNOWN
    if issuer is None or not issuer.rights.get(place[1]):
        return findings.PART_UNKNOWN
    known = [each for each in changes if each.recorded <= at]
    if known and known[-1].status is not Status.VALID:
        return PART_LINES[known[-1].status]
    later = [each for each in changes if each.recorded > at >= each.effective]
    if any(each.status in (Status.REVOKED, Status.SUSPENDED) for each in later):
        return findings.PART_VOID_BY_LATER
    newer = any(each.status is Status.SUPERSEDED for each in later)
    return PART_LINES[Status.SUPERSEDED] if newer else findings.PARTS_STOOD


def _name(definition: TypeDefinition, position: int, type: str, trust: Trust) -> tuple[str, str]:
    """What a part is called: as the catalogue calls its type, or by its number. Never a claim's value."""
    versions = [each for (code, _), each in trust.types.items() if code == type]
    if versions:
        name = max(versions, key=lambda each: each.definition.version).definition.name
        return name.zh, name.en
    each = definition.parts.each[position:] if definition.parts is not None else ()
    label = definition.labels[each[0].name] if each else definition.name
    return label.zh, label.en
