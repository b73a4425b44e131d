"""Presentations made with nothing of the registry's own: a code is compared with another hand's work."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from stdnum.iso7064 import mod_37_36

from registry.proofcode import Chain, KnownIssuer

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TYPE = "11100000000013338W011"
ISSUER = "11440101MB2C00011F"
ORIGINS = ("https://old.example", "https://registry.example")
NOW = 1_800_000_000

ISSUER_KEY = ec.derive_private_key(7, ec.SECP256R1())
HOLDER_KEY = ec.derive_private_key(11, ec.SECP256R1())
X5C = tuple(base64.b64encode(bytes([n]) * 400).decode() for n in (1, 2))
"""Stands for a chain: a code only ever hashes it."""


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": b64u(numbers.x.to_bytes(32)),
        "y": b64u(numbers.y.to_bytes(32)),
    }


KID = b64u(hashlib.sha256(canonical(jwk(ISSUER_KEY))).digest())
CHAIN = Chain(KID, X5C)


def directory(code: str) -> KnownIssuer | None:
    return KnownIssuer(ORIGINS, {CHAIN.short: CHAIN}) if code == ISSUER else None


def sign(header: dict[str, Any], payload: dict[str, Any], key: ec.EllipticCurvePrivateKey, high: bool) -> str:
    """A JWS whose s is the high or the low one of the two that verify."""
    text = f"{b64u(canonical(header))}.{b64u(canonical(payload))}"
    r, s = decode_dss_signature(
        key.sign(text.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    )
    s = s if (s > ORDER // 2) == high else ORDER - s
    key.public_key().verify(encode_dss_signature(r, s), text.encode(), ec.ECDSA(hashes.SHA256()))
    return f"{text}.{b64u(r.to_bytes(32) + s.to_bytes(32))}"


@dataclass
class Made:
    """What a presentation is made of; the defaults are the budget's: 3 of 12 claims, a batch of 16,384."""

    shown: list[tuple[str, str]] = field(
        default_factory=lambda: [
            ("name", "阿依古丽·买买提"),
            ("number", "11010519491231002X"),
            ("valid_period", "2026-01-01"),
        ]
    )
    hidden: int = 9
    path: int = 14
    valid_until: int | None = 1_924_963_200
    bound: bool = True
    high: bool = False
    origin: int = 1
    serial: str = "Q7Z2M0K4XJ9TB8A3WPND"
    version: int = 1
    identifier: str | None = None
    core_issuer: str = ISSUER
    nonce: bytes = bytes(range(16))
    payload: dict[str, Any] = field(default_factory=dict)
    core: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    proof: dict[str, Any] = field(default_factory=dict)

    def disclosures(self) -> list[str]:
        return [
            b64u(canonical([b64u(hashlib.sha256(f"salt {n}".encode()).digest()[:16]), name, value]))
            for n, (name, value) in enumerate(self.shown)
        ]

    def certificate_id(self) -> str:
        parts = f"{TYPE}{self.core_issuer}{self.serial}{self.version:03d}"
        check = mod_37_36.calc_check_digit(parts)
        return f"1.2.156.3005.2.{TYPE}.{self.core_issuer}.{self.serial}.{self.version:03d}.{check}"

    def members(self) -> dict[str, Any]:
        origin = ORIGINS[self.origin]
        hidden = [b64u(hashlib.sha256(f"hidden {n}".encode()).digest()) for n in range(self.hidden)]
        digests = [b64u(hashlib.sha256(one.encode()).digest()) for one in self.disclosures()]
        core: dict[str, Any] = {
            "v": 1,
            "certificate_id": self.identifier or self.certificate_id(),
            "issuer": self.core_issuer,
            "type": TYPE,
            "type_version": 1,
            "valid_from": 1_767_196_800,
            "status": {"list": 0, "idx": 70_411},
        }
        if self.valid_until is not None:
            core["valid_until"] = self.valid_until
        path = b"".join(hashlib.sha256(f"path {n}".encode()).digest() for n in range(self.path))
        payload = {
            "iss": f"{origin}/issuers/{ISSUER}",
            "iat": NOW - 1000,
            "nbf": NOW - 1000,
            "exp": NOW + 2_591_000,
            "vct": f"{origin}/types/{TYPE}/1",
            "vct#integrity": "sha256-" + base64.b64encode(hashlib.sha256(b"type").digest()).decode(),
            "status": {"status_list": {"idx": 99_999, "uri": f"{origin}/issuers/{ISSUER}/status/3"}},
            "core": core | self.core,
            "anchor": {"seq": 12, "size": 16_384, "index": 9_017, "path": b64u(path)},
            "_sd": sorted(hidden + digests),
            "_sd_alg": "sha-256",
        }
        if self.bound:
            payload["cnf"] = {"jwk": jwk(HOLDER_KEY)}
        return payload | self.payload

    def presentation(self) -> str:
        header = {"alg": "ES256", "kid": KID, "typ": "dc+sd-jwt", "x5c": list(X5C)} | self.header
        token = sign(header, self.members(), ISSUER_KEY, self.high)
        signed = "~".join([token, *self.disclosures(), ""])
        if not self.bound:
            return signed
        proof = {
            "aud": "urn:zt:code",
            "iat": NOW,
            "nonce": b64u(self.nonce),
            "sd_hash": b64u(hashlib.sha256(signed.encode()).digest()),
        }
        return signed + sign({"alg": "ES256", "typ": "kb+jwt"}, proof | self.proof, HOLDER_KEY, self.high)
