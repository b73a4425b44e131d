"""Any status list token (Token Status List), whoever signed it: one, two, four or eight bits an entry.

For foreign credentials; our own lists, which carry a version and bear on check 6, are for `status`.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from registry import signing, status
from registry.errors import RegistryError
from registry.signing import BadToken, PublicKey

LEEWAY: Final = 60
"""Seconds that two clocks may differ."""
VALID: Final = 0
"""The status of a token that may be used (section 7.1)."""

_Time = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class _Entries(msgspec.Struct, frozen=True):
    bits: Literal[1, 2, 4, 8]
    lst: str


class _Payload(msgspec.Struct, frozen=True):
    sub: str
    iat: _Time
    status_list: _Entries
    exp: _Time | None = None
    ttl: Annotated[int, Meta(ge=1)] | None = None


class _Reference(msgspec.Struct, frozen=True):
    uri: str
    idx: Annotated[int, Meta(ge=0)]


class _Status(msgspec.Struct, frozen=True):
    status_list: _Reference


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A status list that stands. bits: of an entry. ttl: seconds that a copy may be kept, if it says so."""

    bits: int
    packed: bytes
    ttl: int | None

    def get(self, idx: int) -> int:
        """Status of an entry (section 4.1: from the lowest bits of the first byte up).

        Raises:
            BadToken: beyond the list's end, which means that the token is to be refused (section 8.3).
        """
        entries = 8 // self.bits
        if not 0 <= idx < len(self.packed) * entries:
            raise BadToken
        return self.packed[idx // entries] >> self.bits * (idx % entries) & (1 << self.bits) - 1


def reference(claims: dict[str, Any]) -> tuple[str, int] | None:
    """Where a credential's entry is: (uri, idx) of its `status` member (section 6.2); None without one.

    Raises:
        BadToken: a `status` that names no list.
    """
    if "status" not in claims:
        return None
    try:
        place = msgspec.convert(claims["status"], _Status).status_list
    except msgspec.ValidationError:
        raise BadToken from None
    return place.uri, place.idx


def read(token: str, key: PublicKey, *, uri: str, now: int) -> StatusToken:
    """The list in a token that was fetched from `uri` (sections 5.1 and 8.3).

    Raises:
        BadToken: not signed by `key` as a status list, of another address, expired, or no such list.
    """
    jws = signing.parse_jws(token, limit=status.MAX_INFLATED)
    header = jws.header
    if (
        header.get("alg") != key.suite.alg
        or header.get("typ") != status.TYPE
        or "crit" in header
        or not key.verify(jws.signature, jws.signing_input)
    ):
        raise BadToken("状态列表的签名不成立。", "The status list's signature does not stand.")
    try:
        payload = msgspec.convert(jws.payload, _Payload)
        packed = status.inflate(payload.status_list.lst)
    except (msgspec.ValidationError, RegistryError):
        raise BadToken from None
    if payload.sub != uri or (payload.exp is not None and now >= payload.exp + LEEWAY):
        raise BadToken("状态列表已过期，或不是该地址的。", "The status list has expired, or is another's.")
    return StatusToken(payload.status_list.bits, packed, payload.ttl)
