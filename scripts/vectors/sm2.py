"""An issuer with SM2 and SM3: a place of its own, so that who has neither can leave its file out."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from registry import b64, certificate, credential, jcs, proofcode, sm
from registry.credential import Kind
from registry.lifecycle import Status
from registry.suites import ES256, SM
from registry.trust import Trust, TrustedKey, Window
from scripts.vectors.case import ANY, Case, signed
from scripts.vectors.keys import NOW, FixedKey, certified, key, stream
from scripts.vectors.place import ORIGIN, THREE, Issued, Issuer, Place

_CODES: Final = ("code", "code-digests-of-the-other-suite", "copy")
# GB/T 32918.5-2017, A.2.
_X: Final = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
_Y: Final = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
_R: Final = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
_S: Final = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"


def made(place: Place) -> list[Case]:
    """Every case; afterwards `place.trust()` is what the verifier knows."""
    issuer = place.issuer("with SM2", "business_licence", suite=SM)
    return [*_good(place, issuer), *_wrong(place, issuer), *_rotated(place)]


def _good(place: Place, issuer: Issuer) -> Iterator[Case]:
    licence = place.issue("sm good", issuer)
    yield Case("code", place.show(licence))
    yield Case("request", place.show(licence, Kind.REQUEST))
    asked = replace(ANY, certificate_id=licence.certificate.core.certificate_id)
    yield Case("answer", place.show(licence, Kind.ANSWER), asked)
    yield Case("copy", place.show(licence, Kind.COPY, licence.type.paper))


def _wrong(place: Place, issuer: Issuer) -> Iterator[Case]:
    licence = place.issue("sm wrong", issuer)
    wallet = licence.wallet
    jwt = place.credential(licence, Kind.CODE)
    for title, changed in (
        ("parse-another-digest-algorithm", {"_sd_alg": "sm3-256"}),
        ("parse-holder-s-key-on-sm2", {"cnf": {"jwk": key("wallet", SM).public.jwk}}),
    ):
        yield Case(title, place.bind(signed(place, licence, **changed), [], wallet, Kind.CODE))
    other = place.issue("sm other", issuer).disclosures(["company_name"])
    yield Case("disclosures-of-another-certificate", place.bind(jwt, other, wallet, Kind.CODE))
    renamed = signed(place, licence, _sd_alg="sha-256")
    yield Case(
        "disclosures-digests-called-sha-256",
        place.bind(renamed, licence.disclosures(THREE), wallet, Kind.CODE),
    )
    yield Case("issuer_key-header-says-es256", place.bind(_as_es256(jwt, issuer.key), [], wallet, Kind.CODE))
    yield Case(
        "issuer_key-signed-by-a-p256-key", place.bind(_as_es256(jwt, key("thief")), [], wallet, Kind.CODE)
    )
    head, _, signature = jwt.rpartition(".")
    r, s = (int.from_bytes(b64.decode(signature)[at : at + 32]) for at in (0, 32))
    for title, values in (
        ("a-bit-changed", (r ^ 1, s)),
        ("s-negated-as-in-ecdsa", (r, sm.ORDER - s)),
        ("r-beyond-the-order", (r + sm.ORDER if r + sm.ORDER < 2**256 else 2**256 - 1, s)),
        ("zeros", (0, 0)),
        ("t-is-zero", (r, sm.ORDER - r)),
    ):
        text = f"{head}.{b64.encode(b''.join(each.to_bytes(32) for each in values))}"
        yield Case(f"issuer_key-signature-{title}", place.bind(text, [], wallet, Kind.CODE))
    thief = key("thief", SM)
    yield Case("issuer_key-nobody-s", place.show(licence, key=thief, x5c=certified(thief, "thief")))
    yield Case("issuer_key-another-x5c", place.show(licence, x5c=certified(thief, "thief")))
    yield Case(
        "x5c-renewed", place.show(licence, x5c=certified(issuer.key, "a newer certificate of the same key"))
    )
    gone = place.issue("sm credential revoked", issuer)
    yield Case("status-credential-revoked-in-a-list-by-sm2", place.show(gone))
    assert gone.entry is not None
    issuer.entries.set(gone.entry.idx, Status.REVOKED)
    shown = "~".join((jwt, *licence.disclosures(THREE), ""))
    yield Case("holder-sd_hash-by-sha-256", _bound(shown, certificate.digest(shown), wallet))


def _as_es256(jwt: str, signer: FixedKey) -> str:
    """The same, saying ES256 in its header, signed by this key."""
    head, body, _ = jwt.split(".")
    header = jcs.loads(b64.decode(head)) | {"alg": "ES256"}
    signing_input = f"{b64.encode(jcs.dumps(header))}.{body}"
    return f"{signing_input}.{b64.encode(signer.sign(signing_input.encode()))}"


def _bound(shown: str, sd_hash: str, wallet: FixedKey) -> str:
    payload = {"aud": credential.CODE_AUDIENCE, "iat": NOW, "nonce": "n", "sd_hash": sd_hash}
    head = b64.encode(jcs.dumps({"alg": "ES256", "typ": "kb+jwt"}))
    signing_input = f"{head}.{b64.encode(jcs.dumps(payload))}"
    return f"{shown}{signing_input}.{b64.encode(wallet.sign(signing_input.encode()))}"


def _rotated(place: Place) -> Iterator[Case]:
    """Issuers that changed their suite: a certificate keeps its digests and gets the new signature."""
    for title, before, after in (
        ("code-digests-of-the-other-suite", ES256, SM),
        ("code-signature-of-the-other-suite", SM, ES256),
    ):
        issuer = place.issuer(title, "business_licence", suite=before)
        licence: Issued = place.issue(title, issuer)
        old = TrustedKey(issuer.key.public, issuer.uses, (Window(0),), None, (issuer.x5c,))
        issuer.more_keys = (old,)
        issuer.key = key(f"issuer/{title}/new", after)
        issuer.x5c = certified(issuer.key, f"{title}, new")
        yield Case(title, place.show(licence))


def file(place: Place, trust: Trust, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """All that `sm2.json` has, the cases with their reports."""
    directory = proofcode.directory_of(trust)
    shown = {case["name"]: case["presentation"] for case in cases}
    codes = []
    for name in _CODES:
        if name == "copy":
            code = proofcode.encode_copy(shown[name], [ORIGIN], ORIGIN)
        else:
            code = proofcode.encode(shown[name], [ORIGIN])
        assert proofcode.decode(code, directory) == shown[name]
        codes.append({"name": name, "code": code, "presentation": shown[name]})
    return {
        "root": place.pinned().decode("utf-8"),
        "bundle": place.bundle().decode("utf-8"),
        "now": NOW,
        "digests": [
            {"data": data.hex(), "sm3": sm.sm3(data).hex()}
            for data in (b"", b"abc", *(stream("sm3")(length) for length in (55, 56, 64, 200)))
        ],
        "signatures": list(_signatures()),
        "codes": codes,
        "cases": cases,
    }


def _signatures() -> Iterator[dict[str, Any]]:
    """The standard's example, and what it is not."""
    x, y, r, s = map(bytes.fromhex, (_X, _Y, _R, _S))
    jwk = {"kty": "EC", "crv": "SM2", "x": b64.encode(x), "y": b64.encode(y)}
    for data, signature, stands in (
        (b"message digest", r + s, True),
        (b"message digests", r + s, False),
        (b"message digest", s + r, False),
    ):
        yield {"key": jwk, "data": data.hex(), "signature": b64.encode(signature), "stands": stands}
