"""The keys to which messages for a department are encrypted: one a period, and the one before still opens.

Derived, not stored: every API process must open what was sealed for any of them.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from registry.signing import SigningKey

PERIOD: Final = 30 * 86_400
"""Seconds after which a department's encryption key is another one."""


@dataclass(frozen=True)
class MessageKeys:
    """Decryption keys of departments. secret: of this registry."""

    secret: bytes = field(repr=False)

    def newest(self, code: str, now: int) -> SigningKey:
        """The key that is published for a department."""
        return self._key(code, now // PERIOD)

    def named(self, code: str, kid: str, now: int) -> SigningKey | None:
        """The department's key of that thumbprint, of this period or the one before."""
        periods = (now // PERIOD, now // PERIOD - 1)
        keys = (self._key(code, period) for period in periods)
        return next((key for key in keys if key.public.thumbprint == kid), None)

    def _key(self, code: str, period: int) -> SigningKey:
        name = f"messages to {code} in {period}".encode()
        return SigningKey.from_seed(hmac.digest(self.secret, name, hashlib.sha512))
