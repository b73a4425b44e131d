"""Presentations as QR text, and back (protocol.md, QR).

A presentation of the kind `code` becomes `ZT1:` and base45 (RFC 9285) of CBOR (RFC 8949); one of the kind
`copy` becomes `<origin>/c#` and decimal digits of the integer 0x01‖CBOR. Both leave out what the reader
rebuilds: digests of shown claims, `sd_hash`, root, `vct`, `iss`, `kid`, `x5c`. Only a presentation whose
parts are canonical can be rebuilt byte for byte; any other one needs a link.

Where deflating is shorter, the bytes are 0x00 ‖ SHA-256(stream)[0:4] ‖ raw deflate stream: many streams
inflate to the same bytes, and the four bytes make a changed one a refused one.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import b45
import numpy as np

from registry import credential, packing
from registry.errors import RegistryError
from registry.packing import Chain, Misfit
from registry.trust import Trust

PREFIX = "ZT1:"
LONGEST_CODE = 2_520
"""Characters of the alphanumeric mode in a QR of version 30 at level L."""
LONGEST_COPY = 7_089
"""Digits in a QR of version 40 at level L."""
LARGEST = 32_768
"""Bytes of CBOR that a code may inflate to."""

_BASE45 = re.compile(r"[0-9A-Z $%*+\-./:]+", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}:", re.ASCII)
_COPY = re.compile(r"https?://[^\s#]{1,200}/c#([1-9][0-9]{0,7088})", re.ASCII)
_LONGEST_LINK = LONGEST_COPY + 220
_DIGITS = 4_000
"""Digits converted at once: Python refuses more than 4,300."""
_SPLIT: int = 10**_DIGITS
_DEFLATED = b"\x00"
_COPY_MARK = b"\x01"


class BadCode(RegistryError):
    """The text is no proof code, or not one that this reader's trust bundle can restore."""

    kind = "bad-code"

    def __init__(self, zh: str = "这不是有效的证照码", en: str = "this is no proof code") -> None:
        super().__init__(zh, en)


class UnknownOrigin(BadCode):
    """The issuer, its origin or its certificate chain is not in this reader's trust bundle."""

    kind = "unknown-origin"

    def __init__(self) -> None:
        super().__init__(
            "本机的信任包里没有这个颁发机构的资料，请更新后再核验",
            "this trust bundle does not know the issuer's origin or certificate: update it and read again",
        )


class NeedsLink(RegistryError):
    """The presentation does not fit a QR, or could not be restored byte for byte."""

    kind = "needs-link"
    status = 422
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "内容较多，不能直接放进二维码；请改用链接（对方需要联网）",
            "this does not fit a QR: use a link instead, which needs a network on the other side",
        )


class OnlyALink(BadCode):
    """The text is an address: what it leads to was not fetched."""

    kind = "only-a-link"

    def __init__(self) -> None:
        super().__init__(
            "这是一个网址，核验程序从不打开二维码里的网址",
            "this is an address, and an address from a QR is never opened",
        )


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """What a reader must know of an issuer to restore its codes.

    origins: in the order they were appended; an index never changes its meaning.
    chains: by `Chain.short`.
    """

    origins: tuple[str, ...]
    chains: Mapping[bytes, Chain]


Directory = Callable[[str], KnownIssuer | None]
"""Finds an issuer by its code."""


def directory_of(trust: Trust) -> Directory:
    """The issuers that a trust state knows, as a reader of codes needs them."""

    @lru_cache(maxsize=256)  # the code in question comes from a stranger
    def find(code: str) -> KnownIssuer | None:
        issuer = trust.issuers.get(code)
        if issuer is None:
            return None
        chains = [
            Chain(kid, x5c, key.public.suite.alg) for kid, key in issuer.keys.items() for x5c in key.x5c
        ]
        return KnownIssuer(issuer.origins, {chain.short: chain for chain in chains})

    return find


def encode(presentation: str, origins: Sequence[str]) -> str:
    """The proof code of a presentation of the kind `code`.

    origins: the signing issuer's, in order, as the trust bundle has them.

    Raises:
        NeedsLink: it is beyond a QR of version 30, or would not come back byte for byte.
    """
    packed, bound = _pack(presentation, origins)
    text: str = PREFIX + b45.encode(_shortest(packed))
    if not bound or len(text) > LONGEST_CODE:
        raise NeedsLink
    return text


def encode_copy(presentation: str, origins: Sequence[str], origin: str) -> str:
    """The address that a printed copy's QR holds; the digits after `#` never reach a server.

    origin: where the page that checks copies is served.

    Raises:
        NeedsLink: it is beyond a QR of version 40, or would not come back byte for byte.
    """
    packed, bound = _pack(presentation, origins)
    digits = _digits(int.from_bytes(_COPY_MARK + packed))
    text = f"{origin}/c#{digits}"
    if bound or len(digits) > LONGEST_COPY - len(origin) * 3 or not _COPY.fullmatch(text):
        raise NeedsLink
    return text


def decode(text: str, directory: Directory) -> str:
    """The presentation that a proof code or a copy's address holds; no address is ever opened.

    Raises:
        BadCode: it holds none.
        UnknownOrigin: the directory lacks its issuer, origin or certificate chain.
    """
    data, bound = _bytes(text)
    try:
        code = packing.loads(data)
        if (code.binding is not None) != bound:
            raise BadCode
        issuer = directory(code.signer)
        if issuer is None or code.origin >= len(issuer.origins) or code.chain not in issuer.chains:
            raise UnknownOrigin
        origin = issuer.origins[code.origin]
        if not packing.is_canonical(code) or issuer.origins.index(origin) != code.origin:
            raise BadCode
        presentation = packing.restore(code, origin, issuer.chains[code.chain])
    except Misfit as error:
        raise BadCode from error
    return presentation


def find(text: str, directory: Directory) -> str:
    """The presentation in whatever a scanner read: a proof code, a copy's address, or itself.

    Raises:
        OnlyALink: an address with no proof in it.
        BadCode, UnknownOrigin: as `decode`.
    """
    if is_code(text):
        return decode(text, directory)
    if "~" in text[: credential.MAX_BYTES] and text.startswith("ey"):
        return text
    raise OnlyALink if _ADDRESS.match(text) else BadCode


def is_code(text: str) -> bool:
    """Whether the text claims to be a proof code or a copy's address."""
    return text.startswith(PREFIX) or (len(text) <= _LONGEST_LINK and _COPY.fullmatch(text) is not None)


def _pack(presentation: str, origins: Sequence[str]) -> tuple[bytes, bool]:
    """CBOR of the presentation, and whether a holder's key binds it; only if it restores the same bytes."""
    try:
        code = packing.read(presentation, origins)
        packed = packing.dumps(code)
        own = packing.chain_of(presentation)
        restored = packing.restore(packing.loads(packed), origins[code.origin], own)
    except Misfit as error:
        raise NeedsLink from error
    if restored != presentation:
        raise NeedsLink
    return packed, code.binding is not None


def _shortest(packed: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = deflater.compress(packed) + deflater.flush()
    deflated = _DEFLATED + _check(stream) + stream
    return deflated if len(deflated) < len(packed) else packed


def _bytes(text: str) -> tuple[bytes, bool]:
    """The CBOR in a text, and whether a holder's key must bind it (a code) or must not (a copy)."""
    if text.startswith(PREFIX):
        if len(text) > LONGEST_CODE:
            raise BadCode
        return _inflate(_from_base45(text.removeprefix(PREFIX))), True
    copy = _COPY.fullmatch(text) if len(text) <= _LONGEST_LINK else None
    if copy is None:
        raise BadCode
    number = _number(copy[1])
    marked = number.to_bytes((number.bit_length() + 7) // 8)
    if marked[:1] != _COPY_MARK:
        raise BadCode
    return marked[1:], False


def _from_base45(text: str) -> bytes:
    if not _BASE45.fullmatch(text) or len(text) % 3 == 1:
        raise BadCode
    with np.errstate(over="ignore"):  # what overflows does not come back as the same text
        data: bytes = b45.decode(text)
    if b45.encode(data) != text:
        raise BadCode
    return data


def _inflate(data: bytes) -> bytes:
    if not data.startswith(_DEFLATED):
        return data
    stream = data[5:]
    inflater = zlib.decompressobj(-15)
    try:
        packed = inflater.decompress(stream, LARGEST)
    except zlib.error as error:
        raise BadCode from error
    if not inflater.eof or inflater.unused_data or data[1:5] != _check(stream):
        raise BadCode
    return packed


def _check(stream: bytes) -> bytes:
    return hashlib.sha256(stream).digest()[:4]


def _digits(number: int) -> str:
    high, low = divmod(number, _SPLIT)
    return f"{high}{low:0{_DIGITS}d}" if high else str(low)


def _number(digits: str) -> int:
    return int(digits[:-_DIGITS] or "0") * _SPLIT + int(digits[-_DIGITS:])
