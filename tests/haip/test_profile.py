"""The high-assurance profile is the default: what it demands is so without any setting, and only a setting is
looser (OpenID4VC High Assurance Interoperability Profile 1.0, sections 4, 6, 7)."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography import x509

from registry import credential, signing, status
from registry.settings import Settings
from registry.signing import PublicKey, Use
from tests.api.test_claims import Wallet, offered
from tests.api.town import POLICE, Town
from tests.door.asking import Wallet as Visitor
from tests.haip.test_rotation import rotate
from tests.openid4vp.conftest import Asking

ISSUER = "/.well-known/openid-credential-issuer"
SERVER = "/.well-known/oauth-authorization-server"
EVERY_USE = int(Use.STATUS_LISTS | Use.ANSWERS | Use.REQUESTS | Use.MESSAGES)


@pytest.fixture
def claimed(town: Town, http: httpx.Client) -> str:
    return claim(town, http, 7)


def claim(town: Town, http: httpx.Client, number: int) -> str:
    offer = offered(town, town.citizen(number))
    wallet = Wallet(town, http).start(offer)
    said = wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()
    text: str = said["credentials"][0]["credential"]
    return text


def test_the_settings_begin_with_the_profile() -> None:
    settings = Settings()
    assert settings.require_par
    assert (settings.vp_client_id, settings.vp_response_mode) == ("x509_hash", "direct_post.jwt")
    assert (settings.attested_types, settings.require_wallet_attestation) == ({}, False), (
        "demanded of nobody by default: a browser cannot attest hardware"
    )


def test_the_authorisation_server_says_so(http: httpx.Client) -> None:
    said = http.get(SERVER).json()
    assert said["require_pushed_authorization_requests"] is True
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert "ES256" in said["dpop_signing_alg_values_supported"]
    assert "attest_jwt_client_auth" in said["token_endpoint_auth_methods_supported"]
    assert {"authorization_code", "refresh_token"} <= set(said["grant_types_supported"])
    assert "ES256" in said["client_attestation_signing_alg_values_supported"]
    assert "ES256" in said["client_attestation_pop_signing_alg_values_supported"]


def test_every_configuration_has_a_scope_of_its_own_and_needs_a_nonce(http: httpx.Client) -> None:
    said, server = http.get(ISSUER).json(), http.get(SERVER).json()
    configurations: dict[str, Any] = said["credential_configurations_supported"]
    scopes = [each["scope"] for each in configurations.values()]
    assert len(set(scopes)) == len(scopes) > 1
    assert set(scopes) <= set(server["scopes_supported"])
    assert all(each["cryptographic_binding_methods_supported"] == ["jwk"] for each in configurations.values())
    assert said["nonce_endpoint"]
    assert said["batch_credential_issuance"]["batch_size"] > 1
    for each in configurations.values():
        assert each["format"] == "dc+sd-jwt"
        assert "ES256" in each["credential_signing_alg_values_supported"]
        assert each["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"] == ["ES256"]


def test_tokens_are_bound_to_a_key_or_not_given(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http)
    assert wallet.token(offer).json()["token_type"] == "DPoP"
    refused = wallet.token(offered(town, town.citizen(8)), dpop="none")
    assert refused.json()["error"] == "invalid_dpop_proof"


def test_a_credential_is_what_the_profile_says(claimed: str) -> None:
    found = credential.parse(claimed)
    assert (found.header.alg, found.header.typ) == ("ES256", "dc+sd-jwt")
    payload = found.payload
    assert payload.sd_alg == "sha-256"
    assert payload.exp - payload.iat <= 30 * 86_400
    assert found.holder_key is not None
    assert isinstance(payload.status, credential.Status), "an entry of its own in a list"


def chains(
    town: Town, http: httpx.Client, number: int
) -> dict[str, tuple[list[str], Callable[[PublicKey], None]]]:
    """Every signed thing that carries certificates: its `x5c`, and the check by a key."""
    held, assured = credential.parse(claim(town, http, number)), town.services
    assert assured is not None
    copy = credential.parse(
        assured.sharing.copies.copy(POLICE, town.citizen(number + 1), town.now).presentation
    )
    found: dict[str, tuple[list[str], Callable[[PublicKey], None]]] = {}
    for name, each in (("credential", held), ("copy", copy)):
        found[name] = list(each.header.x5c), lambda key, each=each: _stands(each, key)
    assert isinstance(held.payload.status, credential.Status)
    visitor = Visitor(town, http).get_identity(town.citizen(number + 2))
    form = visitor.request(response_type=None, redirect_uri=None)
    headers = {"DPoP": visitor.proof("/authorize-challenge")}
    login = http.post("/authorize-challenge", data=form, headers=headers).json()["presentation"]
    asking = Asking(town)
    asked = asking.ask(asking.wanted("who", "resident_identity", "name"))
    for name, text in (
        ("status list", http.get(held.payload.status.status_list.uri).text),
        ("metadata", http.get(ISSUER, headers={"Accept": "application/jwt"}).text),
        ("request of the login", http.get(_fetched_from(login)).text),
        ("request of a department", http.get(asked.request_uri).text),
    ):
        jws = signing.parse_jws(text)
        found[name] = (
            jws.header["x5c"],
            lambda key, jws=jws: signing.check_jws(jws, key, typ=jws.header["typ"]),
        )
    return found


def _stands(presentation: credential.Presentation, key: PublicKey) -> None:
    assert credential.verify_signature(presentation, key)


def _fetched_from(link: str) -> str:
    return str(httpx.URL(link).params["request_uri"])


@pytest.mark.parametrize("rotated", [False, True])
def test_no_signed_thing_carries_the_root_and_each_is_signed_by_its_first_certificate(
    town: Town, http: httpx.Client, rotated: bool
) -> None:
    if rotated:
        rotate(town, int(Use.CREDENTIALS))
        rotate(town, EVERY_USE)
    found = chains(town, http, 20)
    assert len(found) == 6
    for name, (x5c, check) in found.items():
        certificates = [x509.load_der_x509_certificate(b64decode(each)) for each in x5c]
        assert certificates, name
        for each in certificates:
            assert each.issuer != each.subject, f"{name}: self-signed"
            basic = each.extensions.get_extension_for_class(x509.BasicConstraints).value
            assert not basic.ca, f"{name}: the anchor itself"
        check(PublicKey(certificates[0].public_key()))  # type: ignore[arg-type]


PUBLIC = ("issuer", "server", "keys", "type", "list", "aggregation")


@pytest.mark.parametrize("accept", [None, "*/*", "application/json, */*;q=0.1", "text/html,*/*;q=0.8"])
@pytest.mark.parametrize("rotated", [False, True])
def test_metadata_keys_and_lists_answer_any_client_before_and_after_a_rotation(
    town: Town, http: httpx.Client, accept: str | None, rotated: bool
) -> None:
    if rotated:
        rotate(town, int(Use.CREDENTIALS))
        rotate(town, EVERY_USE)
        town.now += 60
        town.keep_lists()
    held = credential.parse(claim(town, http, 7))
    assert isinstance(held.payload.status, credential.Status)
    uri = held.payload.status.status_list.uri
    addresses = (
        ISSUER,
        SERVER,
        f"/.well-known/jwt-vc-issuer/issuers/{POLICE}",
        held.payload.vct,
        uri,
        "/status",
    )
    said = {}
    for name, address in zip(PUBLIC, addresses, strict=True):
        request = http.build_request("GET", address, headers={} if accept is None else {"Accept": accept})
        if accept is None:
            del request.headers["Accept"]
        said[name] = http.send(request)
        assert said[name].status_code == 200, name
    keys = {each["kid"]: PublicKey.from_jwk(each) for each in said["keys"].json()["jwks"]["keys"]}
    assert credential.verify_signature(held, keys[held.header.kid])
    token = status.parse_list(said["list"].text)
    token.verify(keys[token.kid])
    assert token.get(held.payload.status.status_list.idx) == 0
    assert uri in said["aggregation"].json()["status_lists"]
