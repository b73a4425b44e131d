"""Presentations of every kind as they should be, and checks 0 to 3: parse, disclosures, path, anchor."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from msgspec import structs

from registry import b64, certificate, jcs, merkle
from registry.credential import Kind
from registry.trust import TrustedRoot
from scripts.vectors.case import ANY, Case, added, parsed, signed
from scripts.vectors.keys import NOW, FixedKey, certified, stream
from scripts.vectors.place import DAY, LICENCE, Issued, Issuer, Place, credit_code

FOOD: Final = {
    "operator_name": "东湖新区光明面馆",
    "credit_code": credit_code(77),
    "representative_name": "买买提·阿依古丽",
    "registered_address": "东湖新区光明路 20 号",
    "business_address": "东湖新区光明路 20 号",
    "main_format": "餐饮服务经营者",
    "items": "热食类食品制售",
    "licence_number": "JY21101000000001",
    "complaints": "12315",
    "issuing_authority": "东湖新区市场监督管理局",
    "signatory": "李静",
    "issued_on": "2026-01-05",
    "last_day": "2031-01-04",
}


def good(place: Place, market: Issuer) -> Iterator[Case]:
    """As it should be, in every kind."""
    licence = place.issue("good", market)
    holder = ("credit_code", next(value for _, name, value in parsed(licence) if name == "credit_code"))
    yield Case("code", place.show(licence))
    yield Case("code-nothing-disclosed", place.show(licence, names=()))
    yield Case("code-everything-disclosed", place.show(licence, names=[*LICENCE, "credit_code"]))
    yield Case("code-derived-claim", place.show(licence, names=["capital_over_1000000"]))
    yield Case("request", place.show(licence, Kind.REQUEST))
    agreed = [b64.encode(stream(f"transaction/{number}")(32)) for number in (1, 2)]
    jwt = place.credential(licence, Kind.REQUEST)
    signed_for = place.bind(jwt, [], licence.wallet, Kind.REQUEST, transaction_data_hashes=agreed)
    yield Case("request-agreeing-to-transactions", signed_for)
    answer = place.show(licence, Kind.ANSWER)
    yield Case("answer-about-a-holder", answer, replace(ANY, holder=holder))
    named = replace(ANY, certificate_id=licence.certificate.core.certificate_id)
    yield Case("answer-about-a-certificate", answer, named)
    yield Case("copy", place.show(licence, Kind.COPY, licence.type.paper))
    alone = place.anchor(place.prepare("alone", market), size=1, index=0)
    yield Case("batch-of-one", place.show(alone))
    many = place.anchor(place.prepare("many", market), size=1000, index=999)
    yield Case("last-of-a-thousand", place.show(many))
    food = place.issue(
        "food",
        market,
        "food_business_licence",
        **FOOD,
    )
    yield Case("another-type", place.show(food, names=("operator_name", "licence_number", "last_day")))
    renewed = certified(market.key, "a newer certificate of the same key")
    yield Case("x5c-renewed", place.show(licence, x5c=renewed))


def shape(place: Place, market: Issuer) -> Iterator[Case]:
    """Check 0."""
    licence = place.issue("shape", market)
    text = place.show(licence)
    jwt, *disclosures, binding = text.split("~")
    yield Case("parse-empty", "")
    yield Case("parse-no-tilde", jwt)
    yield Case("parse-padding", text.replace("~", "=~", 1))
    yield Case("parse-not-base64url", "~".join((jwt, "*" + disclosures[0][1:], *disclosures[1:], binding)))
    yield Case("parse-loose-bits", loose(text))
    yield Case("parse-one-part-more", f"{jwt}.e30~{binding}")
    more = place.bind(signed(place, licence, nickname="x"), [], licence.wallet, Kind.CODE)
    yield Case("parse-a-member-too-many", more)
    less = place.bind(signed(place, licence, anchor=None), [], licence.wallet, Kind.CODE)
    yield Case("parse-a-member-missing", less)
    other = place.bind(signed(place, licence, _sd_alg="sha-512"), [], licence.wallet, Kind.CODE)
    yield Case("parse-another-digest-algorithm", other)
    alg = f"{b64.encode(jcs.dumps({'alg': 'none', 'typ': 'dc+sd-jwt'}))}.{jwt.split('.')[1]}."
    yield Case("parse-alg-none", f"{alg}~")
    nested = b64.encode(jcs.dumps(["c2FsdHNhbHRzYWx0c2FsdA", "name", {"nested": "value"}]))
    yield Case("parse-a-claim-that-is-no-text", f"{jwt}~{nested}~")
    yield Case("parse-201-disclosures", "~".join([jwt, *[disclosures[0]] * 201, ""]))
    yield from twice(place, licence)
    entryless = signed(place, licence, Kind.COPY, status=None)
    yield Case("parse-a-copy-without-an-entry", f"{entryless}~")
    yield Case("parse-only-a-dot", f"{jwt.split('.')[0]}~")


def twice(place: Place, licence: Issued) -> Iterator[Case]:
    """A name twice in header, payload, core, KB-JWT: what one reader passes over, another would take."""
    text = place.show(licence, names=())
    jwt, binding = text.split("~")
    header, payload, _ = jwt.split(".")
    head, said, _ = binding.split(".")
    for title, segment, before, after in (
        ("header", header, b'{"alg":"ES256"', b'{"alg":"ES256","alg":"ES256"'),
        ("payload", payload, b'"exp":', b'"exp":1,"exp":'),
        ("core", payload, b'"type_version":', b'"type_version":"9","type_version":'),
        ("kb-jwt", said, b'"iat":', b'"iat":0,"iat":'),
    ):
        changed = b64.encode(b64.decode(segment).replace(before, after, 1))
        name = f"parse-a-name-twice-in-the-{title}"
        if title == "kb-jwt":
            yield Case(name, f"{jwt}~{again(f'{head}.{changed}', licence.wallet)}")
            continue
        made = again(jwt.rpartition(".")[0].replace(segment, changed, 1), licence.issuer.key)
        yield Case(name, place.bind(made, [], licence.wallet, Kind.CODE))


def again(signing_input: str, key: FixedKey) -> str:
    """A JWS of this."""
    return f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"


def loose(text: str) -> str:
    """The same signature with loose bits set in its last character."""
    jwt, rest = text.split("~", 1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return f"{jwt[:-1]}{alphabet[alphabet.index(jwt[-1]) + 1]}~{rest}"


def claims(place: Place, market: Issuer) -> Iterator[Case]:
    """Check 1."""
    licence, other = place.issue("claims", market), place.issue("claims of another", market)
    jwt, [name] = place.credential(licence, Kind.CODE), licence.disclosures(["company_name"])
    wallet = licence.wallet
    yield Case("disclosures-twice", place.bind(jwt, [name, name], wallet, Kind.CODE))
    salt, claim, value = certificate.parse_disclosure(name)
    altered = certificate.disclosure(claim, value[:-1] + "厂", b64.decode(salt))
    yield Case("disclosures-changed-by-one-letter", place.bind(jwt, [altered], wallet, Kind.CODE))
    foreign = other.disclosures(["company_name"])
    yield Case("disclosures-of-another-certificate", place.bind(jwt, foreign, wallet, Kind.CODE))
    for title, claim, value in (
        ("disclosures-named-like-a-member", "iss", "somebody"),
        ("disclosures-a-name-twice", "company_name", "另一家公司"),
    ):
        wrong = place.anchor(added(place.prepare(title, market), claim, value))
        shown = wrong.disclosures(["company_name", claim])
        yield Case(title, place.bind(place.credential(wrong, Kind.CODE), shown, wrong.wallet, Kind.CODE))


def receipts(place: Place, market: Issuer) -> Iterator[Case]:
    """Checks 2 and 3."""
    licence = place.issue("receipts", market)
    path = b64.decode(licence.anchor.path)
    for title, members in (
        ("path-truncated", {"path": b64.encode(path[:-32])}),
        ("path-extended", {"path": b64.encode(path + bytes(32))}),
        ("path-a-byte-short", {"path": b64.encode(path[:-1])}),
        ("path-index-beyond-the-end", {"index": 5}),
        ("path-size-that-does-not-fit", {"size": 2}),
        ("anchor-another-hash-in-the-path", {"path": b64.encode(bytes(32) + path[32:])}),
        ("anchor-another-index", {"index": 3}),
        ("anchor-another-size", {"size": 6}),
        ("anchor-another-batch", {"seq": 1}),
    ):
        anchor = structs.replace(licence.anchor, **members)
        yield Case(title, place.show(licence, anchor=anchor))
    unknown = place.anchor(place.prepare("unknown batch", market), known=False)
    unknown.anchor = structs.replace(unknown.anchor, seq=900)
    yield Case("anchor-unknown-batch", place.show(unknown))
    leaf = merkle.leaf_hash(certificate.canonical(unknown.certificate.core, unknown.certificate.sd))
    root = TrustedRoot(unknown.anchor.root(leaf), unknown.anchor.size, NOW - 5, final=False)
    yield Case("pending-young-batch", place.show(unknown), node=(market.code, 900, root))
    voided = place.anchor(place.prepare("voided", market), voided=True)
    yield Case("anchor-voided-batch", place.show(voided))
    stolen = place.anchor(place.prepare("replaced", market))
    genuine = place.anchor(place.prepare("replacement", market), known=False)
    seq = stolen.anchor.seq
    genuine.anchor = structs.replace(genuine.anchor, seq=seq)
    market.roots[seq] = TrustedRoot(
        genuine.anchor.root(genuine.certificate.leaf), genuine.anchor.size, NOW - DAY, replaced=True
    )
    yield Case("anchor-replaced-batch", place.show(stolen))
    yield Case("replacement-of-a-batch", place.show(genuine))
