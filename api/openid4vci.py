"""Wallets: OpenID4VCI 1.0 with the pre-authorised code, DPoP-bound tokens and deferred issuance."""

import hashlib
import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api import dpop, issuer_metadata
from api.jose import BadToken, Token, read_embedded
from api.protocol_errors import NO_STORE, REFUSALS, CredentialRoute, ProtocolError, ProtocolRoute
from api.services import Services, Used
from registry import b64, grants, offers
from registry.claims import MOST_KEYS, Claimed, Wait
from registry.errors import RegistryError
from registry.signing import PublicKey
from registry.store.tables import Certificate, Grant

KEY_PROOF = frozenset({"openid4vci-proof+jwt"})
_PROOF_AGE = 300

metadata = APIRouter(tags=["Wallets"])
tokens = APIRouter(tags=["Wallets"], route_class=ProtocolRoute, responses=REFUSALS)
credentials = APIRouter(tags=["Wallets"], route_class=CredentialRoute, responses=REFUSALS)


class TokenRequest(BaseModel):
    """OpenID4VCI 1.0, section 6.1, and RFC 6749, section 6."""

    grant_type: str = Field(examples=[offers.PRE_AUTHORISED, "refresh_token"])
    pre_authorized_code: str | None = Field(default=None, alias="pre-authorized_code")
    tx_code: str | None = Field(default=None, examples=["493536"], description="The PIN.")
    refresh_token: str | None = None


class Proofs(BaseModel):
    """Key proofs of one type."""

    jwt: list[str] = Field(min_length=1, max_length=MOST_KEYS, description="One key proof for each key.")


class CredentialRequest(BaseModel):
    """OpenID4VCI 1.0, section 8.2."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "credential_configuration_id": "11440101000000000A.11100000000013338W011",
                "proofs": {"jwt": ["eyJ0eXAiOiJvcGVuaWQ0dmNpLXByb29mK2p3dCIs…"]},
            }
        }
    )

    credential_configuration_id: str | None = None
    credential_identifier: str | None = None
    proofs: Proofs | None = None
    credential_response_encryption: dict[str, Any] | None = None


class DeferredRequest(BaseModel):
    """OpenID4VCI 1.0, section 9.1."""

    transaction_id: str
    credential_response_encryption: dict[str, Any] | None = None


class NotificationRequest(BaseModel):
    """OpenID4VCI 1.0, section 11.1."""

    notification_id: str
    event: str
    event_description: str | None = None


@metadata.get("/.well-known/openid-credential-issuer", summary="Credential Issuer metadata")
def credential_issuer(services: Used) -> JSONResponse:
    """What can be claimed here, and where (OpenID4VCI 1.0, section 12.2)."""
    document = issuer_metadata.credential_issuer(
        services.origin(), services.trust(), services.runtime.catalogue, services.now()
    )
    return JSONResponse(document, headers={"Cache-Control": "max-age=60"})


@metadata.get("/.well-known/oauth-authorization-server", summary="Authorisation server metadata")
def authorisation_server(services: Used) -> JSONResponse:
    """Where wallets get their tokens (RFC 8414)."""
    origin = services.origin()
    scopes = issuer_metadata.configurations(
        origin, services.trust(), services.runtime.catalogue, services.now()
    )
    return JSONResponse(
        issuer_metadata.authorisation_server(origin, sorted(scopes)), headers={"Cache-Control": "max-age=60"}
    )


@metadata.get("/offers/{handle}", summary="A credential offer by reference")
def offer(handle: str, services: Used) -> JSONResponse:
    """The offer that a link or QR points to (OpenID4VCI 1.0, section 4.1.3)."""
    with services.store.read() as session:
        document = offers.offer_document(
            session, handle, credential_issuer=services.origin(), now=services.now()
        )
    return JSONResponse(document, headers=NO_STORE)


@tokens.post("/token", summary="Tokens for a wallet")
def token(request: Request, services: Used, form: Annotated[TokenRequest, Form()]) -> JSONResponse:
    """A pre-authorised code and its PIN, or a refresh token, for tokens bound to the wallet's DPoP key.

    `recovery_code` comes once, with the first claim of a new wallet: it withdraws all its credentials.
    """
    if form.grant_type not in (offers.PRE_AUTHORISED, "refresh_token"):
        raise ProtocolError("unsupported_grant_type", "a pre-authorised code or a refresh token")
    thumbprint = _sender(request, services)
    if form.grant_type == "refresh_token":
        given = grants.renew_tokens(
            services.store,
            refresh=_needed(form.refresh_token, "refresh_token"),
            dpop_thumbprint=thumbprint,
            now=services.now(),
            randomness=services.sharing.randomness,
        )
    else:
        given = grants.redeem(
            services.store,
            code=_needed(form.pre_authorized_code, "pre-authorized_code"),
            pin=_needed(form.tx_code, "tx_code"),
            dpop_thumbprint=thumbprint,
            now=services.now(),
            randomness=services.sharing.randomness,
        )
    body: dict[str, Any] = {
        "access_token": given.access,
        "token_type": "DPoP",
        "expires_in": given.expires_in,
        "scope": given.scope,
    }
    if given.refresh is not None:
        body["refresh_token"] = given.refresh
    if given.recovery_code is not None:
        body["recovery_code"] = given.recovery_code
    return JSONResponse(body, headers=NO_STORE)


@credentials.post("/nonce", summary="A fresh nonce for key proofs")
def nonce(services: Used) -> JSONResponse:
    """Good for five minutes, once (OpenID4VCI 1.0, section 7)."""
    return JSONResponse({"c_nonce": services.sharing.nonces.make(services.now())}, headers=NO_STORE)


@credentials.post(
    "/credential",
    summary="Claim credentials",
    responses={202: {"description": "The batch is not final yet: come back with the transaction id."}},
)
def credential(request: Request, body: CredentialRequest, services: Used) -> JSONResponse:
    """One credential for each proven key (OpenID4VCI 1.0, section 8)."""
    grant = _authorised(request, services)
    _no_encryption(body.credential_response_encryption)
    _named_configuration(body, grant, services)
    keys = _proven_keys(body, services)
    outcome = services.sharing.claims.claim(grant, keys, services.now())
    return _claimed(outcome, None if isinstance(outcome, Wait) else _notification_id(services, grant))


@credentials.post(
    "/deferred_credential",
    summary="Fetch what was deferred",
    responses={202: {"description": "Still not final: come back after the interval."}},
)
def deferred_credential(request: Request, body: DeferredRequest, services: Used) -> JSONResponse:
    """The credentials of an earlier claim (OpenID4VCI 1.0, section 9)."""
    grant = _authorised(request, services)
    _no_encryption(body.credential_response_encryption)
    return _claimed(services.sharing.claims.fetch(grant, body.transaction_id, services.now()), None)


@credentials.post("/notification", summary="What became of a credential", status_code=204)
def notification(request: Request, body: NotificationRequest, services: Used) -> Response:
    """Taken note of in the log, nothing else (OpenID4VCI 1.0, section 11)."""
    grant = _authorised(request, services)
    if not hmac.compare_digest(body.notification_id.encode(), _notification_id(services, grant).encode()):
        raise ProtocolError("invalid_notification_id", "there is no such notification id")
    if body.event not in ("credential_accepted", "credential_failure", "credential_deleted"):
        raise ProtocolError("invalid_notification_request", "there is no such event")
    request.app.state.log("notification", reference=request.state.reference, kind=body.event)
    return Response(status_code=204)


def _sender(request: Request, services: Services, access_token: str | None = None) -> str:
    """Thumbprint of the key that the request proves.

    Raises:
        ProtocolError: no proof, two, or one that does not fit.
    """
    proofs = request.headers.getlist("DPoP")
    try:
        if len(proofs) != 1:
            raise BadToken("one DPoP proof is needed")
        return dpop.check(
            proofs[0],
            method=request.method,
            url=services.origin() + request.url.path,
            now=services.now(),
            use_once=services.use_once,
            access_token=access_token,
        )
    except BadToken as error:
        if access_token is None:
            raise ProtocolError("invalid_dpop_proof", str(error)) from error
        raise ProtocolError("invalid_dpop_proof", str(error), 401, "DPoP") from error


def _authorised(request: Request, services: Services) -> Grant:
    scheme, _, access = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not access:
        raise ProtocolError("invalid_token", "an access token with the DPoP scheme is needed", 401, "DPoP")
    thumbprint = _sender(request, services, access)
    with services.store.read() as session:
        return grants.grant_of(session, access, thumbprint, services.now())


def _named_configuration(body: CredentialRequest, grant: Grant, services: Services) -> None:
    if body.credential_identifier is not None:
        raise ProtocolError("unknown_credential_identifier", "no identifiers were given out")
    wanted = _needed(
        body.credential_configuration_id, "credential_configuration_id", "invalid_credential_request"
    )
    with services.store.read() as session:
        certificate = session.get_one(Certificate, grant.certificate)
    if wanted != f"{certificate.issuer}.{certificate.type}":
        raise ProtocolError("unknown_credential_configuration", "the token is for another configuration")


def _proven_keys(body: CredentialRequest, services: Services) -> list[PublicKey]:
    """The keys whose proofs carry one nonce of ours, used up here.

    Raises:
        ProtocolError: `invalid_proof` or `invalid_nonce` (OpenID4VCI 1.0, section 8.3.1.2).
    """
    if body.proofs is None:
        raise ProtocolError("invalid_proof", "a key proof of type jwt is needed")
    now = services.now()
    try:
        proofs = [read_embedded(text, types=KEY_PROOF) for text in body.proofs.jwt]
        for proof in proofs:
            _for_us(proof, services.origin(), now)
        keys = [PublicKey.from_jwk(proof.jwk) for proof in proofs]
    except BadToken as error:
        raise ProtocolError("invalid_proof", str(error)) from error
    except RegistryError as error:
        raise ProtocolError("invalid_proof", error.en) from error
    if len({key.thumbprint for key in keys}) != len(keys):
        raise ProtocolError("invalid_proof", "each key may be proven once")
    only = proofs[0].claims.get("nonce")
    same = all(proof.claims.get("nonce") == only for proof in proofs)
    if not isinstance(only, str) or not same or not services.sharing.nonces.use(only, now):
        raise ProtocolError("invalid_nonce", "get a fresh nonce from the nonce endpoint")
    return keys


def _for_us(proof: Token, origin: str, now: int) -> None:
    audience = proof.claims.get("aud")
    if audience not in (origin, [origin]):
        raise BadToken("aud must be the credential issuer")
    proof.fresh(now, _PROOF_AGE)


def _claimed(outcome: Claimed | Wait, notification_id: str | None) -> JSONResponse:
    if isinstance(outcome, Wait):
        body: dict[str, Any] = {"transaction_id": outcome.transaction, "interval": outcome.interval}
        return JSONResponse(body, 202, NO_STORE)
    body = {"credentials": [{"credential": text} for text in outcome.credentials]}
    if notification_id is not None:
        body["notification_id"] = notification_id
    return JSONResponse(body, headers=NO_STORE)


def _notification_id(services: Services, grant: Grant) -> str:
    """Nothing hangs on a notification, so its id is not stored: it is the grant's, keyed."""
    secret = services.runtime.ring.secret("permutation")
    return b64.encode(hmac.digest(secret, f"notification\0{grant.id}".encode(), hashlib.sha256)[:16])


def _no_encryption(wanted: dict[str, Any] | None) -> None:
    if wanted is not None:
        raise ProtocolError("invalid_encryption_parameters", "responses are not encrypted here")


def _needed(value: str | None, name: str, code: str = "invalid_request") -> str:
    if not value:
        raise ProtocolError(code, f"{name} is missing")
    return value
