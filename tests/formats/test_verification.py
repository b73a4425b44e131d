"""The report, and what is right passes; what becomes of it as a whole."""

import pytest

from registry import certificate, merkle
from registry.certificate import StatusPosition
from registry.credential import Kind
from registry.verification import CHECKS
from tests.formats.asking import found, outcome
from tests.formats.world import DAY, NOW, THREE

NAMES = ("parse", *(name for _, name, _ in CHECKS))


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


def test_a_core_changed_in_anything_leads_to_another_root(world, licence):
    core = licence.certificate.core
    given = {name: getattr(core, name) for name in core.__struct_fields__}
    changes = {
        "certificate_id": core.certificate_id[:-1] + ("Y" if core.certificate_id.endswith("X") else "X"),
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
