"""Departments of other registries ask: signed messages, and the keys to seal them for (跨省通办)."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.problems import Problem
from api.services import Used
from registry.provinces import messages
from registry.provinces.contents import KEYS_LIFE

_JWT: Final = "application/jwt"
_SIGNED: Final = {"model": Problem, "description": "Signed as the answer would be."}

router = APIRouter(prefix="/issuers/{issuer}", tags=["Registries"])


@router.get(
    "/encryption-keys",
    summary="The key to seal a message with",
    response_class=Response,
    responses={200: {"content": {_JWT: {}}}, 404: {"model": Problem, "description": "No such department."}},
)
def encryption_keys(issuer: str, services: Used) -> Response:
    """A JWT (`zt-encryption-keys+jwt`) signed by the department's key with use 16; good for an hour."""
    token = services.cases.answering.published(issuer)
    keep = f"public, max-age={KEYS_LIFE // 2}"
    return Response(token, media_type=_JWT, headers={"Cache-Control": keep})


@router.post(
    "/messages",
    summary="Ask a department, from another registry",
    response_class=Response,
    responses={
        200: {
            "content": {messages.SEALED: {}},
            "description": "An answer in its envelope, sealed and signed.",
        },
        401: {
            "model": Problem,
            "description": "Not signed as it should be by a department that may; unsigned.",
        },
        403: _SIGNED | {"description": "This registry's rights do not allow it; signed."},
        404: {"model": Problem, "description": "No such department; unsigned."},
        409: _SIGNED | {"description": "The nonce was used for another message; signed."},
        422: _SIGNED
        | {"description": "What was sealed makes no sense, or is for another department; signed."},
    },
    openapi_extra={
        "parameters": [
            {
                "in": "header",
                "name": name,
                "required": True,
                "schema": {"type": "string", "maxLength": 2_000},
                "description": about,
            }
            for name, about in (
                ("Content-Digest", "RFC 9530: sha-256 of the body."),
                ("Signature-Input", "RFC 9421, tag `zt-query-1`: see docs/provinces.md."),
                ("Signature", "RFC 9421, by the department's key with use 16."),
            )
        ],
        "requestBody": {
            "required": True,
            "content": {messages.SEALED: {"schema": {"type": "string", "description": "Compact JWE."}}},
        },
    },
)
async def take_message(issuer: str, request: Request, services: Used) -> Response:
    """One question to one department, as a signed HTTP message whose body only that department can open.

    The same nonce and body get the same answer; it is signed over the request's own signature.
    """
    body = await request.body()
    return await run_in_threadpool(_answered, issuer, request, body, services)


def _answered(issuer: str, request: Request, body: bytes, services: Used) -> Response:
    if request.url.query:
        raise messages.BadMessage
    fields = messages.fields_of((name, value) for name, value in request.headers.items())
    path = f"/issuers/{issuer}/messages"
    reply = services.cases.answering.answer(issuer, path, fields, body, reference=request.state.reference)
    if reply.kind:
        request.state.kind = reply.kind
    headers: dict[str, Any] = {name.title(): value for name, value in reply.headers.items()}
    return Response(reply.body, reply.status, headers)
