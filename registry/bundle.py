"""The trust bundle: a trust state signed for offline use, and the one way to take it in (protocol.md)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import Struct

from registry import bundlepayload, jcs, rootdocument, signing
from registry.certificate import Natural
from registry.errors import RegistryError
from registry.rootdocument import RootDocument, RootRefused, Signed
from registry.signing import Jws, SigningKey
from registry.trust import Trust, TrustedRoot

TYPE = "zt-trust+jwt"
ROOTS_TYPE = "zt-roots+jwt"
MAX_BUNDLE = 64 * 1024 * 1024
ROOTS_PER_FILE = 4096
"""Roots of a static file of one issuer; file n holds the sequence numbers from n · 4096 + 1 on."""


class BundleRefused(RegistryError):
    """The bundle is older than what is known, expired, or not signed under the pinned root."""

    kind = "bundle-refused"


class _RootsFile(Struct, frozen=True, forbid_unknown_fields=True):
    issuer: str
    version: Natural
    created: int
    roots: bundlepayload.Roots


class _Outer(Struct, frozen=True, forbid_unknown_fields=True):
    roots: tuple[Signed, ...]
    trust: str


def sign(trust: Trust, *, key: SigningKey, line: Sequence[bytes]) -> bytes:
    """A bundle of a trust state: everything in it that is final, under its own version and times.

    key: a bundle key of the newest root document. line: root documents from the first on, as signed.
    """
    payload = bundlepayload.pack(trust)
    token = signing.sign_jws({"kid": key.public.thumbprint, "typ": TYPE}, payload, key)
    return jcs.dumps(_Outer(tuple(msgspec.json.decode(each, type=Signed) for each in line), token))


def load(previous: Trust | None, data: bytes, now: int, root_document: bytes) -> Trust:
    """Take a bundle in; there is no other way.

    previous: what this verifier had. root_document: the one it pins.

    Raises:
        RootRefused: the line of root documents does not begin at the pinned one, does not stand, or is
            another than the one that `previous` hangs on.
        BundleRefused: not signed by the bundle's key, expired, from the future, or older than `previous`.
    """
    if len(data) > MAX_BUNDLE:
        raise BundleRefused("可信状态文件过大。", "The trust bundle is too large.")
    try:
        outer = msgspec.json.decode(data, type=_Outer)
        known = previous.root if previous is not None else None
        root = rootdocument.follow(root_document, outer.roots, now=now, known=known)
        bundle = msgspec.convert(_signed(outer.trust, root, TYPE), bundlepayload.Bundle)
        trust = bundlepayload.unpack(bundle, root)
    except RootRefused:
        raise
    except (msgspec.MsgspecError, ValueError, RegistryError) as wrong:
        raise BundleRefused(
            "可信状态文件格式不符或签名不成立。", "Not a trust bundle, or not signed."
        ) from wrong
    _demand_newer(trust, previous, now)
    return trust


def newest_root(data: bytes, trust: Trust, pinned: bytes) -> bytes:
    """The root document to pin from now on, as signed, once a bundle was taken in under `pinned`.

    data: the bundle that `trust` was loaded from.
    """
    if trust.root is None or trust.root == rootdocument.read(pinned):
        return pinned
    return rootdocument.found(trust.root, msgspec.json.decode(data, type=_Outer).roots)


def sign_roots(trust: Trust, issuer: str, number: int, *, key: SigningKey) -> str:
    """The static file `number` (from 0) of an issuer's final roots."""
    first = number * ROOTS_PER_FILE + 1
    roots = trust.issuers[issuer].roots
    final: dict[int, TrustedRoot] = {}
    while len(final) < ROOTS_PER_FILE and (root := roots.get(first + len(final))) is not None and root.final:
        final[first + len(final)] = root
    packed = bundlepayload.pack_roots(final, first)
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
        loaded = bundlepayload.unpack_roots(file.roots)
    except (msgspec.MsgspecError, ValueError, KeyError, RegistryError) as wrong:
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
    older = (trust.epoch, trust.version) < (previous.epoch, previous.version)
    if previous.root is not None and trust.root is not None:
        # A stolen bundle key can run the numbers far ahead: they end with it (TUF 1.0, section 5.3.11).
        older = older and not _is_replaced(previous.root, trust.root)
        older = older or trust.root.version < previous.root.version
    if older:
        raise BundleRefused("可信状态文件比已有的旧。", "The trust bundle is older than the one at hand.")


def _is_replaced(old: RootDocument, new: RootDocument) -> bool:
    """Whether the new root document names none of the bundle keys that the old one named."""
    return new.version > old.version and not any(new.bundle_key(key.thumbprint) for key in old.bundle_keys)
