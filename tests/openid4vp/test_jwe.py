"""Encrypted answers: only the asker's key opens them, and only one kind is read."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe as reference
from joserfc.jwk import ECKey

from registry import b64, jcs, jwe
from registry.jwe import BadJwe
from registry.signing import SigningKey

KEY = SigningKey.generate()


@given(
    st.binary(max_size=300), st.sampled_from(jwe.ENCODINGS), st.binary(max_size=20), st.binary(max_size=20)
)
def test_what_is_encrypted_reads_back(plain, enc, apu, apv):
    assert jwe.decrypt(jwe.encrypt(plain, KEY.public.jwk, enc=enc, apu=apu, apv=apv), KEY) == plain


def test_the_largest_answer_fits_and_a_larger_one_is_refused():
    plain = b"x" * jwe.MAX_PLAIN
    assert jwe.decrypt(jwe.encrypt(plain, KEY.public.jwk), KEY) == plain
    with pytest.raises(BadJwe):
        jwe.encrypt(plain + b"x", KEY.public.jwk)
    with pytest.raises(BadJwe):
        jwe.decrypt("a" * (jwe.MAX_TOKEN - 4) + "....b", KEY)


def test_the_header_names_the_key_that_was_used():
    token = jwe.encrypt(b"x", KEY.public.jwk | {"kid": "1", "use": "enc"})
    assert jwe.header(token)["kid"] == "1"


def test_another_key_opens_nothing():
    with pytest.raises(BadJwe):
        jwe.decrypt(jwe.encrypt(b"x", KEY.public.jwk), SigningKey.generate())


def _with_last_bit_changed(data):
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("part", range(5))
def test_every_part_is_bound(part):
    parts = jwe.encrypt(b"an answer", KEY.public.jwk).split(".")
    parts[part] = b64.encode(_with_last_bit_changed(b64.decode(parts[part]))) if parts[part] else "AAAA"
    with pytest.raises(BadJwe):
        jwe.decrypt(".".join(parts), KEY)


@pytest.mark.parametrize(
    "more",
    [
        {"zip": "DEF"},
        {"crit": ["exp"], "exp": 1},
        {"alg": "ECDH-ES+A128KW"},
        {"alg": "dir"},
        {"enc": "A128CBC-HS256"},
        {"enc": None},
    ],
)
def test_another_algorithm_compression_and_critical_members_are_refused(more):
    head, *rest = jwe.encrypt(b"x", KEY.public.jwk).split(".")
    changed = b64.encode(jcs.dumps(jcs.loads(b64.decode(head)) | more))
    with pytest.raises(BadJwe):
        jwe.decrypt(".".join([changed, *rest]), KEY)


def test_a_compressed_answer_is_refused_although_it_is_encrypted_well():
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF"}
    token = reference.encrypt_compact(header, b"x" * 999, ECKey.import_key(dict(KEY.public.jwk)))
    with pytest.raises(BadJwe):
        jwe.decrypt(token, KEY)


def test_a_point_of_another_curve_or_of_none_gives_nothing_away():
    other = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    wide = {
        "kty": "EC", "crv": "P-384",
        "x": b64.encode(other.x.to_bytes(48, "big")), "y": b64.encode(other.y.to_bytes(48, "big")),
    }  # fmt: skip
    head, *rest = jwe.encrypt(b"x", KEY.public.jwk).split(".")
    for epk in (wide, KEY.public.jwk | {"y": b64.encode(b"\1" * 32)}, {}, "x", None):
        changed = b64.encode(jcs.dumps(jcs.loads(b64.decode(head)) | {"epk": epk}))
        with pytest.raises(BadJwe):
            jwe.decrypt(".".join([changed, *rest]), KEY)


def test_unknown_members_of_the_header_are_passed_over():
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": "x", "typ": "JWT", "cty": "json"}
    lenient = reference.JWERegistry(strict_check_header=False)
    token = reference.encrypt_compact(
        header | {"own": 1}, b"x", ECKey.import_key(dict(KEY.public.jwk)), registry=lenient
    )
    assert jwe.decrypt(token, KEY) == b"x"


@given(st.text(max_size=60))
def test_any_text_is_refused_in_one_way(text):
    with pytest.raises(BadJwe):
        jwe.decrypt(text, KEY)
    with pytest.raises(BadJwe):
        jwe.decrypt(f"{b64.encode(jcs.dumps({'alg': 'ECDH-ES', 'enc': 'A256GCM'}))}.{text}.a.b.c", KEY)
