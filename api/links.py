"""Links to long presentations: stored sealed, given out once, read by who has the fragment."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.protocol_errors import NO_STORE
from api.services import Used
from registry import b64, links

router = APIRouter(prefix="/p", tags=["Everybody"])


class SealedPresentation(BaseModel):
    """Nonce (12 bytes) and ciphertext of AES-256-GCM, associated data `zt-link`, as base64url."""

    sealed: Annotated[str, Field(min_length=40, max_length=links.LARGEST * 4 // 3)]


class LinkView(BaseModel):
    """The link is `<origin>/p/<id>#<key>`; the key never reaches this server."""

    id: str


@router.post("", status_code=201, summary="Keep a sealed presentation")
def keep(body: SealedPresentation, services: Used) -> LinkView:
    """For one use within five minutes."""
    sealed = b64.decode(body.sealed)
    with services.store.write() as session:
        id = links.keep(session, sealed, now=services.now(), randomness=services.sharing.randomness)
    return LinkView(id=id)


@router.post("/{id}", summary="Take a sealed presentation")
def take(id: str, services: Used) -> JSONResponse:
    """Once; a POST, so that no preview of the link uses it up."""
    with services.store.write() as session:
        sealed = links.take(session, id, services.now())
    return JSONResponse({"sealed": b64.encode(sealed)}, headers=NO_STORE)
