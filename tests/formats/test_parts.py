"""Check 6 of a combined licence (一业一证): it stands as long as the licences that it is made of."""

import pytest

from registry import definition
from registry.credential import Kind
from registry.lifecycle import Status
from registry.trust import History, StatusChange
from tests.formats.asking import outcome
from tests.formats.kitchen import ALL, OWN, combined_row, place
from tests.formats.world import DAY, NOW

BOTH = ("营业执照", "食品经营许可证")


def line(report):
    return next(check for check in report.checks if check.id == "status")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_combined_licence_whose_parts_stand_is_valid(kitchen, kind):
    report = kitchen.report(kind)
    assert report.verdict == ("copy" if kind is Kind.COPY else "valid")
    assert "各组成证照" in line(report).zh and "parts" in line(report).en


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("value", "zh", "en"), [(1, "被撤销", "revoked"), (2, "被暂停", "suspended")])
@pytest.mark.parametrize("kind", [Kind.CODE, Kind.COPY])
def test_a_part_revoked_or_suspended_fails_the_whole_and_is_named(kitchen, name, value, zh, en, kind):
    part = kitchen.parts[name]
    kitchen.world.set_status(part, Status(value))
    report = kitchen.report(kind)
    assert (report.verdict, report.failed, report.unknown) == ("invalid", ["status"], [])
    assert f"“{name}”已{zh}" in line(report).zh
    assert f"“{part.type.name.en}”" in line(report).en and en in line(report).en
    assert report.next.zh == "不能采用。"


def test_every_part_that_fails_is_named(kitchen):
    kitchen.world.set_status(kitchen.licence, Status.REVOKED)
    kitchen.world.set_status(kitchen.food, Status.SUSPENDED)
    said = line(kitchen.report())
    assert said.zh == "组成证照“营业执照”已被撤销；组成证照“食品经营许可证”已被暂停"


def test_of_a_superseded_part_it_is_not_known_whether_its_newer_version_stands(kitchen):
    kitchen.world.set_status(kitchen.licence, Status.SUPERSEDED)
    report = kitchen.report()
    assert (report.verdict, report.failed, report.unknown) == ("unknown", [], ["status"])
    assert "“营业执照”已有新版" in line(report).zh
    assert "newer version" in report.next.en
    kitchen.world.set_status(kitchen.food, Status.REVOKED)
    assert kitchen.report().verdict == "invalid", "the strictest wins"


@pytest.mark.parametrize("kind", list(Kind))
def test_parts_that_were_not_shown_are_unknown_never_valid(kitchen, kind):
    report = kitchen.report(kind, names=OWN)
    assert (report.verdict, report.failed, report.unknown) == ("unknown", [], ["status"])
    assert "组成证照" in line(report).zh


def test_a_revoked_part_cannot_be_hidden_behind_one_that_stands(kitchen):
    """One disclosure has the places of all: what hides one hides all of them, and that is unknown."""
    kitchen.world.set_status(kitchen.licence, Status.REVOKED)
    assert kitchen.report(names=OWN).verdict == "unknown"
    assert kitchen.report(names=(*OWN, "part_2_name", "part_2_identifier")).verdict == "unknown"


def test_a_part_of_a_department_that_the_verifier_does_not_know_is_unknown(kitchen):
    trust = kitchen.world.trust()
    known = {code: each for code, each in trust.issuers.items() if code != kitchen.food.department.code}
    report = kitchen.report(trust=kitchen.world.trust(issuers=known))
    assert (report.verdict, report.unknown) == ("unknown", ["status"])
    assert "“食品经营许可证”" in line(report).zh


def test_a_place_that_its_department_could_not_have_issued_at_says_nothing(kitchen):
    kitchen.food.department.rights.clear()
    report = kitchen.report()
    assert (report.verdict, report.unknown) == ("unknown", ["status"])


def test_a_part_of_an_unknown_type_is_named_by_its_number(kitchen):
    kitchen.world.set_status(kitchen.food, Status.REVOKED)
    types = {key: each for key, each in kitchen.world.types.items() if key[0] != kitchen.food.type.type}
    said = line(kitchen.report(trust=kitchen.world.trust(types=types)))
    assert ("“组成证照二”" in said.zh, "“Part 2”" in said.en) == (True, True)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Status.VALID, "unknown"),
        (Status.SUSPENDED, "unknown"),
        (Status.REVOKED, "fail"),
        (Status.SUPERSEDED, "unknown"),
    ],
)
def test_old_words_of_a_part_prove_only_what_cannot_be_taken_back(kitchen, value, found):
    kitchen.world.set_status(kitchen.food, value)
    report = kitchen.report(trust=kitchen.world.trust(words_fresh_until=NOW))
    assert outcome(report, "status") == found


def test_the_certificates_own_end_is_told_before_that_of_a_part(kitchen):
    kitchen.world.set_status(kitchen.food, Status.REVOKED)
    kitchen.world.set_status(kitchen.combined, Status.SUSPENDED)
    assert line(kitchen.report()).zh == "证照已被暂停"


def test_a_revoked_part_fails_even_where_the_credentials_own_list_is_missing(kitchen):
    kitchen.world.set_status(kitchen.food, Status.REVOKED)
    assert outcome(kitchen.report(trust=kitchen.world.trust(lists={})), "status") == "fail"
    kitchen.world.set_status(kitchen.food, Status.VALID)
    assert outcome(kitchen.report(trust=kitchen.world.trust(lists={})), "status") == "unknown"


def history(kitchen, part, *changes):
    core = part.certificate.core
    where = (core.issuer, core.type, core.status.list, core.status.idx)
    kitchen.world.history = History(NOW - 100 * DAY, NOW, {where: changes})


def test_the_departments_term_for_the_end_of_a_part_is_told(kitchen):
    history(kitchen, kitchen.food, StatusChange(Status.REVOKED, "penalty", NOW - 60, NOW - 60))
    kitchen.world.set_status(kitchen.food, Status.REVOKED)
    said = line(kitchen.report())
    assert said.zh.endswith("已被撤销：吊销") and said.en.endswith("revoked: revoked as a penalty")


@pytest.mark.parametrize(
    ("status", "reason", "recorded", "effective", "verdict"),
    [
        (Status.REVOKED, "penalty", -60, -60, "invalid"),
        (Status.REVOKED, "penalty", 60, 60, "valid"),
        (Status.REVOKED, "annulled", 60, -DAY, "invalid"),
        (Status.SUSPENDED, "withheld", -60, -60, "invalid"),
        (Status.SUPERSEDED, "changed", -60, -60, "unknown"),
        (Status.SUPERSEDED, "changed", 60, 60, "valid"),
        (Status.SUPERSEDED, "corrected", 60, -DAY, "unknown"),
    ],
)
def test_a_part_is_judged_as_of_a_past_time_too(kitchen, status, reason, recorded, effective, verdict):
    then = NOW - 1800
    history(kitchen, kitchen.food, StatusChange(status, reason, then + recorded, then + effective))
    kitchen.world.set_status(kitchen.food, status)
    report = kitchen.report(Kind.ANSWER, at=then)
    assert report.verdict == verdict


def test_without_the_history_of_that_time_a_part_is_unknown(kitchen):
    assert kitchen.report(Kind.ANSWER, at=NOW - 1800).unknown == ["status"]
    history(kitchen, kitchen.food)
    trust = kitchen.world.trust()
    known = {code: each for code, each in trust.issuers.items() if code != kitchen.food.department.code}
    report = kitchen.report(Kind.ANSWER, at=NOW - 1800, trust=kitchen.world.trust(issuers=known))
    assert (report.verdict, report.unknown) == ("unknown", ["status"])


class TestRow:
    """What may be issued: a combined licence agrees with itself about its parts."""

    def faults(self, kitchen, **changed):
        row = combined_row(kitchen.licence, kitchen.food, **changed)
        return [each.field for each in definition.validate(kitchen.combined.type, row)]

    def test_one_that_agrees_with_itself_is_issued(self, kitchen):
        assert self.faults(kitchen) == []

    def test_each_part_has_its_place_and_its_name(self, kitchen):
        assert self.faults(kitchen, part_status=place(kitchen.licence)) == [
            "part_2_name", "part_2_identifier",
        ]  # fmt: skip
        assert self.faults(kitchen, part_3_name="卫生许可证") == ["part_3_name"]

    def test_a_name_in_the_other_order_is_found_by_its_type(self, kitchen):
        swapped = " ".join(map(place, (kitchen.food, kitchen.licence)))
        assert self.faults(kitchen, part_status=swapped) == ["part_1_identifier", "part_2_identifier"]

    @pytest.mark.parametrize(
        "spoilt",
        [
            "{0}", "{0} {0}", "{0}  {1}", " {0} {1}", "{0},{1}", "{0} {1} x", "{0}.1 {1}", "{0} {2}",
            "{0} {3}", "x",
        ],
    )  # fmt: skip
    def test_places_have_one_form(self, kitchen, spoilt):
        own, food = place(kitchen.licence), place(kitchen.food)
        leading = food.rpartition(".")[0] + ".01"
        beyond = food.rpartition(".")[0] + ".131072"
        if spoilt == " {0} {1}":  # white space around any value goes before it is looked at
            assert self.faults(kitchen, part_status=spoilt.format(own, food)) == []
        else:
            assert self.faults(kitchen, part_status=spoilt.format(own, food, leading, beyond))

    def test_a_verifier_takes_no_places_of_another_form(self, kitchen, world):
        food = place(kitchen.food)
        for spoilt in ("x", f"{food}  {food}", food.rpartition(".")[0] + ".131072", f"{food} {food}"):
            row = combined_row(kitchen.licence, kitchen.food, part_status=spoilt)
            odd = world.issue(kitchen.combined.department, "combined_licence", **row)
            world.anchor(odd)
            report = world.verify(world.show(odd, Kind.CODE, ALL))
            assert (report.failed, report.unknown) == (["type"], ["status"])
