"""Codes, PINs and tokens: made at random, told once, kept as hashes."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from registry import b64

Randomness = Callable[[int], bytes]

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U to misread."""


def token(randomness: Randomness) -> str:
    """256 random bits as base64url."""
    return b64.encode(randomness(32))


def handle(randomness: Randomness) -> str:
    """128 random bits as base64url, for addresses and commands: it begins with no dash, as an option does."""
    drawn = b64.encode(randomness(16))
    return "A" + drawn[1:] if drawn.startswith("-") else drawn


def hashed(secret: str) -> bytes:
    """What the store keeps of a secret of at least 120 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def derived(secret: str, purpose: str) -> str:
    """Another secret out of one, that does not give the first one away."""
    return b64.encode(hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256))


def pin(randomness: Randomness, digits: int = 6) -> str:
    """A random decimal PIN, every value equally likely."""
    top = 10**digits
    limit = (1 << 64) // top * top
    while (value := int.from_bytes(randomness(8))) >= limit:
        pass
    return f"{value % top:0{digits}}"


def recovery_code(randomness: Randomness) -> str:
    """125 random bits as five groups of five letters, to be written down."""
    bits = int.from_bytes(randomness(16)) >> 3
    letters = "".join(_LETTERS[bits >> shift & 31] for shift in range(120, -5, -5))
    return "-".join(letters[i : i + 5] for i in range(0, 25, 5))


def plain_recovery_code(typed: str) -> str:
    """A recovery code as it was made, however it was typed: case, spaces, dashes and look-alikes."""
    letters = "".join(typed.upper().replace("-", "").split())
    letters = letters.replace("O", "0").replace("I", "1").replace("L", "1")
    return "-".join(letters[i : i + 5] for i in range(0, len(letters), 5))
