"""Project Wycheproof's ECDSA vectors, and its ways to spoil a JWS, against our keys and tokens."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry import b64, signing
from registry.errors import RegistryError
from registry.signing import PublicKey, SigningKey

VECTORS = Path(__file__).parent / "vectors" / "ecdsa_secp256r1_sha256_p1363_test.json"


def ecdsa() -> Iterator[Any]:
    for group in json.loads(VECTORS.read_text("utf-8"))["testGroups"]:
        for test in group["tests"]:
            yield pytest.param(
                group["publicKey"]["uncompressed"],
                test,
                id=f"{test['tcId']}-{test['comment'].replace(' ', '-')}",
            )


@pytest.mark.parametrize(("point", "test"), list(ecdsa()))
def test_a_signature_stands_exactly_where_wycheproof_says_so(point: str, test: dict[str, Any]) -> None:
    # "signature malleability" is a valid one there: both values of s are taken, as JWS does.
    key = PublicKey.from_point(bytes.fromhex(point[2:66]), bytes.fromhex(point[66:]))
    stands = key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
    assert stands == (test["result"] == "valid")


# RFC 7515, appendix A.3
HEADER = "eyJhbGciOiJFUzI1NiJ9"
PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
SIGNATURE = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
KEY = PublicKey.from_jwk(
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
)
OURS = SigningKey.from_secret(b"\x07" * 32)
JWT = signing.sign_jws({"typ": "JWT"}, {"sub": "foo"}, OURS)
H, P, S = JWT.split(".")


def test_the_es256_example_of_rfc_7515_stands() -> None:
    jws = signing.parse_jws(f"{HEADER}.{PAYLOAD}.{SIGNATURE}")
    assert jws.payload["iss"] == "joe"
    assert KEY.verify(jws.signature, jws.signing_input)
    assert not KEY.verify(jws.signature, jws.signing_input + b"x")


def changed(part: str) -> str:
    return ("B" if part[0] == "A" else "A") + part[1:]


def signed(header: dict[str, Any], key: SigningKey = OURS) -> str:
    signing_input = f"{b64.encode(json.dumps(header).encode())}.{P}"
    return f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"


SPOILT = {
    "rejectsModifiedSignature": f"{H}.{P}.{changed(S)}",
    "rejectsMissingSignature": f"{H}.{P}.",
    "rejectsMissingSignatureAndSeparator": f"{H}.{P}",
    "rejectsModifiedPayload": f"{H}.{b64.encode(b'{}')}.{S}",
    "rejectsMissingPayload": f"{H}..{S}",
    "rejectsMissingPayloadAndSeparator": f"{H}.{S}",
    "rejectsModifiedHeader": f"{b64.encode(json.dumps({'alg': 'ES256', 'typ': 'JWT'}).encode())}.{P}.{S}",
    "rejectsMissingHeader": f".{P}.{S}",
    "rejectsMissingHeaderAndSeparator": f"{P}.{S}",
    "rejectsMissingHeaderAndSignature": f".{P}.",
    "rejectsMissingHeaderSignatureAndSeparators": P,
    "rejectsEmptyString": "",
    "rejectsExtraEmptyComponent": f"{JWT}.",
    "rejectsExtraComponent": f"{JWT}.foo",
    "rejectsNoneAlgorithmAndMissingSignature": (
        f"{b64.encode(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{P}."
    ),
    "rejectsValidJsonSerialization": json.dumps(
        {"payload": P, "signatures": [{"protected": H, "signature": S}]}
    ),
    "rejectsSymmetryConfusionAttacks": signed({"alg": "HS256", "typ": "JWT"}),
    "rejectsAttackerProvidedEmbeddedJwk": signed({"alg": "ES256", "typ": "JWT", "jwk": OURS.public.jwk}),
    "rejectsAnAttackerSKey": signed({"alg": "ES256", "typ": "JWT"}, SigningKey.from_secret(b"\x08" * 32)),
    "rejectsAnotherType": signed({"alg": "ES256", "typ": "at+jwt"}),
    "rejectsUnknownCriticalMembers": signed({"alg": "ES256", "typ": "JWT", "crit": ["b64"], "b64": False}),
    "rejectsPadding": f"{H}.{P}.{S}==",
    "rejectsLooseTrailingBits": f"{H}.{P}.{S[:-1]}{chr(ord(S[-1]) + 1)}",
    "rejectsWhitespace": f"{H}.{P}.{S}\n",
}


def test_a_whole_token_stands() -> None:
    assert signing.verify_jws(JWT, OURS.public, typ="JWT") == {"sub": "foo"}


@pytest.mark.parametrize("text", SPOILT.values(), ids=SPOILT.keys())
def test_a_token_spoilt_in_each_way_that_wycheproof_names_is_refused(text: str) -> None:
    with pytest.raises(RegistryError):
        signing.verify_jws(text, OURS.public, typ="JWT")
