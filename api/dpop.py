"""Demonstrating proof of possession (RFC 9449): who shows a token also has the key it is bound to."""

import hashlib
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from api.jose import BadToken, Token, read_embedded
from api.services import Services
from registry import b64

TYPES: Final = frozenset({"dpop+jwt"})
AGE: Final = 300
_LONGEST_JTI: Final = 256

UseOnce = Callable[[str, str, int], bool]
"""`use_once(audience, nonce, expires)`: True the first time, False ever after until `expires`."""


def sender(request: Request, services: Services, access_token: str | None = None) -> str | None:
    """The key that a request proves, by `check`; None where it proves none.

    Raises:
        BadToken: as `check`, or there is more than one proof.
    """
    proofs = request.headers.getlist("DPoP")
    if not proofs:
        return None
    if len(proofs) > 1:
        raise BadToken("one DPoP proof")
    return check(
        proofs[0],
        method=request.method,
        url=services.origin() + request.url.path,
        now=services.now(),
        use_once=services.use_once,
        access_token=access_token,
    )


def check(
    proof: str, *, method: str, url: str, now: int, use_once: UseOnce, access_token: str | None = None
) -> str:
    """The thumbprint of the key that made this proof (RFC 9449, section 4.3).

    url: the public address of the endpoint, without query; access_token: what came with it, if any.

    Raises:
        BadToken: anything about the proof does not fit, or it was shown before.
    """
    token = read_embedded(proof, types=TYPES)
    if token.text("htm") != method or not _same_address(token.text("htu"), url):
        raise BadToken("the proof is for another request")
    token.fresh(now, AGE)
    if access_token is not None and token.text("ath") != _digest(access_token):
        raise BadToken("the proof is for another access token")
    _only_once(token, now, use_once)
    return token.thumbprint


def _only_once(token: Token, now: int, use_once: UseOnce) -> None:
    jti = token.text("jti")
    if len(jti) > _LONGEST_JTI:
        raise BadToken("jti is too long")
    # A digest: the jti is somebody else's text, and the table's column has a width.
    if not use_once(f"dpop:{token.thumbprint}", _digest(jti), now + AGE + 120):
        raise BadToken("the proof was shown before")


def _digest(text: str) -> str:
    return b64.encode(hashlib.sha256(text.encode()).digest())


def _same_address(one: str, other: str) -> bool:
    """Scheme, host and path; query and fragment do not count (RFC 9449, section 4.3, 9)."""
    try:
        a, b = urlsplit(one), urlsplit(other)
    except ValueError:
        return False
    return (a.scheme.lower(), a.netloc.lower(), a.path) == (b.scheme.lower(), b.netloc.lower(), b.path)
