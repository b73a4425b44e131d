"""Departments' tokens: OAuth 2.0 client credentials with private_key_jwt (RFC 7523), bound to the issuer."""

from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from api import dpop, forms
from api.jose import CLOCK_SKEW, BadToken, Token, header_of, read, unverified_claim
from api.protocol_errors import NO_STORE, REFUSALS, ProtocolError, ProtocolRoute
from api.services import Services, Used
from registry import clients
from registry.clients import BadClientToken, Client
from registry.errors import NotFound

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TYPES: Final = frozenset({"jwt", "", "client-authentication+jwt"})
_LONGEST_LIFE: Final = 600

router = APIRouter(tags=["Departments"], route_class=ProtocolRoute, responses=REFUSALS)


class ClientTokenRequest(BaseModel):
    """RFC 6749, section 4.4, with RFC 7523, section 2.2."""

    grant_type: str = Field(examples=["client_credentials"])
    client_assertion_type: str = Field(examples=[ASSERTION])
    client_assertion: str = Field(
        max_length=8_192, description="JWT: iss = sub = the department's code, aud, jti, exp; ES256."
    )
    client_id: str | None = Field(default=None, description="The department's code, if sent.")


class ClientToken(BaseModel):
    """RFC 6749, section 5.1."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"access_token": "…", "token_type": "Bearer", "expires_in": 300}}
    )

    access_token: str
    token_type: str
    expires_in: int


@router.post(
    "/departments/token",
    summary="A token for a department",
    response_model=ClientToken,
    openapi_extra=forms.described(ClientTokenRequest),
)
def department_token(
    request: Request,
    services: Used,
    form: Annotated[ClientTokenRequest, Depends(forms.form_of(ClientTokenRequest))],
) -> JSONResponse:
    """Five minutes, for this department's own code only; with a DPoP proof, bound to that key."""
    if form.grant_type != "client_credentials":
        raise ProtocolError("unsupported_grant_type", "client_credentials only")
    code = _proven_client(services, form)
    thumbprint = _sender(request, services)
    token = clients.give_token(
        services.store,
        code,
        dpop_thumbprint=thumbprint,
        now=services.now(),
        randomness=services.sharing.randomness,
    )
    body = {
        "access_token": token,
        "token_type": "Bearer" if thumbprint is None else "DPoP",
        "expires_in": clients.TOKEN_LIFE,
    }
    return JSONResponse(body, headers=NO_STORE)


def _proven_client(services: Services, form: ClientTokenRequest) -> str:
    """The code of the department that signed the assertion.

    Raises:
        ProtocolError: `invalid_client`; why is for developers, and the same for a department that is unknown.
    """
    try:
        if form.client_assertion_type != ASSERTION:
            raise BadToken("private_key_jwt only")
        token = _signed_by_client(services, form.client_assertion)
        code = token.text("sub")
        if token.claims.get("iss") != code or form.client_id not in (None, code):
            raise BadToken("iss and sub must be the client")
        _check_claims(token, services)
        if not services.use_once(f"client:{code}", token.text("jti")[:200], token.time("exp") + CLOCK_SKEW):
            raise BadToken("the assertion was used before")
    except BadToken as error:
        raise ProtocolError("invalid_client", str(error), 401) from error
    return code


def _signed_by_client(services: Services, assertion: str) -> Token:
    claimed, kid = unverified_claim(assertion, "sub"), header_of(assertion).get("kid")
    with services.store.read() as session:
        keys = clients.client_keys(session, claimed)
    fitting = [key for key in keys if kid is None or key.get("kid") == kid]
    for key in fitting[:-1]:
        with suppress(BadToken):
            return read(assertion, jwk=key, types=_TYPES)
    if not fitting:
        raise BadToken("no key of this client fits")
    return read(assertion, jwk=fitting[-1], types=_TYPES)


def _check_claims(token: Token, services: Services) -> None:
    now, origin = services.now(), services.origin()
    audience = token.claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not {origin, f"{origin}/departments/token"} & {each for each in audiences if isinstance(each, str)}:
        raise BadToken("aud must be this registry")
    expires = token.time("exp")
    if not now - CLOCK_SKEW < expires <= now + _LONGEST_LIFE:
        raise BadToken("exp must be within ten minutes from now")
    if "nbf" in token.claims and token.time("nbf") > now + CLOCK_SKEW:
        raise BadToken("not valid yet")


def _sender(request: Request, services: Services, access_token: str | None = None) -> str | None:
    """The key that a DPoP proof shows; None where none was sent."""
    try:
        return dpop.sender(request, services, access_token)
    except BadToken as error:
        if access_token is not None:
            raise BadClientToken from error
        raise ProtocolError("invalid_dpop_proof", str(error)) from error


_bearer = HTTPBearer(auto_error=False, description="From /departments/token.")


def department(
    issuer: str,
    request: Request,
    services: Used,
    _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
) -> Client:
    """The department whose token this is, which must be the one in the address.

    Raises:
        BadClientToken: no token, or not a good one.
        NotFound: another department's address; as if there were nothing there.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "dpop") or not token:
        raise BadClientToken
    with services.store.read() as session:
        client = clients.client_of(session, token, services.now())
    bound = _sender(request, services, token) if client.dpop_thumbprint is not None else None
    if bound != client.dpop_thumbprint or (scheme.lower() == "dpop") != (bound is not None):
        raise BadClientToken
    if client.code != issuer:
        raise NotFound("没有找到。", "Nothing here by that name.")
    return client


Asking = Annotated[Client, Depends(department)]
