"""Checks 5 and 6: issuer_key, status. Each fails alone when its thing is broken."""

from dataclasses import replace

import pytest

from registry import credential
from registry.credential import Kind, StatusReference
from registry.lifecycle import Status
from registry.signing import SigningKey, Use
from registry.status import StatusBits
from registry.trust import History, StatusChange, Successor, TrustedKey, Window
from tests.formats.asking import found, only
from tests.formats.world import DAY, NOW, certified

ANY_KIND = list(Kind)


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

    def test_a_revoked_certificate_fails_even_where_the_list_is_missing(self, world, licence):
        text = world.show(licence)
        world.set_status(licence, Status.REVOKED)
        assert only(found(world, licence, text, trust=world.trust(lists={})), "status")

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
        core = licence.certificate.core
        place = (core.issuer, core.type, core.status.list, core.status.idx)
        change = StatusChange(Status.REVOKED, "penalty", NOW - 100, NOW - 100)
        world.history = History(0, NOW, {place: (change,)})
        world.set_status(licence, Status.REVOKED)
        line = next(check for check in found(world, licence).checks if check.id == "status")
        assert line.zh.endswith("吊销")
