"""Algorithm and key confusion (threat 14): one algorithm, keys from the trust state only."""

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from registry import b64, bundle, credential, jcs, signing, status
from registry.errors import RegistryError
from registry.signing import BadKey, BadToken, PublicKey, SigningKey
from tests.formats.world import World

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEY = SigningKey.generate()


def token(header, payload=None, key=KEY, signature=None):
    signing_input = f"{b64.encode(jcs.dumps(header))}.{b64.encode(jcs.dumps(payload or {'a': 1}))}"
    made = key.sign(signing_input.encode()) if signature is None else signature(signing_input.encode())
    return f"{signing_input}.{b64.encode(made)}"


def other_s(signature):
    return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)


@given(st.dictionaries(st.sampled_from("abcde"), st.text(max_size=9) | st.integers(0, 9)))
def test_what_is_signed_reads_back(payload):
    assert signing.verify_jws(signing.sign_jws({"typ": "x"}, payload, KEY), KEY.public, typ="x") == payload


def test_the_example_of_rfc_7515_verifies():
    # RFC 7515, appendix A.3: there is no typ in it, so its parts are verified directly.
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    signing_input = (
        b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
        b"c19yb290Ijp0cnVlfQ"
    )
    signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    assert PublicKey.from_jwk(jwk).verify(b64.decode(signature), signing_input)
    assert not PublicKey.from_jwk(jwk).verify(b64.decode(signature), signing_input + b"A")


def test_the_thumbprint_is_that_of_rfc_7638():
    point = KEY.public.jwk
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{point["x"]}","y":"{point["y"]}"}}'
    assert KEY.public.thumbprint == b64.encode(hashlib.sha256(canonical.encode()).digest())


def test_a_key_reads_back_from_jwk_and_secret():
    assert PublicKey.from_jwk({**KEY.public.jwk, "kid": "x"}) == KEY.public
    assert SigningKey.from_secret(KEY.secret).public == KEY.public


def test_a_key_shows_nothing_of_itself():
    assert str(int.from_bytes(KEY.secret)) not in f"{KEY!r} {KEY}"


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"x": None},
        {"x": "AA"},
        {"x": b64.encode(bytes(32)), "y": b64.encode(bytes(32))},
        {"y": KEY.public.jwk["x"]},
        {"x": KEY.public.jwk["x"] + "="},
        {"x": 5},
    ],
)
def test_what_is_no_point_of_the_curve_is_no_key(change):
    with pytest.raises(BadKey):
        PublicKey.from_jwk({**KEY.public.jwk, **change})


def test_another_curve_is_no_key():
    with pytest.raises(BadKey):
        PublicKey(ec.generate_private_key(ec.SECP384R1()).public_key())


@pytest.mark.parametrize(
    "signature",
    [b"", bytes(64), bytes(63), b"\xff" * 64, bytes(31) + b"\x01" + bytes(31) + b"\x01", bytes(65)],
)
def test_signatures_of_no_sense_are_wrong(signature):
    assert not KEY.public.verify(signature, b"data")


def test_both_values_of_s_are_taken():
    signature = KEY.sign(b"data")
    assert KEY.public.verify(signature, b"data")
    assert KEY.public.verify(other_s(signature), b"data")


def hs256(secret):
    return lambda signing_input: hmac.digest(secret, signing_input, "sha256")


PEM = KEY.public.imported.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
HEADERS = [
    pytest.param({"alg": "none"}, lambda _: b"", id="none"),
    pytest.param({"alg": "none"}, None, id="none, but signed"),
    pytest.param({"alg": "None"}, lambda _: b"", id="None"),
    pytest.param({"alg": "HS256"}, hs256(PEM), id="HS256 with the public key"),
    pytest.param({"alg": "HS256"}, hs256(json.dumps(KEY.public.jwk).encode()), id="HS256 with the JWK"),
    pytest.param({"alg": "ES384"}, None, id="ES384"),
    pytest.param({"alg": "es256"}, None, id="es256"),
    pytest.param({"alg": ["ES256"]}, None, id="a list"),
    pytest.param({"typ": "JWT"}, None, id="typ"),
    pytest.param({"typ": None}, None, id="typ null"),
    pytest.param({"kid": "x" * 43}, None, id="kid"),
    pytest.param({"kid": None}, None, id="kid null"),
    pytest.param({"kid": "../../etc/passwd"}, None, id="kid path"),
    pytest.param({"jwk": KEY.public.jwk}, None, id="jwk"),
    pytest.param({"jku": "https://attacker.example/keys"}, None, id="jku"),
    pytest.param({"x5u": "https://attacker.example/cert"}, None, id="x5u"),
    pytest.param({"crit": ["exp"], "exp": 1}, None, id="crit"),
    pytest.param({"b64": False, "crit": ["b64"]}, None, id="unencoded payload"),
    pytest.param({"zip": "DEF"}, None, id="zip"),
]


@pytest.mark.parametrize(("change", "signature"), HEADERS)
def test_a_header_that_says_anything_else_is_refused(change, signature):
    with pytest.raises(RegistryError):
        signing.verify_jws(
            token({"alg": "ES256", "typ": "x", **change}, signature=signature), KEY.public, typ="x"
        )


def test_without_typ_or_alg_a_token_is_refused():
    for header in ({"alg": "ES256"}, {"typ": "x"}, {}):
        with pytest.raises(BadToken):
            signing.verify_jws(token(header), KEY.public, typ="x")


@pytest.fixture(scope="module")
def scene():
    world = World()
    return world, world.licence()


CREDENTIAL_HEADERS = [
    {"alg": "none"},
    {"alg": "HS256"},
    {"alg": "ES384"},
    {"typ": "JWT"},
    {"typ": "vc+sd-jwt"},
    {"typ": "kb+jwt"},
    {"typ": "statuslist+jwt"},
    {"kid": "x"},
    {"kid": None},
    {"jwk": KEY.public.jwk},
    {"jku": "https://attacker.example/keys"},
    {"x5u": "https://attacker.example/cert"},
    {"x5c": []},
    {"x5c": "text"},
    {"crit": []},
    {"cty": "x"},
]


@pytest.mark.parametrize("change", CREDENTIAL_HEADERS, ids="-".join)
def test_a_credential_with_such_a_header_fails_to_parse(scene, change):
    world, licence = scene
    department = licence.department
    payload = jcs.loads(jcs.dumps(credential.parse(world.credential(licence) + "~").payload))
    header = {
        "alg": "ES256",
        "kid": department.key.public.thumbprint,
        "typ": "dc+sd-jwt",
        "x5c": department.x5c,
    }
    jwt = token({**header, **change}, payload, department.key)
    assert world.verify(world.bind(jwt, [], licence.wallet)).failed == ["parse"]
    assert (
        world.verify(world.bind(token(header, payload, department.key), [], licence.wallet)).verdict
        == "valid"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"typ": "JWT"},
        {"kid": "x"},
        {"jwk": KEY.public.jwk},
        {"jku": "x"},
        {"crit": []},
    ],
    ids="-".join,
)
def test_a_key_binding_with_such_a_header_fails_to_parse(scene, change):
    world, licence = scene
    text = world.show(licence)
    shown, bound = text.rsplit("~", 1)
    payload = jcs.loads(b64.decode(bound.split(".")[1]))
    good = token({"alg": "ES256", "typ": "kb+jwt"}, payload, licence.wallet)
    assert world.verify(f"{shown}~{good}").verdict == "valid"
    bad = token({"alg": "ES256", "typ": "kb+jwt", **change}, payload, licence.wallet)
    assert world.verify(f"{shown}~{bad}").failed == ["parse"]


def test_tokens_of_one_kind_are_not_taken_for_another(scene):
    world, licence = scene
    department = licence.department
    listed = department.list_token(world.now)
    assert world.verify(listed + "~").failed == ["parse"]
    with pytest.raises(RegistryError):
        status.parse_list(world.credential(licence))
    with pytest.raises(RegistryError):
        signing.verify_jws(listed, department.key.public, typ=bundle.TYPE)


def test_a_credential_signed_with_hs256_and_the_public_key_is_refused(scene):
    world, licence = scene
    jwt = world.credential(licence)
    header, payload, _ = jwt.split(".")
    for secret in (PEM, department_pem(licence)):
        mac = b64.encode(hmac.digest(secret, f"{header}.{payload}".encode(), "sha256"))
        report = world.verify(world.bind(f"{header}.{payload}.{mac}", [], licence.wallet))
        assert report.failed == ["issuer_key"]


def department_pem(licence):
    return licence.department.key.public.imported.public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )


class TestAnotherEncoding:
    """Threat 15: the same signature in another encoding is the same presentation to the guard."""

    def test_the_other_s_is_accepted_under_the_same_guard(self, scene):
        world, licence = scene
        text = world.show(licence)
        shown, _, signature = text.rpartition(".")
        again = f"{shown}.{b64.encode(other_s(b64.decode(signature)))}"
        assert again != text
        first, second = world.verify(text), world.verify(again)
        assert (first.verdict, second.verdict) == ("valid", "valid")
        assert first.guard == second.guard

    def test_the_other_s_in_the_issuers_signature_leads_to_the_same_leaf(self, scene):
        world, licence = scene
        header, payload, signature = world.credential(licence).split(".")
        again = f"{header}.{payload}.{b64.encode(other_s(b64.decode(signature)))}"
        assert world.verify(world.bind(again, [], licence.wallet)).verdict == "valid"

    def test_loose_base64_is_refused_wherever_it_stands(self, scene):
        world, licence = scene
        jwt = world.credential(licence)
        names = licence.disclosures(["company_name"])
        for place in range(3):
            parts = jwt.split(".")
            for loose in loosened(parts[place]):
                changed = ".".join((*parts[:place], loose, *parts[place + 1 :]))
                assert world.verify(world.bind(changed, names, licence.wallet)).failed == ["parse"]
        shown, bound = world.bind(jwt, names, licence.wallet).rsplit("~", 1)
        for place in range(3):
            parts = bound.split(".")
            for loose in loosened(parts[place]):
                changed = ".".join((*parts[:place], loose, *parts[place + 1 :]))
                assert world.verify(f"{shown}~{changed}").failed == ["parse"]
        for loose in loosened(names[0]):
            assert world.verify(world.bind(jwt, [loose], licence.wallet)).failed == ["parse"]


def loosened(text):
    """Other texts that a forgiving decoder would read as the same bytes."""
    yield text + "="
    yield text[:5] + "\n" + text[5:]
    yield text + " "
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(text) % 4 in (2, 3):
        yield text[:-1] + alphabet[alphabet.index(text[-1]) | 1]
