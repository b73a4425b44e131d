"""A wallet provider of these tests: a CA, a signer under it, and a wallet's key that it vouches for."""

import datetime
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from registry.signing import SigningKey, sign_jws
from registry.trust import WalletProvider, Window

NOW = 1_795_492_800
DAY = 86_400
SERVER = "https://registry.example"


def certificate(
    name: str,
    key: SigningKey,
    by: tuple[str, SigningKey],
    *,
    ca: bool = False,
    begins: int = NOW - DAY,
    ends: int = NOW + 365 * DAY,
    path_length: int | None = None,
    extra: x509.UnrecognizedExtension | None = None,
) -> bytes:
    """A certificate, as DER. by: who signs it."""

    def at(seconds: int) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)

    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by[0])]))
        .public_key(key.public.imported)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at(begins))
        .not_valid_after(at(ends))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True)
    )
    if extra is not None:
        builder = builder.add_extension(extra, critical=True)
    return builder.sign(by[1].imported, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@dataclass
class Provider:
    """A provider and one wallet of its. client: the wallet's client_id; key: the wallet instance's."""

    id: str = "sample"
    ca: SigningKey = field(default_factory=SigningKey.generate)
    signer: SigningKey = field(default_factory=SigningKey.generate)
    key: SigningKey = field(default_factory=SigningKey.generate)
    client: str = "sample-wallet"

    @property
    def trusted(self) -> WalletProvider:
        der = certificate("Provider CA", self.ca, ("Provider CA", self.ca), ca=True)
        return WalletProvider(self.id, "示例", "Sample", der, (Window(NOW - DAY),))

    @property
    def x5c(self) -> list[str]:
        return [b64encode(certificate("Signer", self.signer, ("Provider CA", self.ca))).decode()]

    def sign(self, typ: str, claims: dict[str, Any], header: dict[str, Any] | None) -> str:
        return sign_jws({"typ": typ, "x5c": self.x5c} | (header or {}), claims, self.signer)

    def attestation(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        claims = {
            "iss": "https://provider.example",
            "sub": self.client,
            "iat": NOW,
            "exp": NOW + DAY,
            "cnf": {"jwk": self.key.public.jwk},
        }
        return self.sign("oauth-client-attestation+jwt", given(claims | changed), header)

    def pop(self, typ: str = "oauth-client-attestation-pop+jwt", **changed: Any) -> str:
        claims = {"iss": self.client, "aud": SERVER, "iat": NOW, "jti": "one"}
        return sign_jws({"typ": typ}, given(claims | changed), self.key)

    def key_attestation(self, *keys: SigningKey, header: dict[str, Any] | None = None, **changed: Any) -> str:
        claims = {
            "iat": NOW,
            "exp": NOW + DAY,
            "attested_keys": [key.public.jwk for key in keys],
            "key_storage": ["software"],
        }
        return self.sign("key-attestation+jwt", given(claims | changed), header)


def given(claims: dict[str, Any]) -> dict[str, Any]:
    """Claims without those that a test took away by None."""
    return {name: value for name, value in claims.items() if value is not None}
