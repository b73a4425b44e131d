"""base64url without padding (RFC 7515, section 2), decoded strictly: one text for each sequence of bytes."""

import binascii

import pybase64

from registry.errors import RegistryError

_PADDING = ("", "", "==", "=")
# Of the last character some bits belong to no byte. A decoder forgives them; here they must be 0.
_LAST = ("", "", "AQgw", "AEIMQUYcgkosw048")


class BadBase64(RegistryError, ValueError):
    """Not unpadded base64url, or not the canonical form of its bytes."""

    kind = "bad-base64url"

    def __init__(self) -> None:
        super().__init__("编码不是规范的 base64url。", "Not canonical, unpadded base64url.")


def encode(data: bytes) -> str:
    """base64url of `data`, no padding."""
    text: str = pybase64.b64encode_as_string(data, b"-_")
    return text.rstrip("=")


def decode(text: str) -> bytes:
    """The bytes of `text`; foreign characters, padding and loose trailing bits are refused.

    Raises:
        BadBase64: `text` is not what `encode` would have made.
    """
    extra = len(text) & 3
    if extra == 1 or (extra and text[-1] not in _LAST[extra]) or "=" in text or "+" in text or "/" in text:
        raise BadBase64
    try:
        return pybase64.b64decode(text + _PADDING[extra], b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadBase64 from None
