"""Where any client begins: Credential Issuer and authorisation server metadata, plain or signed."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api import issuer_metadata
from api.negotiation import weight
from api.services import Services, Used
from registry import signing
from registry.credential import issuer_uri
from registry.door import CERTIFICATES, HOLDER
from registry.errors import RegistryError
from registry.operating import operator
from registry.signing import Use

SIGNED_TYPE: Final = "openidvci-issuer-metadata+jwt"
SIGNED_LIFE: Final = 86_400
_JWT: Final = "application/jwt"
_CACHED: Final = {"Cache-Control": "public, max-age=60", "Vary": "Accept"}

router = APIRouter(tags=["Wallets"])


@router.get(
    "/.well-known/openid-credential-issuer",
    summary="Credential Issuer metadata",
    responses={200: {"content": {_JWT: {}}}},
)
def credential_issuer(request: Request, services: Used) -> Response:
    """What can be claimed here, and where (OpenID4VCI 1.0, section 12.2).

    With `Accept: application/jwt`, also beside `application/json`: signed (section 12.2.3).
    """
    document = issuer_metadata.credential_issuer(
        services.origin(),
        services.trust(),
        services.runtime.catalogue,
        services.now(),
        request_key=services.sharing.request_key,
        attested_types=services.sharing.attested_types,
    )
    accept = request.headers.get("Accept", "")
    if 0 < weight(accept, _JWT) >= weight(accept, "application/json"):
        try:
            return Response(_signed(services, document), media_type=_JWT, headers=_CACHED)
        except RegistryError:
            if not weight(accept, "application/json"):
                raise
    return JSONResponse(document, headers=_CACHED)


@router.get("/.well-known/oauth-authorization-server", summary="Authorisation server metadata")
def authorisation_server(services: Used) -> JSONResponse:
    """Where wallets get their tokens (RFC 8414)."""
    scopes = issuer_metadata.configurations(
        services.origin(), services.trust(), services.runtime.catalogue, services.now()
    )
    document = issuer_metadata.authorisation_server(
        services.origin(),
        [*sorted(scopes), CERTIFICATES, HOLDER],
        require_par=services.runtime.settings.require_par,
        require_attestation=services.runtime.settings.require_wallet_attestation,
    )
    return JSONResponse(document, headers=_CACHED)


def _signed(services: Services, document: dict[str, Any]) -> str:
    """The metadata, signed by the department that operates the registry. Raises NoOperator, NoSigner."""
    now, runtime = services.now(), services.runtime
    code = operator(services.trust(), runtime.catalogue, runtime.settings, now)
    with services.store.read() as session:
        signer = services.sharing.signers.signer(session, code, Use.REQUESTS, now)
    said = {
        "iss": issuer_uri(services.origin(), signer.issuer),
        "sub": document["credential_issuer"],
        "iat": now,
        "exp": now + SIGNED_LIFE,
        **document,
    }
    header = {"kid": signer.key.public.thumbprint, "typ": SIGNED_TYPE, "x5c": signer.x5c}
    return signing.sign_jws(header, said, signer.key)
