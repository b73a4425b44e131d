"""Metadata for any client: plain, or signed by the department that operates the registry."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography import x509

from registry import signing
from registry.operating import NoOperator, operator
from registry.signing import PublicKey, Use
from tests.api.conftest import settings_in
from tests.api.town import HOUSING, MARKET, NOON, ORIGIN, POLICE, Town

ISSUER = "/.well-known/openid-credential-issuer"
SERVER = "/.well-known/oauth-authorization-server"


def signed(http: httpx.Client, accept: str = "application/jwt") -> signing.Jws:
    said = http.get(ISSUER, headers={"Accept": accept})
    assert said.headers["Content-Type"] == "application/jwt"
    return signing.parse_jws(said.text)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/json",
        "text/html",
        "application/jwt;q=0",
        "application/jwt;q=0.1, application/json",
    ],
)
def test_metadata_is_json_for_who_does_not_ask_for_more(http: httpx.Client, accept: str | None) -> None:
    request = http.build_request("GET", ISSUER, headers={} if accept is None else {"Accept": accept})
    if accept is None:
        del request.headers["Accept"]
    said = http.send(request)
    assert said.headers["Content-Type"] == "application/json"
    assert said.json()["credential_issuer"] == ORIGIN
    assert "Accept" in said.headers["Vary"]


@pytest.mark.parametrize(
    "accept", ["application/jwt", "application/jwt, application/json", "Application/JWT"]
)
def test_signed_metadata_says_the_same_under_the_operators_certificate(
    town: Town, http: httpx.Client, accept: str
) -> None:
    jws = signed(http, accept)
    assert jws.header["typ"] == "openidvci-issuer-metadata+jwt"
    (leaf,) = jws.header["x5c"]
    certificate = x509.load_der_x509_certificate(b64decode(leaf))
    key = PublicKey(certificate.public_key())  # type: ignore[arg-type]
    signing.check_jws(jws, key, typ="openidvci-issuer-metadata+jwt")
    assert jws.payload["sub"] == jws.payload["credential_issuer"] == ORIGIN
    assert jws.payload["iss"] == f"{ORIGIN}/issuers/{POLICE}", "who issues the identity certificate"
    assert (jws.payload["iat"], jws.payload["exp"]) == (NOON, NOON + 86_400)
    plain = http.get(ISSUER).json()
    assert {name: value for name, value in jws.payload.items() if name in plain} == plain


def test_the_key_that_signs_for_the_registry_signs_no_credentials(town: Town, http: httpx.Client) -> None:
    trusted = town.trust().issuers[POLICE].keys[signed(http).header["kid"]]
    assert trusted.uses & Use.REQUESTS
    assert not trusted.uses & Use.CREDENTIALS


def test_where_nobody_can_sign_the_plain_document_does(
    town: Town, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuers = {code: replace(each, keys={}) for code, each in town.trust().issuers.items()}
    keyless = replace(town.trust(), issuers=issuers)
    assert town.services is not None
    monkeypatch.setattr(town.services.sharing.signers, "_trust", lambda: keyless)
    both = http.get(ISSUER, headers={"Accept": "application/jwt, application/json"})
    assert both.json()["credential_issuer"] == ORIGIN
    only = http.get(ISSUER, headers={"Accept": "application/jwt"})
    assert only.status_code == 503
    assert only.headers["Content-Type"] == "application/problem+json"


def test_the_operator_is_as_set_or_who_issues_the_identity_type(town: Town) -> None:
    trust, catalogue, settings = town.trust(), town.runtime.catalogue, town.runtime.settings
    assert operator(trust, catalogue, settings, NOON) == POLICE

    def chosen(**given: Any) -> str:
        return operator(trust, catalogue, settings.model_copy(update=given), NOON)

    assert chosen(operator=HOUSING) == HOUSING
    assert chosen(identity_type="business_licence") == MARKET
    for given in ({"operator": "unknown"}, {"identity_type": "marriage"}):
        with pytest.raises(NoOperator):
            chosen(**given)
    assert settings_in(settings.data).operator == ""


def test_each_type_is_shown_in_both_languages(http: httpx.Client) -> None:
    document = http.get(ISSUER).json()
    for configuration in document["credential_configurations_supported"].values():
        shown = configuration["credential_metadata"]
        for display in (shown["display"], *(claim["display"] for claim in shown["claims"])):
            assert [each["locale"] for each in display] == ["zh-CN", "en"]
            assert all(each["name"] for each in display)


def test_every_endpoint_named_is_there(http: httpx.Client) -> None:
    for document in (http.get(ISSUER).json(), http.get(SERVER).json()):
        for member, address in document.items():
            if member.endswith("_endpoint"):
                path = address.removeprefix(ORIGIN)
                answers = {http.request(method, path).status_code for method in ("GET", "POST")}
                assert answers - {404, 405}, member


def test_the_authorisation_server_says_how_codes_are_had(http: httpx.Client) -> None:
    document = http.get(SERVER).json()
    assert document["issuer"] == ORIGIN
    by_code = "authorization_code" in document["grant_types_supported"]
    assert by_code == ("authorization_challenge_endpoint" in document or "authorization_endpoint" in document)
    if by_code:
        assert document["code_challenge_methods_supported"] == ["S256"]
    if "pushed_authorization_request_endpoint" in document:
        assert document["require_pushed_authorization_requests"] is True, "HAIP"


def test_every_configuration_is_an_sd_jwt_vc_bound_to_a_key(http: httpx.Client) -> None:
    said = http.get(ISSUER).json()["credential_configurations_supported"]
    assert said
    for name, each in said.items():
        assert (each["format"], each["scope"]) == ("dc+sd-jwt", name)
        assert each["cryptographic_binding_methods_supported"] == ["jwk"]
        assert each["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"] == ["ES256"]
        claims = each["credential_metadata"]["claims"]
        assert claims and all(
            {"zh", "en"} == {shown["locale"][:2] for shown in claim["display"]} for claim in claims
        )
