"""The sample town's wallet provider. Its key lies in an open file: SAMPLE ONLY, it proves nothing to anybody.

It says of every wallet that it is the sample wallet, and of every key that software keeps it; no more, since
it looks at neither. A real provider is a service that examines the device first (docs/attestations.md).
"""

import datetime
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from registry.signing import PublicKey, SigningKey, sign_jws

CLIENT: Final = "zhengtong-sample-wallet"
"""The `client_id` that all sample wallets share: no attestation tells two of them apart."""
WALLET_LIFE: Final = 86_400
KEYS_LIFE: Final = 3_600
_NAME: Final = "SAMPLE wallet provider, not for real use"
_YEARS: Final = 20
_BACKDATED: Final = 300


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`provider.json`. secret: the signer's private scalar, 32 bytes; x5c: its chain without the CA."""

    note: str = _NAME
    client_id: str
    secret: bytes
    x5c: list[str]


@dataclass(frozen=True, slots=True, repr=False)
class SampleProvider:
    """Signs what the sample wallet says of itself. x5c: the signer's certificate, by the CA of `ca.pem`."""

    client_id: str
    signer: SigningKey
    x5c: tuple[str, ...]

    @classmethod
    def create(cls, folder: Path, now: int) -> "SampleProvider":
        """A new provider in a folder: `ca.pem`, which the authority registers, and `provider.json`.

        The CA's key is used once and kept nowhere. now: Unix seconds.
        """
        ca, signer = SigningKey.generate(), SigningKey.generate()
        anchor = _certificate(f"{_NAME}: CA", ca, by=ca, now=now, is_ca=True)
        leaf = _certificate(_NAME, signer, by=ca, now=now, is_ca=False)
        chain = [b64encode(leaf.public_bytes(Encoding.DER)).decode()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "ca.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
        file = _File(client_id=CLIENT, secret=signer.secret, x5c=chain)
        descriptor = os.open(folder / "provider.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(msgspec.json.encode(file))
        return cls(CLIENT, signer, tuple(chain))

    @classmethod
    def open(cls, folder: Path) -> "SampleProvider":
        """The provider in a folder.

        Raises:
            OSError, msgspec.MsgspecError: there is none.
        """
        file = msgspec.json.decode((folder / "provider.json").read_bytes(), type=_File)
        return cls(file.client_id, SigningKey.from_secret(file.secret), tuple(file.x5c))

    def attest_wallet(self, key: PublicKey, now: int) -> str:
        """A wallet attestation (Attestation-Based Client Authentication; OpenID4VCI 1.0, appendix E).

        key: the wallet instance's, with which it signs its proofs of possession.
        """
        said = {
            "sub": self.client_id,
            "wallet_name": _NAME,
            "iat": now,
            "exp": now + WALLET_LIFE,
            "cnf": {"jwk": key.jwk},
        }
        return self._sign("oauth-client-attestation+jwt", said)

    def attest_keys(self, keys: Sequence[PublicKey], now: int, *, nonce: str | None = None) -> str:
        """A key attestation (OpenID4VCI 1.0, appendix D.1): software keeps these keys.

        nonce: the issuer's `c_nonce`, needed for the proof type `attestation`.
        """
        said = {
            "iat": now,
            "exp": now + KEYS_LIFE,
            "attested_keys": [key.jwk for key in keys],
            "key_storage": ["software"],
        } | ({} if nonce is None else {"nonce": nonce})
        return self._sign("key-attestation+jwt", said)

    def _sign(self, typ: str, said: dict[str, object]) -> str:
        return sign_jws({"typ": typ, "x5c": list(self.x5c)}, said, self.signer)


def _certificate(name: str, key: SigningKey, *, by: SigningKey, now: int, is_ca: bool) -> x509.Certificate:
    """By the CA, whose own it is where `is_ca`."""
    subject, issuer = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)])
        for each in (name, name if is_ca else f"{_NAME}: CA")
    )
    usage = {
        "digital_signature": not is_ca,
        "key_cert_sign": is_ca,
        "crl_sign": is_ca,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public.imported)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_time(now - _BACKDATED))
        .not_valid_after(_time(now + _YEARS * 365 * 86_400))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(by.imported, hashes.SHA256())
    )


def _time(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
