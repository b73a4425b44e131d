"""A key has one algorithm: its suite's. An SM2 key is an issuer's, and nothing takes one for another."""

import pytest

from registry import jcs, keys, signing
from registry.keys import KeyRing
from registry.signing import BadKey, BadToken, PublicKey, SigningKey
from registry.suites import ES256, SM, SUITES
from tests.formats.test_signing import token

SM2, P256 = SigningKey.generate(SM), SigningKey.generate()
PAYLOAD = {"iss": "甲"}


def test_an_sm2_key_signs_a_jws_that_names_its_private_algorithm():
    made = signing.sign_jws({"typ": "x"}, PAYLOAD, SM2)
    assert signing.parse_jws(made).header == {"alg": "SM2", "typ": "x"}
    assert len(signing.parse_jws(made).signature) == 64
    assert signing.verify_jws(made, SM2.public, typ="x") == PAYLOAD


@pytest.mark.parametrize(
    ("alg", "signer", "reader"),
    [
        pytest.param("ES256", SM2, SM2, id="an SM2 signature called ES256"),
        pytest.param("SM2", P256, P256, id="an ES256 signature called SM2"),
        pytest.param("ES256", P256, SM2, id="an ES256 signature for an SM2 key"),
        pytest.param("SM2", SM2, P256, id="an SM2 signature for a P-256 key"),
        pytest.param("sm2", SM2, SM2, id="in small letters"),
        pytest.param("none", SM2, SM2, id="none"),
        pytest.param(["SM2"], SM2, SM2, id="a list"),
    ],
)
def test_the_algorithm_is_the_keys_and_never_the_headers(alg, signer, reader):
    with pytest.raises(BadToken):
        signing.verify_jws(token({"alg": alg, "typ": "x"}, PAYLOAD, signer), reader.public, typ="x")


def test_a_key_reads_back_from_jwk_and_from_the_ring(tmp_path):
    assert SM2.public.jwk == {"crv": "SM2", "kty": "EC"} | {k: SM2.public.jwk[k] for k in ("x", "y")}
    assert PublicKey.from_jwk(SM2.public.jwk, suites=SUITES) == SM2.public
    assert SigningKey.from_secret(SM2.secret, SM).public == SM2.public

    ring = KeyRing.create(tmp_path / "api.ring", "passphrase")
    ring.add(*(keys.new_signing("issuer", 1, 0, suite=suite) for suite in (SM, ES256)))
    first, second = KeyRing.open(tmp_path / "api.ring", "passphrase").signing("issuer")
    assert (first.key.suite, second.key.suite) == (SM, ES256)
    assert first.key.public.verify(first.key.sign(b"data"), b"data")


def test_a_ring_written_before_there_were_suites_still_opens(tmp_path):
    ring = KeyRing.create(tmp_path / "api.ring", "passphrase")
    ring.add(keys.new_signing("issuer", 1, 0))
    assert ring.signing("issuer")[0].suite == "es256"
    assert keys.Signing("issuer", P256.secret).key.public == P256.public


@pytest.mark.parametrize("suites", [(), (ES256,)])
def test_where_wallets_keys_are_read_an_sm2_key_is_refused(suites):
    with pytest.raises(BadKey):
        PublicKey.from_jwk(SM2.public.jwk, **({"suites": suites} if suites else {}))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"y": P256.public.jwk["y"]}, id="beside the curve"),
        {"crv": "P-256"},
        {"crv": "sm2"},
        {"crv": "wapip192v1"},
        {"kty": "OKP"},
        {"x": "AA"},
        {"y": None},
    ],
    ids=str,
)
def test_a_jwk_that_is_no_sm2_key_is_refused(change):
    with pytest.raises(BadKey):
        PublicKey.from_jwk({**SM2.public.jwk, **change}, suites=SUITES)


def test_one_scalar_gives_two_keys_that_are_not_equal():
    scalar = (7).to_bytes(32)
    keys_of_both = {SigningKey.from_secret(scalar, suite).public for suite in SUITES}
    assert len(keys_of_both) == 2
    assert PublicKey.from_jwk(P256.public.jwk, suites=SUITES).suite is ES256
    assert len({jcs.dumps(key.jwk) for key in keys_of_both}) == 2


def test_what_libraries_need_of_a_p256_key_an_sm2_key_refuses_to_give():
    for key in (SM2, SM2.public):
        with pytest.raises(BadKey):
            _ = key.imported
