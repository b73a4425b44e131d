"""PyPI `sd-jwt` both ways: it verifies ours as they stand, we read what it issues, which is not canonical."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from registry import b64, sdjwt
from registry.credential import Kind
from registry.signing import SigningKey
from tests.formats.world import AUDIENCE, NONCE, World

ISSUER, HOLDER = SigningKey.from_secret(b"\x01" * 32), SigningKey.from_secret(b"\x02" * 32)
CLAIMS: dict[Any, Any] = {
    "iss": "https://issuer.example",
    "vct": "https://issuer.example/person/1",
    SDObj("given_name"): "娜娜",
    SDObj("address"): {
        SDObj("city"): "东湖",
        "country": "CN",
        SDObj("lines"): [SDObj("光明路 18 号"), "3 楼"],
    },
    "nationalities": [SDObj("CN"), SDObj({"code": "DE", SDObj("since"): 1990}), "FR"],
    "degrees": [[SDObj("BA"), "MA"], []],
}


def theirs(key: SigningKey, private: bool = False) -> JWK:
    """A key of ours in their library."""
    jwk = dict(key.public.jwk)
    if private:
        jwk["d"] = b64.encode(key.secret)
    return JWK.from_json(json.dumps(jwk))


def issue(**options: Any) -> str:
    made = SDJWTIssuer(
        CLAIMS,
        theirs(ISSUER, True),
        theirs(HOLDER),
        extra_header_parameters={"typ": "dc+sd-jwt"},
        **options,
    )
    text: str = made.sd_jwt_issuance
    return text


ISSUED = issue()
NAMES = st.text("abcdefg", min_size=1, max_size=3)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects and arrays, each member either to be seen by all or to be disclosed alone."""
    members = st.lists(st.tuples(NAMES, inner, st.booleans()), max_size=3, unique_by=lambda each: each[0])
    objects = members.map(lambda made: {SDObj(name) if hide else name: v for name, v, hide in made})
    return objects | st.lists(inner | inner.map(SDObj), max_size=3)


TREES = st.dictionaries(NAMES, st.recursive(SCALARS, nested, max_leaves=12), max_size=4)


@settings(max_examples=150, deadline=None)
@given(claims=TREES, hide=st.booleans(), kept=st.data())
def test_of_any_claims_and_any_choice_of_disclosures_we_read_what_it_reads(
    claims: dict[str, Any], hide: bool, kept: st.DataObject
) -> None:
    named = {SDObj(name) if hide else name: value for name, value in claims.items()}
    jwt, *disclosures, _ = SDJWTIssuer(named, theirs(ISSUER, True)).sd_jwt_issuance.split("~")
    shown = [each for each in disclosures if kept.draw(st.booleans())]
    text = "~".join([jwt, *shown, ""])
    try:
        read = sdjwt.parse(text).claims
    except sdjwt.BadSdJwt:
        # It forgives a disclosure whose own place was not disclosed; RFC 9901, section 7.1, step 5, does not.
        assert shown != disclosures
        return
    assert read == SDJWTVerifier(text, lambda *_: theirs(ISSUER)).get_verified_payload()


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 3_000), character=st.sampled_from("A~.=_\x00é"), cut=st.booleans())
def test_a_changed_character_is_refused_with_the_one_error_or_breaks_the_signature(
    place: int, character: str, cut: bool
) -> None:
    at = place % len(ISSUED)
    changed = ISSUED[:at] + ("" if cut else character) + ISSUED[at + 1 :]
    try:
        read = sdjwt.parse(changed)
    except sdjwt.BadSdJwt:
        return
    assert changed == ISSUED or not read.verify_signature(ISSUER.public)


def present(issued: str, disclose: Any, nonce: str | None = None, audience: str | None = None) -> str:
    holder = SDJWTHolder(issued)
    holder.create_presentation(
        disclose, nonce, audience, theirs(HOLDER, True) if nonce is not None else None, "ES256"
    )
    text: str = holder.sd_jwt_presentation
    return text


@pytest.mark.parametrize("decoys", [False, True])
def test_we_read_the_same_out_of_what_it_issues_as_it_does(decoys: bool) -> None:
    text = issue(add_decoy_claims=decoys)
    read = sdjwt.parse(text)
    assert read.verify_signature(ISSUER.public)
    assert read.claims == SDJWTVerifier(text, lambda *_: theirs(ISSUER)).get_verified_payload()
    assert sdjwt.check_vc(read, 0) == "https://issuer.example/person/1"


@pytest.mark.parametrize(
    ("disclose", "expected"),
    [
        ({}, {"nationalities": ["FR"], "degrees": [["MA"], []]}),
        ({"given_name": True}, {"given_name": "娜娜"}),
        ({"address": {"city": True}}, {"address": {"country": "CN", "city": "东湖"}}),
        (
            {"address": {"lines": [True, False]}},
            {"address": {"country": "CN", "lines": ["光明路 18 号", "3 楼"]}},
        ),
        ({"nationalities": [True, False, False]}, {"nationalities": ["CN", "FR"]}),
        (
            {"nationalities": [False, {"since": True}, False]},
            {"nationalities": [{"code": "DE", "since": 1990}, "FR"]},
        ),
        ({"degrees": [[True, False], []]}, {"degrees": [["BA", "MA"], []]}),
    ],
)
def test_we_read_what_its_holder_chose_to_disclose(disclose: Any, expected: dict[str, Any]) -> None:
    text = present(issue(), disclose)
    claims = sdjwt.parse(text).claims
    assert claims == SDJWTVerifier(text, lambda *_: theirs(ISSUER)).get_verified_payload()
    assert {name: claims[name] for name in expected} == expected


def test_what_its_holder_binds_to_us_is_bound_to_us_only() -> None:
    read = sdjwt.parse(present(issue(), {"given_name": True}, "nonce-1", "https://we.example"))
    now = int(time.time())
    sdjwt.check_binding(read, audience="https://we.example", nonce="nonce-1", now=now)
    with pytest.raises(sdjwt.BadSdJwt):
        sdjwt.check_binding(read, audience="https://they.example", nonce="nonce-1", now=now)


@pytest.mark.parametrize("kind", list(Kind))
def test_it_verifies_ours_of_every_kind_as_they_stand(kind: Kind) -> None:
    world = World()
    licence = world.licence()
    text = world.show(licence, kind)
    payload = SDJWTVerifier(text, lambda *_: theirs(licence.department.key)).get_verified_payload()
    assert payload == sdjwt.parse(text).claims
    assert payload["company_name"] == "东湖新区光明面粉有限公司"
    assert payload["core"]["certificate_id"] == licence.certificate.core.certificate_id


def test_it_finds_the_key_binding_of_ours_good_and_that_of_another_verifier_not() -> None:
    world = World()
    licence = world.licence()
    text = world.show(licence, Kind.REQUEST)
    SDJWTVerifier(text, lambda *_: theirs(licence.department.key), AUDIENCE, NONCE)
    with pytest.raises(ValueError, match="nonce"):
        SDJWTVerifier(text, lambda *_: theirs(licence.department.key), AUDIENCE, "another")


def test_its_holder_presents_a_credential_of_ours_and_our_verifier_says_valid() -> None:
    world = World(now=int(time.time()))
    licence = world.licence()
    received = world.show(licence, Kind.REQUEST).rpartition("~")[0] + "~"
    holder = SDJWTHolder(received)
    wallet = theirs(licence.wallet, True)
    holder.create_presentation({"company_name": True, "credit_code": True}, NONCE, AUDIENCE, wallet, "ES256")
    report = world.verify(holder.sd_jwt_presentation)
    assert report.verdict == "valid"
    assert set(report.claims) == {"company_name", "credit_code"}
