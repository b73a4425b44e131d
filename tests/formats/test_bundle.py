"""The signed trust bundle and the line of root documents it hangs on."""

from dataclasses import replace

import msgspec
import pytest

from registry import b64, bundle, jcs, rootdocument, signing
from registry.bundle import BundleRefused
from registry.credential import Kind
from registry.lifecycle import Status
from registry.rootdocument import RootDocument, RootRefused
from registry.signing import SigningKey
from registry.trust import History, StatusChange, Successor, TrustedRoot
from tests.formats.world import DAY, NOW, World


class Authority:
    """Root keys, bundle key and the line of root documents."""

    def __init__(self):
        self.roots = [SigningKey.generate() for _ in range(3)]
        self.key = SigningKey.generate()
        self.line = [self.document(1, self.roots, self.roots[:2])]

    @property
    def pinned(self):
        return self.line[0]

    def document(self, version, roots, signers, key=None, **changed):
        keys = tuple(each.public for each in roots)
        given = RootDocument(version, keys, ((key or self.key).public,), NOW - DAY, NOW + 900 * DAY)
        return rootdocument.sign(replace(given, **changed), signers)

    def bundle(self, trust, key=None, line=None):
        return bundle.sign(trust, key=key or self.key, line=line or self.line)


@pytest.fixture(scope="module")
def world():
    world = World()
    world.licences = [world.licence(size=9, index=4)]
    issuer = world.licences[0].department
    world.licences += [world.licence(issuer) for _ in range(3)]
    world.shown = [world.show(each) for each in world.licences]
    issuer.roots[2] = replace(issuer.roots[2], voided=True)
    issuer.roots[3] = replace(issuer.roots[3], replaced=True)
    issuer.successors[world.licences[0].type.type] = Successor(world.department().code, NOW + 9)
    world.set_status(world.licences[3], Status.SUSPENDED)
    core = world.licences[0].certificate.core
    place = (core.issuer, core.type, core.status.list, core.status.idx)
    change = StatusChange(Status.SUSPENDED, "withheld", NOW - 9, NOW - 9)
    world.history = History(0, NOW, {place: (change,)}, {(issuer.uri, 3): (change,)})
    return world


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def trust(world):
    return world.trust()


def test_a_bundle_reads_back_as_what_was_signed(authority, trust):
    loaded = bundle.load(None, authority.bundle(trust), NOW, authority.pinned)
    assert loaded.root == rootdocument.read(authority.pinned)
    assert loaded.words_fresh_until == trust.expires
    assert {uri: each.list for uri, each in loaded.lists.items()} == {
        uri: each.list for uri, each in trust.lists.items()
    }
    assert {each.fresh_until for each in loaded.lists.values()} == {trust.expires}
    same = replace(
        loaded, root=None, lists=trust.lists, words_fresh_until=trust.words_fresh_until, types=trust.types
    )
    assert same == trust
    assert [each.definition for each in loaded.types.values()] == [
        each.definition for each in trust.types.values()
    ]
    assert all(each.genuine for each in loaded.types.values())


def test_a_certificate_verifies_offline_against_a_bundle(authority, trust, world):
    loaded = bundle.load(None, authority.bundle(trust), NOW, authority.pinned)
    verdicts = [world.verify(text, loaded) for text in world.shown]
    assert [report.verdict for report in verdicts] == ["valid", "invalid", "valid", "invalid"]
    assert [report.failed for report in verdicts[1::2]] == [["anchor"], ["status"]]


def test_hours_later_it_still_does_and_after_its_expiry_nothing_is_green(authority, trust, world):
    loaded = bundle.load(None, authority.bundle(trust), NOW, authority.pinned)
    copy = world.show(world.licences[0], Kind.COPY)
    assert world.verify(copy, loaded, now=trust.expires - 1).verdict == "copy"
    assert world.verify(copy, loaded, now=trust.expires).verdict == "unknown"


def test_batches_that_are_not_final_are_left_out(authority, trust, world):
    issuer = trust.issuers[world.licences[0].department.code]
    young = {5: TrustedRoot(bytes(32), 1, NOW, final=False), 6: TrustedRoot(bytes(32), 1, NOW)}
    changed = replace(issuer, roots={**issuer.roots, **young})
    state = replace(trust, issuers={**trust.issuers, issuer.code: changed})
    loaded = bundle.load(None, authority.bundle(state), NOW, authority.pinned)
    assert set(loaded.issuers[issuer.code].roots) == {1, 2, 3, 4}


class TestRefused:
    def refused(self, authority, data, previous=None, now=NOW, pinned=None):
        with pytest.raises((BundleRefused, RootRefused)):
            bundle.load(previous, data, now, pinned or authority.pinned)

    @pytest.mark.parametrize("now", ["expires", "much later", "before"])
    def test_an_expired_one_or_one_from_the_future(self, authority, trust, now):
        data = authority.bundle(trust)
        when = {"expires": trust.expires, "much later": trust.expires + DAY, "before": trust.created - 61}[
            now
        ]
        self.refused(authority, data, now=when)
        bundle.load(None, data, trust.expires - 1, authority.pinned)
        bundle.load(None, data, trust.created - 60, authority.pinned)

    @pytest.mark.parametrize(("epoch", "version"), [(1, 6), (0, 99)])
    def test_one_older_than_what_is_at_hand(self, authority, trust, epoch, version):
        previous = bundle.load(None, authority.bundle(trust), NOW, authority.pinned)
        self.refused(authority, authority.bundle(replace(trust, epoch=epoch, version=version)), previous)

    @pytest.mark.parametrize(("epoch", "version"), [(1, 7), (1, 8), (2, 0)])
    def test_but_not_the_same_a_newer_one_or_one_of_the_next_epoch(self, authority, trust, epoch, version):
        previous = bundle.load(None, authority.bundle(trust), NOW, authority.pinned)
        data = authority.bundle(replace(trust, epoch=epoch, version=version))
        assert bundle.load(previous, data, NOW, authority.pinned).version == version

    def test_one_of_another_root(self, authority, trust):
        self.refused(authority, Authority().bundle(trust))
        self.refused(authority, authority.bundle(trust), pinned=Authority().pinned)

    def test_one_signed_by_another_key(self, authority, trust):
        for key in (SigningKey.generate(), authority.roots[0]):
            self.refused(authority, authority.bundle(trust, key=key))

    def test_one_that_was_changed(self, authority, trust):
        outer = jcs.loads(authority.bundle(trust))
        header, payload, signature = outer["trust"].split(".")
        changed = b64.encode(b64.decode(payload).replace(b'"version":7', b'"version":8'))
        self.refused(authority, jcs.dumps({**outer, "trust": f"{header}.{changed}.{signature}"}))

    def test_a_token_of_another_type(self, authority, trust):
        outer = jcs.loads(authority.bundle(trust))
        payload = signing.parse_jws(outer["trust"], depth=40).payload
        for typ in ("JWT", bundle.ROOTS_TYPE, "statuslist+jwt"):
            header = {"kid": authority.key.public.thumbprint, "typ": typ}
            token = signing.sign_jws(header, payload, authority.key)
            self.refused(authority, jcs.dumps({**outer, "trust": token}))

    @pytest.mark.parametrize(
        "change",
        [
            {"more": 1},
            {"issuers": None},
            {"types": [{}]},
            {"version": -1},
            {"issuers": [{"code": "X"}]},
            {"expires": "never"},
            {"types": [{"definition": {"type": "X"}, "hash": "AA", "windows": []}]},
        ],
        ids=str,
    )
    def test_a_payload_of_another_shape(self, authority, trust, change):
        outer = jcs.loads(authority.bundle(trust))
        payload = {**signing.parse_jws(outer["trust"], depth=40).payload, **change}
        header = {"kid": authority.key.public.thumbprint, "typ": bundle.TYPE}
        token = signing.sign_jws(header, payload, authority.key)
        self.refused(authority, jcs.dumps({**outer, "trust": token}))

    @pytest.mark.parametrize(
        "data", [b"", b"{}", b"[]", b'{"roots":[],"trust":"a.b.c"}', b"\xff", b"[" * 99_999]
    )
    def test_rubbish(self, authority, data):
        self.refused(authority, data)

    def test_one_that_is_too_large(self, authority, monkeypatch, trust):
        data = authority.bundle(trust)
        monkeypatch.setattr(bundle, "MAX_BUNDLE", len(data) - 1)
        self.refused(authority, data)


def test_a_list_whose_key_was_compromised_is_left_out_and_only_its_credentials_are_unknown(
    authority, world, trust
):
    code = world.licences[0].department.code
    issuer = trust.issuers[code]
    keys = {kid: replace(key, compromised=NOW) for kid, key in issuer.keys.items()}
    state = replace(trust, issuers={**trust.issuers, code: replace(issuer, keys=keys)})
    loaded = bundle.load(None, authority.bundle(state), NOW, authority.pinned)
    assert set(loaded.lists) == set(trust.lists) - {world.licences[0].department.uri}


class TestRootDocuments:
    def test_a_document_reads_back(self, authority):
        document = rootdocument.read(authority.pinned)
        assert document.version == 1
        assert document.keys == tuple(key.public for key in authority.roots)
        assert document.bundle_key(authority.key.public.thumbprint) == authority.key.public
        assert document.bundle_key("x") is None

    @pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2), (2, 0)])
    def test_any_two_of_three_sign(self, authority, pair):
        signers = [authority.roots[i] for i in pair]
        rootdocument.read(authority.document(1, authority.roots, signers))

    def test_one_alone_one_twice_or_a_stranger_do_not(self, authority):
        one, two, _ = authority.roots
        for signers in ([], [one], [one, one], [one, SigningKey.generate()], [authority.key, two]):
            with pytest.raises(RootRefused):
                rootdocument.read(authority.document(1, authority.roots, signers))

    def test_a_document_with_one_key_three_times_is_never_signed(self, authority):
        one = authority.roots[0]
        with pytest.raises(RootRefused):
            rootdocument.read(authority.document(1, [one] * 3, [one, one, one]))

    def test_a_changed_document_is_refused(self, authority):
        signed = msgspec.json.decode(authority.pinned)
        payload = b64.decode(signed["payload"]).replace(b'"version":1', b'"version":2')
        with pytest.raises(RootRefused):
            rootdocument.read(jcs.dumps({**signed, "payload": b64.encode(payload)}))

    def second(self, authority, signers, roots=None, version=2, **changed):
        new = roots or [SigningKey.generate(), *authority.roots[1:]]
        key = SigningKey.generate()
        chosen = [new[0] if each == "new" else authority.roots[each] for each in signers]
        return authority.document(version, new, chosen, key, **changed), key

    def test_a_new_root_and_its_bundle_key_come_with_the_bundle(self, authority, trust):
        document, key = self.second(authority, [0, 1, "new"])
        data = authority.bundle(trust, key, [*authority.line, document])
        loaded = bundle.load(None, data, NOW, authority.pinned)
        assert loaded.root.version == 2
        # The old key is out: bundles it signs, and lines that stop short of the new root, are refused.
        with pytest.raises(BundleRefused):
            bundle.load(
                loaded, authority.bundle(trust, line=[*authority.line, document]), NOW, authority.pinned
            )
        with pytest.raises(BundleRefused):
            bundle.load(loaded, authority.bundle(replace(trust, version=99)), NOW, authority.pinned)
        assert bundle.load(loaded, data, NOW, document).root.version == 2

    @pytest.mark.parametrize("signers", [[0, "new"], ["new", 1], [0], ["new"], []])
    def test_a_new_root_needs_two_of_the_old_and_two_of_the_new(self, authority, signers):
        roots = [SigningKey.generate(), SigningKey.generate(), authority.roots[2]]
        document, _ = self.second(authority, signers, roots)
        with pytest.raises(RootRefused):
            rootdocument.follow(authority.pinned, [document], now=NOW)

    def test_keys_that_only_the_old_or_only_the_new_root_has_do_not_make_up_for_each_other(self, authority):
        entirely_new = [SigningKey.generate() for _ in range(3)]
        old_only = authority.document(2, entirely_new, authority.roots)
        new_only = authority.document(2, entirely_new, entirely_new)
        both = authority.document(2, entirely_new, [*authority.roots[:2], *entirely_new[:2]])
        for document in (old_only, new_only):
            with pytest.raises(RootRefused):
                rootdocument.follow(authority.pinned, [document], now=NOW)
        assert rootdocument.follow(authority.pinned, [both], now=NOW).version == 2

    def test_no_version_is_left_out(self, authority):
        document, _ = self.second(authority, [0, 1, "new"], version=3)
        with pytest.raises(RootRefused):
            rootdocument.follow(authority.pinned, [document], now=NOW)

    def test_an_expired_root_is_refused(self, authority):
        with pytest.raises(RootRefused):
            rootdocument.follow(authority.pinned, [], now=NOW + 900 * DAY)
        document, _ = self.second(authority, [0, 1, "new"], expires=NOW)
        with pytest.raises(RootRefused):
            rootdocument.follow(authority.pinned, [document], now=NOW)


class TestRootsFile:
    @pytest.fixture
    def loaded(self, authority, trust, world):
        """A state that does not know the newest two roots."""
        code = world.licences[0].department.code
        issuer = trust.issuers[code]
        fewer = replace(issuer, roots={1: issuer.roots[1], 2: replace(issuer.roots[2], voided=False)})
        state = replace(trust, issuers={**trust.issuers, code: fewer})
        return bundle.load(None, authority.bundle(state), NOW, authority.pinned)

    def test_unknown_roots_are_taken_in_and_voided_ones_marked(self, authority, trust, world, loaded):
        code = world.licences[0].department.code
        assert world.verify(world.shown[2], loaded).verdict == "unknown"
        token = bundle.sign_roots(trust, code, 0, key=authority.key)
        fuller = bundle.load_roots(loaded, token)
        assert fuller.issuers[code].roots == trust.issuers[code].roots
        assert world.verify(world.shown[2], fuller).verdict == "valid"
        assert world.verify(world.shown[1], fuller).failed == ["anchor"]

    def test_roots_that_are_not_final_are_left_out(self, authority, trust, world, loaded):
        code = world.licences[0].department.code
        issuer = trust.issuers[code]
        young = {seq: replace(root, final=seq < 3) for seq, root in issuer.roots.items()}
        state = replace(trust, issuers={**trust.issuers, code: replace(issuer, roots=young)})
        fuller = bundle.load_roots(loaded, bundle.sign_roots(state, code, 0, key=authority.key))
        assert set(fuller.issuers[code].roots) == {1, 2}

    def test_a_root_that_is_known_is_never_changed(self, authority, trust, world, loaded):
        code = world.licences[0].department.code
        issuer = trust.issuers[code]
        other = {seq: replace(root, root=bytes(32)) for seq, root in issuer.roots.items()}
        state = replace(trust, issuers={**trust.issuers, code: replace(issuer, roots=other)})
        fuller = bundle.load_roots(loaded, bundle.sign_roots(state, code, 0, key=authority.key))
        assert fuller.issuers[code].roots[1] == issuer.roots[1]

    def test_a_file_of_another_key_type_or_issuer_is_refused(self, authority, trust, world, loaded):
        code = world.licences[0].department.code
        token = bundle.sign_roots(trust, code, 0, key=authority.key)
        payload = signing.parse_jws(token).payload
        own = {"kid": authority.key.public.thumbprint, "typ": bundle.ROOTS_TYPE}
        for changed in (
            bundle.sign_roots(trust, code, 0, key=SigningKey.generate()),
            signing.sign_jws({**own, "typ": bundle.TYPE}, payload, authority.key),
            signing.sign_jws(own, {**payload, "issuer": "X"}, authority.key),
            signing.sign_jws(own, {**payload, "roots": {}}, authority.key),
            signing.sign_jws(own, {**payload, "roots": {**payload["roots"], "sizes": []}}, authority.key),
            token[:-2],
            "",
        ):
            with pytest.raises(BundleRefused):
                bundle.load_roots(loaded, changed)

    def test_a_state_without_a_bundle_behind_it_takes_no_file(self, authority, trust, world):
        token = bundle.sign_roots(trust, world.licences[0].department.code, 0, key=authority.key)
        with pytest.raises(BundleRefused):
            bundle.load_roots(trust, token)

    def test_an_issuer_with_many_roots_has_many_files(self, authority, trust, world, loaded):
        code = world.licences[0].department.code
        many = {seq: TrustedRoot(seq.to_bytes(32), 1, NOW) for seq in range(1, 4100)}
        state = replace(trust, issuers={**trust.issuers, code: replace(trust.issuers[code], roots=many)})
        second = bundle.load_roots(loaded, bundle.sign_roots(state, code, 1, key=authority.key))
        assert set(second.issuers[code].roots) == {1, 2, 4097, 4098, 4099}
        assert second.issuers[code].roots[4099].root == (4099).to_bytes(32)
