"""Wallets: what can be claimed, and claiming it (OpenID4VCI 1.0), now or once the batch is final."""

from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api import encryption, notifications
from api.key_proofs import proven_keys
from api.protocol_errors import NO_STORE, REFUSALS, CredentialRoute, ProtocolError
from api.services import Services, Used
from api.tokens import Allowed, needed
from registry import authorisations, offers
from registry.claims import MOST_KEYS, Claimed, Wait
from registry.store.tables import Authorisation, Certificate, Grant

offered = APIRouter(tags=["Wallets"])
credentials = APIRouter(tags=["Wallets"], route_class=CredentialRoute, responses=REFUSALS)


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
    proofs: dict[str, list[Any]] | None = Field(
        default=None,
        description=f"Key proofs of type `jwt`, or one of type `attestation`; at most {MOST_KEYS} keys.",
    )
    credential_response_encryption: Any = Field(
        default=None, description="`jwk` (P-256, with `alg` ECDH-ES) and `enc`: encrypts the response."
    )
    coming: bool = Field(
        default=False,
        description="Ours: for each key a second credential too, of a version that has not begun, if any.",
    )


class DeferredRequest(BaseModel):
    """OpenID4VCI 1.0, section 9.1."""

    transaction_id: str
    credential_response_encryption: Any = Field(
        default=None, description="`jwk` (P-256, with `alg` ECDH-ES) and `enc`: encrypts the response."
    )


@offered.get("/offers/{handle}", summary="A credential offer by reference")
def offer(handle: str, services: Used) -> JSONResponse:
    """The offer that a link or QR points to (OpenID4VCI 1.0, section 4.1.3)."""
    with services.store.read() as session:
        document = offers.offer_document(
            session, handle, credential_issuer=services.origin(), now=services.now()
        )
    return JSONResponse(document, headers=NO_STORE)


@credentials.post("/nonce", summary="A fresh nonce for key proofs")
def nonce(services: Used) -> JSONResponse:
    """Good for five minutes, once (OpenID4VCI 1.0, section 7)."""
    return JSONResponse({"c_nonce": services.sharing.nonces.make(services.now())}, headers=NO_STORE)


@credentials.post(
    "/credential",
    summary="Claim credentials",
    openapi_extra=encryption.described(CredentialRequest),
    responses={
        200: {"content": {encryption.MEDIA_TYPE: {}}},
        202: {
            "description": "The batch is not final yet: come back with the transaction id.",
            "content": {"application/json": {}, encryption.MEDIA_TYPE: {}},
        },
    },
)
def credential(
    authorisation: Allowed,
    body: Annotated[CredentialRequest, Depends(encryption.body_of(CredentialRequest))],
    services: Used,
) -> Response:
    """One credential for each proven key (OpenID4VCI 1.0, section 8)."""
    encrypted = encryption.wanted(body.credential_response_encryption)
    grant = _named_grant(body, authorisation, services)
    demanded = services.sharing.attested_types.get(_type_of(grant, services))
    keys = proven_keys(body.proofs, services, authorisation.client, demanded=demanded)
    outcome = services.sharing.claims.claim(grant, keys, services.now(), coming=body.coming)
    if isinstance(outcome, Wait):
        return encryption.answer(_waiting(outcome), 202, encrypted)
    said = _claimed(outcome) | {"notification_id": notifications.new_id(services, authorisation)}
    return encryption.answer(said, 200, encrypted)


@credentials.post(
    "/deferred_credential",
    summary="Fetch what was deferred",
    openapi_extra=encryption.described(DeferredRequest),
    responses={
        200: {"content": {encryption.MEDIA_TYPE: {}}},
        202: {
            "description": "Still not final: come back after the interval.",
            "content": {"application/json": {}, encryption.MEDIA_TYPE: {}},
        },
    },
)
def deferred_credential(
    authorisation: Allowed,
    body: Annotated[DeferredRequest, Depends(encryption.body_of(DeferredRequest))],
    services: Used,
) -> Response:
    """The credentials of an earlier claim (OpenID4VCI 1.0, section 9)."""
    encrypted = encryption.wanted(body.credential_response_encryption)
    outcome = services.sharing.claims.fetch(authorisation.id, body.transaction_id, services.now())
    if isinstance(outcome, Wait):
        return encryption.answer(_waiting(outcome), 202, encrypted)
    # Without a notification id, which is optional: widely used clients refuse it here.
    return encryption.answer(_claimed(outcome), 200, encrypted)


def _named_grant(body: CredentialRequest, authorisation: Authorisation, services: Services) -> Grant:
    """The one grant that is meant (OpenID4VCI 1.0, section 8.2).

    Raises:
        ProtocolError: neither name, both, or one that this authorisation does not give.
    """
    with services.store.read() as session:
        given = authorisations.grants_of(session, authorisation)
    if body.credential_identifier is not None:
        if body.credential_configuration_id is not None:
            raise ProtocolError("invalid_credential_request", "one of identifier and configuration")
        for grant in chain.from_iterable(given.values()):
            if grant.id == body.credential_identifier:
                return grant
        raise ProtocolError("unknown_credential_identifier", "the token is for another credential")
    wanted = needed(
        body.credential_configuration_id, "credential_configuration_id", "invalid_credential_request"
    )
    if wanted not in given:
        raise ProtocolError("unknown_credential_configuration", "the token is for another configuration")
    # The person may have allowed several of one configuration; who cannot tell them apart gets the newest.
    return given[wanted][-1]


def _type_of(grant: Grant, services: Services) -> str:
    with services.store.read() as session:
        return session.get_one(Certificate, grant.certificate).type


def _waiting(wait: Wait) -> dict[str, Any]:
    return {"transaction_id": wait.transaction, "interval": wait.interval}


def _claimed(claimed: Claimed) -> dict[str, Any]:
    return {"credentials": [{"credential": text} for text in claimed.credentials]}
