"""X.509 certificate chains that others signed: from a leaf up to an anchor that is trusted (RFC 5280).

Only what `x5c` (RFC 7515, section 4.1.6) needs: P-256 leaves, few certificates, no names to match and no
revocation lists; whatever a certificate marks as critical and is not understood here makes it useless.
"""

import datetime
import itertools
from base64 import b64decode
from collections.abc import Sequence
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID

from registry.errors import RegistryError
from registry.signing import BadKey, PublicKey

LONGEST: Final = 4
"""Certificates in a chain, without its anchor."""
_LARGEST: Final = 16 * 1024
_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
_UNDERSTOOD: Final = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
    | {ExtensionOID.SUBJECT_ALTERNATIVE_NAME}
)

UNREADABLE: Final = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises at a certificate that is none, or on a curve that it does not have."""

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


class BadChain(RegistryError):
    """The certificates lead to no anchor, or one of them does not count now."""

    kind = "bad-certificate-chain"

    def __init__(self) -> None:
        super().__init__("证书链不可信。", "The certificates lead to nobody who is trusted.")


def read_anchor(der: bytes) -> x509.Certificate:
    """A CA's certificate, as DER.

    Raises:
        BadChain: no certificate, or not of a CA.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        if not _may_certify(certificate, below=0):
            raise BadChain
    except UNREADABLE:
        raise BadChain from None
    return certificate


def leaf_key(x5c: object, anchor: bytes, now: int) -> PublicKey:
    """The key of the first certificate of an `x5c`, if the chain leads to the anchor (DER).

    The anchor itself may not be in the chain, nor a self-signed leaf (HAIP 1.0, section 6.1.1).

    Raises:
        BadChain: anything about it does not fit.
    """
    chain = [*map(_read, _texts(x5c)), read_anchor(anchor)]
    try:
        for below, (certificate, issuer) in enumerate(itertools.pairwise(chain)):
            if certificate == chain[-1] or not (_counts(certificate, now) and _counts(issuer, now)):
                raise BadChain
            if not _may_certify(issuer, below=below) or not _strong(certificate):
                raise BadChain
            certificate.verify_directly_issued_by(issuer)
        return _signing_key(chain[0])
    except (*UNREADABLE, TypeError, InvalidSignature, BadKey):
        raise BadChain from None


def _texts(x5c: object) -> Sequence[str]:
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= LONGEST:
        raise BadChain
    if not all(isinstance(each, str) and len(each) <= _LARGEST for each in x5c):
        raise BadChain
    return x5c


def _read(text: str) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(b64decode(text, validate=True))
    except UNREADABLE:
        raise BadChain from None


def _counts(certificate: x509.Certificate, now: int) -> bool:
    """Whether `now` is within its time, and it demands nothing that is not understood here."""
    at = datetime.datetime.fromtimestamp(now, tz=datetime.UTC)
    in_time = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    return in_time and all(each.oid in _UNDERSTOOD for each in certificate.extensions if each.critical)


def _strong(certificate: x509.Certificate) -> bool:
    algorithm = certificate.signature_hash_algorithm
    return algorithm is not None and algorithm.name in _HASHES


def _may_certify(certificate: x509.Certificate, *, below: int) -> bool:
    """Whether it is a CA's, with room for that many further CAs between it and the leaf."""
    basic = extension(certificate, x509.BasicConstraints)
    usage = extension(certificate, x509.KeyUsage)
    return (
        basic is not None
        and basic.ca
        and (basic.path_length is None or below <= basic.path_length)
        and (usage is None or usage.key_cert_sign)
    )


def _signing_key(leaf: x509.Certificate) -> PublicKey:
    basic, usage = extension(leaf, x509.BasicConstraints), extension(leaf, x509.KeyUsage)
    key = leaf.public_key()
    if (
        (basic is not None and basic.ca)
        or (usage is not None and not usage.digital_signature)
        or not isinstance(key, ec.EllipticCurvePublicKey)
    ):
        raise BadChain
    return PublicKey(key)


def extension(certificate: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    """An extension of a certificate; None without one. Raises UNREADABLE."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
