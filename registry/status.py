"""Status lists: two bits an entry, packed and signed as IETF Token Status List says."""

import zlib
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from registry import b64, signing
from registry.lifecycle import Status
from registry.signing import BadToken, PublicKey, SigningKey

LIST_SIZE = 131_072
"""Entries of a list."""
WORD_ENTRIES = 128
"""Entries of one word of 256 bits on the chain."""
WORD_BYTES = 32
MAX_INFLATED = 512 * 1024
TYPE = "statuslist+jwt"


class StatusBits:
    """The entries of one list; those beyond its end are valid.

    Packed from the lowest bits of the first byte up (Token Status List, section 4.1), which is also what
    the words of the contract are when written little-endian.
    """

    __slots__ = ("_packed",)

    def __init__(self, size: int = LIST_SIZE, packed: bytes = b"") -> None:
        self._packed = bytearray(max((size + 3) // 4, len(packed)))
        self._packed[: len(packed)] = packed

    @classmethod
    def from_words(cls, words: dict[int, int], size: int = LIST_SIZE) -> "StatusBits":
        """The list with these words (number to 256-bit value, as the contract keeps them), the rest 0."""
        bits = cls(size)
        for number, word in words.items():
            start = number * WORD_BYTES
            bits._packed[start : start + WORD_BYTES] = word.to_bytes(WORD_BYTES, "little")
        return bits

    def __len__(self) -> int:
        return len(self._packed) * 4

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusBits) and self._packed == other._packed

    __hash__ = None  # type: ignore[assignment]

    def get(self, idx: int) -> Status:
        """Status of an entry."""
        return read_entry(self._packed, idx)

    def set(self, idx: int, status: Status) -> None:
        """Give an entry a status; whether it may follow is lifecycle.py's question."""
        shift = 2 * (idx & 3)
        self._packed[idx >> 2] = self._packed[idx >> 2] & ~(3 << shift) | status << shift

    def word(self, number: int) -> int:
        """Word `number` as the contract keeps it."""
        return int.from_bytes(self._packed[number * WORD_BYTES : (number + 1) * WORD_BYTES], "little")

    def to_bytes(self) -> bytes:
        """The packed entries."""
        return bytes(self._packed)


def read_entry(packed: bytes | bytearray, idx: int) -> Status:
    """Status of entry `idx` of packed entries; valid beyond their end."""
    place = idx >> 2
    return _STATUS[packed[place] >> 2 * (idx & 3) & 3] if place < len(packed) else Status.VALID


_STATUS = tuple(Status)


def deflate(packed: bytes) -> str:
    """Packed entries as they travel: base64url of the zlib stream."""
    return b64.encode(zlib.compress(packed, 6))


def inflate(text: str, *, limit: int = MAX_INFLATED) -> bytes:
    """Packed entries of a zlib stream in base64url, never more than `limit` bytes of them in memory.

    Raises:
        BadBase64, BadToken: not one whole zlib stream, or longer than `limit`.
    """
    inflater = zlib.decompressobj()
    try:
        packed = inflater.decompress(b64.decode(text), limit)
    except zlib.error:
        raise BadToken from None
    if not inflater.eof or inflater.unused_data:
        raise BadToken
    return packed


class _Entries(msgspec.Struct, frozen=True, omit_defaults=True):
    bits: Annotated[int, Meta(ge=2, le=2)]
    lst: str
    aggregation_uri: str | UnsetType = UNSET


_Time = Annotated[int, Meta(gt=-(2**53), lt=2**53)]
_Count = Annotated[int, Meta(ge=1, lt=2**53)]


class _Payload(msgspec.Struct, frozen=True):
    exp: _Time
    iat: _Time
    status_list: _Entries
    sub: str
    ttl: _Count
    number: _Count = field(name="version")


@dataclass(frozen=True, slots=True)
class StatusList:
    """A status list token, read.

    uri: its address, `<origin>/issuers/<code>/status/<n>`.
    packed: two bits an entry.
    iat, exp: Unix seconds. ttl: seconds that a copy may be kept. version: counts up with every change.
    kid: thumbprint that the header names. token: the bytes as served.
    """

    uri: str
    packed: bytes
    iat: int
    exp: int
    ttl: int
    version: int
    kid: str
    token: str

    def __len__(self) -> int:
        return len(self.packed) * 4

    def get(self, idx: int) -> Status:
        """Status of an entry."""
        return read_entry(self.packed, idx)

    def verify(self, key: PublicKey) -> None:
        """Raises BadToken unless `key` signed this as a status list."""
        signing.verify_jws(self.token, key, typ=TYPE, limit=MAX_INFLATED)


def sign_list(
    bits: StatusBits,
    *,
    uri: str,
    version: int,
    iat: int,
    exp: int,
    ttl: int,
    key: SigningKey,
    x5c: tuple[str, ...] = (),
    aggregation: str | None = None,
) -> str:
    """A status list token (Token Status List, section 5.1).

    x5c: the key's certificates, for others. aggregation: where all lists of the issuer are named.
    """
    header: dict[str, object] = {"kid": key.public.thumbprint, "typ": TYPE}
    if x5c:
        header["x5c"] = x5c
    entries = _Entries(2, deflate(bits.to_bytes()), UNSET if aggregation is None else aggregation)
    payload = _Payload(exp=exp, iat=iat, status_list=entries, sub=uri, ttl=ttl, number=version)
    return signing.sign_jws(header, payload, key)


def parse_list(token: str) -> StatusList:
    """Read a status list token. Its signature is for `StatusList.verify`, its times for the verification.

    Raises:
        BadToken, BadBase64, BadJson: not a list of two-bit entries, or a bomb.
    """
    jws = signing.parse_jws(token, limit=MAX_INFLATED)
    try:
        payload = msgspec.convert(jws.payload, _Payload)
    except msgspec.ValidationError:
        raise BadToken from None
    kid = jws.header.get("kid")
    if not isinstance(kid, str) or jws.header.get("typ") != TYPE:
        raise BadToken
    return StatusList(
        uri=payload.sub,
        packed=inflate(payload.status_list.lst),
        iat=payload.iat,
        exp=payload.exp,
        ttl=payload.ttl,
        version=payload.number,
        kid=kid,
        token=token,
    )
