"""Every format reads back what it wrote, and refuses what it would not have written."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import b64, certificate, credential, jcs, merkle, signing, status
from registry.certificate import BadCertificate, Core, StatusPosition
from registry.credential import Anchor, Kind
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.merkle import InclusionProof
from registry.signing import BadToken, SigningKey
from registry.status import StatusBits
from tests.formats.world import NOW, ORIGIN, THREE, World

NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{0,20}\Z")
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
CODES = st.from_regex(r"\A[0-9A-Z]{1,21}\Z")
NATURALS = st.integers(0, 2**53 - 1)
CORES = st.builds(
    Core,
    certificate_id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=90),
    issuer=CODES,
    type=CODES,
    type_version=st.integers(1, 999),
    valid_from=st.integers(-(2**40), 2**40),
    valid_until=st.integers(-(2**40), 2**40),
    status=st.builds(StatusPosition, NATURALS, NATURALS),
)
KEY = SigningKey.generate()


@given(NAMES, VALUES, st.binary(min_size=16, max_size=16))
def test_a_disclosure_reads_back(name, value, salt):
    text = certificate.disclosure(name, value, salt)
    assert certificate.parse_disclosure(text) == (b64.encode(salt), name, value)


def test_the_digest_of_a_disclosure_is_that_of_rfc_9901():
    # RFC 9901, section 4.2.3: the example's disclosure and its digest.
    shown = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert certificate.digest(shown) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert certificate.parse_disclosure(shown) == ("_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius")


@pytest.mark.parametrize(
    "json",
    [
        "{}",
        "[]",
        '["s","n"]',
        '["s","n","v","x"]',
        '["s","n",1]',
        '["s",null,"v"]',
        "[" * 9999,
        '"x"',
        "\xff",
    ],
)
def test_what_is_no_disclosure_is_refused(json):
    with pytest.raises(BadCertificate):
        certificate.parse_disclosure(b64.encode(json.encode("latin-1")))


@given(CORES, st.dictionaries(NAMES, VALUES, max_size=6), st.integers(0, 4))
def test_a_certificate_reads_back_from_its_canonical_bytes(core, claims, decoys):
    made = certificate.make(core, claims, decoys=decoys)
    assert certificate.parse_canonical(made.canonical) == certificate.Leaf(core, made.sd)
    assert made.leaf == merkle.leaf_hash(made.canonical)
    assert len(made.sd) == len(set(made.sd)) == len(claims) + decoys
    assert list(made.sd) == sorted(made.sd)
    assert {certificate.digest(text) for text in made.disclosures} <= set(made.sd)
    assert [certificate.parse_disclosure(text).name for text in made.disclosures] == list(claims)


def test_claims_not_yet_true_are_digested_but_stand_apart():
    core = World().licence().certificate.core
    made = certificate.make(core, {"name": "甲"}, unreleased={"age_over_18": (NOW, "true")}, decoys=2)
    [(release, text)] = made.unreleased
    assert (release, len(made.disclosures), len(made.sd)) == (NOW, 1, 4)
    assert certificate.digest(text) in made.sd


def test_every_claim_has_a_salt_of_its_own():
    made = certificate.make(World().licence().certificate.core, {f"claim_{i}": "同" for i in range(50)})
    salts = {certificate.parse_disclosure(text).salt for text in made.disclosures}
    assert len(salts) == 50
    assert all(len(b64.decode(salt)) == 16 for salt in salts)


def test_with_the_same_randomness_the_same_certificate_is_made():
    core = World().licence().certificate.core
    one, two = (
        certificate.make(core, {"a": "1", "b": "2"}, decoys=1, randomness=random.Random(5).randbytes)
        for _ in range(2)
    )
    assert one == two
    assert "1" not in repr(one)


@pytest.mark.parametrize(
    "mutate",
    [
        lambda text: text.replace(b'"v":1', b'"v":2'),
        lambda text: text.replace(b'"v":1', b'"v":1,"x":1'),
        lambda text: text.replace(b'"v":1', b'"v": 1'),
        lambda text: text.replace(b"sha-256", b"sha-512"),
        lambda text: text.replace(b'"_sd":[', b'"_sd":["short",'),
        lambda text: text[:-1],
        lambda text: b"[]",
        lambda text: text + b" ",
        lambda text: text.replace(b'"list":0', b'"list":-1'),
    ],
)
def test_canonical_bytes_in_any_other_form_are_refused(mutate):
    text = World().licence().certificate.canonical
    with pytest.raises(BadCertificate):
        certificate.parse_canonical(mutate(text))


@given(st.dictionaries(st.integers(0, 4095), st.sampled_from(Status)))
def test_a_status_list_reads_back(entries):
    bits = StatusBits(4096)
    for idx, value in entries.items():
        bits.set(idx, value)
    token = status.sign_list(bits, uri="u", version=3, iat=NOW, exp=NOW + 9, ttl=60, key=KEY)
    parsed = status.parse_list(token)
    parsed.verify(KEY.public)
    assert (parsed.uri, parsed.version, parsed.iat, parsed.exp, parsed.ttl) == ("u", 3, NOW, NOW + 9, 60)
    assert all(parsed.get(idx) == entries.get(idx, Status.VALID) for idx in range(4096))


def test_two_bits_are_packed_as_token_status_list_says():
    # Token Status List, section 4.1 (two bits): 1 2 0 3 0 1 0 1, 1 2 3 3 → C9 44 F9.
    bits = StatusBits(12)
    for idx, value in enumerate((1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3)):
        bits.set(idx, Status(value))
    assert bits.to_bytes() == bytes.fromhex("c944f9")


@given(st.dictionaries(st.integers(0, 1023), st.integers(0, 2**256 - 1), max_size=5))
def test_words_of_the_contract_are_the_lists_bytes(words):
    bits = StatusBits.from_words(words)
    assert all(bits.word(number) == word for number, word in words.items())
    for number, word in words.items():
        for i in (0, 1, 63, 127):
            assert bits.get(number * 128 + i) == word >> 2 * i & 3
    assert StatusBits(packed=bits.to_bytes()) == bits


def test_entries_beyond_the_end_are_valid():
    assert status.read_entry(b"\xff", 4) is Status.VALID
    assert StatusBits(4).get(10**9) is Status.VALID


@pytest.mark.parametrize(
    "change",
    [{"status_list": {"bits": 1, "lst": ""}}, {"exp": "soon"}, {"version": 0}, {"sub": None}, {"ttl": 0}],
)
def test_a_list_of_another_shape_is_refused(change):
    token = status.sign_list(StatusBits(64), uri="u", version=1, iat=1, exp=2, ttl=60, key=KEY)
    payload = {**signing.parse_jws(token).payload, **change}
    changed = signing.sign_jws({"kid": KEY.public.thumbprint, "typ": status.TYPE}, payload, KEY)
    with pytest.raises(RegistryError):
        status.parse_list(changed)


def test_a_list_that_another_key_signed_does_not_stand():
    token = status.sign_list(StatusBits(64), uri="u", version=1, iat=1, exp=2, ttl=60, key=KEY)
    with pytest.raises(BadToken):
        status.parse_list(token).verify(SigningKey.generate().public)


@given(st.integers(1, 300), st.data())
def test_a_receipt_reads_back(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = [merkle.leaf_hash(bytes([i % 256, i >> 8])) for i in range(size)]
    proof = InclusionProof(index, size, merkle.proofs(leaves)[index])
    assert Anchor.of(9, proof).root(leaves[index]) == merkle.root(leaves)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_presentation_reads_back(kind):
    world = World()
    licence = world.licence()
    text = world.show(licence, kind)
    shown = credential.parse(text)
    assert shown.kind is kind
    assert set(shown.claims) == set(THREE)
    assert shown.payload.core == licence.certificate.core
    assert shown.payload.iss == credential.issuer_uri(ORIGIN, licence.department.code)
    assert shown.leaf == licence.certificate.leaf
    assert credential.verify_signature(shown, licence.department.key.public)
    jwt, disclosures = credential.split(text)
    assert text.startswith(credential.present(jwt, disclosures))
    assert list(disclosures) == licence.disclosures(THREE)
    assert (shown.holder_key == licence.wallet.public) is (kind in (Kind.CODE, Kind.REQUEST))


def test_what_we_sign_is_canonical():
    world = World()
    text = world.show(world.licence())
    jwt, rest = text.split("~", 1)
    for part in (*jwt.split(".")[:2], *rest.rsplit("~", 1)[1].split(".")[:2]):
        made = b64.decode(part)
        assert jcs.dumps(jcs.loads(made)) == made


def test_a_presentation_shows_nothing_where_it_is_printed():
    world = World()
    shown = credential.parse(world.show(world.licence()))
    assert not any(value in repr(shown) for value in shown.claims.values())
