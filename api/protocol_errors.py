"""Errors in the form that OAuth 2.0 and OpenID4VCI name: a JSON object with `error`, and the right status."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from registry.authorisations import BadAccessToken, BadDetails, BadGrant, BadScope
from registry.claims import Denied, NoSuchTransaction
from registry.cutting import Ended
from registry.errors import RegistryError

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""Both, as RFC 6749, section 5.1, asks of whatever answers with a token."""


class Refusal(BaseModel):
    """An error as OAuth 2.0 and OpenID4VCI have it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": "invalid_grant",
                "error_description": "The code or the PIN is not right, or the offer has ended.",
                "reference": "K3V7Q2MD",
            }
        }
    )

    error: str = Field(description="The error's name in its specification.")
    error_description: str = Field(description="For developers; nothing personal.")
    reference: str = Field(description="Give this to the operator; it finds the log line.")


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": Refusal, "description": "A refusal, named as the specification does."}
}


class ProtocolError(Exception):
    """An error that a specification names.

    code: its `error`; status: HTTP status; challenge: `WWW-Authenticate` scheme, for a protected resource.
    members: what the specification has beside `error`.
    """

    def __init__(
        self,
        code: str,
        description: str,
        status: int = 400,
        challenge: str | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status
        self.challenge = challenge
        self.members = dict(members or {})


class TokenMissing(ProtocolError):
    """No access token came at all: the challenge then says how one is shown, and no error (RFC 6750, 3.1)."""

    def __init__(self) -> None:
        super().__init__("invalid_token", "an access token with the DPoP scheme is needed", 401, "DPoP")


_NAMED: Final[dict[type[RegistryError], str]] = {
    BadGrant: "invalid_grant",
    BadDetails: "invalid_authorization_details",
    BadScope: "invalid_scope",
    Denied: "credential_request_denied",
    Ended: "credential_request_denied",
    NoSuchTransaction: "invalid_transaction_id",
}


_UNREADABLE: Final = {400: "the body cannot be read", 413: "the body is too large"}


def _sayable(letter: str) -> bool:
    """What an `error_description` may hold (RFC 6749, section 5.2)."""
    return " " <= letter <= "~" and letter not in '"\\'


def answer(request: Request, error: ProtocolError) -> JSONResponse:
    """The response; its code is logged under the request's reference."""
    request.state.kind = error.code
    headers = dict(NO_STORE)
    if error.challenge is not None:
        said = "" if isinstance(error, TokenMissing) else f'error="{error.code}", '
        headers["WWW-Authenticate"] = f'{error.challenge} {said}algs="ES256"'
    body = {
        "error": error.code,
        "error_description": "".join(letter if _sayable(letter) else "?" for letter in error.description),
        "reference": request.state.reference,
        **error.members,
    }
    return JSONResponse(body, error.status, headers)


def named(error: RegistryError) -> ProtocolError | None:
    """The protocol's name of a use case's refusal; None where it has none."""
    if isinstance(error, BadAccessToken):
        return ProtocolError("invalid_token", error.en, 401, "DPoP")
    code = next((code for kind, code in _NAMED.items() if isinstance(error, kind)), None)
    return None if code is None else ProtocolError(code, error.en)


class ProtocolRoute(APIRoute):
    """A route whose refusals have the protocol's form."""

    malformed = "invalid_request"

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """FastAPI's hook around a route."""
        handle: Any = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except ProtocolError as error:
                return answer(request, error)
            except RequestValidationError:
                return answer(
                    request, ProtocolError(self.malformed, "a member is missing or of another kind")
                )
            except HTTPException as error:
                if error.status_code not in _UNREADABLE:
                    raise
                why = _UNREADABLE[error.status_code]
                return answer(request, ProtocolError(self.malformed, why, error.status_code))
            except RegistryError as error:
                refusal = named(error)
                if refusal is None:
                    raise
                return answer(request, refusal)
            return response

        return handled


class CredentialRoute(ProtocolRoute):
    """A route of the credential endpoints (OpenID4VCI 1.0, section 8.3.1.2)."""

    malformed = "invalid_credential_request"


class NotificationRoute(ProtocolRoute):
    """A route of the notification endpoint (OpenID4VCI 1.0, section 11.3)."""

    malformed = "invalid_notification_request"
