"""base64url without padding (RFC 7515, section 2), decoded strictly: one text for each sequence of bytes."""

import binascii

import pybase64

from registry.errors import RegistryError

_PADDING = ("", None, "==", "=")


class BadBase64(RegistryError, ValueError):
    """Not unpadded base64url, or not the canonical form of its bytes."""

    kind = "bad-base64url"

    def __init__(self) -> None:
        super().__init__("编码不是规范的 base64url。", "Not canonical, unpadded base64url.")


def encode(data: bytes) -> str:
    """base64url of `data`, no padding."""
    return pybase64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of `text`; foreign characters, padding and loose trailing bits are refused.

    Raises:
        BadBase64: `text` is not what `encode` would have made.
    """
    padding = _PADDING[len(text) % 4]
    if padding is None or "=" in text or "+" in text or "/" in text:
        raise BadBase64
    try:
        data = pybase64.b64decode(text + padding, b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadBase64 from None
    # A decoder forgives set trailing bits: only the round trip is sure.
    if pybase64.urlsafe_b64encode(data) != (text + padding).encode("ascii", "replace"):
        raise BadBase64
    return data
