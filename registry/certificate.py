"""What a certificate is: a core that every presentation shows, and a salted disclosure a claim (RFC 9901)."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from registry import b64, jcs, merkle
from registry.errors import RegistryError
from registry.suites import DIGESTS, ES256

VERSION = 1
SALT_BYTES = 16
DIGEST_CHARACTERS = 43
SD_ALG = ES256.sd_alg
"""Digests of what is disclosed, unless its issuer's suite has others."""

Text = Annotated[str, Meta(min_length=1, max_length=128)]
Code = Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,32}\Z")]
Natural = Annotated[int, Meta(ge=0, le=2**53 - 1)]
SdAlg = Literal["sha-256", "sm3"]
DigestText = Annotated[str, Meta(min_length=DIGEST_CHARACTERS, max_length=DIGEST_CHARACTERS)]

Randomness = Callable[[int], bytes]


class BadCertificate(RegistryError):
    """Not a core, a disclosure or a leaf as protocol.md has them."""

    kind = "bad-certificate"

    def __init__(self) -> None:
        super().__init__("证照数据格式不符。", "The certificate's data are not in the agreed form.")


class StatusPosition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a certificate's two status bits are.

    list: number of the list within (issuer, type).
    idx: entry of that list.
    """

    list: Natural
    idx: Natural


class Core(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every presentation shows of a certificate.

    certificate_id: GB/T 36904 identifier.
    issuer, type: codes; issuer equals the identifier's issuer part, except for imported identifiers.
    valid_from, valid_until: Unix seconds, [from, until); until is absent where it does not expire.
    """

    v: Annotated[int, Meta(ge=VERSION, le=VERSION)] = VERSION
    certificate_id: Text
    issuer: Code
    type: Code
    type_version: Annotated[int, Meta(ge=1, le=2**31)]
    valid_from: Annotated[int, Meta(ge=-(2**53), le=2**53 - 1)]
    status: StatusPosition
    valid_until: Annotated[int, Meta(ge=-(2**53), le=2**53 - 1)] | UnsetType = UNSET


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a leaf of a batch is the hash of, as JCS.

    sd: digests of all disclosures and decoys, sorted. sd_alg: what they were made with; the leaf's own hash
    is SHA-256 whatever it is.
    """

    core: Core
    sd: tuple[DigestText, ...] = field(name="_sd")
    sd_alg: SdAlg = field(name="_sd_alg", default="sha-256")


class Disclosure(NamedTuple):
    """One claim with its salt.

    salt: base64url of at least 128 random bits.
    name: snake_case.
    value: text, as protocol.md's "Values" has it.
    """

    salt: str
    name: str
    value: str


_read_disclosure = msgspec.json.Decoder(tuple[str, str, str]).decode
_read_leaf = msgspec.json.Decoder(Leaf).decode


def disclosure(name: str, value: str, salt: bytes) -> str:
    """The disclosure of one claim, as it travels: base64url of JCS [salt, name, value]."""
    return b64.encode(jcs.dumps((b64.encode(salt), name, value)))


def digest(disclosure: str, sd_alg: str = SD_ALG) -> str:
    """Digest of a disclosure as it was received: base64url of the hash over its ASCII characters."""
    return b64.encode(DIGESTS[sd_alg](disclosure.encode("ascii")))


def parse_disclosure(text: str) -> Disclosure:
    """Read a disclosure, canonical or not.

    Raises:
        BadBase64, BadCertificate: not three texts in strict base64url.
    """
    try:
        return Disclosure._make(_read_disclosure(b64.decode(text)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadCertificate from None


def canonical(core: Core, sd: tuple[str, ...], sd_alg: SdAlg = "sha-256") -> bytes:
    """The bytes that are anchored: JCS of {"core", "_sd", "_sd_alg"}."""
    return jcs.dumps(Leaf(core, sd, sd_alg))


def parse_canonical(data: bytes) -> Leaf:
    """Core and digests of stored canonical bytes.

    Raises:
        BadCertificate: not those members, or not canonical.
    """
    try:
        leaf = _read_leaf(data)
    except (msgspec.MsgspecError, UnicodeError):
        raise BadCertificate from None
    if jcs.dumps(leaf) != data:
        raise BadCertificate
    return leaf


@dataclass(frozen=True)
class Certificate:
    """A certificate as it is made; only `canonical` leaves the store unencrypted.

    sd: digests of all disclosures and decoys, sorted; sd_alg: what they were made with.
    disclosures: as they travel, in the order of the claims.
    unreleased: (release_from in Unix seconds, disclosure) of claims that become true by time alone.
    """

    core: Core
    sd: tuple[str, ...]
    disclosures: tuple[str, ...]
    unreleased: tuple[tuple[int, str], ...] = ()
    sd_alg: SdAlg = "sha-256"

    @cached_property
    def canonical(self) -> bytes:
        """The bytes that are anchored."""
        return canonical(self.core, self.sd, self.sd_alg)

    @cached_property
    def leaf(self) -> bytes:
        """The leaf hash in a batch."""
        return merkle.leaf_hash(self.canonical)

    def __repr__(self) -> str:
        return f"Certificate({len(self.sd)} digests)"


def make(
    core: Core,
    claims: Mapping[str, str],
    *,
    unreleased: Mapping[str, tuple[int, str]] | None = None,
    decoys: int = 0,
    sd_alg: SdAlg = "sha-256",
    randomness: Randomness = os.urandom,
) -> Certificate:
    """Salt and digest the claims of one certificate.

    claims: name to value, in the type's order.
    unreleased: name to (release_from, value): digested now, disclosed to nobody before that moment.
    decoys: digests of nothing, for optional claims that are absent (RFC 9901, section 4.2.5).
    sd_alg: of the issuer's suite.
    """
    later = unreleased or {}
    named = len(claims) + len(later)
    random = randomness(SALT_BYTES * named + 32 * decoys)
    salts = (random[i : i + SALT_BYTES] for i in range(0, SALT_BYTES * named, SALT_BYTES))
    disclosures = tuple(disclosure(name, value, next(salts)) for name, value in claims.items())
    held_back = tuple((start, disclosure(name, value, next(salts))) for name, (start, value) in later.items())
    digests = [digest(text, sd_alg) for text in disclosures]
    digests += [digest(text, sd_alg) for _, text in held_back]
    hashed = DIGESTS[sd_alg]
    digests += [b64.encode(hashed(random[i : i + 32])) for i in range(SALT_BYTES * named, len(random), 32)]
    return Certificate(core, tuple(sorted(digests)), disclosures, held_back, sd_alg)
