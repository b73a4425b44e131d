"""X.509 certificates for issuers' keys (RFC 5280), for the `x5c` that HAIP asks for.

Our own verifier takes no trust from them: it compares a certificate's key with the trust state. Third-party
wallets and verifiers that pin the CA need nothing else. A certificate for an SM2 key is signed by the same
CA on P-256; nobody who does not know that curve can use it.
"""

import datetime
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha1
from ipaddress import ip_address
from os import urandom
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registry.signing import PublicKey, SigningKey
from registry.suites import ES256

CA_YEARS = 20
"""Longer than the last copy that any key may have signed."""
ISSUER_YEARS = 6
"""A key signs for a while, and its paper copies live five years."""

_LONGEST_NAME = 64
"""Bytes of UTF-8. RFC 5280 (appendix A.1) says characters, `cryptography` counts bytes."""
_SEQUENCE, _BIT_STRING = 0x30, 0x03
"""Tags of DER (X.690)."""
_DAY = 86_400
_BACKDATED = 300
"""Seconds by which a certificate begins early, for third parties whose clock is behind."""


class CertificateAuthority:
    """Signs certificates for issuers' keys.

    key: the CA's private key. certificate: its own, self-signed, as DER.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> None:
        self._key = key
        self._certificate = x509.load_der_x509_certificate(certificate)
        self.certificate = certificate

    def certify(
        self,
        key: ec.EllipticCurvePublicKey | PublicKey,
        *,
        code: str,
        name: str,
        origins: Sequence[str],
        now: int,
        randomness: Callable[[int], bytes] = urandom,
    ) -> list[str]:
        """Certify an issuer's key: the chain without the root, base64 of each DER (RFC 7515, section 4.1.6).

        code: unified social credit code, in organizationIdentifier. name: the department's name.
        origins: each gives the URI `<origin>/issuers/<code>` (the credential's `iss`) and its host's name.
        """
        public = key if isinstance(key, PublicKey) else PublicKey(key)
        certificate = (
            _builder(
                _issuer_name(code, name),
                self._certificate.subject,
                public,
                now=now,
                years=ISSUER_YEARS,
                randomness=randomness,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(_alternative_names(code, origins)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        der = self._der(certificate, public)
        return [b64encode(der).decode()]

    def _der(self, certificate: x509.Certificate, key: PublicKey) -> bytes:
        """The certificate, signed anew with the key itself where `_builder` put another in its place."""
        der = certificate.public_bytes(serialization.Encoding.DER)
        if key.suite is ES256:
            return der
        instead = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        old = certificate.tbs_certificate_bytes
        tbs = old.replace(instead, key.spki)  # as long, so that no length around it changes
        signature = b"\0" + self._key.sign(tbs, ec.ECDSA(hashes.SHA256()))
        start = der.index(old) + len(old)
        algorithm = der[start : start + 2 + der[start + 1]]
        body = tbs + algorithm + bytes([_BIT_STRING, len(signature)]) + signature
        return bytes([_SEQUENCE, 0x82]) + len(body).to_bytes(2) + body


def make_ca_certificate(
    key: ec.EllipticCurvePrivateKey, name: str, now: int, randomness: Callable[[int], bytes] = urandom
) -> bytes:
    """The CA's own self-signed certificate, as DER. name: the authority's common name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(
            subject, subject, PublicKey(key.public_key()), now=now, years=CA_YEARS, randomness=randomness
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PublicKey,
    *,
    now: int,
    years: int,
    randomness: Callable[[int], bytes],
) -> x509.CertificateBuilder:
    """With a passing key on P-256 where the key is on SM2, which `cryptography` does not have."""
    point = b"\x04" + b"".join(key.point)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.imported if key.suite is ES256 else SigningKey.generate().public.imported)
        .serial_number(int.from_bytes(randomness(19)) | 1)
        .not_valid_before(_time(now - _BACKDATED))
        .not_valid_after(_time(now + years * 365 * _DAY))
        .add_extension(x509.SubjectKeyIdentifier(sha1(point, usedforsecurity=False).digest()), critical=False)
    )


def _issuer_name(code: str, name: str) -> x509.Name:
    short = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, short),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, code),
            x509.NameAttribute(NameOID.COMMON_NAME, short),
        ]
    )


def _alternative_names(code: str, origins: Sequence[str]) -> list[x509.GeneralName]:
    uris = [x509.UniformResourceIdentifier(f"{origin}/issuers/{code}") for origin in origins]
    hosts = sorted({host for origin in origins if (host := urlsplit(origin).hostname)})
    return [*uris, *(_host_name(host) for host in hosts)]


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _time(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
