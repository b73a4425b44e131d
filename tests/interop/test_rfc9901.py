"""The examples printed in RFC 9901, and what its section 7 makes a verifier refuse."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from registry import b64, sdjwt
from registry.sdjwt import BadSdJwt
from registry.signing import PublicKey, SigningKey

PRINTED = json.loads((Path(__file__).parent / "vectors" / "rfc9901.json").read_text("utf-8"))
APPENDIX = json.loads((Path(__file__).parent / "vectors" / "rfc9901_appendix_a.json").read_text("utf-8"))
NOW = 1_748_537_244
KEY = SigningKey.from_secret(bytes(range(1, 33)))
STRANGER = SigningKey.from_secret(bytes(range(2, 34)))


def encoded(text: str) -> str:
    return b64.encode(text.encode("utf-8"))


def issued() -> str:
    """The issuer's JWT of section 5.1."""
    part = PRINTED["issued"]
    return f"{encoded(part['header'])}.{encoded(part['payload'])}.{part['signature']}"


def presented() -> str:
    """The SD-JWT+KB of section 5.2."""
    part, all = PRINTED["presented"], PRINTED["issued"]["disclosures"]
    binding = f"{encoded(part['kb_header'])}.{encoded(part['kb_payload'])}.{part['kb_signature']}"
    return "~".join([issued(), *(all[name] for name in part["disclosures"]), binding])


def presented_vc() -> str:
    """The SD-JWT VC of appendix A.3, presented."""
    part = PRINTED["vc"]
    jwt = f"{encoded(part['header'])}.{encoded(part['payload'])}.{part['signature']}"
    binding = f"{encoded(part['kb_header'])}.{encoded(part['kb_payload'])}.{part['kb_signature']}"
    return "~".join([jwt, *map(encoded, part["disclosures"]), binding])


def made(payload: dict[str, Any], *disclosures: object, alg: str = "ES256", **header: Any) -> str:
    """An SD-JWT of our own making, in JSON with spaces; texts are taken as they are."""
    signing_input = f"{encoded(json.dumps({'alg': alg, **header}))}.{encoded(json.dumps(payload))}"
    jwt = f"{signing_input}.{b64.encode(KEY.sign(signing_input.encode()))}"
    return "~".join([jwt, *(disclosed(each) for each in disclosures), ""])


def disclosed(disclosure: object) -> str:
    return encoded(disclosure if isinstance(disclosure, str) else json.dumps(disclosure))


def digest(disclosure: object, algorithm: str = "sha256") -> str:
    return b64.encode(hashlib.new(algorithm, disclosed(disclosure).encode()).digest())


@cache
def issuer_key() -> PublicKey:
    return PublicKey.from_jwk(PRINTED["issuer_key"])


def test_the_issued_sd_jwt_of_section_5_1_is_signed_by_the_printed_key_and_shows_everything() -> None:
    read = sdjwt.parse("~".join([issued(), *PRINTED["issued"]["disclosures"].values(), ""]))
    assert read.verify_signature(issuer_key())
    assert not read.verify_signature(KEY.public)
    assert read.claims["nationalities"] == ["US", "DE"]
    assert read.claims["updated_at"] == 1_570_000_000
    assert read.claims["phone_number_verified"] is True
    assert read.binding is None


def test_the_presentation_of_section_5_2_gives_the_processed_payload_and_is_bound() -> None:
    read = sdjwt.parse(presented())
    assert read.verify_signature(issuer_key())
    assert read.claims == PRINTED["processed"]
    assert read.disclosed == {"family_name", "given_name", "address"}
    assert read.holder_key == PublicKey.from_jwk(PRINTED["holder_key"])
    sdjwt.check_binding(read, audience="https://verifier.example.org", nonce="1234567890", now=NOW)


@pytest.mark.parametrize(
    "asked",
    [
        {"audience": "https://other.example.org"},
        {"nonce": "1234567891"},
        {"now": NOW + 301},
        {"now": NOW - 61},
    ],
)
def test_the_presentation_of_section_5_2_is_for_its_verifier_only_and_for_minutes(
    asked: dict[str, Any],
) -> None:
    given = {"audience": "https://verifier.example.org", "nonce": "1234567890", "now": NOW, **asked}
    with pytest.raises(BadSdJwt):
        sdjwt.check_binding(sdjwt.parse(presented()), **given)


def test_a_disclosure_taken_away_breaks_the_binding_of_section_5_2() -> None:
    first, _, *rest = presented().split("~")
    read = sdjwt.parse("~".join([first, *rest]))
    assert "family_name" not in read.claims
    with pytest.raises(BadSdJwt):
        sdjwt.check_binding(read, audience="https://verifier.example.org", nonce="1234567890", now=NOW)


def test_the_sd_jwt_vc_of_appendix_a_3_stands_for_its_verifier() -> None:
    read = sdjwt.parse(presented_vc())
    assert read.verify_signature(issuer_key())
    assert read.claims == PRINTED["vc"]["processed"]
    assert sdjwt.check_vc(read, NOW) == "urn:eudi:pid:de:1"
    sdjwt.check_binding(read, audience="https://verifier.example.org", nonce="1234567890", now=NOW)


@pytest.mark.parametrize("example", ["flat", "structured", "recursive"])
def test_the_three_ways_to_hide_an_address_of_section_6_show_the_same_address(example: str) -> None:
    payload, disclosures = PRINTED[example]["payload"], PRINTED[example]["disclosures"]
    assert sdjwt.parse(made(payload, *disclosures)).claims["address"] == PRINTED["address"]
    hidden = sdjwt.parse(made(payload)).claims
    assert hidden.get("address", {}) == {}
    assert "_sd" not in json.dumps(hidden)


def test_a_member_of_a_recursive_address_without_the_address_itself_belongs_nowhere() -> None:
    example = PRINTED["recursive"]
    with pytest.raises(BadSdJwt):
        sdjwt.parse(made(example["payload"], example["disclosures"][0]))


@pytest.mark.parametrize("section", ["A.1", "A.2", "A.4"])
def test_the_longer_examples_of_the_appendix_show_what_is_printed_and_all_together_what_went_in(
    section: str,
) -> None:
    example = APPENDIX[section]
    disclosures = example["disclosures"]
    shown = sdjwt.parse(made(example["payload"], *(disclosures[at] for at in example["shown"])))
    assert shown.claims == example["processed"]
    everything = sdjwt.parse(made(example["payload"], *disclosures)).claims
    assert {name: everything[name] for name in example["whole"]} == example["whole"]


NAME, ELEMENT = ["c2FsdA", "name", "Li"], ["c2FsdA", "DE"]


@pytest.mark.parametrize(
    ("payload", "disclosures"),
    [
        ({}, [NAME]),
        ({"_sd": [digest(NAME)]}, [NAME, NAME]),
        ({"_sd": [digest(NAME), digest(NAME)]}, [NAME]),
        ({"_sd": [digest(NAME)], "a": {"_sd": [digest(NAME)]}}, []),
        ({"_sd": [digest(NAME)], "name": "Wang"}, [NAME]),
        ({"_sd": [digest(NAME), digest(["other", "name", "Wang"])]}, [NAME, ["other", "name", "Wang"]]),
        ({"_sd": [digest(ELEMENT)]}, [ELEMENT]),
        ({"a": [{"...": digest(NAME)}]}, [NAME]),
        ({"a": [{"...": digest(ELEMENT), "more": 1}]}, [ELEMENT]),
        ({"a": [{"...": 7}]}, []),
        ({"a": {"...": digest(ELEMENT)}}, []),
        ({"_sd": digest(NAME)}, []),
        ({"_sd": [7]}, []),
        ({"_sd": [digest(["s", "_sd", "x"])]}, [["s", "_sd", "x"]]),
        ({"_sd": [digest(["s", "...", "x"])]}, [["s", "...", "x"]]),
        ({"_sd": [digest([1, "name", "x"])]}, [[1, "name", "x"]]),
        ({"_sd": [digest(["s", 1, "x"])]}, [["s", 1, "x"]]),
        ({"_sd": [digest(["s"])]}, [["s"]]),
        ({"_sd": [digest("{}")]}, ["{}"]),
        ({"_sd": [digest("no JSON")]}, ["no JSON"]),
        ({"_sd_alg": "md5"}, []),
        ({"_sd_alg": None}, []),
        ({"a": {"b": json.loads("[" * 15 + "]" * 15)}}, []),
    ],
)
def test_what_section_7_1_refuses_is_refused(payload: dict[str, Any], disclosures: list[Any]) -> None:
    with pytest.raises(BadSdJwt):
        sdjwt.parse(made(payload, *disclosures))


def test_nesting_through_disclosures_has_an_end() -> None:
    chain = [["salt", "a", 1]]
    for _ in range(20):
        chain.append(["salt", "a", {"_sd": [digest(chain[-1])]}])
    with pytest.raises(BadSdJwt):
        sdjwt.parse(made({"_sd": [digest(chain[-1])]}, *chain))


@pytest.mark.parametrize(("name", "algorithm"), [("sha-384", "sha384"), ("sha-512", "sha512")])
def test_the_longer_digests_are_read_too(name: str, algorithm: str) -> None:
    payload = {"_sd": [digest(NAME, algorithm)], "_sd_alg": name}
    assert sdjwt.parse(made(payload, NAME)).claims == {"name": "Li"}


def test_decoys_and_empty_lists_of_digests_leave_nothing_behind() -> None:
    read = sdjwt.parse(
        made({"_sd": [digest(["d", "e", "coy"])], "a": {"_sd": []}, "b": [{"...": "decoy"}, 2]})
    )
    assert read.claims == {"a": {}, "b": [2]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "a.b.c",
        "a.b~",
        made({}).removesuffix("~"),
        made({}) + "~",
        made({}) + "a.b.c",
        made({}).replace("~", "=~"),
        made({}) + "é",
        made({}) + "~" * 201,
        made({}) + "W10~" * 65_000,
        f"{encoded('[]')}.{encoded('{}')}.{'A' * 86}~",
        f"{encoded('{}')}.{encoded('[' * 4000)}.{'A' * 86}~",
    ],
)
def test_what_is_no_sd_jwt_is_refused_with_the_one_error(text: str) -> None:
    with pytest.raises(BadSdJwt):
        sdjwt.parse(text)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"crit": ["b64"], "b64": False}])
def test_a_header_that_names_another_algorithm_or_something_critical_has_no_signature(
    header: dict[str, Any],
) -> None:
    assert sdjwt.parse(made({})).verify_signature(KEY.public)
    assert not sdjwt.parse(made({}, **header)).verify_signature(KEY.public)


def vc(**claims: Any) -> str:
    return made({"vct": "https://types.example/1", **claims}, typ="dc+sd-jwt")


def test_an_sd_jwt_vc_names_its_type_and_is_in_force() -> None:
    assert sdjwt.check_vc(sdjwt.parse(vc(nbf=NOW, exp=NOW + 1)), NOW) == "https://types.example/1"


@pytest.mark.parametrize(
    "text",
    [
        made({"vct": "https://types.example/1"}, typ="JWT"),
        made({}, typ="dc+sd-jwt"),
        vc(vct=7),
        vc(exp=NOW - 60),
        vc(nbf=NOW + 61),
        vc(exp="tomorrow"),
        vc(exp=True),
        made({"_sd": [digest(["s", "vct", "x"])]}, ["s", "vct", "x"], typ="dc+sd-jwt"),
        made({"vct": "x", "_sd": [digest(["s", "exp", 1e12])]}, ["s", "exp", 1e12], typ="dc+sd-jwt"),
    ],
)
def test_what_is_no_sd_jwt_vc_in_force_is_refused(text: str) -> None:
    with pytest.raises(BadSdJwt):
        sdjwt.check_vc(sdjwt.parse(text), NOW)


def bound(key: SigningKey = STRANGER, typ: str = "kb+jwt", **changed: Any) -> str:
    shown = made({"cnf": {"jwk": STRANGER.public.jwk}, "_sd": [digest(NAME)]}, NAME)
    said = {"aud": "verifier", "nonce": "n", "iat": NOW, "sd_hash": sdjwt.parse(shown).presented, **changed}
    signing_input = f"{encoded(json.dumps({'alg': 'ES256', 'typ': typ}))}.{encoded(json.dumps(said))}"
    return f"{shown}{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"


def test_a_binding_by_the_holder_s_key_stands() -> None:
    sdjwt.check_binding(sdjwt.parse(bound()), audience="verifier", nonce="n", now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        bound(KEY),
        bound(typ="JWT"),
        bound(sd_hash=digest(NAME)),
        bound(aud=["verifier"]),
        bound(iat=str(NOW)),
        bound(iat=True),
        bound(exp=NOW - 60),
        made({"cnf": {"jwk": STRANGER.public.jwk}}),
        made({}) + bound().split("~")[-1],
        made({"cnf": {"kid": "somewhere"}}) + bound().split("~")[-1],
        made({"cnf": {"jwk": {"kty": "RSA"}}}) + bound().split("~")[-1],
    ],
)
def test_a_binding_by_another_key_or_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(BadSdJwt):
        sdjwt.check_binding(sdjwt.parse(text), audience="verifier", nonce="n", now=NOW)
