"""Case numbers: a day, eight letters, a check character; and which cases a person decides first."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import date
from typing import Final

from stdnum.iso7064 import mod_37_36

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U to misread."""
DRAWN_OF_100: Final = 2


def new_number(day: date, randomness: Callable[[int], bytes]) -> str:
    """A public case number: YYYYMMDD, 40 random bits, a check character (ISO 7064 MOD 37,36)."""
    bits = int.from_bytes(randomness(5))
    body = f"{day:%Y%m%d}" + "".join(_LETTERS[bits >> shift & 31] for shift in range(35, -5, -5))
    check: str = mod_37_36.calc_check_digit(body)
    return body + check


def is_number(text: str) -> bool:
    """Whether a text was typed without a slip."""
    return len(text) == 17 and text.isascii() and bool(mod_37_36.is_valid(text))


def is_drawn(secret: bytes, number: str) -> bool:
    """Whether a person decides this case first: 2 in 100, the same however often it is tried."""
    drawn = int.from_bytes(hmac.digest(secret, number.encode(), hashlib.sha256)[:8])
    return drawn % 100 < DRAWN_OF_100
