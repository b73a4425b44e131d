"""Any SD-JWT (RFC 9901), whoever issued it: taken apart as received, and put together to what was said.

For foreign credentials and for what libraries make, whose JSON is not canonical. Our own, which an anchor
proves, are for `credential` and `verification`. Compact serialisation only.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from registry import b64, jcs
from registry.credential import MAX_BYTES, MAX_DISCLOSURES
from registry.errors import RegistryError
from registry.signing import BadKey, PublicKey

BINDING_TYPE: Final = "kb+jwt"
VC_TYPES: Final = ("dc+sd-jwt", "vc+sd-jwt")
"""`typ` of an SD-JWT VC; the second is the name until the end of 2024."""
NEVER_SELECTIVE: Final = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})
"""Claims that a VC shows always (SD-JWT VC, section 3.2.2.2)."""
LEEWAY: Final = 60
"""Seconds that two clocks may differ."""

_HASHES: Final[dict[str, Callable[[bytes], Any]]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
_RESERVED: Final = ("_sd", "...")


class BadSdJwt(RegistryError):
    """Not an SD-JWT, or one that a verifier must refuse (RFC 9901, section 7)."""

    kind = "bad-sd-jwt"

    def __init__(
        self, zh: str = "不是有效的 SD-JWT。", en: str = "Not an SD-JWT that may be accepted."
    ) -> None:
        super().__init__(zh, en)


@dataclass(frozen=True, slots=True)
class Token:
    """A JWT of it, taken apart; its signature is not verified yet."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes

    def verify_signature(self, key: PublicKey) -> bool:
        """Whether `key` signed this by its own algorithm, with no critical header parameter."""
        return (
            self.header.get("alg") == key.suite.alg
            and "crit" not in self.header
            and key.verify(self.signature, self.signing_input)
        )


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT whose disclosures fit its payload; no signature is verified yet.

    issued: the issuer's JWT. claims: the processed payload: what is disclosed in its place, what is not left
    out, without `_sd`, `_sd_alg` and `...`. disclosed: top-level names that came from disclosures.
    binding: the KB-JWT, if there is one. presented: `sd_hash` of what stands before it.
    """

    text: str
    issued: Token
    claims: dict[str, Any]
    disclosed: frozenset[str]
    binding: Token | None
    presented: str

    def verify_signature(self, key: PublicKey) -> bool:
        """Whether `key` signed the issuer's JWT."""
        return self.issued.verify_signature(key)

    @property
    def holder_key(self) -> PublicKey | None:
        """The key of `cnf` (RFC 7800); None without one.

        Raises:
            BadKey: a confirmation by something else than a P-256 JWK.
        """
        cnf = self.claims.get("cnf")
        if cnf is None:
            return None
        if not isinstance(cnf, dict) or not isinstance(cnf.get("jwk"), dict):
            raise BadKey
        return PublicKey.from_jwk(cnf["jwk"])

    def __repr__(self) -> str:
        return f"SdJwt({len(self.text)} characters)"


def parse(text: str) -> SdJwt:
    """Take an SD-JWT or SD-JWT+KB apart and process its disclosures (RFC 9901, section 7.1, without step 2).

    Raises:
        BadSdJwt: over the caps, not of that form, a digest that stands twice, a disclosure that belongs
            nowhere or would overwrite a claim, or an unknown `_sd_alg`.
    """
    if len(text) > MAX_BYTES or not text.isascii() or text.count("~") not in range(1, MAX_DISCLOSURES + 2):
        raise BadSdJwt
    jwt, *disclosures, bound = text.split("~")
    issued = _token(jwt)
    algorithm = issued.payload.get("_sd_alg", "sha-256")
    if not isinstance(algorithm, str) or algorithm not in _HASHES:
        raise BadSdJwt
    processing = _Processing({_digest(each, algorithm): _disclosure(each) for each in disclosures})
    if len(processing.disclosures) != len(disclosures):
        raise BadSdJwt
    claims = processing.whole({name: v for name, v in issued.payload.items() if name != "_sd_alg"})
    return SdJwt(
        text=text,
        issued=issued,
        claims=claims,
        disclosed=frozenset(claims.keys() - issued.payload.keys()),
        binding=_token(bound) if bound else None,
        presented=_digest(text[: len(text) - len(bound)], algorithm),
    )


def check_binding(
    sd_jwt: SdJwt, *, audience: str, nonce: str, now: int, before: int = LEEWAY, after: int = 300
) -> None:
    """Demand that the holder showed it to this verifier, now (RFC 9901, section 7.3).

    before, after: seconds that the KB-JWT's `iat` may be ahead of `now`, and behind.

    Raises:
        BadSdJwt: no KB-JWT or no key for it, not signed by it, of other disclosures, for another, too old.
    """
    bound, key = sd_jwt.binding, _holder_key(sd_jwt)
    if bound is None or key is None:
        raise BadSdJwt("缺少持有人的签名。", "The holder's signature is missing.")
    said = bound.payload
    made = said.get("iat")
    if (
        bound.header.get("typ") != BINDING_TYPE
        or not bound.verify_signature(key)
        or said.get("sd_hash") != sd_jwt.presented
        or said.get("aud") != audience
        or said.get("nonce") != nonce
        or not isinstance(made, int)
        or isinstance(made, bool)
        or not now - after <= made <= now + before
    ):
        raise BadSdJwt(
            "持有人的签名不成立，或不是给本核验方的。", "Not bound to this verifier by its holder."
        )
    check_times(said, now)


def check_vc(sd_jwt: SdJwt, now: int) -> str:
    """Demand an SD-JWT VC that is in force; its `vct` (SD-JWT VC, sections 3.2 and 3.4).

    Raises:
        BadSdJwt: another `typ`, no `vct`, a claim disclosed that must always show, expired or not yet valid.
    """
    vct = sd_jwt.claims.get("vct")
    if (
        sd_jwt.issued.header.get("typ") not in VC_TYPES
        or not isinstance(vct, str)
        or not vct
        or sd_jwt.disclosed & NEVER_SELECTIVE
    ):
        raise BadSdJwt("不是 SD-JWT VC。", "Not an SD-JWT VC.")
    check_times(sd_jwt.claims, now)
    return vct


def check_times(claims: Mapping[str, Any], now: int) -> None:
    """Demand `nbf` ≤ now < `exp`, of those that are there (RFC 7519, sections 4.1.4 and 4.1.5); ± 60 s.

    Raises:
        BadSdJwt: not in force, or a time that is no number.
    """
    start, end = claims.get("nbf", now), claims.get("exp", now + 1)
    for time in (start, end):
        if not isinstance(time, int | float) or isinstance(time, bool):
            raise BadSdJwt
    if not start - LEEWAY <= now < end + LEEWAY:
        raise BadSdJwt("不在有效期内。", "Not in force at this time.")


class _Processing:
    """Disclosures put in place of their digests (RFC 9901, section 7.1, steps 3 to 5)."""

    def __init__(self, disclosures: dict[str, list[Any]]) -> None:
        self.disclosures = disclosures
        self._seen: set[str] = set()

    def whole(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The processed payload; every digest once, every disclosure used."""
        claims = self._object(payload, jcs.MAX_DEPTH)
        if not self.disclosures.keys() <= self._seen:
            raise BadSdJwt
        return claims

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return self._object(value, depth)
        return self._array(value, depth) if isinstance(value, list) else value

    def _object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        if not depth or "..." in value:
            raise BadSdJwt
        found = {name: self._value(each, depth - 1) for name, each in value.items() if name != "_sd"}
        digests = value.get("_sd", [])
        if not isinstance(digests, list):
            raise BadSdJwt
        for digest in digests:
            disclosure = self._meet(digest)
            if disclosure is None:
                continue
            if len(disclosure) != 3:
                raise BadSdJwt
            _, name, inner = disclosure
            if not isinstance(name, str) or name in _RESERVED or name in found:
                raise BadSdJwt
            found[name] = self._value(inner, depth - 1)
        return found

    def _array(self, value: list[Any], depth: int) -> list[Any]:
        if not depth:
            raise BadSdJwt
        found = []
        for each in value:
            if not isinstance(each, dict) or "..." not in each:
                found.append(self._value(each, depth - 1))
                continue
            disclosure = self._meet(each["..."]) if len(each) == 1 else []
            if disclosure is None:
                continue
            if len(disclosure) != 2:
                raise BadSdJwt
            found.append(self._value(disclosure[1], depth - 1))
        return found

    def _meet(self, digest: object) -> list[Any] | None:
        """The disclosure of a digest; None for one that is not disclosed, or a decoy."""
        if not isinstance(digest, str) or digest in self._seen:
            raise BadSdJwt
        self._seen.add(digest)
        return self.disclosures.get(digest)


def _token(jwt: str) -> Token:
    parts = jwt.split(".", 3)
    if len(parts) != 3:
        raise BadSdJwt
    try:
        header, payload = (jcs.loads(b64.decode(part)) for part in parts[:2])
        signature = b64.decode(parts[2])
    except RegistryError:
        raise BadSdJwt from None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise BadSdJwt
    return Token(header, payload, jwt[: jwt.rindex(".")].encode("ascii"), signature)


def _disclosure(text: str) -> list[Any]:
    try:
        read = jcs.loads(b64.decode(text))
    except RegistryError:
        raise BadSdJwt from None
    if not isinstance(read, list) or len(read) not in (2, 3) or not isinstance(read[0], str):
        raise BadSdJwt
    return read


def _digest(text: str, algorithm: str) -> str:
    return b64.encode(_HASHES[algorithm](text.encode("ascii")).digest())


def _holder_key(sd_jwt: SdJwt) -> PublicKey | None:
    try:
        return sd_jwt.holder_key
    except BadKey:
        return None
