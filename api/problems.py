"""Errors as RFC 9457 problem documents: stable type, both languages, who can mend it, a short reference."""

import base64
import os
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException

from api.logs import Log
from registry.errors import RegistryError
from registry.store.racing import was_overtaken

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT: Final = 1 << 20
UPLOAD_LIMIT: Final = 6 << 20
UPLOADS: Final = re.compile(r"/verify|/check|/(?:issuers/[^/]+|holder)/cases/[^/]+/documents/.+")
_MEMBER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)

_HTTP: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("bad-request", "请求无法理解。", "The request could not be understood."),
    401: ("unauthorized", "请先取得访问令牌。", "Get an access token first."),
    403: ("forbidden", "无权访问。", "You may not do this."),
    404: ("not-found", "没有找到。", "Nothing here by that name."),
    405: ("method-not-allowed", "此地址不支持该方法。", "This address does not take that method."),
    413: ("too-large", "请求内容过大。", "The request is too large."),
    415: ("unsupported-media-type", "不支持该内容类型。", "This media type is not taken."),
    429: ("too-many-requests", "请求过多，请稍后再试。", "Too many requests; try again a little later."),
}


class Problem(BaseModel):
    """A problem document (RFC 9457), media type application/problem+json."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:zt:problem:not-found",
                "title": "没有找到。 Nothing here by that name.",
                "status": 404,
                "zh": "没有找到。",
                "en": "Nothing here by that name.",
                "mender": "asker",
                "reference": "K3V7Q2MD",
            }
        }
    )

    type: str = Field(description="Stable name of the problem, `urn:zt:problem:…`.")
    title: str = Field(description="What was wrong, in Chinese and English.")
    status: int = Field(description="The HTTP status code.")
    zh: str = Field(description="The title's Chinese half.")
    en: str = Field(description="The title's English half.")
    mender: str = Field(description="Who can mend it: asker, operator, issuer or holder.")
    reference: str = Field(description="Give this to the operator; it finds the log line.")
    fields: list[str] | None = Field(default=None, description="The members of the request that were wrong.")


TOO_MANY: Final[dict[int | str, dict[str, Any]]] = {
    429: {
        "model": Problem,
        "description": "`too-many-queries`, `too-many-requests`: a cap is reached; try again later.",
    }
}
"""What the OpenAPI document says of routes that meet the caps on queries, or on open requests to wallets."""


def problem(
    request: Request,
    status: int,
    kind: str,
    zh: str,
    en: str,
    *,
    mender: str = "asker",
    headers: Mapping[str, str] | None = None,
    fields: list[str] | None = None,
) -> JSONResponse:
    """A problem response; its kind is logged under the request's reference."""
    request.state.kind = kind
    document = {
        "type": f"urn:zt:problem:{kind}",
        "title": f"{zh} {en}",
        "status": status,
        "zh": zh,
        "en": en,
        "mender": mender,
        "reference": request.state.reference,
    }
    if fields:
        document["fields"] = fields
    return JSONResponse(document, status, dict(headers or {}), media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document, and log each request once."""

    @app.exception_handler(RegistryError)
    async def refused(request: Request, error: RegistryError) -> JSONResponse:
        fields = sorted({fault.field for fault in getattr(error, "faults", ())})
        return problem(
            request, error.status, error.kind, error.zh, error.en, mender=error.mender, fields=fields
        )

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        places = {fault["loc"][0] for fault in error.errors()}
        fields = sorted({_field(fault["loc"][1:]) for fault in error.errors()})
        if "path" in places:
            return problem(request, 404, *_HTTP[404])
        return problem(
            request,
            400 if "query" in places else 422,
            "malformed",
            "请求内容不符合要求。",
            "The request's members do not fit.",
            fields=fields,
        )

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        kind, zh, en = _HTTP.get(error.status_code, _HTTP[400])
        return problem(request, error.status_code, kind, zh, en, headers=error.headers)

    @app.exception_handler(DBAPIError)
    async def of_the_store(request: Request, error: DBAPIError) -> JSONResponse:
        if isinstance(error, DataError):  # PostgreSQL: a NUL in a text, a number that no column holds
            zh, en = (
                "请求中有无法保存的字符或数值。",
                "The request has a character or number that cannot be kept.",
            )
            return problem(request, 422, "malformed", zh, en)
        if was_overtaken(error):
            busy = "同时办理的人较多，请再试一次。", "Others were doing the same at this moment: try again."
            return problem(request, 503, "busy", *busy, headers={"Retry-After": "1"})
        raise error

    app.add_middleware(Requests)


def _field(location: Sequence[str | int]) -> str:
    """Where in a body something was wrong. What is named like no member of ours is not repeated."""
    return ".".join(
        str(part) if isinstance(part, int) or _MEMBER.fullmatch(part) else "?" for part in location
    )


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


class Requests:
    """ASGI middleware: a reference for each request, a cap on its body, one log line, safe headers."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        log: Log = scope["app"].state.log
        state = scope.setdefault("state", {})
        state["reference"] = base64.b32encode(os.urandom(5)).decode()
        began = time.perf_counter()
        status = 0

        async def respond(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *SECURITY_HEADERS]
            await send(message)

        try:
            await self.app(scope, _capped(scope, receive), respond)
        except Exception as error:
            # The message may quote what somebody sent, so only the kind of error and its place are logged.
            log("error", reference=state["reference"], error=type(error).__name__, at=_place(error))
            if not status:
                broken = problem(
                    Request(scope),
                    500,
                    "internal",
                    "系统内部错误。",
                    "Something broke on our side.",
                    mender="operator",
                )
                await broken(scope, receive, respond)
        finally:
            log(
                "request",
                reference=state["reference"],
                method=scope["method"],
                route=getattr(scope.get("route"), "path", None),
                status=status,
                kind=state.get("kind"),
                milliseconds=round((time.perf_counter() - began) * 1000, 2),
            )


def _capped(scope: Scope, receive: Receive) -> Receive:
    """`receive`, refusing bodies over the limit, whatever Content-Length says."""
    limit = UPLOAD_LIMIT if UPLOADS.fullmatch(scope["path"]) else BODY_LIMIT
    seen = 0

    async def capped() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413)
        return message

    return capped
