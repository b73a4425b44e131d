"""Root documents and bundles: what a verifier refuses, and what it keeps knowing."""

from dataclasses import replace
from pathlib import Path

import pytest

from registry import bundle, rootdocument
from registry.authority.bundles import choose, ensure_root, export, publish, root_line, rotate_root
from registry.authority.loop import Rounds
from registry.authority.office import BUNDLE, Office
from registry.bundle import BundleRefused
from registry.rootdocument import RootRefused
from registry.signing import SigningKey
from registry.status import StatusList
from registry.trust import Trust, TrustedList
from tests.authority.conftest import HOUSING, MARKET, POLICE, as_issuer, root, settle


@pytest.fixture
def published(founded: Office) -> Office:
    as_issuer(founded, POLICE, "anchorBatch", 1, root(1), 7)
    settle(founded)
    Rounds(founded).publish_if_due()
    return founded


def files(office: Office) -> Path:
    return office.settings.data / "trust"


def pinned(office: Office) -> bytes:
    return (files(office) / "root.json").read_bytes()


def newest(office: Office) -> bytes:
    return (files(office) / "bundle.jws").read_bytes()


def test_a_bundle_says_what_the_registry_trusts(published: Office) -> None:
    loaded = bundle.load(None, newest(published), published.clock(), pinned(published))
    trusted = published.trust.current()
    assert loaded.issuers == trusted.issuers
    assert {key: kind.hash for key, kind in loaded.types.items()} == {
        key: kind.hash for key, kind in trusted.types.items()
    }


def test_an_older_bundle_is_refused(published: Office) -> None:
    older = newest(published)
    publish(published, published.trust.current())
    now = published.clock()
    known = bundle.load(None, newest(published), now, pinned(published))
    with pytest.raises(BundleRefused):
        bundle.load(known, older, now, pinned(published))


def test_an_expired_bundle_is_refused(published: Office) -> None:
    late = published.clock() + published.settings.bundle_expiry + 1
    with pytest.raises(BundleRefused):
        bundle.load(None, newest(published), late, pinned(published))


def test_a_bundle_of_another_root_is_refused(published: Office) -> None:
    keys = [SigningKey.generate() for _ in range(3)]
    foreign = replace(ensure_root(published), keys=tuple(key.public for key in keys))
    pinned_elsewhere = rootdocument.sign(replace(foreign, bundle_keys=(keys[0].public,)), keys[:2])
    signed = bundle.sign(published.trust.current(), key=keys[0], line=[pinned_elsewhere])
    with pytest.raises(BundleRefused):
        bundle.load(None, signed, published.clock(), pinned(published))
    with pytest.raises(BundleRefused):
        bundle.load(None, newest(published), published.clock(), pinned_elsewhere)


def test_a_mixed_bundle_is_refused(published: Office) -> None:
    """The state of one bundle under the signature of another."""
    first = newest(published).decode()
    publish(published, published.trust.current())
    second = newest(published).decode()
    mixed = first[: first.rindex(".")] + second[second.rindex(".") :]
    with pytest.raises(BundleRefused):
        bundle.load(None, mixed.encode(), published.clock(), pinned(published))


def test_a_new_root_is_followed_from_the_old_one(published: Office) -> None:
    before = pinned(published)
    rotate_root(published, new_bundle_key=True, new_root_keys=True)
    publish(published, published.trust.current())
    assert pinned(published) == before
    loaded = bundle.load(None, newest(published), published.clock(), before)
    assert loaded.root is not None and loaded.root.version == 2


def test_a_root_that_skips_one_is_refused(published: Office) -> None:
    rotate_root(published, new_root_keys=True)
    rotate_root(published, new_root_keys=True)
    first, _, third = root_line(published)
    signed = bundle.sign(
        published.trust.current(), key=published.ring.signing_key(BUNDLE), line=[first, third]
    )
    with pytest.raises(RootRefused):
        bundle.load(None, signed, published.clock(), pinned(published))


def test_the_old_bundle_key_signs_nothing_after_the_rotation(published: Office) -> None:
    old = published.ring.signing_key(BUNDLE)
    rotate_root(published, new_bundle_key=True)
    signed = bundle.sign(published.trust.current(), key=old, line=root_line(published))
    with pytest.raises(BundleRefused):
        bundle.load(None, signed, published.clock(), pinned(published))


def test_a_chosen_bundle_has_the_chosen_departments_only(published: Office) -> None:
    data = export(published, published.trust.current(), [POLICE])
    loaded = bundle.load(None, data, published.clock(), pinned(published))
    assert set(loaded.issuers) == {POLICE}
    assert set(choose(published.trust.current(), [MARKET, HOUSING]).issuers) == {MARKET, HOUSING}


def test_a_file_of_roots_fills_in_what_a_verifier_does_not_know(published: Office) -> None:
    known = bundle.load(None, newest(published), published.clock(), pinned(published))
    as_issuer(published, POLICE, "anchorBatch", 2, root(2), 3)
    settle(published)
    Rounds(published).publish_if_due()
    token = (files(published) / f"{POLICE}.roots.0.jws").read_text()
    filled = bundle.load_roots(known, token)
    assert filled.issuers[POLICE].roots[2].root == root(2)


def test_a_bundle_is_made_anew_when_trust_changes_and_only_then(published: Office) -> None:
    rounds = Rounds(published)
    rounds.publish_if_due()
    first = newest(published)
    rounds.publish_if_due()
    assert newest(published) == first
    as_issuer(published, POLICE, "anchorBatch", 2, root(2), 3)
    rounds.publish_if_due()
    assert newest(published) != first


def test_a_bundle_is_made_anew_before_it_expires(published: Office) -> None:
    rounds = Rounds(published)
    rounds.publish_if_due()
    first, clock = newest(published), published.clock
    published.clock = lambda: clock() + published.settings.bundle_expiry // 2 + 1
    rounds.publish_if_due()
    assert newest(published) != first


def test_a_bundle_is_made_anew_when_a_status_list_says_something_else(
    published: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost phone changes nothing on the chain; partners learn of it from the bundle."""

    def listed(packed: bytes, iat: int) -> Trust:
        uri = "https://town.example/issuers/x/status/0"
        read = StatusList(uri=uri, packed=packed, iat=iat, exp=iat + 9, ttl=60, version=iat, kid="", token="")
        return replace(trust, lists={uri: TrustedList(read, POLICE, iat)})

    trust, said = published.trust.current(), list[Trust]()
    monkeypatch.setattr("registry.authority.loop.publish", lambda _office, state: said.append(state) or state)
    rounds = Rounds(published)
    for state in (listed(b"\x00", 1), listed(b"\x00", 2), listed(b"\x01", 3)):
        monkeypatch.setattr(published.trust, "current", lambda state=state: state)
        rounds.publish_if_due()
    assert [each.lists.popitem()[1].list.iat for each in said] == [1, 3], "signed anew is nothing new"
