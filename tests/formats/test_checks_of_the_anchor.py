"""Checks 1 to 4: disclosures, path, anchor, right. Each fails alone when its thing is broken."""

import os
from dataclasses import replace

import pytest

from registry import b64, certificate
from registry.credential import Anchor, Kind
from registry.trust import TrustedRoot, Window
from tests.formats.asking import found, only, shown
from tests.formats.world import DAY, NOW


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
        report = found(world, licence)
        assert (report.failed, report.unknown) == (["anchor"], ["right", "type"])
        assert "claim the credential again" in report.next.en

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
