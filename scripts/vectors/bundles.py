"""Trust bundles that a verifier takes in, and those that it must refuse."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from registry import bundle, rootdocument
from registry.errors import RegistryError
from registry.signing import SigningKey
from registry.trust import Trust
from scripts.vectors.keys import NOW, FixedKey, key
from scripts.vectors.place import DAY, Place

NEW_ROOTS: Final = tuple(key(f"new root {number}") for number in (1, 2, 3))
NEW_BUNDLE_KEY: Final = key("new bundle")


def loading(place: Place) -> dict[str, Any]:
    """Each case: what is pinned, what was known before, what comes, and whether it is taken."""
    cases = []
    for name, previous, data, now in _cases(place):
        known = None if previous is None else bundle.load(None, previous, NOW, place.pinned())
        each: dict[str, Any] = {"name": name, "now": now, "bundle": data.decode("utf-8")}
        if previous is not None:
            each["previous"] = previous.decode("utf-8")
        try:
            loaded = bundle.load(known, data, now, place.pinned())
        except RegistryError as refusal:
            each["refused"] = refusal.kind
        else:
            assert loaded.root is not None
            each["loaded"] = {"epoch": loaded.epoch, "version": loaded.version, "root": loaded.root.version}
        cases.append(each)
    return {"root": place.pinned().decode("utf-8"), "cases": cases}


def root_files(place: Place) -> dict[str, Any]:
    """Static files of an issuer's roots, taken in by a verifier whose bundle ends before them."""
    issuer = next(iter(place.issuers.values()))
    trust = place.trust()
    known = trust.issuers[issuer.code]
    old = replace(known, roots={seq: root for seq, root in known.roots.items() if seq <= 2})
    early = replace(trust, issuers={issuer.code: old}, types={}, lists={}, history=None)
    signed = place.bundle(early)
    state = bundle.load(None, signed, NOW, place.pinned())
    last = known.roots[len(known.roots)]
    voided = replace(known, roots={**known.roots, 1: replace(known.roots[1], voided=True)})
    other = replace(known, roots={**known.roots, 1: replace(last, time=known.roots[1].time)})
    cases = []
    for name, said, by in (
        ("the rest of the roots", known, place.bundle_key),
        ("a known one voided since", voided, place.bundle_key),
        ("a known one changed", other, place.bundle_key),
        ("of an issuer that is not in the bundle", replace(known, code="unknown"), place.bundle_key),
        ("signed by a key that no root names", known, key("thief")),
    ):
        token = bundle.sign_roots(replace(trust, issuers={said.code: said}), said.code, 0, key=by)
        each: dict[str, Any] = {"name": name, "token": token}
        try:
            loaded = bundle.load_roots(state, token).issuers[issuer.code].roots
        except RegistryError as refusal:
            each["refused"] = refusal.kind
        else:
            each["first"] = {"root": loaded[1].root.hex(), "voided": loaded[1].voided}
            each["last"] = {"seq": len(loaded), "root": loaded[len(loaded)].root.hex()}
        cases.append(each)
    return {
        "root": place.pinned().decode("utf-8"),
        "bundle": signed.decode("utf-8"),
        "now": NOW,
        "issuer": issuer.code,
        "cases": cases,
    }


def _cases(place: Place) -> Iterator[tuple[str, bytes | None, bytes, int]]:
    small = replace(place.trust(), issuers={}, types={}, lists={}, history=None)
    first, third = place.pinned(), _third(place)
    second = _document(place, 2, place.root_keys, place.root_keys[:2], NEW_BUNDLE_KEY)

    def made(
        trust: Trust = small, by: SigningKey = place.bundle_key, line: Sequence[bytes] = (first,)
    ) -> bytes:
        return bundle.sign(trust, key=by, line=line)

    now = made()
    yield "the first", None, now, NOW
    yield "the same again", now, now, NOW
    yield "a newer one", now, made(replace(small, version=8)), NOW
    yield "an older one", now, made(replace(small, version=6)), NOW
    yield "an older epoch with a higher version", now, made(replace(small, epoch=0, version=99)), NOW
    yield "of its last second", None, now, NOW + DAY // 2 - 1
    yield "expired", None, now, NOW + DAY // 2
    yield "made in a minute", None, made(replace(small, created=NOW + 60)), NOW
    yield "made after more than a minute", None, made(replace(small, created=NOW + 61)), NOW
    yield "signed by a key that no root names", None, made(by=key("thief")), NOW
    yield "a letter changed", None, _changed(now), NOW
    yield "a new bundle key by the same roots", None, made(by=NEW_BUNDLE_KEY, line=(first, second)), NOW
    yield "the old bundle key after that", None, made(line=(first, second)), NOW
    yield "new roots", None, made(by=NEW_BUNDLE_KEY, line=(first, second, third)), NOW
    yield "new roots, one document left out", None, made(by=NEW_BUNDLE_KEY, line=(first, third)), NOW
    lonely = _document(place, 2, NEW_ROOTS, NEW_ROOTS[:2], NEW_BUNDLE_KEY)
    yield "new roots that no old one signed", None, made(by=NEW_BUNDLE_KEY, line=(first, lonely)), NOW
    half = _document(place, 2, NEW_ROOTS, (*NEW_ROOTS[:2], place.root_keys[0]), NEW_BUNDLE_KEY)
    yield "new roots that one old one signed", None, made(by=NEW_BUNDLE_KEY, line=(first, half)), NOW
    after = made(by=NEW_BUNDLE_KEY, line=(first, second))
    yield "an older root than before", after, now, NOW
    fork = _document(place, 2, place.root_keys, place.root_keys[1:], key("thief"))
    forked = made(by=key("thief"), line=(first, fork))
    yield "another line of roots than the one followed before", after, forked, NOW
    beyond = _document(place, 3, place.root_keys, place.root_keys[1:], key("thief"))
    forked = made(replace(small, version=9), by=key("thief"), line=(first, fork, beyond))
    yield "the same, and longer", after, forked, NOW
    ahead = made(replace(small, epoch=9, version=2**53 - 1))
    yield "numbers that a thief ran ahead", ahead, now, NOW
    yield "the same, after another bundle key took over", ahead, after, NOW
    yield "not JSON", None, b"bundle", NOW


def _document(
    place: Place, version: int, keys: Sequence[FixedKey], signers: Sequence[FixedKey], bundle_key: FixedKey
) -> bytes:
    said = place.root_document(version, keys, bundle_keys=(bundle_key.public,))
    return rootdocument.sign(said, signers)


def _third(place: Place) -> bytes:
    """Roots that two of the old and two of the new signed."""
    return _document(place, 3, NEW_ROOTS, (*place.root_keys[:2], *NEW_ROOTS[1:]), NEW_BUNDLE_KEY)


def _changed(data: bytes) -> bytes:
    return data[:-20] + (b"A" if data[-20:-19] != b"A" else b"B") + data[-19:]
