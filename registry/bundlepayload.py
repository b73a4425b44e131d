"""What a trust bundle says: a trust state packed into structs that forbid unknown members, and back."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from registry import b64, definition, jcs, status
from registry.certificate import Natural
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.merkle import HASH_SIZE, MAX_SIZE
from registry.rootdocument import RootDocument
from registry.signing import PublicKey, Use
from registry.suites import SUITES
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
    WalletProvider,
    Window,
    trust_list,
)


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


class Roots(_Part, frozen=True):
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
    roots: Roots
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


class _WalletProvider(_Part, frozen=True):
    id: str
    zh: str
    en: str
    certificate: str
    windows: _Windows


class Bundle(_Part, frozen=True, omit_defaults=True):
    """Payload of a trust bundle. wallet_providers: left out where there are none."""

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
    wallet_providers: tuple[_WalletProvider, ...] = ()


def pack(trust: Trust) -> Bundle:
    """Everything in a trust state that is final."""
    return Bundle(
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
        wallet_providers=tuple(
            _WalletProvider(each.id, each.zh, each.en, b64.encode(each.certificate), each.windows)
            for each in trust.wallet_providers
        ),
    )


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
        roots=pack_roots(final, 1),
        words=tuple(
            _Words(type, number, status.deflate(packed)) for (type, number), packed in issuer.words.items()
        ),
    )


def pack_roots(roots: Mapping[int, TrustedRoot], first: int) -> Roots:
    """Roots in sequence from `first` on."""
    return Roots(
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


def unpack(bundle: Bundle, root: RootDocument) -> Trust:
    """The trust state of a bundle. Raises ValueError or RegistryError where it makes no sense."""
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
        wallet_providers=tuple(
            WalletProvider(each.id, each.zh, each.en, b64.decode(each.certificate), each.windows)
            for each in bundle.wallet_providers
        ),
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
        TrustedKey(
            PublicKey.from_jwk(key.jwk, suites=SUITES), Use(key.uses), key.windows, key.compromised, key.x5c
        )
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
        roots=unpack_roots(issuer.roots),
        words={(words.type, words.list): status.inflate(words.packed) for words in issuer.words},
    )


def unpack_roots(roots: Roots) -> dict[int, TrustedRoot]:
    """Roots by sequence number. Raises ValueError, BadBase64 where the lists do not fit each other."""
    hashes = b64.decode(roots.hashes)
    if not len(hashes) == len(roots.sizes) * HASH_SIZE == len(roots.times) * HASH_SIZE:
        raise ValueError("the numbers of roots, sizes and times differ")
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
