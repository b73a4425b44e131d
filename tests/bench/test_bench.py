"""The bench measures what it says, and writes it where it says."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from registry import sm
from scripts.bench import __main__ as bench
from scripts.bench import report
from scripts.bench.measuring import Pair, Row, in_turns, measure

TINY = bench.Form(
    batch=40, bulk_rounds=1, anchor_rounds=1, requests=16, api_rounds=1, slice_seconds=0.002, rounds=1
)


@pytest.fixture(scope="module")
def rows() -> Sequence[Row]:
    return bench.run(TINY, Console(quiet=True))


@pytest.mark.slow
def test_every_rate_stands_beside_its_limit(rows: Sequence[Row], tmp_path: Path) -> None:
    report.write_json(rows, tmp_path / "bench.json")
    written = json.loads((tmp_path / "bench.json").read_text())
    here = [name for name in report.LIMITS if sm.installed() or not name.startswith("sm_")]
    assert [row["name"] for row in written] == here
    for row in written:
        assert set(row) == {"name", "value", "unit", "limit", "ratio"}
        assert min(row["value"], row["limit"], row["ratio"]) > 0
        assert row["ratio"] == pytest.approx(row["value"] / row["limit"], rel=0.05, abs=0.001)


def test_what_was_not_measured_now_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    first, second = (Row("cut_credential", rate, "credentials/s", 20.0, rate / 20) for rate in (10.0, 5.0))
    other = Row("sm_sign", 1.0, "signatures/s", 4.0, 0.25)
    report.write_json([other, first], file)
    report.write_json([second], file)
    assert report.read_json(file) == [second, other]


@pytest.mark.slow
def test_the_page_is_made_from_the_file(rows: Sequence[Row], tmp_path: Path) -> None:
    report.write_json(rows, tmp_path / "bench.json")
    report.write_docs(tmp_path / "bench.json", tmp_path / "performance.md")
    page = (tmp_path / "performance.md").read_text()
    for row in rows:
        assert f"| {row.name} | {row.value:,.0f} {row.unit} |" in page


def test_medians_are_compared_and_the_first_turn_is_not_counted() -> None:
    values, limits = iter([1.0, 40.0, 10.0, 30.0]), iter([1.0, 90.0, 60.0, 30.0])
    turn = in_turns(lambda: next(values), lambda: next(limits))
    assert measure(Pair("x", "things/s", turn, 3)) == Row("x", 30.0, "things/s", 60.0, 0.5)


def test_neither_side_always_goes_first() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return 1.0

    turn = in_turns(lambda: side("subject"), lambda: side("limit"))
    turn()
    turn()
    assert order == ["subject", "limit", "limit", "subject"]
