"""What an asker accepts (RFC 9110, section 12), and answers that caches may keep (section 13, RFC 9111)."""

import gzip
import hashlib
from functools import lru_cache
from typing import Final

from fastapi import Request
from fastapi.responses import Response

_SMALLEST: Final = 1_000
"""Bytes below which compressing saves no packet."""


def weight(header: str, token: str) -> float:
    """The weight that an `Accept…` header gives a token by its name: 0 where it does not name it."""
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        if name == token:
            return next((_quality(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
    return 0.0


def cached(request: Request, body: bytes, media_type: str, cache: str, *, vary: str = "") -> Response:
    """The body with a strong ETag, gzipped where the asker takes that; 304 where it has the body already.

    cache: `Cache-Control`. vary: request headers besides `Accept-Encoding` that chose the body.
    """
    packs = len(body) >= _SMALLEST and weight(request.headers.get("Accept-Encoding", ""), "gzip") > 0
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {
        "ETag": f'"{tag}-gzip"' if packs else f'"{tag}"',
        "Cache-Control": cache,
        "Vary": ", ".join(filter(None, ("Accept-Encoding", vary))),
        "Access-Control-Allow-Origin": "*",
    }
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    if headers["ETag"] in known or "*" in known:
        return Response(status_code=304, headers=headers)
    if packs:
        headers["Content-Encoding"] = "gzip"
        body = _packed(body)
    return Response(body, media_type=media_type, headers=headers)


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@lru_cache(maxsize=64)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)
