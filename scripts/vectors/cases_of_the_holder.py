"""Checks 7 to 9, and past times: time, holder, type."""

from collections.abc import Iterator
from dataclasses import replace

from registry import certificate, credential, definition, jcs
from registry.credential import Kind
from registry.lifecycle import Status
from registry.trust import StatusChange, TrustedType, Window
from scripts.vectors.case import ANY, BOUND, Case, added, parsed, signed
from scripts.vectors.keys import NOW, key
from scripts.vectors.place import DAY, ORIGIN, THREE, Issuer, Place, credit_code


def times(place: Place, market: Issuer) -> Iterator[Case]:
    """Check 7; a minute's leeway either way."""
    for title, core in (
        ("begins-in-a-minute", {"valid_from": NOW + 60}),
        ("time-begins-after-a-minute", {"valid_from": NOW + 61}),
        ("ended-not-a-minute-ago", {"valid_until": NOW - 59}),
        ("time-ended-a-minute-ago", {"valid_until": NOW - 60}),
    ):
        yield Case(title, place.show(place.anchor(place.prepare(title, market, "business_licence", core))))
    licence = place.issue("times", market)
    for title, members in (
        ("credential-begins-in-a-minute", {"nbf": NOW + 60}),
        ("time-credential-begins-after-a-minute", {"nbf": NOW + 61}),
        ("credential-ended-not-a-minute-ago", {"exp": NOW - 59}),
        ("time-credential-ended-a-minute-ago", {"exp": NOW - 60}),
    ):
        yield Case(title, place.show(licence, Kind.CODE, THREE, **members))


def holders(place: Place, market: Issuer) -> Iterator[Case]:
    """Check 8."""
    licence = place.issue("holders", market)
    code, request = place.show(licence), place.show(licence, Kind.REQUEST)
    jwt, wallet = code.split("~")[0], licence.wallet
    for age in (-31, -30, 60, 61):
        made = place.bind(jwt, [], wallet, Kind.CODE, iat=NOW - age)
        yield Case(f"{'holder-' if age in (-31, 61) else ''}code-{told(age)}", made)
    for age in (-301, -300, 300, 301):
        made = place.bind(jwt, [], wallet, Kind.REQUEST, iat=NOW - age)
        yield Case(f"{'holder-' if abs(age) == 301 else ''}request-{told(age)}", made)
    yield Case("holder-no-signature", code[: code.rindex("~") + 1])
    yield Case("holder-another-wallet", place.bind(jwt, [], key("thief"), Kind.CODE))
    other = place.bind(jwt, [], wallet, Kind.REQUEST, aud="x509_hash:somebody-else")
    yield Case("holder-another-audience", other)
    yield Case("holder-another-nonce", place.bind(jwt, [], wallet, Kind.REQUEST, nonce="another"))
    yield Case("holder-code-not-accepted", code, replace(ANY, kinds=frozenset({Kind.REQUEST})))
    yield Case("holder-request-not-accepted", request, replace(ANY, kinds=frozenset({Kind.CODE})))
    yield Case("unknown-request-nobody-made", request, replace(ANY, nonce=None))
    first, *disclosures, binding = code.split("~")
    yield Case("holder-a-claim-taken-away", "~".join((first, *disclosures[1:], binding)))
    yield Case(
        "holder-a-claim-added", "~".join((first, *disclosures, *licence.disclosures(["premises"]), binding))
    )
    yield Case("holder-claims-in-another-order", "~".join((first, *reversed(disclosures), binding)))
    copy = place.credential(licence, Kind.COPY)
    yield Case("holder-a-bound-copy", place.bind(copy, [], wallet, Kind.CODE))
    paper = place.show(licence, Kind.COPY, licence.type.paper)
    yield Case("holder-copy-not-accepted", paper, replace(ANY, kinds=frozenset(BOUND)))
    answer = place.show(licence, Kind.ANSWER)
    holder = ("credit_code", next(value for _, name, value in parsed(licence) if name == "credit_code"))
    asked = replace(ANY, holder=holder)
    yield Case("holder-answer-to-somebody-else", answer, replace(asked, audience="another department"))
    yield Case(
        "holder-answer-about-somebody-else", answer, replace(asked, holder=("credit_code", credit_code(999)))
    )
    hidden = place.show(licence, Kind.ANSWER, ["company_name"])
    yield Case("holder-answer-that-hides-the-holder", hidden, asked)
    yield Case("unknown-answer-to-no-question", answer)


def told(age: int) -> str:
    """How old, in a case's name."""
    return f"{abs(age)}-seconds-{'ahead' if age < 0 else 'old'}"


def types(place: Place, market: Issuer) -> Iterator[Case]:
    """Check 9."""
    licence = place.issue("types", market)
    core = licence.certificate.core
    other = credential.type_uri(ORIGIN, core.type, core.type_version + 1)
    renamed = place.bind(signed(place, licence, vct=other), [], licence.wallet, Kind.CODE)
    yield Case("type-another-vct", renamed)
    for name, value in (("nickname", "小光"), ("established_on", "2020年5月"), ("capital", "many")):
        title = f"type-misfit-{name}"
        wrong = place.prepare(title, market)
        kept = tuple(
            text for text in wrong.certificate.disclosures if certificate.parse_disclosure(text).name != name
        )
        wrong.certificate = replace(wrong.certificate, disclosures=kept)
        place.anchor(added(wrong, name, value))
        yield Case(title, place.show(wrong, names=[name]))
    paper = place.show(licence, Kind.COPY, ("company_name", "representative_number"))
    yield Case("type-copy-shows-what-paper-may-not", paper)
    absent = place.anchor(place.prepare("absent type", market, "business_licence", {"type_version": 2}))
    yield Case("unknown-type-version", place.show(absent, names=()))
    yield from _other_definitions(place)


def _other_definitions(place: Place) -> Iterator[Case]:
    """Versions of the business licence that the chain has otherwise, or had in force at another time."""
    licence = place.type("business_licence")
    registrar = place.issuer("types registrar", "business_licence")
    for version, title, windows, genuine in (
        (3, "type-definition-is-not-the-chain-s", (Window(0),), False),
        (4, "type-not-in-force-yet", (Window(NOW - DAY + 1),), True),
        (5, "type-no-longer-in-force", (Window(0, NOW - DAY),), True),
    ):
        changed = definition.parse({**jcs.loads(licence.canonical), "version": version})
        digest = definition.hash(changed) if genuine else bytes(32)
        place.types[(changed.type, version)] = TrustedType(changed, digest, windows)
        held = place.anchor(place.prepare(title, registrar, "business_licence", {"type_version": version}))
        yield Case(title, place.show(held))


def past(place: Place, market: Issuer) -> Iterator[Case]:
    """As of half an hour ago: what would have been found then, and what became known since."""
    then = NOW - 1800
    for title, changes in (
        ("at-valid-then", ()),
        ("at-revoked-since", (StatusChange(Status.REVOKED, "penalty", then + 60, then + 60),)),
        ("at-revoked-by-then", (StatusChange(Status.REVOKED, "penalty", then - 60, then - 60),)),
        ("at-void-from-the-beginning", (StatusChange(Status.REVOKED, "annulled", then + 60, then - DAY),)),
        (
            "at-suspended-and-resumed-before",
            (
                StatusChange(Status.SUSPENDED, "withheld", then - 300, then - 300),
                StatusChange(Status.VALID, "resumed", then - 100, then - 100),
            ),
        ),
    ):
        licence = place.issue(title, market)
        if changes:
            place.certificates[licence.place] = changes
            if changes[-1].status is not Status.VALID:
                place.set_status(licence, changes[-1].status)
        jwt = place.credential(licence, Kind.CODE)
        shown = place.bind(jwt, licence.disclosures(THREE), licence.wallet, Kind.CODE, iat=then)
        yield Case(title, shown, at=then)
    before = NOW - 4 * DAY
    early = place.anchor(place.prepare("before the history", market), time=NOW - 5 * DAY)
    jwt = place.credential(early, Kind.CODE, iat=before - 60)
    yield Case("at-before-the-history", place.bind(jwt, [], early.wallet, Kind.CODE, iat=before), at=before)
