"""Wallets' tokens: what is given for a code, and what a request with one may do. Bound by DPoP (RFC 9449)."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api import authorisation_details, dpop, forms
from api.attested import WalletClient, wallet_client
from api.jose import BadToken
from api.protocol_errors import NO_STORE, REFUSALS, ProtocolError, ProtocolRoute, TokenMissing
from api.services import Services, Used
from registry import authorisations, door, grants, offers
from registry.authorisations import Tokens
from registry.store.tables import Authorisation

router = APIRouter(tags=["Wallets"], route_class=ProtocolRoute, responses=REFUSALS)


class TokenRequest(BaseModel):
    """OpenID4VCI 1.0, section 6.1, and RFC 6749, section 6."""

    grant_type: str = Field(examples=[offers.PRE_AUTHORISED, "refresh_token"])
    pre_authorized_code: str | None = Field(default=None, alias="pre-authorized_code")
    tx_code: str | None = Field(default=None, examples=["493536"], description="The PIN.")
    refresh_token: str | None = None
    code: str | None = Field(default=None, description="The authorisation code.")
    code_verifier: str | None = Field(default=None, description="What the `code_challenge` was made of.")
    redirect_uri: str | None = Field(default=None, description="As in the authorisation request.")
    client_id: str | None = Field(default=None, max_length=500, description="The wallet's own name, if any.")
    authorization_details: str | None = Field(
        default=None,
        description="JSON (RFC 9396): sent, the answer names a `credential_identifier` for each certificate.",
        examples=['[{"type":"openid_credential","credential_configuration_id":"…"}]'],
    )
    scope: str | None = Field(default=None, description="With a refresh token: nothing that was not given.")
    resource: str | None = Field(default=None, description="The credential issuer (RFC 8707), if sent.")


@router.post("/token", summary="Tokens for a wallet", openapi_extra=forms.described(TokenRequest))
def token(
    request: Request, services: Used, form: Annotated[TokenRequest, Depends(forms.form_of(TokenRequest))]
) -> JSONResponse:
    """A code, an offer's code and its PIN, or a refresh token, for tokens bound to the wallet's DPoP key.

    `recovery_code` comes once, with the first claim of a new wallet: it withdraws all its credentials.
    """
    give = _GIVERS.get(form.grant_type)
    if give is None:
        raise ProtocolError("unsupported_grant_type", f"one of {', '.join(_GIVERS)}")
    if form.resource not in (None, services.origin()):
        raise ProtocolError("invalid_target", "resource must be the credential issuer")
    thumbprint = sender(request, services)
    wanted = authorisation_details.wanted(form.authorization_details, services.origin())
    client = wallet_client(request, services, form.client_id)
    return JSONResponse(_body(give(form, services, client, thumbprint, wanted)), headers=NO_STORE)


def sender(request: Request, services: Services, access_token: str | None = None) -> str:
    """Thumbprint of the key that the request proves.

    Raises:
        ProtocolError: no proof, two, or one that does not fit.
    """
    try:
        key = dpop.sender(request, services, access_token)
        if key is None:
            raise BadToken("a DPoP proof is needed")
        return key
    except BadToken as error:
        if access_token is None:
            raise ProtocolError("invalid_dpop_proof", str(error)) from error
        raise ProtocolError("invalid_dpop_proof", str(error), 401, "DPoP") from error


def authorised(request: Request, services: Used) -> Authorisation:
    """A dependency, read before the body: the authorisation whose token came, and with a proof of its key.

    Raises:
        ProtocolError: `invalid_token` or `invalid_dpop_proof`, both 401.
        BadAccessToken: the token is not good, or not any more.
    """
    shown = request.headers.getlist("Authorization")
    if not shown:
        raise TokenMissing
    scheme, _, access = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
    if scheme.lower() != "dpop" or not access:
        raise ProtocolError("invalid_token", "an access token with the DPoP scheme is needed", 401, "DPoP")
    thumbprint = sender(request, services, access)
    with services.store.read() as session:
        return authorisations.authorisation_of(
            session, access, thumbprint, trust=services.trust(), now=services.now()
        )


Allowed = Annotated[Authorisation, Depends(authorised)]


def needed(value: str | None, name: str, code: str = "invalid_request") -> str:
    """A parameter that must be there.

    Raises:
        ProtocolError: `code`.
    """
    if not value:
        raise ProtocolError(code, f"{name} is missing")
    return value


Wanted = tuple[str, ...] | None


def _by_offer(
    form: TokenRequest, services: Services, client: WalletClient, thumbprint: str, wanted: Wanted
) -> Tokens:
    return grants.redeem(
        services.store,
        code=needed(form.pre_authorized_code, "pre-authorized_code"),
        pin=needed(form.tx_code, "tx_code"),
        client=client.id,
        attested=client.attested,
        dpop_thumbprint=thumbprint,
        now=services.now(),
        randomness=services.sharing.randomness,
        wanted=wanted,
    )


def _by_code(
    form: TokenRequest, services: Services, client: WalletClient, thumbprint: str, wanted: Wanted
) -> Tokens:
    return door.redeem(
        services.store,
        services.runtime.catalogue,
        services.trust(),
        code=needed(form.code, "code"),
        code_verifier=needed(form.code_verifier, "code_verifier"),
        redirect_uri=form.redirect_uri,
        client=client.id,
        attested=client.attested,
        dpop_thumbprint=thumbprint,
        identity_type=services.runtime.catalogue.by_alias(services.runtime.settings.identity_type).type,
        now=services.now(),
        randomness=services.sharing.randomness,
        wanted=wanted,
    )


def _by_refresh(
    form: TokenRequest, services: Services, client: WalletClient, thumbprint: str, wanted: Wanted
) -> Tokens:
    return authorisations.renew_tokens(
        services.store,
        refresh=needed(form.refresh_token, "refresh_token"),
        client=client.id,
        dpop_thumbprint=thumbprint,
        trust=services.trust(),
        now=services.now(),
        randomness=services.sharing.randomness,
        wanted=wanted,
        scope=form.scope,
    )


_GIVERS: Final[Mapping[str, Callable[[TokenRequest, Services, WalletClient, str, Wanted], Tokens]]] = {
    offers.PRE_AUTHORISED: _by_offer,
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
}


def _body(given: Tokens) -> dict[str, Any]:
    body: dict[str, Any] = {
        "access_token": given.access,
        "token_type": "DPoP",
        "expires_in": given.expires_in,
        "scope": given.scope,
    }
    if given.identifiers is not None:
        body["authorization_details"] = authorisation_details.given(given.identifiers)
    if given.refresh is not None:
        body["refresh_token"] = given.refresh
    if given.recovery_code is not None:
        body["recovery_code"] = given.recovery_code
    return body
