"""The notification endpoint (OpenID4VCI 1.0, section 11): what a wallet made of its credentials."""

import hashlib
import hmac
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import bodies
from api.protocol_errors import REFUSALS, NotificationRoute, ProtocolError
from api.services import Services, Used
from api.tokens import Allowed
from registry import b64, secrets
from registry.store.tables import Authorisation

router = APIRouter(tags=["Wallets"], route_class=NotificationRoute, responses=REFUSALS)
_BYTES: Final = 16


class NotificationRequest(BaseModel):
    """OpenID4VCI 1.0, section 11.1."""

    notification_id: str
    event: Literal["credential_accepted", "credential_failure", "credential_deleted"]
    event_description: str | None = Field(
        default=None, pattern=r"^[ !#-\[\]-~]*$", description="For developers: ASCII, no quotes. Not kept."
    )


@router.post(
    "/notification",
    summary="What became of a credential",
    status_code=204,
    openapi_extra=bodies.described(NotificationRequest),
)
def notification(
    request: Request,
    authorisation: Allowed,
    body: Annotated[
        NotificationRequest, Depends(bodies.body_of(NotificationRequest, "invalid_notification_request"))
    ],
    services: Used,
) -> Response:
    """Taken note of in the log, nothing else; as often as it comes."""
    if not _is_ours(body.notification_id, services, authorisation):
        raise ProtocolError("invalid_notification_id", "there is no such notification id")
    request.app.state.log("notification", reference=request.state.reference, kind=body.event)
    return Response(status_code=204)


def new_id(services: Services, authorisation: Authorisation) -> str:
    """An id for one response: it carries its own proof, so that it need not be stored."""
    handle = secrets.handle(services.sharing.randomness)
    return handle + _proof(handle, services, authorisation)


def _is_ours(notification_id: str, services: Services, authorisation: Authorisation) -> bool:
    length = len(b64.encode(bytes(_BYTES)))
    handle, proof = notification_id[:length], notification_id[length:]
    return hmac.compare_digest(proof.encode(), _proof(handle, services, authorisation).encode())


def _proof(handle: str, services: Services, authorisation: Authorisation) -> str:
    secret = services.runtime.ring.secret("permutation")
    said = f"notification\0{authorisation.id}\0{handle}".encode()
    return b64.encode(hmac.digest(secret, said, hashlib.sha256)[:_BYTES])
