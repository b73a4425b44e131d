"""What is stored encrypted, and what is found without being readable.

Disclosures are sealed by AES-256-GCM under a data key of their issuer, bound to their certificate's
identifier; data keys are wrapped by the master key, which is in the key file, not in the database. Holders,
printed numbers and subjects are looked up by HMAC-SHA-256 under keys made from the registry-wide index key.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, select

from registry.errors import RegistryError
from registry.keys import KeyRing
from registry.store.tables import DataKey

NONCE_BYTES = 12
ENTRIES = 131_072
"""Entries of a status list, 2^17."""

_ROUNDS = 10
_LEFT_BITS, _RIGHT_BITS = 9, 8

Route = Literal["certificates", "cases"]
"""What requests with an idempotency key are for."""
Randomness = Callable[[int], bytes]


class Unreadable(RegistryError):
    """What is stored cannot be opened: it was changed, or its key is gone."""

    kind = "unreadable"
    status = 500
    mender = "operator"

    def __init__(self) -> None:
        super().__init__("存储的内容无法解开。", "What is stored cannot be opened.")


class Contents(msgspec.Struct, frozen=True, array_like=True):
    """A certificate's disclosures, and those with the moment (Unix seconds) before which nobody gets them."""

    disclosures: tuple[str, ...]
    unreleased: tuple[tuple[int, str], ...] = ()

    def __repr__(self) -> str:
        return f"Contents({len(self.disclosures)}, {len(self.unreleased)})"

    def released(self, now: int) -> tuple[str, ...]:
        """The disclosures that may be given out at this moment."""
        return (*self.disclosures, *(text for since, text in self.unreleased if since <= now))


class IssuerKey(NamedTuple):
    """An issuer's data key, unwrapped. id: its row."""

    id: int
    cipher: AESGCM


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Contents).decode


class Vault:
    """Seals and opens what the store keeps, and makes the keyed hashes it is found by."""

    def __init__(self, master: bytes, index: bytes, *, randomness: Randomness = os.urandom) -> None:
        self._master = AESGCM(master)
        self._holders = hmac.new(index, digestmod=hashlib.sha256)
        self._numbers = self._derived(index, b"number")
        self._subjects = self._derived(index, b"subject")
        self._bodies = self._derived(index, b"body")
        self._logs = self._derived(index, b"log")
        self._requests = self._derived(index, b"request")
        self._randomness = randomness
        self._opened: dict[bytes, AESGCM] = {}

    @classmethod
    def of(cls, ring: KeyRing, *, randomness: Randomness = os.urandom) -> "Vault":
        """The vault whose keys (`master`, `index`) are in this ring."""
        return cls(ring.secret("master"), ring.secret("index"), randomness=randomness)

    def issuer_key(self, session: Session, issuer: str, now: int) -> IssuerKey:
        """The issuer's current data key; made, in the caller's transaction, where there is none."""
        row = session.exec(
            select(DataKey).where(DataKey.issuer == issuer, col(DataKey.retired_at).is_(None))
        ).first()
        if row is None:
            row = DataKey(issuer=issuer, wrapped=self._wrap(issuer), created=now)
            session.add(row)
            session.flush()
        assert row.id is not None
        return IssuerKey(row.id, self._unwrap(row))

    def seal(self, key: IssuerKey, bound_to: str, plain: bytes, nonce: bytes | None = None) -> bytes:
        """Nonce (12 bytes, random, never used again) and ciphertext. bound_to: what it belongs to."""
        nonce = self._randomness(NONCE_BYTES) if nonce is None else nonce
        return nonce + key.cipher.encrypt(nonce, plain, bound_to.encode())

    def open(self, session: Session, data_key: int, bound_to: str, sealed: bytes) -> bytes:
        """What was sealed under the data key of that row. Raises Unreadable."""
        # The session itself forgets a row that nobody holds, and would ask for it for every certificate.
        ciphers: dict[int, AESGCM] = session.info.setdefault(self, {})
        if data_key not in ciphers:
            row = session.get(DataKey, data_key)
            if row is None:
                raise Unreadable
            ciphers[data_key] = self._unwrap(row)
        return _decrypt(ciphers[data_key], sealed, bound_to.encode())

    def as_if_opened(self, session: Session) -> None:
        """The look-up of `open`, where there is nothing to open and its time must not say so."""
        session.get(DataKey, 0)

    def seal_contents(
        self, key: IssuerKey, certificate_id: str, contents: Contents, nonce: bytes | None = None
    ) -> bytes:
        """A certificate's disclosures, sealed and bound to its identifier."""
        return self.seal(key, certificate_id, _encode(contents), nonce)

    def contents(self, session: Session, data_key: int, certificate_id: str, sealed: bytes) -> Contents:
        """A certificate's disclosures. Raises Unreadable."""
        try:
            return _decode(self.open(session, data_key, certificate_id, sealed))
        except msgspec.MsgspecError:
            raise Unreadable from None

    def holder_index(self, id_type: str, identifier: str) -> bytes:
        """HMAC(index key, id_type ‖ 0x00 ‖ identifier)."""
        return _hmac(self._holders, f"{id_type}\0{identifier}".encode())

    def number_index(self, number: str) -> bytes:
        """Keyed hash of a number printed on a certificate."""
        return _hmac(self._numbers, number.encode())

    def subject_index(self, subject: bytes) -> bytes:
        """Keyed hash of what may have one valid certificate (`definition.subjects`)."""
        return _hmac(self._subjects, subject)

    def log_index(self, holder: bytes) -> bytes:
        """Keyed hash of a holder index, by which entries of the access logs are found."""
        return _hmac(self._logs, holder)

    def body_hash(self, body: bytes) -> bytes:
        """Keyed hash of a request's body, of a row or of a file: a bare one could be guessed."""
        return _hmac(self._bodies, body)

    def request_index(self, route: Route, caller: str, key: str) -> bytes:
        """Keyed hash of the idempotency key of a caller (a department's code, a holder's index in hex): a
        caller may have written somebody's number into it."""
        return _hmac(self._requests, f"{route}\0{caller}\0{key}".encode())

    def _wrap(self, issuer: str) -> bytes:
        nonce = self._randomness(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, self._randomness(32), issuer.encode())

    def _unwrap(self, row: DataKey) -> AESGCM:
        if row.wrapped not in self._opened:  # by bytes, not by id: a row may yet be rolled back
            self._opened[row.wrapped] = AESGCM(_decrypt(self._master, row.wrapped, row.issuer.encode()))
        return self._opened[row.wrapped]

    @staticmethod
    def _derived(index: bytes, purpose: bytes) -> "hmac.HMAC":
        key = hmac.digest(index, b"zt\0" + purpose, hashlib.sha256)
        return hmac.new(key, digestmod=hashlib.sha256)


class Permutation:
    """Which entry the n-th certificate of a list gets: a keyed permutation, so that neighbours say nothing.

    A Feistel network over 9 + 8 bits in 10 rounds, as in format-preserving encryption (NIST SP 800-38G), its
    round functions tables filled from HMAC-SHA-256 over the list's name and the round.
    """

    def __init__(self, key: bytes, name: str) -> None:
        self._tables = [
            self._table(key, name, number, 1 << (_RIGHT_BITS if number % 2 == 0 else _LEFT_BITS))
            for number in range(_ROUNDS)
        ]

    def __call__(self, counter: int) -> int:
        """Entry, 0 to 131,071, for a counter in the same range."""
        left, right = counter >> _RIGHT_BITS, counter & (1 << _RIGHT_BITS) - 1
        for even, odd in zip(self._tables[::2], self._tables[1::2], strict=True):
            left ^= even[right] & (1 << _LEFT_BITS) - 1
            right ^= odd[left] & (1 << _RIGHT_BITS) - 1
        return left << _RIGHT_BITS | right

    @staticmethod
    def _table(key: bytes, name: str, number: int, size: int) -> tuple[int, ...]:
        stream = b"".join(
            hmac.digest(key, f"{name}\0{number}\0{block}".encode(), hashlib.sha256)
            for block in range(size // 16)
        )
        return tuple(int.from_bytes(stream[at : at + 2]) for at in range(0, 2 * size, 2))


def _hmac(keyed: "hmac.HMAC", message: bytes) -> bytes:
    state = keyed.copy()
    state.update(message)
    return state.digest()


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise Unreadable from None
