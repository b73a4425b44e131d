"""The public key that a certificate (RFC 5280) is of, read out of its DER and nothing more.

For certificates from which no trust is taken: any other fault of one does not matter here, and readers in
other languages find the same.
"""

from typing import Final, NamedTuple

_SEQUENCE: Final = 0x30
_BIT_STRING: Final = 0x03
_VERSION: Final = 0xA0
_KEY: Final = 5
"""Place of the subjectPublicKeyInfo in a TBSCertificate, the version left out (section 4.1)."""


class _Element(NamedTuple):
    tag: int
    whole: bytes
    content: bytes


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate, as it stands there.

    Raises:
        ValueError: not a certificate's outline.
    """
    (outer,) = _elements(certificate)
    signed, algorithm, signature = _elements(outer.content)
    if (outer.tag, signed.tag, algorithm.tag, signature.tag) != (
        _SEQUENCE,
        _SEQUENCE,
        _SEQUENCE,
        _BIT_STRING,
    ):
        raise ValueError("not a certificate")
    fields = [each for each in _elements(signed.content) if each.tag != _VERSION]
    if len(fields) <= _KEY:
        raise ValueError("no public key")
    return fields[_KEY].whole


def _elements(data: bytes) -> list[_Element]:
    """The DER elements (X.690, section 8.1) that these bytes are. Raises ValueError."""
    found = []
    at = 0
    while at < len(data):
        size, start = int.from_bytes(data[at + 1 : at + 2]), at + 2
        if size == 0x80:
            raise ValueError("of indefinite length")
        if size > 0x80:
            start += size - 0x80
            size = int.from_bytes(data[at + 2 : start])
        end = start + size
        if end > len(data):
            raise ValueError("DER that ends early")
        found.append(_Element(data[at], data[at:end], data[start:end]))
        at = end
    return found
