"""Threats 2, 9, 11 and 16 of the design, against the formats alone."""

import os
import random
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from registry import b64, credential, jcs, signing, status
from registry.credential import Kind
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.signing import BadToken, SigningKey, Use
from registry.trust import Successor, TrustedKey, Window, trust_list
from tests.formats.world import AUDIENCE, DAY, NOW, World

MEGABYTE = 1_000_000


class TestShownAgain:
    """Threat 2: a QR photographed and shown again."""

    def test_sixty_one_seconds_later_it_is_refused(self, world, licence):
        text = world.show(licence)
        trust = world.trust(words_fresh_until=NOW + 99)
        assert world.verify(text, trust, now=NOW + 59).verdict == "valid"
        later = world.trust(words_fresh_until=NOW + 99, lists={})
        assert world.verify(text, later, now=NOW + 61).failed == ["holder"]

    def test_a_code_is_no_answer_to_a_request_nor_the_other_way_round(self, world, licence):
        code, request = world.show(licence, Kind.CODE), world.show(licence, Kind.REQUEST)
        assert world.verify(code, kinds={Kind.REQUEST}).failed == ["holder"]
        assert world.verify(request, kinds={Kind.CODE}).failed == ["holder"]

    def test_the_binding_of_one_presentation_does_not_fit_another(self, world, licence):
        one = world.show(licence, names=["company_name"])
        two = world.show(licence, names=["premises"])
        mixed = one[: one.rindex("~") + 1] + two[two.rindex("~") + 1 :]
        assert world.verify(mixed).failed == ["holder"]

    def test_of_many_who_show_the_same_the_guard_lets_one_pass(self, world, licence):
        text, used = world.show(licence), {}

        def take(_):
            report = world.verify(text, trust)
            own = object()
            return report.verdict == "valid" and used.setdefault(report.guard, own) is own

        trust = world.trust()
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, range(64))) == 1


class TestForgedProof:
    """Threat 9: an inclusion proof made up for a certificate that was never anchored."""

    def test_a_certificate_of_a_stolen_signing_key_alone_is_never_valid(self, world, licence):
        forged = world.issue(licence.department, company_name="假公司")
        for seq in (licence.anchor.seq, licence.anchor.seq + 1):
            members = {name: getattr(licence.anchor, name) for name in ("size", "index", "path")}
            forged.anchor = credential.Anchor(seq=seq, **members)
            assert world.verify(world.show(forged)).verdict in ("invalid", "unknown")


class TestOldList:
    """Threat 11: an old status list served again is never green."""

    def yesterdays(self, world, licence, **changed):
        department = licence.department
        return department.list_token(NOW - DAY, **changed)

    def with_list(self, world, licence, token, **times):
        trust = world.trust(lists={})
        trusted = trust_list(token, trust.issuers, **times)
        return replace(trust, lists={trusted.list.uri: trusted})

    @pytest.mark.parametrize("times", [{}, {"fresh_until": NOW + DAY}])
    def test_yesterdays_list_is_unknown(self, world, licence, times):
        text = world.show(licence)
        trust = self.with_list(world, licence, self.yesterdays(world, licence), **times)
        report = world.verify(text, trust)
        assert (report.verdict, report.unknown) == ("unknown", ["status"])

    def test_a_list_is_fresh_for_its_ttl(self, world, licence):
        text = world.show(licence)
        for age, verdict in ((59, "valid"), (60, "unknown")):
            trust = self.with_list(world, licence, licence.department.list_token(NOW - age))
            assert world.verify(text, trust).verdict == verdict

    def test_in_a_bundle_it_is_fresh_until_the_bundle_or_itself_expires(self, world, licence):
        token = licence.department.list_token(NOW - 3600)
        trust = self.with_list(world, licence, token, fresh_until=NOW + 1)
        assert world.verify(world.show(licence), trust).verdict == "valid"
        trust = self.with_list(world, licence, token, fresh_until=NOW)
        assert world.verify(world.show(licence), trust).verdict == "unknown"

    def test_an_old_list_still_proves_a_withdrawal(self, world, licence):
        text = world.show(licence)
        licence.department.entries.set(licence.entry.idx, Status.REVOKED)
        trust = self.with_list(world, licence, self.yesterdays(world, licence))
        assert world.verify(text, trust).failed == ["status"]

    def test_a_list_of_a_key_without_that_use_is_none(self, world, licence):
        department = licence.department
        token = department.list_token(NOW)
        for change in (
            {"uses": Use.CREDENTIALS | Use.ANSWERS},
            {"windows": (Window(0, NOW),)},
            {"compromised": NOW},
        ):
            for name, value in change.items():
                kept = getattr(department, name)
                setattr(department, name, value)
                with pytest.raises(BadToken):
                    trust_list(token, world.trust().issuers)
                setattr(department, name, kept)

    def test_another_departments_list_under_this_address_is_none(self, world, licence):
        other = world.department("business_licence")
        token = other.list_token(NOW, uri=licence.department.uri)
        with pytest.raises(BadToken):
            trust_list(token, world.trust().issuers)

    def test_a_successors_key_may_sign_the_list(self, world, licence):
        other = world.department()
        licence.department.successors[licence.type.type] = Successor(other.code, NOW - 5)
        token = other.list_token(NOW, uri=licence.department.uri)
        assert trust_list(token, world.trust().issuers).signer == other.code

    def test_a_list_at_no_issuers_address_is_none(self, world, licence):
        for uri in (
            "",
            "https://elsewhere/issuers/X/status/0",
            "x",
            licence.department.uri.replace("http", "x"),
        ):
            with pytest.raises(BadToken):
                trust_list(licence.department.list_token(NOW, uri=uri), world.trust().issuers)

    def test_a_list_with_a_forged_entry_is_none(self, world, licence):
        header, _, signature = licence.department.list_token(NOW).split(".")
        _, payload, _ = licence.department.list_token(NOW, version=9).split(".")
        with pytest.raises(BadToken):
            trust_list(f"{header}.{payload}.{signature}", world.trust().issuers)

    def test_a_rotated_key_signs_on(self, world, licence):
        department, new = licence.department, SigningKey.generate()
        trusted = TrustedKey(new.public, Use.STATUS_LISTS, (Window(NOW - 10),), None, ())
        department.more_keys[new.public.thumbprint] = trusted
        given = {"uri": department.uri, "version": 2, "iat": NOW, "exp": NOW + DAY, "ttl": 60}
        token = status.sign_list(department.entries, key=new, **given)
        assert trust_list(token, world.trust().issuers).list.version == 2


@contextmanager
def small(limit=5 * MEGABYTE):
    """What happens inside needs little memory."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


class TestBombs:
    """Threat 16: caps on bytes, depth and count; bounded decompression."""

    def test_a_hundred_megabytes_in_a_list_are_refused(self):
        key = SigningKey.generate()
        bomb = b64.encode(zlib.compress(bytes(100 * MEGABYTE), 9))
        assert len(bomb) < 140_000
        payload = {
            "exp": 9,
            "iat": 1,
            "status_list": {"bits": 2, "lst": bomb},
            "sub": "u",
            "ttl": 1,
            "version": 1,
        }
        token = signing.sign_jws({"kid": key.public.thumbprint, "typ": status.TYPE}, payload, key)
        with small(), pytest.raises(BadToken):
            status.parse_list(token)

    def test_a_list_of_the_largest_size_is_read_and_a_byte_more_is_not(self):
        assert len(status.inflate(status.deflate(bytes(status.MAX_INFLATED)))) == status.MAX_INFLATED
        with pytest.raises(BadToken):
            status.inflate(status.deflate(bytes(status.MAX_INFLATED + 1)))

    @pytest.mark.parametrize("data", [b"", b"x", zlib.compress(b"abc")[:-1], zlib.compress(b"abc") + b"x"])
    def test_a_stream_that_is_cut_or_goes_on_is_refused(self, data):
        with pytest.raises(BadToken):
            status.inflate(b64.encode(data))

    def test_a_presentation_above_256_kib_is_refused(self, world, licence):
        text = world.show(licence)
        with small():
            assert world.verify("A" * (credential.MAX_BYTES + 1)).failed == ["parse"]
            assert world.verify(text + "A" * credential.MAX_BYTES).failed == ["parse"]

    def test_two_hundred_disclosures_are_read_and_one_more_is_not(self, world, licence):
        jwt, [one] = world.credential(licence), licence.disclosures(["company_name"])
        assert world.verify(world.bind(jwt, [one] * 200, licence.wallet)).failed == ["disclosures"]
        assert world.verify(world.bind(jwt, [one] * 201, licence.wallet)).failed == ["parse"]
        assert world.verify("~" * 200_000).failed == ["parse"]

    @pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 40_000, b'{"core":' * 17 + b"1" + b"}" * 17])
    def test_what_is_nested_deep_is_refused(self, world, licence, deep):
        header, payload, signature = world.credential(licence).split(".")
        part = b64.encode(deep)
        for jwt in (f"{part}.{payload}.{signature}", f"{header}.{part}.{signature}"):
            with small():
                assert world.verify(world.bind(jwt, [], licence.wallet)).failed == ["parse"]
        with small():
            text = world.bind(world.credential(licence), [part], licence.wallet)
            assert world.verify(text).failed == ["parse"]


class TestForeignMembers:
    """A stolen signing key adds no claims: nothing but the members of the protocol gets through check 0."""

    def signed(self, world, licence, change, kind=Kind.CODE, drop=()):
        jwt = world.credential(licence, kind)
        header, _, _ = jwt.split(".")
        payload = jcs.loads(jcs.dumps(credential.parse(jwt + "~").payload))
        payload = {name: value for name, value in {**payload, **change}.items() if name not in drop}
        signing_input = f"{header}.{b64.encode(jcs.dumps(payload))}"
        signed = f"{signing_input}.{b64.encode(licence.department.key.sign(signing_input.encode()))}"
        return world.bind(signed, [], licence.wallet) if kind is Kind.CODE else signed + "~"

    @pytest.mark.parametrize(
        "change",
        [
            {"company_name": "假公司"},
            {"sub": "somebody"},
            {"jti": "1"},
            {"_sd_alg": "sha-512"},
            {"_sd": "text"},
            {"_sd": ["short"]},
            {"_sd": [5]},
            {"iat": "yesterday"},
            {"iat": -1},
            {"exp": 2**63},
            {"exp": 1.5},
            {"iss": ""},
            {"vct#integrity": "sha256-AAAA"},
            {"vct#integrity": "sha512-" + "A" * 43 + "="},
            {"cnf": {}},
            {"cnf": {"kid": "x"}},
            {"cnf": {"jwk": {"kty": "oct", "k": "AA"}}},
            {"status": {}},
            {"status": {"status_list": {"uri": "u"}}},
            {"core": {}},
            {"core": []},
            {"anchor": {"seq": 1, "size": 5, "index": 2, "path": "", "root": "AA"}},
            {"anchor": {"seq": -1, "size": 5, "index": 2, "path": ""}},
            {"anchor": None},
        ],
        ids=str,
    )
    def test_a_payload_of_another_shape_fails_to_parse(self, world, licence, change):
        assert world.verify(self.signed(world, licence, change)).failed == ["parse"]

    @pytest.mark.parametrize(
        "name", ["iss", "iat", "nbf", "exp", "vct", "vct#integrity", "core", "anchor", "_sd"]
    )
    def test_a_payload_that_lacks_a_member_fails_to_parse(self, world, licence, name):
        assert world.verify(self.signed(world, licence, {}, drop=[name])).failed == ["parse"]

    def test_only_an_answer_may_lack_its_status_entry(self, world, licence):
        assert world.verify(self.signed(world, licence, {}, drop=["status"])).failed == ["parse"]
        copy = self.signed(world, licence, {}, Kind.COPY, drop=["status"])
        assert world.verify(copy).failed == ["parse"]

    def test_foreign_members_of_the_core_fail_to_parse(self, world, licence):
        core = jcs.loads(jcs.dumps(licence.certificate.core))
        for changed in ({**core, "name": "x"}, {**core, "v": 2}, {**core, "valid_until": None}):
            assert world.verify(self.signed(world, licence, {"core": changed})).failed == ["parse"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "~~",
        ".",
        "..~",
        "a.b.c",
        "a.b.c~",
        "é~",
        "\x00~",
        "a.b.c.d~",
        "ZT1:ABC",
        "~~a.b.c",
        " ~ ",
        "\ud800~",
    ],
)
def test_rubbish_is_refused_and_nothing_is_thrown(text):
    report = World().verify(text)
    assert (report.verdict, report.failed) == ("invalid", ["parse"])


def test_whatever_is_cut_or_flipped_in_a_presentation_is_never_valid(world, licence):
    text, trust = world.show(licence), world.trust()
    choose = random.Random(7)
    for _ in range(3000):
        place = choose.randrange(len(text))
        match choose.randrange(4):
            case 0:
                changed = text[:place] + choose.choice("AZaz09-_.~=") + text[place + 1 :]
            case 1:
                changed = text[:place]
            case 2:
                changed = text[:place] + text[place + choose.randint(1, 40) :]
            case _:
                changed = text[:place] + os.urandom(3).hex() + text[place:]
        if changed != text:
            assert world.verify(changed, trust).verdict in ("invalid", "unknown")


def test_the_reader_never_raises_on_what_others_sent(world, licence):
    for part in range(3):
        pieces = world.show(licence).split("~")
        pieces[0] = ".".join(
            "!!" if place == part else piece for place, piece in enumerate(pieces[0].split("."))
        )
        assert world.verify("~".join(pieces)).failed == ["parse"]
    with pytest.raises(RegistryError):
        credential.parse("x")
    assert AUDIENCE not in world.verify("x").next.en
