"""Third parties know no SM2: each refuses, none takes it for valid, other issuers' are as they were."""

import json
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.jwk import KeySet
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jws import InvalidJWSSignature
from sd_jwt.verifier import SDJWTVerifier

from registry import credential
from tests.api.test_claims import Wallet, offered
from tests.api.town import MARKET, ORIGIN, POLICE, Town
from tests.node import NODE

CLIENT = Path(__file__).with_name("strangers.mjs")


def node(does: str, **given):
    task = json.dumps({"does": does, **given})
    done = subprocess.run([NODE, CLIENT], input=task, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def credential_of(town: Town, http, issuer: str) -> str:
    """As it was issued, everything disclosed."""
    if issuer == POLICE:
        offer = offered(town, town.citizen())
    else:
        certificate_id = town.issue(MARKET, "business_licence", town.licence_row(1))
        town.anchor(MARKET)
        offer = town.services.sharing.offer(MARKET, certificate_id, made_by="clerk 7", seen="card")
    wallet = Wallet(town, http).start(offer)
    said = wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()
    return said["credentials"][0]["credential"]


def jwks(http, issuer: str):
    return http.get(f"/.well-known/jwt-vc-issuer/issuers/{issuer}").json()["jwks"]


@pytest.mark.parametrize(("issuer", "reads"), [(POLICE, False), (MARKET, True)], ids=["SM2", "P-256"])
def test_jose_and_sd_jwt_vc_refuse_it_by_name_and_verify_the_others(town, http, issuer, reads):
    text = credential_of(town, http, issuer)
    uri = credential.parse(text).payload.status.status_list.uri
    served = http.get(uri.removeprefix(ORIGIN)).text
    said = node("verify", presentation=text, jwks=jwks(http, issuer), list=served, now=town.now)["ok"]
    if reads:
        assert said["jose"] == {"ok": "ES256"}
        assert said["sdjwt"] == {"ok": f"{ORIGIN}/issuers/{issuer}"}
        assert said["certificate"]["ok"]["crv"] == "P-256"
        return
    assert "JOSENotSupported" in said["jose"]["error"]
    assert "JOSENotSupported" in said["sdjwt"]["error"]
    assert "error" in said["certificate"]


@pytest.mark.parametrize(("issuer", "reads"), [(POLICE, False), (MARKET, True)], ids=["SM2", "P-256"])
def test_pypi_sd_jwt_refuses_it_and_verifies_the_others(town, http, issuer, reads):
    text, keys = credential_of(town, http, issuer), jwks(http, issuer)["keys"]

    def key_of(_issuer, header):
        return JWK(**next(key for key in keys if key["kid"] == header["kid"]))

    if reads:
        assert SDJWTVerifier(text, key_of).get_verified_payload()["iss"] == f"{ORIGIN}/issuers/{issuer}"
        return
    with pytest.raises(InvalidJWSSignature, match="not allowed"):
        SDJWTVerifier(text, key_of)


def test_its_key_set_is_read_key_by_key_or_refused_whole(town, http):
    served = jwks(http, POLICE)
    assert len(list(JWKSet.from_json(json.dumps(served)))) == len(served["keys"])
    with pytest.raises(KeyError, match="SM2"):
        KeySet.import_key_set(served)


def test_its_certificate_is_read_without_its_key(town, http):
    with town.runtime.store.read() as session:
        signer = town.services.sharing.signers.signer(session, POLICE, 1, town.now)
    certificate = x509.load_der_x509_certificate(b64decode(signer.x5c[0]))
    assert POLICE in certificate.subject.rfc4514_string()
    with pytest.raises(UnsupportedAlgorithm, match=r"1\.2\.156\.10197\.1\.301"):
        certificate.public_key()


def test_a_wallet_that_knows_no_sm2_reads_the_metadata_and_sees_where_not_to_claim(town, http):
    paths = ("/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server")
    said = node("metadata", origin=ORIGIN, documents={path: http.get(path).json() for path in paths})
    assert {name.partition(".")[0]: each for name, each in said["ok"].items()} == {
        POLICE: ["SM2"],
        MARKET: ["ES256"],
    }
