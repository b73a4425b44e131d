"""Anybody: type metadata, issuers' keys, status lists, trust files, and a check of what is uploaded."""

import hashlib
import re
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.problems import Problem
from api.services import Services, Used
from registry import checking, credential, lists, verification, verifications
from registry.credential import Kind
from registry.errors import NotFound
from registry.nonces import use_once
from registry.type_metadata import type_metadata
from registry.verification import Expected

_TRUST_FILE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,100}\.(?:jws|json)", re.ASCII)
LIST_TYPE = "application/statuslist+jwt"

router = APIRouter(tags=["Everybody"])


class RecoveryRequest(BaseModel):
    """The code that a wallet showed at its first claim."""

    recovery_code: str = Field(min_length=20, max_length=60, examples=["7K2QF-0MZ3A-XW9TD-4HRB6-PV1EC"])


class Withdrawn(BaseModel):
    """What was withdrawn: every credential of one wallet, at once and for good."""

    credentials: int = Field(examples=[2], description="Credentials that were withdrawn.")


@router.get("/types/{type}/{version}", summary="Type metadata")
def type_at(type: str, version: int, request: Request, services: Used) -> Response:
    """SD-JWT VC type metadata at the credential's `vct`; the bytes never change."""
    definition = services.runtime.catalogue.definition(type, version)
    body = type_metadata(definition, services.origin())
    return _cached(request, body, "application/json", "public, max-age=86400")


@router.get("/.well-known/jwt-vc-issuer/issuers/{issuer}", summary="An issuer's keys")
def issuer_keys(issuer: str, services: Used) -> JSONResponse:
    """JWT VC issuer metadata (SD-JWT VC, section 5), for those who do not follow the chain."""
    trusted = services.trust().issuers.get(issuer)
    if trusted is None:
        raise NotFound("没有这个颁发机构。", "There is no such issuer.")
    now = services.now()
    keys = [
        {**key.public.jwk, "kid": thumbprint, "use": "sig", "alg": "ES256"}
        for thumbprint, key in trusted.keys.items()
        if key.compromised is None and any(window.start <= now for window in key.windows)
    ]
    document = {"issuer": credential.issuer_uri(services.origin(), issuer), "jwks": {"keys": keys}}
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=60"})


@router.get("/issuers/{issuer}/status/{number}", summary="A status list token")
def status_list(issuer: str, number: int, request: Request, services: Used) -> Response:
    """Token Status List of credentials: two bits an entry, signed by the issuer."""
    with services.store.read() as session:
        token = lists.served(session, issuer, number)
    if token is None:
        raise NotFound("没有这个状态列表。", "There is no such status list.")
    keep = max(0, min(token.iat + services.runtime.settings.list_ttl, token.exp) - services.now())
    return _cached(request, token.token.encode(), LIST_TYPE, f"public, max-age={keep}")


@router.get("/origins", summary="This registry's origins")
def origins(services: Used) -> dict[str, list[str]]:
    """All public origins, oldest first: a proof code names one by its position."""
    with services.store.read() as session:
        return {"origins": lists.all_origins(session)}


@router.post(
    "/verify",
    summary="Check a certificate",
    responses={422: {"model": Problem}, 415: {"model": Problem}},
)
async def verify(
    services: Used,
    picture: UploadFile | None = None,
    text: Annotated[str | None, Form(max_length=300_000)] = None,
) -> dict[str, Any]:
    """The ten checks of a picture with a QR, of the QR's text, or of a presentation.

    A presentation bound to a moment is used up by the first check that finds it valid.
    """
    content = (text or "").encode() if picture is None else await picture.read()
    return await run_in_threadpool(_checked, services, content)


def _checked(services: Services, content: bytes) -> dict[str, Any]:
    trust = services.trust()
    presentation = checking.presentation_in(checking.texts_in(content), trust)
    expected = Expected(kinds=(Kind.CODE, Kind.COPY))
    now = services.now()
    found = verification.verify(presentation, trust, expected, now)

    def conclude(session: Session) -> dict[str, Any]:
        report = checking.conclude(presentation, found, partial(use_once, session)).report
        verifications.count(session, report, now=now)
        return report

    return services.store.write_together(conclude)


@router.post("/withdrawals", summary="Withdraw a lost wallet")
def withdraw(body: RecoveryRequest, services: Used) -> Withdrawn:
    """Withdraw every credential of a wallet with its recovery code. The certificates stand.

    An unknown code, and one used before, answer alike.
    """
    return Withdrawn(credentials=services.sharing.withdraw_by_code(body.recovery_code))


@router.get("/trust/{name}", summary="Trust files")
def trust_file(name: str, request: Request, services: Used) -> Response:
    """The signed trust bundle (`bundle.jws`), the root document (`root.json`), an issuer's roots."""
    if not _TRUST_FILE.fullmatch(name):
        raise NotFound("没有这个信任文件。", "There is no such trust file.")
    path = services.runtime.settings.data / "trust" / name
    if not path.is_file():
        raise NotFound("信任文件尚未发布。", "That trust file is not published yet.")
    kind = "application/jose" if name.endswith(".jws") else "application/json"
    return _cached(request, path.read_bytes(), kind, "public, max-age=60")


@router.get("/health", summary="Is it well?")
def health(services: Used) -> JSONResponse:
    """200 while the API answers with a trust state whose words are fresh, else 503."""
    trust, now = services.trust(), services.now()
    fresh = now < trust.words_fresh_until
    body = {"status": "green" if fresh else "red", "block": trust.words_block, "trust_version": trust.version}
    return JSONResponse(body, 200 if fresh else 503, {"Cache-Control": "no-store"})


def _cached(request: Request, body: bytes, media_type: str, cache: str) -> Response:
    """The body with a strong ETag, or 304 where the asker has it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": cache, "Access-Control-Allow-Origin": "*"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
