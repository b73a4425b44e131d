"""X.509 certificates for issuers' P-256 keys (RFC 5280), for the `x5c` that HAIP asks for.

Our own verifier takes no trust from them: it compares a certificate's key with the trust state. Third-party
wallets and verifiers that pin the CA need nothing else.
"""

import datetime
from base64 import b64encode
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from os import urandom
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CA_YEARS = 20
"""Longer than the last copy that any key may have signed."""
ISSUER_YEARS = 6
"""A key signs for a while, and its paper copies live five years."""

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
        key: ec.EllipticCurvePublicKey,
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
        certificate = (
            _builder(
                _issuer_name(code, name),
                self._certificate.subject,
                key,
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
        return [b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]


def make_ca_certificate(
    key: ec.EllipticCurvePrivateKey, name: str, now: int, randomness: Callable[[int], bytes] = urandom
) -> bytes:
    """The CA's own self-signed certificate, as DER. name: the authority's common name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, subject, key.public_key(), now=now, years=CA_YEARS, randomness=randomness)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    now: int,
    years: int,
    randomness: Callable[[int], bytes],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(randomness(19)) | 1)
        .not_valid_before(_time(now - _BACKDATED))
        .not_valid_after(_time(now + years * 365 * _DAY))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issuer_name(code: str, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, code),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
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
