"""Keys of names: each follows from the seed, signs the same with the same, and has a certificate."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from registry import sm
from registry.signing import SigningKey
from registry.sm import Sm2Scalar
from registry.suites import ES256, SM, Suite

SEED: Final = "zhengtong vectors 1"
NOW: Final = 1_790_000_000
"""2026-09-21 22:13:20 in Shanghai: the moment that everything is checked at, unless a vector says another."""
_SM2_A: Final = bytes.fromhex("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc")
_SM2_B: Final = bytes.fromhex("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93")


class FixedKey(SigningKey):
    """A key that signs the same bytes with the same signature (RFC 6979; SM2 alike). For vectors only."""

    def sign(self, data: bytes) -> bytes:
        if self.suite is SM:
            return _sign_sm2(self.secret, data)
        signed = self.imported.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(signed)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def stream(name: str) -> Callable[[int], bytes]:
    """Bytes that stand for randomness: of the seed and a name, from the beginning at every call."""
    return hashlib.shake_256(f"{SEED}/{name}".encode()).digest


def key(name: str, suite: Suite = ES256) -> FixedKey:
    """The key of that name."""
    secret = stream(f"key/{name}")(32)
    return FixedKey(Sm2Scalar(secret) if suite is SM else FixedKey.from_secret(secret).imported)


def _sign_sm2(secret: bytes, data: bytes) -> bytes:
    """r ‖ s (GB/T 32918.2, 6.1) with a k that follows from key and data."""
    d, public = int.from_bytes(secret), Sm2Scalar(secret).point
    k = int.from_bytes(stream(f"k/{hashlib.sha256(secret + data).hexdigest()}")(48)) % (sm.ORDER - 2) + 1
    base, point = (Sm2Scalar(scalar.to_bytes(32)).point for scalar in (1, k))
    length = (8 * len(sm.ID)).to_bytes(2)
    z = sm.sm3(length + sm.ID + _SM2_A + _SM2_B + base.x + base.y + public.x + public.y)
    r = (int.from_bytes(sm.sm3(z + data)) + int.from_bytes(point.x)) % sm.ORDER
    s = pow(1 + d, -1, sm.ORDER) * (k - r * d) % sm.ORDER
    return r.to_bytes(32) + s.to_bytes(32)


def certified(owner: SigningKey, name: str) -> tuple[str, ...]:
    """An `x5c` of one certificate for this key, by itself; by a CA where the key is on SM2."""
    signer = owner if owner.suite is ES256 else key(f"ca/{name}")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.fromtimestamp(NOW, UTC) - timedelta(days=400)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(signer.public.imported)
        .serial_number(int.from_bytes(stream(f"x5c/{name}")(16), "big") >> 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(signer.imported, hashes.SHA256(), ecdsa_deterministic=True)
    )
    der = built.public_bytes(Encoding.DER)
    if signer is not owner:
        der = _with_key(built.tbs_certificate_bytes, der, signer, owner)
    return (pybase64.b64encode(der).decode(),)


def _with_key(tbs: bytes, der: bytes, signer: SigningKey, owner: SigningKey) -> bytes:
    """The certificate with another key in it, which `cryptography` does not have, signed anew."""
    changed = tbs.replace(signer.public.spki, owner.public.spki)  # as long, so that no length changes
    start = der.index(tbs) + len(tbs)
    algorithm = der[start : start + 2 + der[start + 1]]
    signature = b"\0" + signer.imported.sign(changed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    body = changed + algorithm + bytes([0x03, len(signature)]) + signature
    return bytes([0x30, 0x82]) + len(body).to_bytes(2) + body
