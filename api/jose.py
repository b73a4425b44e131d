"""JSON Web Tokens that others signed: one algorithm, one `typ`, times checked here (joserfc checks none)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ALGORITHM: Final = "ES256"
CLOCK_SKEW: Final = 60
_LONGEST: Final = 65_536
_UNREADABLE: Final = (JoseError, ValueError, RecursionError)


class _Lenient(jws.JWSRegistry):
    """A header may hold a key attestation with its own chain of certificates."""

    max_header_length = _LONGEST


# RFC 7515, section 4: header parameters that are not understood, and not critical, are ignored.
_LENIENT: Final = _Lenient(algorithms=[ALGORITHM], strict_check_header=False)


class BadToken(Exception):
    """A token that cannot be taken; the text says why, for developers, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature was checked.

    jwk: public JWK that verified it; thumbprint: its RFC 7638 thumbprint, base64url.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    jwk: Mapping[str, str]
    thumbprint: str

    def text(self, name: str) -> str:
        """A claim that must be a text.

        Raises:
            BadToken: it is missing, empty, or something else.
        """
        value = self.claims.get(name)
        if not isinstance(value, str) or not value or not _is_unicode(value):
            raise BadToken(f"{name} is missing or no text")
        return value

    def time(self, name: str) -> int:
        """A claim that must be a time, Unix seconds.

        Raises:
            BadToken: it is missing or no number.
        """
        value = self.claims.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadToken(f"{name} is missing or no number")
        return int(value)

    def fresh(self, now: int, age: int) -> None:
        """Refuse a token not issued within the last `age` seconds, ± 60 s, or outside its own times.

        Raises:
            BadToken: `iat` is too old or in the future; `exp` or `nbf`, which need not be there, do not fit.
        """
        if not now - age - CLOCK_SKEW <= self.time("iat") <= now + CLOCK_SKEW:
            raise BadToken("iat is too old or in the future")
        if "exp" in self.claims and self.time("exp") <= now - CLOCK_SKEW:
            raise BadToken("exp is over")
        if "nbf" in self.claims and self.time("nbf") > now + CLOCK_SKEW:
            raise BadToken("not valid yet")


def _is_unicode(text: str) -> bool:
    """JSON can name half of a surrogate pair, which is no text and has no bytes."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def header_of(text: str) -> Mapping[str, Any]:
    """The header of a compact JWS, unverified.

    Raises:
        BadToken: it is no compact JWS.
    """
    if len(text) > _LONGEST:
        raise BadToken("too long")
    try:
        header: Mapping[str, Any] = jws.extract_compact(text.encode(), registry=_LENIENT).headers()
    except _UNREADABLE as error:
        raise BadToken("no compact JWS") from error
    return header


def unverified_claim(text: str, name: str) -> str:
    """A claim that must be a text, before any check: only good for finding the key to check with.

    Raises:
        BadToken: no compact JWS with such a claim.
    """
    if len(text) > _LONGEST:
        raise BadToken("too long")
    try:
        claims = orjson.loads(jws.extract_compact(text.encode(), registry=_LENIENT).payload)
    except _UNREADABLE as error:
        raise BadToken("no compact JWS") from error
    value = claims.get(name) if isinstance(claims, dict) else None
    if not isinstance(value, str) or not value:
        raise BadToken(f"{name} is missing or no text")
    return value


def public_jwk(jwk: object) -> Mapping[str, str]:
    """The four members of a P-256 public key.

    Raises:
        BadToken: it is another kind of key, or a private one.
    """
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        raise BadToken("the key is not a public P-256 JWK")
    if not (isinstance(jwk.get("x"), str) and isinstance(jwk.get("y"), str)):
        raise BadToken("the key is not a public P-256 JWK")
    return {"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]}


def read(text: str, *, jwk: object, types: frozenset[str]) -> Token:
    """Check a token's signature, algorithm and type.

    jwk: the public key; types: the `typ` values taken, lower case ("" for none).

    Raises:
        BadToken: anything about it does not fit.
    """
    header = header_of(text)
    if header.get("alg") != ALGORITHM:
        raise BadToken("alg must be ES256")
    if str(header.get("typ", "")).lower() not in types:
        raise BadToken("typ is wrong")
    if "crit" in header:
        raise BadToken("crit is not understood")
    public = public_jwk(jwk)
    try:
        key = ECKey.import_key(dict(public))
        token = jwt.decode(text, key, registry=_LENIENT)
    except _UNREADABLE as error:
        raise BadToken("the signature does not verify") from error
    return Token(header, token.claims, public, key.thumbprint())


def read_embedded(text: str, *, types: frozenset[str]) -> Token:
    """`read` with the key in the token's own header (`jwk`): it proves possession of that key, no more.

    Raises:
        BadToken: as `read`.
    """
    return read(text, jwk=header_of(text).get("jwk"), types=types)
