"""The one door, for wallets: requests pushed (RFC 9126), logins without a browser (OAuth 2.0 for First-Party
Applications), and codes for what a person allowed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from api.attested import WalletClient, wallet_client
from api.authorisation_request import asked, parameters, proven_key
from api.protocol_errors import NO_STORE, REFUSALS, ProtocolError, ProtocolRoute
from api.services import Services, Used
from api.tokens import sender
from registry import door
from registry.door import Asked, NoLogin, NothingToGive
from registry.errors import NotFound
from registry.operating import NoOperator
from registry.proving import Progress, Proving
from registry.requesting import TooManyRequests
from registry.signers import NoSigner
from registry.store.tables import Login

REQUEST_URI: Final = "urn:ietf:params:oauth:request_uri:"

router = APIRouter(tags=["Wallets"], route_class=ProtocolRoute, responses=REFUSALS)

Parameters = Annotated[dict[str, str], Depends(parameters)]


class Code(BaseModel):
    """OAuth 2.0 for First-Party Applications, section 5.2.1."""

    model_config = ConfigDict(json_schema_extra={"example": {"authorization_code": "…"}})

    authorization_code: str


_ASKED: Final[dict[str, dict[str, Any]]] = {
    "client_id": {"type": "string"},
    "redirect_uri": {"type": "string"},
    "code_challenge": {"type": "string"},
    "code_challenge_method": {"type": "string", "enum": ["S256"]},
    "scope": {"type": "string", "description": "Of configurations; `certificates`: all; `holder`."},
    "authorization_details": {"type": "string", "description": "JSON (RFC 9396)."},
    "issuer_state": {"type": "string"},
    "state": {"type": "string"},
}


def _form(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    """A form for the OpenAPI document: each parameter is read once only, which FastAPI's do not check."""
    schema = {"type": "object", "required": required, "properties": properties}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": schema}},
        }
    }


_PUSHED: Final = _form(
    ["client_id", "response_type", "redirect_uri", "code_challenge", "code_challenge_method"],
    response_type={"type": "string", "enum": ["code"]},
    dpop_jkt={"type": "string"},
    **_ASKED,
)
_CHALLENGED: Final = _form(
    [],
    auth_session={"type": "string", "description": "From the answer before; then nothing else is needed."},
    presentation_during_issuance_session={
        "type": "string",
        "description": "What the verifier answered to the presentation.",
    },
    request_uri={"type": "string", "description": "Of a pushed request, instead of its parameters."},
    **_ASKED,
)


@router.post("/par", status_code=201, summary="Push an authorisation request", openapi_extra=_PUSHED)
def push(request: Request, form: Parameters, services: Used) -> JSONResponse:
    """An authorisation request, for a `request_uri` that one browser may open within five minutes (RFC 9126).

    PKCE with S256 is needed. A DPoP proof, or `dpop_jkt`, binds the code to that key (RFC 9449, section 10).
    """
    wanted = asked(form, services, key=proven_key(request, services))
    client = wallet_client(request, services, form["client_id"])
    handle = begun(services, _of(client, wanted), door.PUSHED_LIFE)
    body = {"request_uri": REQUEST_URI + handle, "expires_in": door.PUSHED_LIFE}
    return JSONResponse(body, 201, NO_STORE)


@router.post(
    "/authorize-challenge",
    summary="Log in without a browser",
    response_model=Code,
    openapi_extra=_CHALLENGED,
)
def challenge(request: Request, form: Parameters, services: Used) -> JSONResponse:
    """An authorisation code for a presentation of the identity certificate, between wallet and server alone.

    First the parameters of an authorisation request (or the `request_uri` of a pushed one); the answer is
    `insufficient_authorization` with an `auth_session` and, in `presentation`, a request by OpenID4VP for
    the identity certificate. Then `auth_session`, with what the verifier answered to the presentation. A
    DPoP proof of one and the same key comes with both (OAuth 2.0 for First-Party Applications, section 5).
    Who presents it allows what was asked for; without a scope: everything that every issuer holds.
    """
    key = sender(request, services)
    client, handle = wallet_client(request, services, form.get("client_id")), _handle(form)
    if handle is None:
        wanted = _of(client, asked(form, services, key=key, browser=False))
        handle = begun(services, wanted, door.LOGIN_LIFE)
    with _named(), services.store.write() as session:
        login = door.login_of(
            session, handle, client=client.id or None, dpop_thumbprint=key, now=services.now()
        )
        code = _proven(session, services, login, form.get("presentation_during_issuance_session"))
        link = None if code or login.ended_at else Proving.of(services.cases).link(session, login)
    if code is not None:
        return JSONResponse({"authorization_code": code}, headers=NO_STORE)
    if link is None:
        raise ProtocolError("access_denied", "the wallet said no, or showed what is no login here")
    raise ProtocolError(
        "insufficient_authorization",
        "present the identity certificate",
        members={"auth_session": handle, "presentation": link},
    )


def _of(client: WalletClient, wanted: Asked) -> Asked:
    return replace(wanted, client=client.id, attested=client.attested)


def begun(services: Services, wanted: Asked, life: int) -> str:
    """The handle of a login that has just begun. life: seconds."""
    with services.store.write() as session:
        return door.begin(
            session, wanted, now=services.now(), life=life, randomness=services.sharing.randomness
        )


def _handle(form: Mapping[str, str]) -> str | None:
    """Of the login that goes on; None where the parameters of a new one came."""
    pushed = form.get("request_uri")
    if pushed is None:
        return form.get("auth_session")
    if "client_id" not in form or not pushed.startswith(REQUEST_URI):
        raise ProtocolError("invalid_request", "request_uri is none of ours, or client_id is missing")
    return pushed.removeprefix(REQUEST_URI)


def _proven(session: Session, services: Services, login: Login, response_code: str | None) -> str | None:
    """The code, once the identity certificate was shown. A login that was refused ends."""
    proving = Proving.of(services.cases)
    progress = proving.learn(session, login, response_code)
    if progress == Progress.REFUSED:
        door.end(session, login, services.now())
    if progress != Progress.PROVEN:
        return None
    now = services.now()
    given = door.offered(session, login, services.runtime, proving.identity_type, now)
    chosen = [each.certificate.lineage for each in given.certificates]
    return door.allow(session, login, chosen, now=now, randomness=services.sharing.randomness)


@contextmanager
def _named() -> Iterator[None]:
    """Refusals by the names that OAuth 2.0 and its first-party applications have for them."""
    try:
        yield
    except NoLogin as error:
        raise ProtocolError("invalid_session", error.en) from error
    except NotFound as error:
        raise ProtocolError("invalid_request", error.en) from error
    except NothingToGive as error:
        raise ProtocolError("access_denied", error.en) from error
    except (NoOperator, NoSigner, TooManyRequests) as error:
        raise ProtocolError("temporarily_unavailable", error.en, 503) from error
