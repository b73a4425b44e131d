"""The trust bundle: a trust state signed for offline use, and the one way to take it in (protocol.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from registry import b64, definition, jcs, rootdocument, signing, status
from registry.certificate import Natural
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.merkle import HASH_SIZE, MAX_SIZE
from registry.rootdocument import RootDocument, Signed
from registry.signing import Jws, PublicKey, SigningKey, Use
from registry.trust import (
    History,
    StatusChange,
    Successor,
    Trust,
    TrustedIssuer,
    TrustedKey,
    TrustedList,
    TrustedRoot,
    TrustedType,
    Window,
    trust_list,
)

TYPE = "zt-trust+jwt"
ROOTS_TYPE = "zt-roots+jwt"
MAX_BUNDLE = 64 * 1024 * 1024
ROOTS_PER_FILE = 4096
"""Roots of a static file of one issuer; file n holds the sequence numbers from n · 4096 + 1 on."""


class BundleRefused(RegistryError):
    """The bundle is older than what is known, expired, or not signed under the pinned root."""

    kind = "bundle-refused"


class _Part(Struct, frozen=True, forbid_unknown_fields=True):
    pass


_Windows = tuple[Window, ...]


class _Key(_Part, frozen=True):
    jwk: dict[str, str]
    uses: int
    windows: _Windows
    compromised: int | None
    x5c: tuple[tuple[str, ...], ...]


class _Successor(_Part, frozen=True):
    code: str
    since: int


class _Roots(_Part, frozen=True):
    """Roots in sequence: hashes joined, base64url; sizes and block times in the same order."""

    first: Annotated[int, Meta(ge=1)]
    hashes: str
    sizes: tuple[Annotated[int, Meta(ge=1, le=MAX_SIZE)], ...]
    times: tuple[int, ...]
    voided: frozenset[int]
    replaced: frozenset[int]


class _Words(_Part, frozen=True):
    type: str
    list: Natural
    packed: str


class _Issuer(_Part, frozen=True):
    code: str
    zh: str
    en: str
    origins: tuple[str, ...]
    keys: tuple[_Key, ...]
    rights: dict[str, _Windows]
    successors: dict[str, _Successor]
    roots: _Roots
    words: tuple[_Words, ...]


class _Type(_Part, frozen=True):
    definition: dict[str, Any]
    hash: str
    windows: _Windows


class _Change(_Part, frozen=True):
    status: Status
    reason: str
    recorded: int
    effective: int


class _CertificateHistory(_Part, frozen=True):
    issuer: str
    type: str
    list: Natural
    idx: Natural
    changes: tuple[_Change, ...]


class _CredentialHistory(_Part, frozen=True):
    uri: str
    idx: Natural
    changes: tuple[_Change, ...]


class _History(_Part, frozen=True):
    since: int
    until: int
    certificates: tuple[_CertificateHistory, ...]
    credentials: tuple[_CredentialHistory, ...]


class _Bundle(_Part, frozen=True):
    chain_id: int
    contracts: dict[str, str]
    epoch: Natural
    version: Natural
    created: int
    expires: int
    issuers: tuple[_Issuer, ...]
    types: tuple[_Type, ...]
    lists: tuple[str, ...]
    words_block: int
    history: _History | None


class _RootsFile(_Part, frozen=True):
    issuer: str
    version: Natural
    created: int
    roots: _Roots


class _Outer(Struct, frozen=True, forbid_unknown_fields=True):
    roots: tuple[Signed, ...]
    trust: str


def sign(trust: Trust, *, key: SigningKey, line: Sequence[bytes]) -> bytes:
    """A bundle of a trust state: everything in it that is final, under its own version and times.

    key: a bundle key of the newest root document. line: root documents from the first on, as signed.
    """
    payload = _Bundle(
        chain_id=trust.chain_id,
        contracts=dict(trust.contracts),
        epoch=trust.epoch,
        version=trust.version,
        created=trust.created,
        expires=trust.expires,
        issuers=tuple(map(_pack_issuer, trust.issuers.values())),
        types=tuple(
            _Type(jcs.loads(each.definition.canonical), b64.encode(each.hash), each.windows)
            for each in trust.types.values()
        ),
        lists=tuple(each.list.token for each in trust.lists.values()),
        words_block=trust.words_block,
        history=None if trust.history is None else _pack_history(trust.history),
    )
    token = signing.sign_jws({"kid": key.public.thumbprint, "typ": TYPE}, payload, key)
    return jcs.dumps(_Outer(tuple(msgspec.json.decode(each, type=Signed) for each in line), token))


def load(previous: Trust | None, data: bytes, now: int, root_document: bytes) -> Trust:
    """Take a bundle in; there is no other way.

    previous: what this verifier had. root_document: the one it pins.

    Raises:
        RootRefused: the line of root documents does not begin at the pinned one, or does not stand.
        BundleRefused: not signed by the bundle's key, expired, from the future, or older than `previous`.
    """
    if len(data) > MAX_BUNDLE:
        raise BundleRefused("可信状态文件过大。", "The trust bundle is too large.")
    try:
        outer = msgspec.json.decode(data, type=_Outer)
        root = rootdocument.follow(root_document, outer.roots, now=now)
        bundle = msgspec.convert(_signed(outer.trust, root, TYPE), _Bundle)
        trust = _unpack(bundle, root)
    except (msgspec.MsgspecError, UnicodeError, ValueError, signing.BadToken, b64.BadBase64) as wrong:
        raise BundleRefused(
            "可信状态文件格式不符或签名不成立。", "Not a trust bundle, or not signed."
        ) from wrong
    _demand_newer(trust, previous, now)
    return trust


def sign_roots(trust: Trust, issuer: str, number: int, *, key: SigningKey) -> str:
    """The static file `number` (from 0) of an issuer's final roots."""
    first = number * ROOTS_PER_FILE + 1
    roots = trust.issuers[issuer].roots
    packed = _pack_roots(
        {seq: roots[seq] for seq in range(first, first + ROOTS_PER_FILE) if seq in roots}, first
    )
    payload = _RootsFile(issuer, trust.version, trust.created, packed)
    return signing.sign_jws({"kid": key.public.thumbprint, "typ": ROOTS_TYPE}, payload, key)


def load_roots(trust: Trust, token: str) -> Trust:
    """The trust state with an issuer's roots that it did not know.

    A root that it knows is never changed but to be voided.

    Raises:
        BundleRefused: no bundle behind this state, not signed by its bundle key, or another issuer's file.
    """
    try:
        if trust.root is None:
            raise signing.BadToken
        file = msgspec.convert(_signed(token, trust.root, ROOTS_TYPE), _RootsFile)
        issuer = trust.issuers[file.issuer]
        loaded = _unpack_roots(file.roots)
    except (msgspec.MsgspecError, ValueError, KeyError, signing.BadToken, b64.BadBase64) as wrong:
        raise BundleRefused(
            "批次根文件格式不符或签名不成立。", "Not a file of roots, or not signed."
        ) from wrong
    known = {
        seq: replace(root, voided=True) if seq in loaded and loaded[seq].voided else root
        for seq, root in issuer.roots.items()
    }
    return replace(trust, issuers={**trust.issuers, file.issuer: replace(issuer, roots={**loaded, **known})})


def _signed(token: str, root: RootDocument, typ: str) -> dict[str, Any]:
    jws: Jws = signing.parse_jws(token, limit=MAX_BUNDLE)
    key = root.bundle_key(jws.header.get("kid"))
    if key is None:
        raise signing.BadToken
    return signing.check_jws(jws, key, typ=typ)


def _demand_newer(trust: Trust, previous: Trust | None, now: int) -> None:
    if not trust.created - 60 <= now < trust.expires:
        raise BundleRefused("可信状态文件已过期，请更新。", "The trust bundle has expired; get the new one.")
    if previous is None:
        return
    if (trust.epoch, trust.version) < (previous.epoch, previous.version) or (
        previous.root is not None and trust.root is not None and trust.root.version < previous.root.version
    ):
        raise BundleRefused("可信状态文件比已有的旧。", "The trust bundle is older than the one at hand.")


def _pack_issuer(issuer: TrustedIssuer) -> _Issuer:
    final = {}
    for seq in range(1, len(issuer.roots) + 1):
        if seq not in issuer.roots or not issuer.roots[seq].final:
            break
        final[seq] = issuer.roots[seq]
    return _Issuer(
        code=issuer.code,
        zh=issuer.zh,
        en=issuer.en,
        origins=issuer.origins,
        keys=tuple(
            _Key(key.public.jwk, int(key.uses), key.windows, key.compromised, key.x5c)
            for key in issuer.keys.values()
        ),
        rights=dict(issuer.rights),
        successors={type: _Successor(each.code, each.since) for type, each in issuer.successors.items()},
        roots=_pack_roots(final, 1),
        words=tuple(
            _Words(type, number, status.deflate(packed)) for (type, number), packed in issuer.words.items()
        ),
    )


def _pack_roots(roots: Mapping[int, TrustedRoot], first: int) -> _Roots:
    return _Roots(
        first=first,
        hashes=b64.encode(b"".join(root.root for root in roots.values())),
        sizes=tuple(root.size for root in roots.values()),
        times=tuple(root.time for root in roots.values()),
        voided=frozenset(seq for seq, root in roots.items() if root.voided),
        replaced=frozenset(seq for seq, root in roots.items() if root.replaced),
    )


def _pack_history(history: History) -> _History:
    return _History(
        history.since,
        history.until,
        tuple(
            _CertificateHistory(*place, _pack_changes(changes))
            for place, changes in history.certificates.items()
        ),
        tuple(
            _CredentialHistory(*place, _pack_changes(changes))
            for place, changes in history.credentials.items()
        ),
    )


def _pack_changes(changes: Sequence[StatusChange]) -> tuple[_Change, ...]:
    return tuple(_Change(each.status, each.reason, each.recorded, each.effective) for each in changes)


def _unpack(bundle: _Bundle, root: RootDocument) -> Trust:
    issuers = {issuer.code: _unpack_issuer(issuer) for issuer in bundle.issuers}
    types = [
        TrustedType(definition.parse(each.definition), b64.decode(each.hash), each.windows)
        for each in bundle.types
    ]
    return Trust(
        chain_id=bundle.chain_id,
        contracts=bundle.contracts,
        epoch=bundle.epoch,
        version=bundle.version,
        created=bundle.created,
        expires=bundle.expires,
        issuers=issuers,
        types={(each.definition.type, each.definition.version): each for each in types},
        lists=_unpack_lists(bundle.lists, issuers, bundle.expires),
        words_block=bundle.words_block,
        words_fresh_until=bundle.expires,
        history=None if bundle.history is None else _unpack_history(bundle.history),
        root=root,
    )


def _unpack_lists(
    tokens: Sequence[str], issuers: Mapping[str, TrustedIssuer], expires: int
) -> dict[str, TrustedList]:
    lists: dict[str, TrustedList] = {}
    for token in tokens:
        try:
            trusted = trust_list(token, issuers, fresh_until=expires)
        except RegistryError:
            continue  # one bad list leaves its own credentials unknown, not everybody's
        lists[trusted.list.uri] = trusted
    return lists


def _unpack_issuer(issuer: _Issuer) -> TrustedIssuer:
    keys = [
        TrustedKey(PublicKey.from_jwk(key.jwk), Use(key.uses), key.windows, key.compromised, key.x5c)
        for key in issuer.keys
    ]
    return TrustedIssuer(
        code=issuer.code,
        zh=issuer.zh,
        en=issuer.en,
        origins=issuer.origins,
        keys={key.public.thumbprint: key for key in keys},
        rights=issuer.rights,
        successors={type: Successor(each.code, each.since) for type, each in issuer.successors.items()},
        roots=_unpack_roots(issuer.roots),
        words={(words.type, words.list): status.inflate(words.packed) for words in issuer.words},
    )


def _unpack_roots(roots: _Roots) -> dict[int, TrustedRoot]:
    hashes = b64.decode(roots.hashes)
    if not len(hashes) == len(roots.sizes) * HASH_SIZE == len(roots.times) * HASH_SIZE:
        raise BundleRefused("批次根的数目不符。", "The numbers of roots, sizes and times differ.")
    return {
        seq: TrustedRoot(
            hashes[i * HASH_SIZE : (i + 1) * HASH_SIZE],
            size,
            time,
            voided=seq in roots.voided,
            replaced=seq in roots.replaced,
        )
        for i, (size, time) in enumerate(zip(roots.sizes, roots.times, strict=True))
        for seq in (roots.first + i,)
    }


def _unpack_history(history: _History) -> History:
    return History(
        history.since,
        history.until,
        {
            (each.issuer, each.type, each.list, each.idx): _unpack_changes(each.changes)
            for each in history.certificates
        },
        {(each.uri, each.idx): _unpack_changes(each.changes) for each in history.credentials},
    )


def _unpack_changes(changes: Sequence[_Change]) -> tuple[StatusChange, ...]:
    return tuple(StatusChange(each.status, each.reason, each.recorded, each.effective) for each in changes)
