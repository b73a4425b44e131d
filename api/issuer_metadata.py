"""What this registry says of itself: Credential Issuer and authorisation server metadata."""

from typing import Any, Final

from registry.catalogue import Catalogue
from registry.claims import MOST_KEYS
from registry.credential import type_uri
from registry.definition import TypeDefinition
from registry.errors import NotFound
from registry.offers import PRE_AUTHORISED
from registry.trust import Trust, TrustedIssuer, covered
from registry.type_metadata import labels

_NAME: Final = ("证通电子证照", "Zhengtong electronic certificates")


def credential_issuer(origin: str, trust: Trust, catalogue: Catalogue, now: int) -> dict[str, Any]:
    """Credential Issuer metadata (OpenID4VCI 1.0, section 12.2.4)."""
    return {
        "credential_issuer": origin,
        "credential_endpoint": f"{origin}/credential",
        "deferred_credential_endpoint": f"{origin}/deferred_credential",
        "nonce_endpoint": f"{origin}/nonce",
        "notification_endpoint": f"{origin}/notification",
        "batch_credential_issuance": {"batch_size": MOST_KEYS},
        "display": labels(*_NAME),
        "credential_configurations_supported": configurations(origin, trust, catalogue, now),
    }


def authorisation_server(origin: str, scopes: list[str]) -> dict[str, Any]:
    """Authorisation server metadata (RFC 8414)."""
    return {
        "issuer": origin,
        "token_endpoint": f"{origin}/token",
        "response_types_supported": ["code"],
        "grant_types_supported": [PRE_AUTHORISED, "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "pre-authorized_grant_anonymous_access_supported": True,
        "scopes_supported": scopes,
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
                supported[f"{issuer.code}.{type}"] = _configuration(origin, issuer, definition)
    return supported


def _configuration(origin: str, issuer: TrustedIssuer, definition: TypeDefinition) -> dict[str, Any]:
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
        "credential_signing_alg_values_supported": ["ES256"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        "credential_metadata": {
            "display": shown,
            "claims": [
                {"path": [name], "display": labels(label.zh, label.en)}
                for name, label in definition.labels.items()
            ],
        },
    }
