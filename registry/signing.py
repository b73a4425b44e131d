"""Keys and compact JWS (RFC 7515): one algorithm a key, its suite's; keys come from whom the caller trusts.

P-256 for everybody; an issuer's key may be on SM2 (suites.py).
"""

import os
from collections.abc import Collection, Mapping
from enum import IntFlag
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry import b64, jcs, sm
from registry.errors import RegistryError
from registry.sm import Sm2Point, Sm2Scalar
from registry.suites import ES256, SM, Suite

MAX_JWS = 256 * 1024
SIGNATURE_BYTES = 64

_CURVE = ec.SECP256R1()
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA = ec.ECDSA(hashes.SHA256())


class Use(IntFlag):
    """What a key may sign; the bit set that `IssuerRegistry` keeps."""

    CREDENTIALS = 1
    STATUS_LISTS = 2
    ANSWERS = 4
    REQUESTS = 8
    MESSAGES = 16


class BadKey(RegistryError):
    """Not a public key on P-256, or on whatever curve the caller takes."""

    kind = "bad-key"

    def __init__(self) -> None:
        super().__init__("不是有效的 P-256 公钥。", "Not a valid P-256 public key.")


class BadToken(RegistryError):
    """Not a compact JWS of the expected type, or its signature is wrong."""

    kind = "bad-token"

    def __init__(self, zh: str = "令牌格式不符。", en: str = "Not a token of the expected form.") -> None:
        super().__init__(zh, en)


class PublicKey:
    """A public key on P-256, or an issuer's on SM2; imported once.

    suite: what it verifies. Equal and hashed by its point, so that it can be a key of dictionaries.
    """

    def __init__(self, key: ec.EllipticCurvePublicKey | Sm2Point) -> None:
        if isinstance(key, Sm2Point):
            self.suite = SM
        elif isinstance(key.curve, ec.SECP256R1):
            self.suite = ES256
        else:
            raise BadKey
        self._key = key

    @classmethod
    def from_point(cls, x: bytes, y: bytes) -> "PublicKey":
        """The P-256 key of affine coordinates, 32 bytes each.

        Raises:
            BadKey: wrong length, or not a point of the curve.
        """
        return _imported(x, y)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any], *, suites: Collection[Suite] = (ES256,)) -> "PublicKey":
        """The key of a JWK; members other than kty, crv, x and y are not looked at.

        suites: those that are taken; both only for a key of an issuer.

        Raises:
            BadKey: not an EC key on a curve that is taken, or coordinates that are no point of it.
        """
        x, y = jwk.get("x"), jwk.get("y")
        suite = next((each for each in suites if each.crv == jwk.get("crv")), None)
        if jwk.get("kty") != "EC" or suite is None or not isinstance(x, str) or not isinstance(y, str):
            raise BadKey
        try:
            point = b64.decode(x), b64.decode(y)
        except b64.BadBase64:
            raise BadKey from None
        return _imported(*point) if suite is ES256 else _imported_sm2(*point)

    @cached_property
    def point(self) -> tuple[bytes, bytes]:
        """Affine coordinates, 32 bytes each, big-endian."""
        if isinstance(self._key, Sm2Point):
            return self._key.x, self._key.y
        numbers = self._key.public_numbers()
        return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JWK, only the members that RFC 7638 hashes."""
        x, y = self.point
        return {"crv": self.suite.crv, "kty": "EC", "x": b64.encode(x), "y": b64.encode(y)}

    @cached_property
    def thumbprint(self) -> str:
        """JWK thumbprint (RFC 7638), base64url of 32 bytes."""
        return b64.encode(sha256(jcs.dumps(self.jwk)).digest())

    @property
    def imported(self) -> ec.EllipticCurvePublicKey:
        """The key as `cryptography` has it. Raises BadKey where it is on SM2, which that does not have."""
        if isinstance(self._key, Sm2Point):
            raise BadKey
        return self._key

    @cached_property
    def spki(self) -> bytes:
        """The key as a certificate has it: SubjectPublicKeyInfo in DER (RFC 5480), point uncompressed."""
        if isinstance(self._key, Sm2Point):
            return sm.SPKI + b"\x04" + self._key.x + self._key.y
        return self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` (r ‖ s, 64 bytes; both values of s in ECDSA) is this key's over `data`.

        Raises:
            NoSm: the key is on SM2, and this installation has no SM2.
        """
        if isinstance(self._key, Sm2Point):
            return self._key.verify(signature, data)
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self._key.verify(utils.encode_dss_signature(r, s), data, _ECDSA)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.suite is other.suite and self.point == other.point

    def __hash__(self) -> int:
        return hash(self.point)


@lru_cache(maxsize=8192)
def _imported(x: bytes, y: bytes) -> PublicKey:
    if len(x) != 32 or len(y) != 32:
        raise BadKey
    try:
        return PublicKey(ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + x + y))
    except ValueError:
        raise BadKey from None


@lru_cache(maxsize=256)
def _imported_sm2(x: bytes, y: bytes) -> PublicKey:
    try:
        return PublicKey(Sm2Point(x, y))
    except ValueError:
        raise BadKey from None


class SigningKey:
    """A private key on P-256, or an issuer's on SM2. suite: what it signs with.

    It shows nothing of itself; `secret` is for the encrypted key file alone.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey | Sm2Scalar) -> None:
        self._key = key
        self.suite = SM if isinstance(key, Sm2Scalar) else ES256

    @classmethod
    def generate(cls, suite: Suite = ES256) -> "SigningKey":
        """A new key, from the operating system's randomness."""
        return cls.from_secret(suite.secret(os.urandom), suite)

    @classmethod
    def from_secret(cls, secret: bytes, suite: Suite = ES256) -> "SigningKey":
        """The key of a private scalar, 32 bytes, big-endian. Raises ValueError where it is none."""
        if suite is SM:
            return cls(Sm2Scalar(secret))
        return cls(ec.derive_private_key(int.from_bytes(secret, "big"), _CURVE))

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """A P-256 key out of 64 random bytes (FIPS 186-5, A.2.1: so many that the bias does not count)."""
        scalar = 1 + int.from_bytes(seed) % (_P256_ORDER - 1)
        return cls.from_secret(scalar.to_bytes(32))

    @property
    def secret(self) -> bytes:
        """The private scalar, 32 bytes, big-endian."""
        if isinstance(self._key, Sm2Scalar):
            return self._key.secret
        return self._key.private_numbers().private_value.to_bytes(32, "big")

    @cached_property
    def public(self) -> PublicKey:
        """The public half. Raises NoSm as `sign`."""
        return PublicKey(self._key.point if isinstance(self._key, Sm2Scalar) else self._key.public_key())

    @property
    def imported(self) -> ec.EllipticCurvePrivateKey:
        """The key as `cryptography` has it, for certificates and OAuth libraries. Raises BadKey on SM2."""
        if isinstance(self._key, Sm2Scalar):
            raise BadKey
        return self._key

    def sign(self, data: bytes) -> bytes:
        """Signature over `data` by the key's suite: r ‖ s, 64 bytes.

        Raises:
            NoSm: the key is on SM2, and this installation has no SM2.
        """
        if isinstance(self._key, Sm2Scalar):
            return self._key.sign(data)
        r, s = utils.decode_dss_signature(self._key.sign(data, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Jws(NamedTuple):
    """A compact JWS taken apart; nothing about it is verified yet."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes


def sign_jws(header: Mapping[str, Any], payload: object, key: SigningKey) -> str:
    """A compact JWS with canonical header and payload; `alg`, the key's, is added.

    payload: a dict or a msgspec struct.
    """
    full = {"alg": key.suite.alg, **header}
    signing_input = b64.encode(jcs.dumps(full)) + "." + b64.encode(jcs.dumps(payload))
    return signing_input + "." + b64.encode(key.sign(signing_input.encode("ascii")))


def parse_jws(text: str, *, limit: int = MAX_JWS, depth: int = jcs.MAX_DEPTH) -> Jws:
    """Take a compact JWS apart.

    Raises:
        BadToken, BadBase64, BadJson: not three strict parts within `limit` characters, or not objects.
    """
    parts = text.split(".", 3) if len(text) <= limit else ()
    if len(parts) != 3:
        raise BadToken
    header, payload = (jcs.loads(b64.decode(part), depth=depth) for part in parts[:2])
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise BadToken
    return Jws(header, payload, text[: text.rindex(".")].encode("ascii"), b64.decode(parts[2]))


def check_jws(jws: Jws, key: PublicKey, *, typ: str) -> dict[str, Any]:
    """The payload of a JWS that `key` signed as `typ`.

    The header may name a `kid`, which must be the key's, and bring an `x5c`, from which no trust is taken.

    Raises:
        BadToken: another algorithm than the key's, another type or another key is named, a member could
            bring a key or be critical, or the signature is wrong.
    """
    header = jws.header
    if (
        header.get("alg") != key.suite.alg
        or header.get("typ") != typ
        or header.get("kid", key.thumbprint) != key.thumbprint
        or not header.keys() <= {"alg", "typ", "kid", "x5c"}
        or not key.verify(jws.signature, jws.signing_input)
    ):
        raise BadToken("签名不成立。", "The signature does not stand.")
    return jws.payload


def verify_jws(text: str, key: PublicKey, *, typ: str, limit: int = MAX_JWS) -> dict[str, Any]:
    """The payload of a compact JWS that `key` signed as `typ`; raises as `parse_jws` and `check_jws` do."""
    return check_jws(parse_jws(text, limit=limit), key, typ=typ)
