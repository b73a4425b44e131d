"""Authorisation requests as OAuth names their parts: read, checked, and every refusal in OAuth's words."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request
from sqlmodel import select

from api import authorisation_details, forms, issuer_metadata
from api.protocol_errors import ProtocolError
from api.services import Services
from api.tokens import sender
from registry import secrets
from registry.door import CERTIFICATES, HOLDER, Asked
from registry.redirects import BadRedirect, checked_redirect
from registry.store.tables import Offer

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST: Final = 2_000


async def parameters(request: Request) -> dict[str, str]:
    """The form's parameters, each once (RFC 6749, section 3.1) and no longer than anybody needs.

    Raises:
        ProtocolError: `invalid_request`.
    """
    found = await forms.parameters(request)
    if any(len(value) > _LONGEST for name, value in found.items() if name != "authorization_details"):
        raise ProtocolError("invalid_request", "a parameter is too long")
    return found


def proven_key(request: Request, services: Services) -> str | None:
    """Thumbprint of the key that a DPoP header proves; None where there is none (RFC 9449, section 10.1).

    Raises:
        ProtocolError: `invalid_dpop_proof`.
    """
    return sender(request, services) if "DPoP" in request.headers else None


def asked(form: Mapping[str, str], services: Services, *, key: str | None, browser: bool = True) -> Asked:
    """A checked authorisation request.

    key: thumbprint of the DPoP proof that came with it. browser: whether the answer goes through one, so
    that it must say to whom it goes back.

    Raises:
        ProtocolError: as RFC 6749 (4.1.2.1), RFC 7636 (4.4.1), RFC 9396 (5) and RFC 8707 (2) name it.
    """
    if "request" in form:
        raise ProtocolError("request_not_supported", "request objects are not taken here")
    if "request_uri" in form:
        raise ProtocolError("invalid_request", "a request_uri cannot be pushed")
    return Asked(
        client=_client(form, browser),
        code_challenge=_code_challenge(form),
        redirect_uri=_redirect_uri(form, browser),
        state=form.get("state", ""),
        dpop_thumbprint=_bound_key(form, key),
        offer=_offer(form, services),
        **_wanted(form, services),
    )


def _client(form: Mapping[str, str], browser: bool) -> str:
    client = form.get("client_id", "")
    if (browser and not client) or len(client) > 500:
        raise ProtocolError("invalid_request", "client_id is missing or too long")
    return client


def _code_challenge(form: Mapping[str, str]) -> str:
    """RFC 7636 with S256 only: `plain`, also as the default of a missing method, is a downgrade."""
    if form.get("code_challenge_method") != "S256":
        raise ProtocolError("invalid_request", "code_challenge_method must be S256")
    challenge = form.get("code_challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise ProtocolError("invalid_request", "code_challenge is missing or no S256 challenge")
    return challenge


def _redirect_uri(form: Mapping[str, str], browser: bool) -> str:
    if browser and form.get("response_type") != "code":
        code = "unsupported_response_type" if form.get("response_type") else "invalid_request"
        raise ProtocolError(code, "response_type must be code")
    if form.get("response_mode", "query") != "query":
        raise ProtocolError("invalid_request", "response_mode must be query")
    uri = form.get("redirect_uri", "")
    if not uri and not browser:
        return ""
    try:
        return checked_redirect(uri)
    except BadRedirect as error:
        raise ProtocolError("invalid_request", error.en) from error


def _bound_key(form: Mapping[str, str], key: str | None) -> str | None:
    named = form.get("dpop_jkt")
    if named is not None and not _CHALLENGE.fullmatch(named):
        raise ProtocolError("invalid_request", "dpop_jkt is no thumbprint")
    if key is not None and named is not None and key != named:
        raise ProtocolError("invalid_dpop_proof", "dpop_jkt names another key than the proof's")
    return key or named


def _offer(form: Mapping[str, str], services: Services) -> str | None:
    state = form.get("issuer_state")
    if state is None:
        return None
    with services.store.read() as session:
        offer = session.exec(select(Offer).where(Offer.state_hash == secrets.hashed(state))).first()
    if offer is None or offer.ended_at is not None or offer.expires <= services.now():
        raise ProtocolError("invalid_request", "the offer that issuer_state names has ended")
    return offer.id


def _wanted(form: Mapping[str, str], services: Services) -> dict[str, Any]:
    """Configurations by scope and by authorization_details, and whether `holder` was asked for.

    Scopes that nobody here knows are passed over (OpenID4VCI 1.0, section 5.1.2), unless nothing is left.
    Who names nothing asks for every certificate (RFC 6749, section 3.3: the default).
    """
    origin = services.origin()
    if form.get("resource", origin) != origin:
        raise ProtocolError("invalid_target", "resource must be the credential issuer")
    offered = issuer_metadata.configurations(
        origin, services.trust(), services.runtime.catalogue, services.now()
    )
    scopes = set(form.get("scope", "").split())
    by_scope = {name for name, configuration in offered.items() if configuration.get("scope") in scopes}
    by_details = authorisation_details.wanted(form.get("authorization_details"), origin) or ()
    if not offered.keys() >= set(by_details):
        raise ProtocolError("invalid_authorization_details", "there is no such configuration")
    named = by_scope or by_details or "issuer_state" in form
    if scopes and not named and not scopes & {HOLDER, CERTIFICATES}:
        raise ProtocolError("invalid_scope", "none of these scopes is known here")
    everything = CERTIFICATES in scopes or not (scopes or named)
    return {
        "scopes": by_scope,
        "details": by_details,
        "everything": everything,
        "holder_scope": HOLDER in scopes,
    }
