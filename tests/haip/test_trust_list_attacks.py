"""The trust list under the attacks that The Update Framework names (TUF 1.0, sections 1.5 and 5.3).

Each verifier here is somebody who pinned the first root document and takes in what a network gives it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from registry import b64, bundle, jcs, rootdocument
from registry.bundle import BundleRefused
from registry.rootdocument import RootDocument, RootRefused
from registry.signing import SigningKey
from registry.trust import Trust
from tests.formats.world import DAY, NOW, World

LATER = NOW + 30 * DAY
HUGE = 2**53 - 1


@pytest.fixture(scope="module")
def state() -> Trust:
    world = World()
    world.licence()
    return world.trust()


def new_roots() -> list[SigningKey]:
    return [SigningKey.generate() for _ in range(3)]


@dataclass
class Authority:
    """An authority whose root line grows. roots, key: those in force."""

    roots: list[SigningKey] = field(default_factory=new_roots)
    key: SigningKey = field(default_factory=SigningKey.generate)
    line: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line.append(document(1, self.roots, self.roots, self.key))

    @property
    def pinned(self) -> bytes:
        return self.line[0]

    def rotate(self, *, roots: bool = False, key: bool = False, expires: int = NOW + 900 * DAY) -> None:
        """The next document: two of the old roots sign it, and two of the new ones."""
        old, self.roots = self.roots, new_roots() if roots else self.roots
        self.key = SigningKey.generate() if key else self.key
        signers = [*old[:2], *(self.roots[1:] if roots else [])]
        self.line.append(document(len(self.line) + 1, self.roots, signers, self.key, expires))

    def bundle(self, state: Trust, *, key: SigningKey | None = None, line: Sequence[bytes] = ()) -> bytes:
        return bundle.sign(state, key=key or self.key, line=line or self.line)


def document(
    version: int,
    roots: Sequence[SigningKey],
    signers: Sequence[SigningKey],
    key: SigningKey,
    expires: int = NOW + 900 * DAY,
) -> bytes:
    said = RootDocument(version, tuple(each.public for each in roots), (key.public,), NOW - DAY, expires)
    return rootdocument.sign(said, signers)


@dataclass
class Verifier:
    """Who pinned the first root document, and keeps what was taken in last."""

    pinned: bytes
    known: Trust | None = None

    def take(self, data: bytes, now: int = NOW) -> Trust:
        self.known = bundle.load(self.known, data, now, self.pinned)
        return self.known

    def refuses(self, data: bytes, now: int = NOW) -> None:
        before = self.known
        with pytest.raises((BundleRefused, RootRefused)):
            self.take(data, now)
        assert self.known is before, "what it had stands"


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def verifier(authority: Authority) -> Verifier:
    return Verifier(authority.pinned)


def test_rollback(authority: Authority, verifier: Verifier, state: Trust) -> None:
    old, new = (authority.bundle(replace(state, version=each)) for each in (7, 8))
    verifier.take(new)
    verifier.refuses(old)
    assert verifier.take(new).version == 8, "the same one again is no rollback"


def test_freeze(authority: Authority, verifier: Verifier, state: Trust) -> None:
    """Whoever is given the same bundle again and again finds out when it expires."""
    same = authority.bundle(state)
    verifier.take(same, state.expires - 1)
    verifier.refuses(same, state.expires)


def test_mix_and_match(authority: Authority, verifier: Verifier, state: Trust) -> None:
    """Parts of two bundles, each genuine: signature of one, state of another, roots of a third."""
    first, second = (
        msgspec.json.decode(authority.bundle(replace(state, version=each)))["trust"].split(".")
        for each in (7, 8)
    )
    outer = msgspec.json.decode(authority.bundle(state))
    for parts in itertools.product(*zip(first, second, strict=True)):
        if parts not in (tuple(first), tuple(second)):
            verifier.refuses(jcs.dumps(outer | {"trust": ".".join(parts)}))
    other = Authority()
    verifier.refuses(other.bundle(state, line=authority.line))
    other.rotate()
    verifier.refuses(jcs.dumps(outer | {"roots": msgspec.json.decode(other.bundle(state))["roots"]}))


def test_departments_of_one_bundle_are_never_completed_from_another(
    authority: Authority, verifier: Verifier, state: Trust
) -> None:
    verifier.take(authority.bundle(replace(state, version=8)))
    chosen = verifier.take(authority.bundle(replace(state, version=9, issuers={}, lists={})))
    assert chosen.issuers == {}


def test_wrong_root(authority: Authority, state: Trust) -> None:
    Verifier(Authority().pinned).refuses(authority.bundle(state))


def test_arbitrary_keys(authority: Authority, verifier: Verifier, state: Trust) -> None:
    for thief in (SigningKey.generate(), *authority.roots):
        verifier.refuses(authority.bundle(state, key=thief))


class TestStolenBundleKey:
    """It signs what it likes until the roots name another; then nothing, and nothing it did lasts."""

    def test_ends_with_the_next_root_document(
        self, authority: Authority, verifier: Verifier, state: Trust
    ) -> None:
        stolen, before = authority.key, list(authority.line)
        authority.rotate(key=True)
        verifier.take(authority.bundle(replace(state, version=8)))
        forged = replace(state, version=9)
        verifier.refuses(authority.bundle(forged, key=stolen))
        verifier.refuses(authority.bundle(forged, key=stolen, line=before))

    @pytest.mark.parametrize("ahead", [{"version": HUGE}, {"epoch": HUGE, "version": HUGE}])
    def test_running_the_numbers_ahead_is_survived(
        self, authority: Authority, verifier: Verifier, state: Trust, ahead: dict[str, int]
    ) -> None:
        """Fast-forward: until then nothing genuine is newer; after the rotation everything is."""
        verifier.take(authority.bundle(replace(state, **ahead)))
        verifier.refuses(authority.bundle(replace(state, version=8)))
        authority.rotate()
        verifier.refuses(authority.bundle(replace(state, version=8)))
        authority.rotate(key=True)
        assert verifier.take(authority.bundle(replace(state, version=9))).version == 9
        verifier.refuses(authority.bundle(replace(state, version=8)))

    def test_names_no_root_of_its_own(self, authority: Authority, verifier: Verifier, state: Trust) -> None:
        own = new_roots()
        made = document(2, own, [authority.key, *own], authority.key)
        verifier.refuses(authority.bundle(state, line=[*authority.line, made]))


class TestSuccessions:
    def test_each_verifier_follows_from_where_it_stands(self, authority: Authority, state: Trust) -> None:
        """1 → 2 → 3 → 4: keys of either kind, then both, one after another or all at once."""
        diligent, late = Verifier(authority.pinned), Verifier(authority.pinned)
        diligent.take(authority.bundle(state))
        for number, given in enumerate(({"key": True}, {"roots": True}, {"roots": True, "key": True}), 1):
            authority.rotate(**given)
            taken = diligent.take(authority.bundle(replace(state, version=7 + number)))
            assert taken.root is not None
            assert taken.root.version == 1 + number
        newest = authority.bundle(replace(state, version=20))
        assert late.take(newest).root == diligent.take(newest).root
        assert Verifier(authority.line[2]).take(newest).version == 20, "pinned in the middle of the line"

    def test_what_may_be_pinned_next_is_as_good(self, authority: Authority, state: Trust) -> None:
        authority.rotate(roots=True, key=True)
        data = authority.bundle(state)
        pinned = bundle.newest_root(data, Verifier(authority.pinned).take(data), authority.pinned)
        assert pinned == authority.line[1]
        assert Verifier(pinned).take(data).version == state.version

    @pytest.mark.parametrize("left_out", [1, 2])
    def test_none_is_skipped(
        self, authority: Authority, verifier: Verifier, state: Trust, left_out: int
    ) -> None:
        for _ in range(3):
            authority.rotate()
        line = [each for number, each in enumerate(authority.line) if number != left_out]
        verifier.refuses(authority.bundle(state, line=line))
        verifier.refuses(authority.bundle(state, line=list(reversed(authority.line))))

    def test_one_in_between_may_have_expired_the_last_may_not(
        self, authority: Authority, verifier: Verifier, state: Trust
    ) -> None:
        then = replace(state, created=LATER, expires=LATER + DAY)
        authority.rotate(expires=NOW + DAY)
        verifier.refuses(authority.bundle(then), LATER)
        authority.rotate()
        verifier.take(authority.bundle(then), LATER)

    def test_retired_roots_make_no_other_line(
        self, authority: Authority, verifier: Verifier, state: Trust
    ) -> None:
        """All three old root keys, stolen after they were retired: who saw the genuine successor stays."""
        old = authority.roots
        authority.rotate(roots=True, key=True)
        verifier.take(authority.bundle(replace(state, version=8)))
        thief, own = SigningKey.generate(), new_roots()
        fork = [
            authority.pinned,
            document(2, own, [*old, *own], thief),
            document(3, own, own, thief),
        ]
        for length in (2, 3):
            forged = authority.bundle(replace(state, version=99), key=thief, line=fork[:length])
            verifier.refuses(forged)
        onto = [*authority.line, document(3, own, [*old, *own], thief)]
        verifier.refuses(authority.bundle(replace(state, version=99), key=thief, line=onto))

    def test_whoever_saw_a_newer_root_takes_no_older_one(
        self, authority: Authority, verifier: Verifier, state: Trust
    ) -> None:
        before, key = list(authority.line), authority.key
        authority.rotate(roots=True, key=True)
        verifier.take(authority.bundle(state))
        verifier.refuses(authority.bundle(replace(state, version=99), key=key, line=before))


class TestTooFewSignatures:
    @pytest.mark.parametrize(("old", "new"), [(0, 3), (1, 3), (3, 0), (3, 1), (1, 1)])
    def test_two_of_the_old_and_two_of_the_new(
        self, authority: Authority, verifier: Verifier, state: Trust, old: int, new: int
    ) -> None:
        own = new_roots()
        made = document(2, own, [*authority.roots[:old], *own[:new]], authority.key)
        verifier.refuses(authority.bundle(state, line=[authority.pinned, made]))

    def test_one_key_that_signs_twice_is_one(
        self, authority: Authority, verifier: Verifier, state: Trust
    ) -> None:
        one, own = authority.roots[0], new_roots()
        made = document(2, own, [one, one, *own], authority.key)
        verifier.refuses(authority.bundle(state, line=[authority.pinned, made]))

    def test_no_document_lowers_the_threshold(
        self, authority: Authority, verifier: Verifier, state: Trust
    ) -> None:
        """It is fixed by the format: fewer keys, or a member that says otherwise, are no root document."""
        one = authority.roots[0]
        signed = msgspec.json.decode(document(2, authority.roots, authority.roots, authority.key))
        payload = msgspec.json.decode(b64.decode(signed["payload"]))
        for changed in ({"threshold": 1}, {"keys": payload["keys"][:1]}, {"keys": [payload["keys"][0]] * 3}):
            body = b64.encode(jcs.dumps(payload | changed))
            signatures = []
            for key in authority.roots:
                head = {"alg": "ES256", "kid": key.public.thumbprint, "typ": rootdocument.TYPE}
                protected = b64.encode(jcs.dumps(head))
                signature = b64.encode(key.sign(f"{protected}.{body}".encode()))
                signatures.append({"protected": protected, "signature": signature})
            if changed.get("keys") == [payload["keys"][0]] * 3:
                signatures = signatures[:1]
            made = jcs.dumps({"payload": body, "signatures": signatures})
            verifier.refuses(authority.bundle(state, line=[authority.pinned, made]))
        with pytest.raises(RootRefused):
            rootdocument.read(document(1, [one] * 3, [one], authority.key))
