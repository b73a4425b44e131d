"""What a request says and how it travels, held to the profile; what is not spoken cannot be set."""

from typing import Any

import orjson
import pytest
from cryptography import x509
from pydantic import ValidationError

from registry import requestobject
from registry.requestobject import AUDIENCE, TYPE
from registry.settings import Settings
from registry.signing import SigningKey, parse_jws
from tests.api.town import Town
from tests.openid4vp.conftest import Asking, Phone
from tests.openid4vp.test_requesting import WHO
from wallet import openid4vp


def test_a_request_says_nothing_more_than_it_must(housing: Asking, phone: Phone) -> None:
    jws = parse_jws(phone.http.get(housing.ask(housing.wanted(*WHO)).request_uri).text)
    assert jws.header.keys() == {"alg", "typ", "x5c"}
    assert (jws.header["alg"], jws.header["typ"]) == ("ES256", TYPE)
    assert jws.payload.keys() == {
        "aud", "client_id", "client_metadata", "dcql_query", "exp", "iat", "nonce", "response_mode",
        "response_type", "response_uri", "state",
    }  # fmt: skip
    assert (jws.payload["aud"], jws.payload["response_type"]) == (AUDIENCE, "vp_token")


def test_the_chain_in_a_request_comes_without_its_root(town: Town, housing: Asking, phone: Phone) -> None:
    fetched = phone.http.get(housing.ask(housing.wanted(*WHO)).request_uri).text
    for der in requestobject.read(fetched, now=town.now).x5c:
        certificate = x509.load_der_x509_certificate(der)
        assert certificate.issuer != certificate.subject


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("vp_client_id", each) for each in (
            "openid_federation", "decentralized_identifier", "verifier_attestation", "origin",
        )),
        *(("vp_response_mode", each) for each in (
            "fragment", "query", "form_post", "dc_api", "dc_api.jwt", "direct_post.jwt\n",
        )),
    ],
)  # fmt: skip
def test_there_is_no_other_way_to_ask(setting: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Settings(**{setting: value})  # type: ignore[arg-type]


def test_a_wallets_keys_change_nothing(town: Town, housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted(*WHO))
    metadata: dict[str, Any] = {
        "vp_formats_supported": {"dc+sd-jwt": {}},
        "jwks": {"keys": [SigningKey.generate().public.jwk | {"use": "enc", "alg": "ECDH-ES"}]},
        "authorization_encryption_alg_values_supported": ["ECDH-ES"],
    }
    fetched = phone.http.post(made.request_uri, data={"wallet_metadata": orjson.dumps(metadata).decode()})
    assert requestobject.read(fetched.text, now=town.now).request.nonce


def test_our_wallet_reads_links_of_the_profiles_scheme(town: Town, housing: Asking, phone: Phone) -> None:
    link = housing.ask(housing.wanted(*WHO)).link.replace("openid4vp://", "haip-vp://")
    assert openid4vp.read_request(phone.http, link, now=town.now).request.prefix == "x509_hash"
