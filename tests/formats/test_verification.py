"""The ten checks: what is right passes, and each check fails alone when its thing is broken."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from registry import b64, certificate, credential, definition, merkle
from registry.certificate import StatusPosition
from registry.credential import Anchor, Kind, StatusReference
from registry.lifecycle import Status
from registry.signing import SigningKey, Use
from registry.status import StatusBits
from registry.trust import Successor, TrustedKey, TrustedRoot, TrustedType, Window
from registry.verification import CHECKS
from tests.formats.world import AUDIENCE, DAY, NOW, ORIGIN, THREE, World, certified, credit_code

ANY_KIND = list(Kind)
BOUND = [Kind.CODE, Kind.REQUEST]
NAMES = ("parse", *(name for _, name, _ in CHECKS))


@pytest.fixture
def world():
    return World()


@pytest.fixture
def licence(world):
    return world.licence()


def outcome(report, name):
    return next(check.outcome for check in report.checks if check.id == name)


def only(report, name):
    """Whether this check alone failed and nothing was left unknown."""
    return report.verdict == "invalid" and report.failed == [name] and report.unknown == []


def found(world, licence, text=None, **asked):
    """The report on a presentation, asked for by its holder where it is an answer."""
    holder = ("credit_code", next(shown(licence, "credit_code")).value)
    return world.verify(text or world.show(licence), **{"holder": holder, **asked})


def shown(licence, name):
    disclosures = map(certificate.parse_disclosure, licence.certificate.disclosures)
    return (each for each in disclosures if each.name == name)


def twin(department, **changed):
    """The department's trusted key with something about it changed."""
    own = TrustedKey(department.key.public, department.uses, department.windows, None, (department.x5c,))
    return replace(own, **changed)


class TestWhatIsRight:
    @pytest.mark.parametrize("kind", [Kind.CODE, Kind.REQUEST, Kind.ANSWER])
    def test_a_genuine_presentation_is_valid(self, world, licence, kind):
        report = found(world, licence, world.show(licence, kind))
        assert (report.verdict, report.kind) == ("valid", kind)
        assert {check.outcome for check in report.checks} == {"pass"}
        assert set(report.claims) == set(THREE)
        assert report.next is None

    def test_a_genuine_copy_is_a_copy_and_never_valid(self, world, licence):
        report = found(world, licence, world.show(licence, Kind.COPY))
        assert report.verdict == "copy"
        assert outcome(report, "holder") == "n/a"

    def test_the_checks_are_numbered_and_named_as_in_the_protocol(self, world, licence):
        report = found(world, licence)
        assert [(check.n, check.id) for check in report.checks] == list(enumerate(NAMES))
        assert all(check.zh and check.en for check in report.checks)

    def test_the_report_has_the_members_of_the_protocol(self, world, licence):
        report = found(world, licence).to_dict()
        members = ["verdict", "kind", "core", "claims", "checks", "next", "trust", "at", "later"]
        assert list(report) == members
        assert report["trust"] == {"epoch": 1, "version": 7, "created": NOW}
        assert report["core"]["issuer"] == licence.department.code

    def test_no_claim_or_all_claims_can_be_shown(self, world, licence):
        every = [certificate.parse_disclosure(text).name for text in licence.certificate.disclosures]
        assert found(world, licence, world.show(licence, names=())).verdict == "valid"
        assert found(world, licence, world.show(licence, names=every)).verdict == "valid"

    def test_a_batch_of_one_needs_no_path(self, world):
        licence = world.licence(size=1, index=0)
        assert found(world, licence).verdict == "valid"

    def test_the_guard_names_what_the_caller_uses_up(self, world, licence):
        text = world.bind(world.credential(licence), [], licence.wallet, nonce="once")
        guard = world.verify(text).guard
        assert (guard.audience, guard.nonce, guard.expires) == ("urn:zt:code", "once", NOW + 61)
        assert found(world, licence, world.show(licence, Kind.COPY)).guard is None

    def test_a_report_shows_no_claim_where_it_is_printed(self, world, licence):
        report = found(world, licence)
        assert not any(value in repr(report) for value in report.claims.values())


class TestParse:
    def test_after_a_failed_parse_the_rest_is_unknown(self, world):
        report = world.verify("nothing")
        assert report.failed == ["parse"]
        assert report.unknown == list(NAMES[1:])
        assert (report.verdict, report.kind, report.core, report.claims) == ("invalid", None, None, {})


class TestDisclosures:
    def test_a_claim_shown_twice_fails(self, world, licence):
        jwt, [one] = world.credential(licence), licence.disclosures(["company_name"])
        text = world.bind(jwt, [one, one], licence.wallet)
        assert only(found(world, licence, text), "disclosures")

    def test_a_claim_changed_by_one_letter_fails(self, world, licence):
        name = next(shown(licence, "company_name"))
        altered = certificate.disclosure(name.name, name.value[:-1] + "厂", b64.decode(name.salt))
        text = world.bind(world.credential(licence), [altered], licence.wallet)
        assert only(found(world, licence, text), "disclosures")

    def test_a_claim_of_another_certificate_fails(self, world, licence):
        other = world.licence(licence.department)
        text = world.bind(world.credential(licence), other.disclosures(["company_name"]), licence.wallet)
        assert only(found(world, licence, text), "disclosures")

    def test_a_name_that_stands_twice_fails(self, world):
        licence = world.issue(world.department("business_licence"))
        second = certificate.disclosure("company_name", "另一家公司", os.urandom(16))
        forged = replace(
            licence.certificate,
            sd=tuple(sorted((*licence.certificate.sd, certificate.digest(second)))),
            disclosures=(*licence.certificate.disclosures, second),
        )
        licence.certificate = forged
        world.anchor(licence)
        assert only(found(world, licence), "disclosures")

    def test_a_digest_that_stands_twice_in_sd_fails(self, world):
        licence = world.issue(world.department("business_licence"))
        [name] = licence.disclosures(["company_name"])
        digests = (*licence.certificate.sd, certificate.digest(name))
        licence.certificate = replace(licence.certificate, sd=tuple(sorted(digests)))
        world.anchor(licence)
        assert only(found(world, licence), "disclosures")

    def test_a_claim_named_like_a_member_fails(self, world):
        licence = world.issue(world.department("business_licence"))
        iss = certificate.disclosure("iss", "somebody", os.urandom(16))
        licence.certificate = replace(
            licence.certificate,
            sd=tuple(sorted((*licence.certificate.sd, certificate.digest(iss)))),
            disclosures=(iss,),
        )
        world.anchor(licence)
        assert "disclosures" in world.verify(world.show(licence, names=["iss"])).failed


class TestPath:
    """A receipt of the wrong shape fails `path`; one of the right shape that leads elsewhere, `anchor`."""

    def changed(self, licence, **members):
        given = {name: getattr(licence.anchor, name) for name in ("seq", "size", "index", "path")}
        return Anchor(**{**given, **members})

    @pytest.mark.parametrize(
        "mutate",
        [
            pytest.param(lambda path: path[:-32], id="truncated"),
            pytest.param(lambda path: path[32:], id="truncated at the leaf"),
            pytest.param(lambda path: path + bytes(32), id="extended"),
            pytest.param(lambda path: path[:-1], id="a byte short"),
            pytest.param(lambda path: b"", id="empty"),
        ],
    )
    def test_a_path_of_another_length_fails(self, world, licence, mutate):
        path = b64.encode(mutate(b64.decode(licence.anchor.path)))
        report = found(world, licence, world.show(licence, anchor=self.changed(licence, path=path)))
        assert report.failed == ["path"]
        assert report.verdict == "invalid"

    @pytest.mark.parametrize(
        "members", [{"index": 5}, {"index": 4}, {"size": 2}, {"size": 0}, {"size": 2**33}]
    )
    def test_an_index_or_size_that_the_path_does_not_fit_fails(self, world, licence, members):
        report = found(world, licence, world.show(licence, anchor=self.changed(licence, **members)))
        assert report.failed == ["path"]

    def test_loose_base64_in_the_path_fails(self, world, licence):
        path = licence.anchor.path
        report = found(world, licence, world.show(licence, anchor=self.changed(licence, path=path + "=")))
        assert report.failed == ["path"]

    @pytest.mark.parametrize(
        "mutate",
        [
            pytest.param(lambda path: path[32:64] + path[:32] + path[64:], id="swapped"),
            pytest.param(lambda path: bytes([path[0] ^ 1]) + path[1:], id="a bit changed"),
        ],
    )
    def test_a_path_that_leads_elsewhere_is_not_anchored(self, world, licence, mutate):
        path = b64.encode(mutate(b64.decode(licence.anchor.path)))
        report = found(world, licence, world.show(licence, anchor=self.changed(licence, path=path)))
        assert report.failed == ["anchor"]

    @pytest.mark.parametrize("members", [{"index": 3}, {"index": 0}, {"size": 6}, {"size": 8}])
    def test_another_index_or_size_of_the_same_length_is_not_anchored(self, world, licence, members):
        report = found(world, licence, world.show(licence, anchor=self.changed(licence, **members)))
        assert report.failed == ["anchor"]

    def test_a_node_is_no_leaf(self, world, licence):
        # The thief drops the lowest step: for that the certificate would have to hash like a node.
        path = b64.decode(licence.anchor.path)[32:]
        anchor = self.changed(licence, path=b64.encode(path), index=licence.anchor.index >> 1, size=3)
        assert "anchor" in found(world, licence, world.show(licence, anchor=anchor)).failed


class TestAnchor:
    def test_a_batch_that_is_not_known_is_unknown_and_never_valid(self, world, licence):
        text = world.show(licence)
        licence.department.roots.clear()
        report = found(world, licence, text)
        assert report.verdict == "unknown"
        assert report.failed == []
        assert report.unknown == ["anchor", "right", "type"]
        assert report.next.en == "Get newer trust data and check again."

    def test_another_root_under_that_number_fails(self, world, licence):
        seq = licence.anchor.seq
        licence.department.roots[seq] = replace(licence.department.roots[seq], root=bytes(32))
        report = found(world, licence)
        assert report.failed == ["anchor"]
        assert report.verdict == "invalid"

    def test_another_size_under_that_root_fails(self, world, licence):
        seq = licence.anchor.seq
        licence.department.roots[seq] = replace(licence.department.roots[seq], size=6)
        assert found(world, licence).failed == ["anchor"]

    def test_a_voided_batch_fails(self, world, licence):
        seq = licence.anchor.seq
        licence.department.roots[seq] = replace(licence.department.roots[seq], voided=True)
        assert found(world, licence).failed == ["anchor"]

    def test_where_the_batch_was_replaced_next_says_claim_again(self, world, licence):
        seq = licence.anchor.seq
        licence.department.roots[seq] = TrustedRoot(os.urandom(32), 4, NOW - DAY, replaced=True)
        report = found(world, licence)
        assert report.failed == ["anchor"]
        assert "claim the credential again" in report.next.en

    def test_a_replaced_batch_with_the_same_root_stands(self, world, licence):
        seq = licence.anchor.seq
        licence.department.roots[seq] = replace(licence.department.roots[seq], replaced=True)
        assert found(world, licence).verdict == "valid"

    def test_a_young_batch_is_pending(self, world):
        licence = world.licence(final=False)
        report = found(world, licence)
        assert (report.verdict, report.unknown) == ("pending", ["anchor"])

    def test_a_young_batch_with_old_status_data_is_unknown(self, world):
        licence = world.licence(final=False)
        report = found(world, licence, trust=world.trust(words_fresh_until=NOW))
        assert (report.verdict, report.unknown) == ("unknown", ["anchor", "status"])

    def test_a_copy_over_a_young_batch_is_pending(self, world):
        licence = world.licence(final=False)
        assert found(world, licence, world.show(licence, Kind.COPY)).verdict == "pending"

    def test_a_batch_of_another_department_does_not_count(self, world, licence):
        other = world.department("business_licence")
        other.roots[2] = licence.department.roots[1]
        members = {name: getattr(licence.anchor, name) for name in ("size", "index", "path")}
        report = found(world, licence, world.show(licence, anchor=Anchor(seq=2, **members)))
        assert report.verdict == "unknown"


class TestRight:
    def test_a_department_that_may_not_issue_the_type_fails(self, world, licence):
        licence.department.rights.clear()
        assert only(found(world, licence), "right")

    @pytest.mark.parametrize(
        ("windows", "verdict"),
        [
            ((Window(0, NOW - DAY),), "invalid"),
            ((Window(NOW - DAY + 1),), "invalid"),
            ((Window(0, 10), Window(NOW - DAY, NOW - DAY + 1)), "valid"),
        ],
    )
    def test_the_right_is_judged_at_the_block_time(self, world, licence, windows, verdict):
        licence.department.rights[licence.type.type] = windows
        report = found(world, licence)
        assert report.verdict == verdict
        assert report.failed == ([] if verdict == "valid" else ["right"])

    def test_a_right_to_another_type_is_none(self, world, licence):
        licence.department.rights = {world.type("birth").type: (Window(0),)}
        assert only(found(world, licence), "right")


class TestIssuerKey:
    @pytest.mark.parametrize("kind", ANY_KIND)
    def test_a_changed_payload_fails(self, world, licence, kind):
        text = world.show(licence, kind)
        jwt, rest = text.split("~", 1)
        other = world.show(licence, kind, integrity=bytes(32)).split("~", 1)[0]
        forged = ".".join((*other.split(".")[:2], jwt.split(".")[2]))
        binding = rest.rsplit("~", 1)[1]
        disclosures = rest.split("~")[:-1]
        text = world.bind(forged, disclosures, licence.wallet, kind) if binding else f"{forged}~{rest}"
        assert found(world, licence, text).failed == ["issuer_key"]

    def test_a_key_that_is_nobodys_fails(self, world, licence):
        thief = SigningKey.generate()
        text = world.show(licence, key=thief, x5c=certified(thief))
        assert only(found(world, licence, text), "issuer_key")

    def test_a_key_newer_than_the_trust_data_is_unknown(self, world, licence):
        new = SigningKey.generate()
        text = world.show(licence, key=new, x5c=certified(new), iat=NOW + 1, nbf=NOW)
        report = found(world, licence, text)
        assert (report.verdict, report.unknown) == ("unknown", ["issuer_key"])

    def test_another_departments_key_fails(self, world, licence):
        other = world.department("business_licence")
        text = world.show(licence, key=other.key, x5c=other.x5c)
        assert only(found(world, licence, text), "issuer_key")

    def test_another_department_that_signs_in_its_own_name_fails(self, world, licence):
        other = world.department("business_licence")
        entry = StatusReference(uri=other.uri, idx=1)
        text = world.show(licence, key=other.key, x5c=other.x5c, signer=other.code, status=entry)
        assert only(found(world, licence, text), "issuer_key")

    @pytest.mark.parametrize("use", [use for use in Use if use is not Use.CREDENTIALS])
    def test_a_key_of_another_use_fails(self, world, licence, use):
        key = SigningKey.generate()
        trusted = TrustedKey(key.public, use, (Window(0),), None, ())
        licence.department.more_keys[key.public.thumbprint] = trusted
        text = world.show(licence, key=key, x5c=certified(key))
        assert only(found(world, licence, text), "issuer_key")

    def test_a_compromised_key_fails_whenever_it_signed(self, world, licence):
        text, trust = world.show(licence), world.trust()
        licence.department.compromised = NOW
        report = found(world, licence, text)
        assert "issuer_key" in report.failed
        lists = {licence.department.uri: trust.lists[licence.department.uri]}
        report = found(world, licence, text, trust=replace(world.trust(), lists=lists))
        # The list that the stolen key signed counts for nothing either.
        assert (report.failed, report.unknown) == (["issuer_key"], ["status"])

    def test_a_key_outside_its_window_fails(self, world, licence):
        iat = NOW - 3600
        for windows in ((Window(0, iat),), (Window(iat + 1),), (Window(0, 5), Window(iat + 1))):
            key = SigningKey.generate()
            trusted = TrustedKey(key.public, Use.CREDENTIALS, windows, None, ())
            licence.department.more_keys[key.public.thumbprint] = trusted
            assert only(found(world, licence, world.show(licence, key=key, x5c=certified(key))), "issuer_key")

    @pytest.mark.parametrize(
        ("ended", "kind", "verdict"),
        [
            (NOW - 30 * DAY, Kind.CODE, "valid"),
            (NOW - 30 * DAY - 1, Kind.CODE, "invalid"),
            (NOW - 30 * DAY - 1, Kind.ANSWER, "invalid"),
            (NOW - 300 * DAY, Kind.COPY, "copy"),
        ],
    )
    def test_a_retired_key_counts_for_thirty_days_and_on_paper_for_ever(
        self, world, licence, ended, kind, verdict
    ):
        old = SigningKey.generate()
        trusted = TrustedKey(old.public, Use.CREDENTIALS, (Window(0, ended),), None, ())
        licence.department.more_keys[old.public.thumbprint] = trusted
        text = world.show(licence, kind, key=old, x5c=certified(old), iat=ended - 10)
        report = found(world, licence, text)
        assert report.verdict == verdict
        assert report.failed == ([] if verdict != "invalid" else ["issuer_key"])

    def test_no_trust_comes_from_x5c_and_it_must_be_the_keys(self, world, licence):
        other = certified(SigningKey.generate())
        assert only(found(world, licence, world.show(licence, x5c=other)), "issuer_key")
        assert only(found(world, licence, world.show(licence, x5c=("no certificate",))), "issuer_key")
        renewed = certified(licence.department.key, "a newer certificate of the same key")
        assert found(world, licence, world.show(licence, x5c=renewed)).verdict == "valid"

    def test_an_address_that_is_no_origin_of_the_issuer_is_unknown(self, world, licence):
        uri = credential.status_uri("https://elsewhere", licence.department.code, 0)
        text = world.show(licence, origin="https://elsewhere", status=StatusReference(uri=uri, idx=0))
        report = found(world, licence, text)
        assert report.verdict == "unknown"
        assert report.unknown == ["issuer_key", "status"]

    def test_a_department_that_this_verifier_did_not_choose_is_unknown(self, world, licence):
        text = world.show(licence)
        report = found(world, licence, text, trust=world.trust(issuers={}, lists={}))
        assert report.verdict == "unknown"
        assert report.failed == []

    def line(self, world, licence, length):
        """Successors one after the other; the last one."""
        current = licence.department
        for _ in range(length):
            following = world.department()
            current.successors[licence.type.type] = Successor(following.code, NOW - 10 * DAY)
            current = following
        return current

    def signed_by(self, world, licence, signer, **changed):
        entry = StatusReference(uri=signer.uri, idx=3)
        return world.show(
            licence, key=signer.key, x5c=signer.x5c, signer=signer.code, status=entry, **changed
        )

    @pytest.mark.parametrize(
        ("length", "verdict"), [(1, "valid"), (2, "valid"), (8, "valid"), (9, "invalid")]
    )
    def test_successors_may_sign_up_to_eight_deep(self, world, licence, length, verdict):
        last = self.line(world, licence, length)
        report = found(world, licence, self.signed_by(world, licence, last))
        assert report.verdict == verdict
        assert report.failed == ([] if verdict == "valid" else ["issuer_key"])

    def test_a_successor_may_not_sign_before_it_took_over(self, world, licence):
        last = self.line(world, licence, 1)
        text = self.signed_by(world, licence, last, iat=NOW - 10 * DAY - 1)
        assert only(found(world, licence, text), "issuer_key")

    def test_a_successor_for_another_type_may_not_sign(self, world, licence):
        other = world.department()
        licence.department.successors[world.type("birth").type] = Successor(other.code, 0)
        assert only(found(world, licence, self.signed_by(world, licence, other)), "issuer_key")

    def test_a_circle_of_successors_ends(self, world, licence):
        last = self.line(world, licence, 2)
        last.successors[licence.type.type] = Successor(licence.department.code, 0)
        stranger = world.department()
        assert only(found(world, licence, self.signed_by(world, licence, stranger)), "issuer_key")


class TestStatus:
    @pytest.mark.parametrize("value", [Status.REVOKED, Status.SUSPENDED, Status.SUPERSEDED])
    @pytest.mark.parametrize("kind", ANY_KIND)
    def test_a_certificate_that_is_not_valid_fails(self, world, licence, kind, value):
        world.set_status(licence, value)
        assert only(found(world, licence, world.show(licence, kind)), "status")

    @pytest.mark.parametrize("value", [Status.REVOKED, Status.SUSPENDED, Status.SUPERSEDED])
    def test_a_credentials_own_entry_fails_while_the_certificate_stands(self, world, licence, value):
        text = world.show(licence)
        licence.department.entries.set(licence.entry.idx, value)
        report = found(world, licence, text)
        assert only(report, "status")

    def test_the_neighbours_status_does_not_matter(self, world, licence):
        text = world.show(licence)
        core = licence.certificate.core
        bits = licence.department.words.setdefault((core.type, core.status.list), StatusBits())
        for idx in (core.status.idx - 1, core.status.idx + 1):
            bits.set(idx, Status.REVOKED)
            licence.department.entries.set(licence.entry.idx + 1, Status.REVOKED)
        assert found(world, licence, text).verdict == "valid"

    @pytest.mark.parametrize(
        ("value", "outcome"),
        [
            (Status.VALID, "unknown"),
            (Status.SUSPENDED, "unknown"),
            (Status.REVOKED, "fail"),
            (Status.SUPERSEDED, "fail"),
        ],
    )
    def test_old_words_prove_only_what_cannot_be_taken_back(self, world, licence, value, outcome):
        world.set_status(licence, value)
        text = world.show(licence)
        report = found(world, licence, text, trust=world.trust(words_fresh_until=NOW))
        assert next(check.outcome for check in report.checks if check.id == "status") == outcome

    def test_words_without_the_list_are_unknown(self, world, licence):
        text = world.show(licence)
        report = found(world, licence, text, trust=world.trust(lists={}))
        assert (report.verdict, report.unknown) == ("unknown", ["status"])

    def test_the_strictest_source_wins(self, world, licence):
        text = world.show(licence)
        world.set_status(licence, Status.SUSPENDED)
        licence.department.entries.set(licence.entry.idx, Status.REVOKED)
        assert only(found(world, licence, text), "status")
        report = found(world, licence, text, trust=world.trust(words_fresh_until=NOW))
        assert only(report, "status")

    def test_an_entry_in_another_departments_list_fails(self, world, licence):
        other = world.department("business_licence")
        text = world.show(licence, status=StatusReference(uri=other.uri, idx=0))
        assert only(found(world, licence, text), "status")

    def test_an_entry_beyond_the_list_fails(self, world, licence):
        text = world.show(licence, status=StatusReference(uri=licence.department.uri, idx=4096))
        assert only(found(world, licence, text), "status")

    def test_an_answer_has_no_entry_of_its_own(self, world, licence):
        text = world.show(licence, Kind.ANSWER)
        assert found(world, licence, text, trust=world.trust(lists={})).verdict == "valid"

    def test_the_line_names_the_departments_term_where_the_history_has_it(self, world, licence):
        from registry.trust import History, StatusChange

        core = licence.certificate.core
        place = (core.issuer, core.type, core.status.list, core.status.idx)
        change = StatusChange(Status.REVOKED, "penalty", NOW - 100, NOW - 100)
        world.history = History(0, NOW, {place: (change,)})
        world.set_status(licence, Status.REVOKED)
        line = next(check for check in found(world, licence).checks if check.id == "status")
        assert line.zh.endswith("吊销")


class TestTime:
    @pytest.mark.parametrize(
        ("members", "valid"),
        [
            ({"valid_from": NOW + 60}, True),
            ({"valid_from": NOW + 61}, False),
            ({"valid_until": NOW - 59}, True),
            ({"valid_until": NOW - 60}, False),
        ],
    )
    def test_a_certificate_counts_within_its_validity(self, world, members, valid):
        licence = world.issue(world.department("business_licence"))
        core = licence.certificate.core
        given = {name: getattr(core, name) for name in core.__struct_fields__}
        licence.certificate = replace(licence.certificate, core=type(core)(**{**given, **members}))
        world.anchor(licence)
        report = found(world, licence)
        assert report.verdict == "valid" if valid else only(report, "time")

    @pytest.mark.parametrize(
        ("members", "valid"),
        [
            ({"nbf": NOW + 60}, True),
            ({"nbf": NOW + 61}, False),
            ({"exp": NOW - 59}, True),
            ({"exp": NOW - 60}, False),
        ],
    )
    @pytest.mark.parametrize("kind", ANY_KIND)
    def test_a_credential_counts_between_nbf_and_exp(self, world, licence, kind, members, valid):
        report = found(world, licence, world.show(licence, kind, **members))
        assert report.failed == ([] if valid else ["time"])

    def test_an_expired_certificate_is_said_to_have_expired_never_to_be_invalid(self, world):
        licence = world.issue(world.department("business_licence"), last_day="2021-01-01")
        world.anchor(licence)
        line = next(check for check in found(world, licence).checks if check.id == "time")
        assert "已过期" in line.zh
        assert "无效" not in line.zh


class TestHolder:
    @pytest.mark.parametrize("kind", ANY_KIND)
    def test_a_kind_that_the_caller_did_not_name_fails(self, world, licence, kind):
        kinds = frozenset(Kind) - {kind}
        assert only(found(world, licence, world.show(licence, kind), kinds=kinds), "holder")

    @pytest.mark.parametrize("kind", BOUND)
    def test_a_credential_without_its_wallets_signature_fails(self, world, licence, kind):
        text = world.show(licence, kind)
        stripped = text[: text.rindex("~") + 1]
        assert only(found(world, licence, stripped), "holder")

    @pytest.mark.parametrize("kind", BOUND)
    def test_another_wallets_signature_fails(self, world, licence, kind):
        thief = SigningKey.generate()
        text = world.bind(world.credential(licence), [], thief, kind)
        assert only(found(world, licence, text), "holder")

    def test_a_signature_on_a_copy_or_answer_fails(self, world, licence):
        for kind in (Kind.ANSWER, Kind.COPY):
            jwt = world.credential(licence, kind)
            assert only(found(world, licence, world.bind(jwt, [], licence.wallet)), "holder")

    def test_a_credential_for_a_wallet_and_a_department_at_once_fails(self, world, licence):
        text = world.show(licence, Kind.CODE, aud=AUDIENCE)
        assert only(found(world, licence, text), "holder")

    @pytest.mark.parametrize(
        ("age", "valid"), [(-31, False), (-30, True), (0, True), (60, True), (61, False), (3600, False)]
    )
    def test_a_code_counts_for_sixty_seconds(self, world, licence, age, valid):
        text = world.bind(world.credential(licence), [], licence.wallet, iat=NOW - age)
        report = found(world, licence, text)
        assert report.verdict == "valid" if valid else only(report, "holder")

    @pytest.mark.parametrize(("age", "valid"), [(-301, False), (-300, True), (300, True), (301, False)])
    def test_a_request_is_answered_within_five_minutes(self, world, licence, age, valid):
        text = world.bind(world.credential(licence), [], licence.wallet, Kind.REQUEST, iat=NOW - age)
        report = found(world, licence, text)
        assert report.verdict == "valid" if valid else only(report, "holder")

    def test_what_was_shown_to_somebody_else_fails(self, world, licence):
        text = world.bind(world.credential(licence), [], licence.wallet, Kind.REQUEST, aud="x509_hash:other")
        assert only(found(world, licence, text), "holder")

    def test_what_answers_another_request_fails(self, world, licence):
        text = world.bind(world.credential(licence), [], licence.wallet, Kind.REQUEST, nonce="another")
        assert only(found(world, licence, text), "holder")

    def test_without_the_callers_name_or_nonce_a_request_is_unknown(self, world, licence):
        text = world.show(licence, Kind.REQUEST)
        for missing in ({"audience": None}, {"nonce": None}):
            report = found(world, licence, text, **missing)
            assert (report.verdict, report.unknown) == ("unknown", ["holder"])

    @pytest.mark.parametrize("change", ["add", "remove", "swap"])
    def test_disclosures_changed_after_the_wallet_signed_fail(self, world, licence, change):
        text = world.show(licence)
        jwt, *disclosures, binding = text.split("~")
        if change == "add":
            disclosures += licence.disclosures(["premises"])
        elif change == "remove":
            disclosures.pop()
        else:
            disclosures.reverse()
        changed = "~".join((jwt, *disclosures, binding))
        assert only(found(world, licence, changed), "holder")

    def test_a_holders_key_that_is_no_point_fails(self, world, licence):
        point = {"crv": "P-256", "kty": "EC", "x": b64.encode(bytes(32)), "y": b64.encode(bytes([1] * 32))}
        jwt = world.credential(licence, cnf=SimpleNamespace(jwk=point))
        assert only(found(world, licence, world.bind(jwt, [], licence.wallet)), "holder")

    def test_an_answer_to_another_department_fails(self, world, licence):
        text = world.show(licence, Kind.ANSWER, aud="somebody else")
        assert only(found(world, licence, text), "holder")

    def test_an_answer_about_another_holder_fails(self, world, licence):
        text = world.show(licence, Kind.ANSWER)
        assert only(found(world, licence, text, holder=("credit_code", credit_code(999))), "holder")
        own = next(shown(licence, "credit_code")).value
        assert only(found(world, licence, text, holder=("citizen_number", own)), "holder")

    def test_an_answer_that_does_not_disclose_the_holder_fails(self, world, licence):
        text = world.show(licence, Kind.ANSWER, names=["company_name"])
        assert only(found(world, licence, text), "holder")

    def test_an_answer_about_the_certificate_that_was_asked_for_passes(self, world, licence):
        text = world.show(licence, Kind.ANSWER, names=["company_name"])
        own = licence.certificate.core.certificate_id
        assert found(world, licence, text, holder=None, certificate_id=own).verdict == "valid"
        report = found(world, licence, text, holder=None, certificate_id=own[:-1] + "?")
        assert only(report, "holder")

    def test_an_answer_without_saying_who_asked_about_whom_is_unknown(self, world, licence):
        text = world.show(licence, Kind.ANSWER)
        for missing in ({"audience": None}, {"holder": None}):
            report = found(world, licence, text, **missing)
            assert (report.verdict, report.unknown) == ("unknown", ["holder"])


class TestType:
    def place(self, licence):
        return (licence.type.type, licence.type.version)

    def test_a_type_that_is_not_in_the_trust_data_is_unknown(self, world, licence):
        del world.types[self.place(licence)]
        report = found(world, licence)
        assert (report.verdict, report.unknown) == ("unknown", ["type"])

    def test_a_definition_that_is_not_the_chains_fails(self, world, licence):
        world.types[self.place(licence)] = TrustedType(licence.type, bytes(32), (Window(0),))
        assert only(found(world, licence), "type")

    @pytest.mark.parametrize("window", [Window(0, NOW - DAY), Window(NOW - DAY + 1)])
    def test_a_version_that_was_not_in_force_at_the_anchor_fails(self, world, licence, window):
        world.types[self.place(licence)] = replace(world.types[self.place(licence)], windows=(window,))
        assert only(found(world, licence), "type")

    def test_a_credential_that_names_another_type_fails(self, world, licence):
        jwt = world.credential(licence)
        payload = credential.parse(jwt + "~").payload
        core = payload.core
        other = credential.type_uri(ORIGIN, core.type, core.type_version + 1)
        report = found(world, licence, self.signed(world, licence, vct=other))
        assert only(report, "type")
        elsewhere = credential.type_uri("https://elsewhere", core.type, core.type_version)
        assert only(found(world, licence, self.signed(world, licence, vct=elsewhere)), "type")

    def signed(self, world, licence, **members):
        from registry import jcs

        payload = credential.parse(world.credential(licence) + "~").payload
        changed = {**jcs.loads(jcs.dumps(payload)), **members}
        key = licence.department.key
        header = jcs.dumps(
            {"alg": "ES256", "kid": key.public.thumbprint, "typ": "dc+sd-jwt", "x5c": licence.department.x5c}
        )
        signing_input = f"{b64.encode(header)}.{b64.encode(jcs.dumps(changed))}"
        jwt = f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"
        return world.bind(jwt, [], licence.wallet)

    @pytest.mark.parametrize(
        ("name", "value"), [("nickname", "小光"), ("established_on", "2020年5月"), ("capital", "many")]
    )
    def test_a_claim_that_does_not_fit_the_type_fails(self, world, name, value):
        licence = world.issue(world.department("business_licence"))
        wrong = certificate.disclosure(name, value, os.urandom(16))
        licence.certificate = replace(
            licence.certificate,
            sd=tuple(sorted((*licence.certificate.sd, certificate.digest(wrong)))),
            disclosures=(wrong,),
        )
        world.anchor(licence)
        text = world.show(licence, names=[name])
        assert only(world.verify(text), "type")

    def test_a_copy_that_shows_what_may_not_be_on_paper_fails(self, world, licence):
        names = ("company_name", "representative_number")
        assert "representative_number" not in licence.type.paper
        assert only(found(world, licence, world.show(licence, Kind.COPY, names)), "type")
        assert found(world, licence, world.show(licence, Kind.CODE, names)).verdict == "valid"

    def test_a_newer_version_of_the_type_leaves_older_certificates_as_they_are(self, world, licence):
        newer = definition.parse({**licence_document(licence), "version": 2, "paper": ["company_name"]})
        world.types[(newer.type, 2)] = TrustedType(newer, definition.hash(newer), (Window(NOW - 10),))
        world.types[self.place(licence)] = replace(
            world.types[self.place(licence)], windows=(Window(0, NOW - 10),)
        )
        assert found(world, licence).verdict == "valid"


def licence_document(licence):
    from registry import jcs

    return jcs.loads(licence.type.canonical)


def test_a_core_changed_in_anything_leads_to_another_root(world, licence):
    core = licence.certificate.core
    given = {name: getattr(core, name) for name in core.__struct_fields__}
    changes = {
        "certificate_id": core.certificate_id[:-1] + "X",
        "valid_until": NOW + 9 * DAY,
        "valid_from": core.valid_from - DAY,
        "status": StatusPosition(0, core.status.idx + 1),
        "type_version": 2,
    }
    for name, value in changes.items():
        changed = type(core)(**{**given, name: value})
        report = found(world, licence, world.show(licence, core=changed))
        assert "anchor" in report.failed, name
    without_decoy = licence.certificate.sd[1:]
    assert "anchor" in found(world, licence, world.show(licence, sd=without_decoy, names=())).failed


def test_what_failed_comes_first_in_what_to_do_next(world, licence):
    text = world.show(licence)
    licence.department.rights.clear()
    report = found(world, licence, text, trust=world.trust(words_fresh_until=NOW))
    assert report.verdict == "invalid"
    assert report.next.en == "Do not accept it; ask the issuer."


def test_merkle_is_what_the_anchor_is_made_of(world, licence):
    assert licence.anchor.root(licence.certificate.leaf) == licence.department.roots[1].root
    assert licence.certificate.leaf == merkle.leaf_hash(licence.certificate.canonical)
