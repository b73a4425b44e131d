"""The report: lights, ranks, what is published, and its forms."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select
from typer.testing import CliRunner

from registry.catalogue import load_catalogue
from registry.cli.main import app, assemble
from registry.measures import forms
from registry.measures.colours import BadThresholds, Colour, Thresholds, checked, colour_of, ranks
from registry.measures.counts import Ratio
from registry.measures.measuring import Measuring
from registry.measures.plan import PLAN, UNMEASURED, Unit
from registry.measures.report import Line, Report
from registry.rights import Rights
from registry.store.tables import CaseRating, Department
from tests.measures.ledger import (
    CALENDAR,
    HOUSING,
    MARKET,
    NOVEMBER,
    NOW,
    POLICE,
    VAULT,
    ZONE,
    Ledger,
    at,
)

assemble()


def measuring(ledger: Ledger, *, sealed: bool = False, now: int = NOW, **thresholds: Thresholds) -> Measuring:
    return Measuring(
        ledger.store,
        None if sealed else VAULT,
        load_catalogue(),
        Rights([], ZONE),
        CALENDAR,
        thresholds,
        10,
        lambda: now,
    )


def november(ledger: Ledger, **more: Any) -> Report:
    return measuring(ledger, **more).report(*NOVEMBER)


def line(report: Report, name: str) -> Line:
    return next(each for each in report.lines if each.measure.name == name)


def identity_type() -> str:
    return load_catalogue().by_alias("resident_identity").type


def rate(ledger: Ledger, office: str, *stars: int, when: int = at(11, 5)) -> None:
    for each in stars:
        ledger.add(CaseRating(case=ledger.case(office), stars=each, at=when))


def test_the_plan_is_as_it_was_adopted() -> None:
    planned = {each.name: (each.baseline, each.target) for each in PLAN if each.target is not None}
    assert planned == {
        "repeated_materials": (45, 9),
        "certificates_used": (70, 95),
        "data_shared": (None, 95),
        "wholly_online": (76.3, 90),
        "trips": (3, 0),
        "working_days": (15, 6),
        "data_accuracy": (None, 99),
        "satisfaction": (92, 98),
    }
    names = [each.name for each in (*PLAN, *UNMEASURED)]
    assert len(set(names)) == len(names)
    said = [text for each in PLAN for text in (each.zh, each.en, each.formula_zh, each.formula_en)]
    assert all(said) and all(one.why_zh and one.why_en for one in UNMEASURED)


@pytest.mark.parametrize(
    ("value", "better", "colour"),
    [
        (95, "higher", "green"),
        (94.9, "higher", "yellow"),
        (90, "higher", "yellow"),
        (89.9, "higher", "red"),
        (95, "lower", "green"),
        (95.1, "lower", "yellow"),
        (None, "higher", None),
    ],
)
def test_a_light_by_its_thresholds(value: float | None, better: Any, colour: str | None) -> None:
    limits = Thresholds(95, 90) if better == "higher" else Thresholds(95, 100)
    assert colour_of(value, limits, better) == colour


def test_thresholds_of_the_settings_come_first_and_make_sense(ledger: Ledger) -> None:
    ledger.case(opened=at(11, 2), ended=at(11, 4))
    assert line(november(ledger), "working_days").total.colour is Colour.GREEN
    strict = november(ledger, working_days=Thresholds(0, 1))
    assert line(strict, "working_days").total.colour is Colour.RED
    assert line(november(ledger), "anchor_lag").thresholds is None
    for wrong in ({"working_hours": (1, 2)}, {"trips": (2, 1)}, {"satisfaction": (90, 95)}):
        with pytest.raises(BadThresholds):
            checked(wrong)  # type: ignore[arg-type]
    assert checked({"trips": (0, 0)}) == {"trips": Thresholds(0, 0)}


@given(st.dictionaries(st.text(max_size=2), st.none() | st.integers(0, 5), max_size=6))
def test_ranks_are_those_of_a_race(values: dict[str, float | None]) -> None:
    found = ranks(values, "higher")
    assert found.keys() == {name for name, value in values.items() if value is not None}
    for name, rank in found.items():
        before = [each for each in found if values[each] > values[name]]  # type: ignore[operator]
        assert rank == len(before) + 1


def test_a_lower_bound_is_never_green(ledger: Ledger) -> None:
    ledger.case(MARKET)
    ledger.case(POLICE, clerk="clerk 3")
    found = {each.department: each for each in line(november(ledger), "trips").departments}
    assert (found[MARKET].value, found[MARKET].colour) == (0, None)
    assert (found[POLICE].value, found[POLICE].colour) == (1, Colour.YELLOW)


def test_departments_are_ranked_and_those_with_nothing_to_count_come_last(ledger: Ledger) -> None:
    rate(ledger, MARKET, 5, 1)
    rate(ledger, POLICE, 5, 5)
    rate(ledger, HOUSING, 4, 2)
    found = line(november(ledger), "satisfaction")
    told = [(each.department, each.rank, each.value) for each in found.departments]
    assert told == [(POLICE, 1, 100), (HOUSING, 2, 50), (MARKET, 2, 50)]
    assert (found.total.value, found.total.part, found.total.whole) == (100 * 4 / 6, 4, 6)
    days = line(november(ledger), "reversals")
    assert (days.total.value, days.total.colour, days.departments) == (None, None, ())


def test_what_cannot_be_measured_says_so_and_has_no_number(ledger: Ledger) -> None:
    found = november(ledger)
    assert found.unmeasured == UNMEASURED
    closed = november(ledger, sealed=True)
    names = {each.name for each in closed.unmeasured}
    assert {"data_shared", "refusals_by_rule", *(each.name for each in UNMEASURED)} == names
    assert "data_shared" not in {each.measure.name for each in closed.lines}
    rows = [
        row for row in csv.DictReader(io.StringIO(forms.as_csv(closed))) if row["colour"] == "not_measured"
    ]
    assert {row["measure"] for row in rows} == names
    assert all(row["value"] == "" and row["formula_zh"] and row["formula_en"] for row in rows)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(2, 20))
def test_no_group_smaller_than_the_least_can_be_read(part: int, rest: int, least: int) -> None:
    told = Ratio(part, part + rest).is_told(Unit.PERCENT, least)
    assert told == (part + rest >= least and not 0 < part < least and not 0 < rest < least)


def test_what_is_published_is_of_whole_months_with_no_small_counts_and_no_sum_of_them(ledger: Ledger) -> None:
    october = at(10, 5)
    for office, good, bad in ((MARKET, 20, 10), (POLICE, 20, 9), (HOUSING, 9, 0)):
        rate(ledger, office, *(5,) * good, *(1,) * bad, when=october)
    rate(ledger, MARKET, *(1,) * 30, when=at(11, 5))
    rate(ledger, MARKET, *(1,) * 30, when=at(9, 30))
    found = measuring(ledger).open_report(date(2026, 9, 2))
    ratings = line(found, "satisfaction")
    assert [(each.department, each.part, each.whole) for each in ratings.departments] == [(MARKET, 20, 30)]
    assert (ratings.total.part, ratings.total.whole) == (20, 30)
    assert found.left_out >= 2
    assert (found.since, found.until) == (at(10, 1, 0), at(11, 1, 0))
    own = measuring(ledger).open_report(date(2026, 10, 1), own=POLICE)
    told = {each.department for each in line(own, "satisfaction").departments}
    assert told == {MARKET, POLICE}


def test_a_spreadsheet_runs_nothing_out_of_it(ledger: Ledger) -> None:
    with ledger.store.write() as session:
        for row in session.exec(select(Department)):
            row.name_zh, row.name_en = {
                MARKET: ("=HYPERLINK(1)", "+1"),
                POLICE: ("-1", "@SUM(1)"),
                HOUSING: ("\t=1", "＝1"),
            }[row.code]
            session.add(row)
    for office in (MARKET, POLICE, HOUSING):
        ledger.case(office)
    ledger.asked(POLICE, "refused", rule="=cmd|' /C calc'!A0")
    rows = list(csv.DictReader(io.StringIO(forms.as_csv(november(ledger)))))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.strip()[:1] in {"=", "+", "-", "@", "＝"}]
    assert {"'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", "'\t=1", "'＝1"} <= set(cells)
    assert "'=cmd|' /C calc'!A0 refused" in cells


def test_csv_and_json_say_the_same(ledger: Ledger) -> None:
    rate(ledger, MARKET, 5, 4, 1)
    ledger.batch(POLICE, [at(11, 2)] * 2, closed=at(11, 2), block=at(11, 2), type=identity_type())
    report = november(ledger)
    told = json.loads(json.dumps(forms.as_json(report)))
    rows = list(csv.DictReader(io.StringIO(forms.as_csv(report))))
    for measure in told["measures"]:
        own = [row for row in rows if row["measure"] == measure["name"]]
        assert [row["department"] for row in own] == [
            "",
            *(each["department"] for each in measure["departments"]),
        ]
        for row, figure in zip(own, [measure, *measure["departments"]], strict=True):
            value = figure["value"]
            assert row["value"] == "" if value is None else abs(float(row["value"]) - value) < 1e-3
            assert row["colour"] == (figure["colour"] or "")
            assert row["formula_zh"] == measure["formula_zh"]
    assert told["types"] == {identity_type(): {"zh": "居民身份证", "en": "Resident identity card"}}
    covered = [row for row in rows if row["measure"] == "certificates"]
    assert [(row["department"], row["detail"], row["value"]) for row in covered] == [
        (POLICE, identity_type(), "2")
    ]


@pytest.mark.parametrize("form", ["", "--csv", "--json"])
def test_one_command_says_it_all(ledger: Ledger, tmp_path: Path, form: str) -> None:
    rate(ledger, MARKET, 5, 4, 1)
    environment = {"ZT_DATA": str(tmp_path), "ZT_API_PASSPHRASE": "", "ZT_RIGHTS": str(tmp_path / "rights")}
    result = CliRunner().invoke(
        app,
        ["kpi", "--since", "2026-11-01", "--until", "2026-11-30", *filter(None, [form])],
        env={**environment, "COLUMNS": "140"},
    )
    assert result.exit_code == 0, result.output
    for each in PLAN:
        assert each.name in result.output if form else each.zh in result.output
    for one in UNMEASURED:
        assert one.name in result.output if form else one.zh in result.output
    if form == "--json":
        told = {each["name"]: each for each in json.loads(result.output)["measures"]}
        assert told["satisfaction"]["value"] == pytest.approx(200 / 3)
        assert (told["satisfaction"]["baseline"], told["satisfaction"]["target"]) == (92, 98)


@pytest.mark.parametrize("days", [("2026-11-30", "--until", "2026-11-01"), ("2999-01-01",)])
def test_days_the_wrong_way_round_are_refused(ledger: Ledger, tmp_path: Path, days: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["kpi", "--since", *days], env={"ZT_DATA": str(tmp_path)})
    assert result.exit_code == 2
    assert "起始日晚于截止日 / the first day is after the last" in result.output


def test_a_day_that_is_none_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    for since in ("yesterday", "2026-13-01"):
        result = CliRunner().invoke(app, ["kpi", "--since", since], env={"ZT_DATA": str(tmp_path)})
        assert result.exit_code == 1
        assert "YYYY-MM-DD" in str(result.exception)
