"""What this registry says of itself: Credential Issuer and authorisation server metadata."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api import authorisation_details, encryption
from registry.catalogue import Catalogue
from registry.claims import MOST_KEYS
from registry.credential import type_uri
from registry.definition import TypeDefinition
from registry.errors import NotFound
from registry.offers import PRE_AUTHORISED
from registry.signing import SigningKey
from registry.suites import ES256
from registry.trust import Trust, TrustedIssuer, covered
from registry.type_metadata import labels

_LOGINS: Final = {
    "authorization_endpoint": "/authorize",
    "pushed_authorization_request_endpoint": "/par",
    "authorization_challenge_endpoint": "/authorize-challenge",
}
_NAME: Final = ("证通电子证照", "Zhengtong electronic certificates")


def credential_issuer(
    origin: str,
    trust: Trust,
    catalogue: Catalogue,
    now: int,
    *,
    request_key: SigningKey,
    attested_types: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Credential Issuer metadata (OpenID4VCI 1.0, section 12.2.4).

    request_key: opens encrypted requests. attested_types: codes of types that need attested keys, each with
    the `key_storage` that does.
    """
    listed = any(covered(provider.windows, now) for provider in trust.wallet_providers)
    return {
        "credential_issuer": origin,
        "credential_endpoint": f"{origin}/credential",
        "deferred_credential_endpoint": f"{origin}/deferred_credential",
        "nonce_endpoint": f"{origin}/nonce",
        "notification_endpoint": f"{origin}/notification",
        "batch_credential_issuance": {"batch_size": MOST_KEYS},
        **encryption.metadata(request_key),
        "status_list_aggregation_endpoint": f"{origin}/status",
        "display": labels(*_NAME),
        "credential_configurations_supported": {
            name: each
            | {"proof_types_supported": _proof_types(attested_types.get(name.partition(".")[2]), listed)}
            for name, each in configurations(origin, trust, catalogue, now).items()
        },
    }


def authorisation_server(
    origin: str,
    scopes: list[str],
    *,
    require_par: bool,
    require_attestation: bool,
) -> dict[str, Any]:
    """Authorisation server metadata (RFC 8414).

    require_par: RFC 9126. require_attestation: of wallets (Attestation-Based Client Authentication,
    section 10).
    """
    return {
        "issuer": origin,
        "token_endpoint": f"{origin}/token",
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code",
            PRE_AUTHORISED,
            "refresh_token",
        ],
        "token_endpoint_auth_methods_supported": [
            *([] if require_attestation else ["none"]),
            "attest_jwt_client_auth",
        ],
        "client_attestation_signing_alg_values_supported": ["ES256"],
        "client_attestation_pop_signing_alg_values_supported": ["ES256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "pre-authorized_grant_anonymous_access_supported": not require_attestation,
        "authorization_details_types_supported": [authorisation_details.TYPE],
        "scopes_supported": scopes,
        "status_list_aggregation_endpoint": f"{origin}/status",
        **{member: f"{origin}{path}" for member, path in _LOGINS.items()},
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": require_par,
    }


def configurations(origin: str, trust: Trust, catalogue: Catalogue, now: int) -> dict[str, Any]:
    """A configuration `<issuer>.<type>` for every right that stands now."""
    supported = {}
    for issuer in trust.issuers.values():
        for type, windows in issuer.rights.items():
            if covered(windows, now):
                try:
                    definition = catalogue.newest(type)
                except NotFound:
                    continue
                supported[f"{issuer.code}.{type}"] = _configuration(origin, issuer, definition, now)
    return supported


def _configuration(
    origin: str, issuer: TrustedIssuer, definition: TypeDefinition, now: int
) -> dict[str, Any]:
    shown = [
        {"name": entry["name"], "locale": entry["locale"], "description": by}
        for entry, by in zip(
            labels(definition.name.zh, definition.name.en), (issuer.zh, issuer.en), strict=True
        )
    ]
    return {
        "format": "dc+sd-jwt",
        "scope": f"{issuer.code}.{definition.type}",
        "vct": type_uri(origin, definition.type, definition.version),
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": [suite.alg for suite in issuer.suites(now) or (ES256,)],
        "credential_metadata": {
            "display": shown,
            "claims": [
                {"path": [name], "display": labels(label.zh, label.en)}
                for name, label in definition.labels.items()
            ],
        },
    }


def _proof_types(demanded: Sequence[str] | None, listed: bool) -> dict[str, Any]:
    """How keys may be proven (OpenID4VCI 1.0, appendix F). listed: any wallet provider is trusted now."""
    proof: dict[str, Any] = {"proof_signing_alg_values_supported": ["ES256"]}
    if demanded is not None:
        proof["key_attestations_required"] = {"key_storage": list(demanded)} if demanded else {}
    return {"jwt": proof} | ({"attestation": proof} if listed else {})
