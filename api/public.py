"""Anybody: type metadata, issuers' keys, status lists, trust files, and a check of what is uploaded."""

import re
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.negotiation import cached, weight
from api.problems import Problem
from api.services import Services, Used
from registry import checking, credential, lists, verification, verifications
from registry.credential import Kind
from registry.errors import NotFound, RegistryError
from registry.mandates import family
from registry.nonces import use_once
from registry.queries import limits
from registry.type_metadata import type_metadata
from registry.verification import Expected

_TRUST_FILE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,100}\.(?:jws|json)", re.ASCII)
LIST_TYPE = "application/statuslist+jwt"

_DAY = 86_400
_UNCHANGED: dict[str, Any] = {"description": "The asker's copy is the newest."}
_LISTS: dict[int | str, dict[str, Any]] = {200: {"content": {LIST_TYPE: {}}}, 304: _UNCHANGED}

router = APIRouter(tags=["Everybody"])


class NoSuchForm(RegistryError):
    """The asker takes none of the forms that there are."""

    kind = "not-acceptable"
    status = 406

    def __init__(self) -> None:
        super().__init__("状态列表只有 JWT 格式。", "Status lists are served as JWT only.")


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
    return cached(request, body, "application/json", "public, max-age=86400")


@router.get("/.well-known/jwt-vc-issuer/issuers/{issuer}", summary="An issuer's keys")
def issuer_keys(issuer: str, services: Used) -> JSONResponse:
    """JWT VC issuer metadata (SD-JWT VC, section 5), for those who do not follow the chain.

    Keys in force, and those retired less than 30 days ago. The standard knows no uses of keys: who follows it
    takes a credential signed by the key of the issuer's lists and requests too, which lies in the same file.
    """
    trusted = services.trust().issuers.get(issuer)
    if trusted is None:
        raise NotFound("没有这个颁发机构。", "There is no such issuer.")
    now = services.now()
    keys = [
        {**key.public.jwk, "kid": thumbprint, "use": "sig", "alg": key.public.suite.alg}
        for thumbprint, key in trusted.keys.items()
        if key.stands(now)
    ]
    document = {"issuer": credential.issuer_uri(services.origin(), issuer), "jwks": {"keys": keys}}
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=60"})


@router.get(
    "/issuers/{issuer}/status/{number}",
    summary="A status list token",
    response_class=Response,
    responses=_LISTS,
)
def status_list(
    issuer: str,
    number: int,
    request: Request,
    services: Used,
    time: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Token Status List of credentials: two bits an entry, signed by the issuer.

    With `time` (Unix seconds): the list that was in force then.
    """
    _demand_jwt(request)
    now = services.now()
    with services.store.read() as session:
        if time is None:
            token = lists.served(session, issuer, number)
        else:
            token = lists.served_at(session, issuer, number, time)
    if token is None:
        raise NotFound("没有这个状态列表。", "There is no such status list.")
    keep = max(0, min(token.iat + services.runtime.settings.list_ttl, token.exp) - now)
    if time is not None and time < now:
        keep = _DAY
    return cached(request, token.token.encode(), LIST_TYPE, f"public, max-age={keep}", vary="Accept")


@router.get(
    "/issuers/{issuer}/status/{number}/versions/{version}",
    summary="One version of a status list",
    response_class=Response,
    responses=_LISTS,
)
def status_list_version(issuer: str, number: int, version: int, request: Request, services: Used) -> Response:
    """A status list token as it was once served: these bytes never change.

    Kept is every version whose entries changed, and one in six hours.
    """
    _demand_jwt(request)
    with services.store.read() as session:
        token = lists.served_version(session, issuer, number, version)
    if token is None:
        raise NotFound("没有这个状态列表版本。", "There is no such version of a status list.")
    keep = f"public, max-age={365 * _DAY}, immutable"
    return cached(request, token.token.encode(), LIST_TYPE, keep, vary="Accept")


@router.get("/status", summary="Every status list", responses={304: _UNCHANGED})
def all_lists(request: Request, services: Used) -> Response:
    """The addresses of all issuers' status lists (Token Status List, section 9), to fetch them all."""
    return _aggregated(request, services, None)


@router.get("/issuers/{issuer}/status", summary="An issuer's status lists", responses={304: _UNCHANGED})
def issuers_lists(issuer: str, request: Request, services: Used) -> Response:
    """The addresses of one issuer's status lists: who fetches them all tells nobody which one was meant."""
    if issuer not in services.trust().issuers:
        raise NotFound("没有这个颁发机构。", "There is no such issuer.")
    return _aggregated(request, services, issuer)


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
    trust = services.cases.everywhere()
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
    return cached(request, path.read_bytes(), kind, "public, max-age=60")


@router.get("/health", summary="Is it well?")
def health(services: Used) -> JSONResponse:
    """200 while the API answers with a trust state whose words are fresh, else 503.

    `alerts`: unusual patterns in queries and mandates that nobody has looked into; the light is red then,
    and the API serves.
    """
    trust, now = services.trust(), services.now()
    fresh = now < trust.words_fresh_until
    with services.store.read() as session:
        alerts = len(limits.standing(session)) + len(family.standing_alerts(session))
    body = {
        "status": "green" if fresh and not alerts else "red",
        "block": trust.words_block,
        "trust_version": trust.version,
        "alerts": alerts,
    }
    return JSONResponse(body, 200 if fresh else 503, {"Cache-Control": "no-store"})


def _demand_jwt(request: Request) -> None:
    """Who asks for a list in another form only is refused; who asks for none, or for anything, gets a JWT."""
    accept = request.headers.get("Accept", "")
    if "statuslist+" in accept and not any(
        weight(accept, each) for each in (LIST_TYPE, "application/*", "*/*")
    ):
        raise NoSuchForm


def _aggregated(request: Request, services: Services, issuer: str | None) -> Response:
    with services.store.read() as session:
        body = orjson.dumps({"status_lists": lists.addresses(session, issuer, services.now())})
    keep = services.runtime.settings.list_ttl
    return cached(request, body, "application/json", f"public, max-age={keep}")
