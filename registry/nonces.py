"""What may be used once only: presentations' nonces, DPoP proofs, and the nonces we hand to wallets."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from sqlalchemy import delete, text
from sqlmodel import Session, col

from registry import b64
from registry.store import Store
from registry.store.tables import UsedNonce

_LIFE: Final = 300
_USE = text("INSERT INTO used_nonce (aud, nonce, exp) VALUES (:aud, :nonce, :exp) ON CONFLICT DO NOTHING")


def use_once(session: Session, audience: str, nonce: str, expires: int) -> bool:
    """Use up (audience, nonce): True for the first caller only, however many race (threat 2).

    expires: Unix seconds after which whatever carries this nonce is too old anyway.
    """
    row = {"aud": audience, "nonce": nonce, "exp": expires}
    return session.connection().execute(_USE, row).rowcount == 1


def forget_expired(session: Session, now: int) -> None:
    """Drop nonces that nobody can use any more."""
    session.connection().execute(delete(UsedNonce).where(col(UsedNonce.exp) < now))


class ClaimNonces:
    """Nonces for key proofs (OpenID4VCI `c_nonce`): nothing is stored until one is used.

    secret: 32 bytes that every API process has, so that any of them knows a nonce of any other.
    """

    def __init__(self, store: Store, secret: bytes, randomness: Callable[[int], bytes]) -> None:
        self._store = store
        self._secret = secret
        self._randomness = randomness

    def make(self, now: int) -> str:
        """A nonce good for five minutes, once."""
        body = self._randomness(12) + (now + _LIFE).to_bytes(5)
        return b64.encode(body + self._tag(body))

    def use(self, nonce: str, now: int) -> bool:
        """Whether it is ours, still good, and used for the first time."""
        try:
            raw = b64.decode(nonce)
        except ValueError:
            return False
        body, tag = raw[:17], raw[17:]
        if not hmac.compare_digest(tag, self._tag(body)):
            return False
        expires = int.from_bytes(body[12:])
        if expires < now:
            return False
        with self._store.write() as session:
            return use_once(session, "c_nonce", nonce, expires)

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)[:16]
