"""Open data of the access logs: counts, and nobody can be told from them."""

import csv
import io
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from registry import accesslog
from registry.accesslog.statistics import Statistics, statistics
from registry.catalogue import load_catalogue
from registry.cli.accesslog import _csv as as_csv
from registry.cli.main import app, assemble
from registry.store import Store
from tests.accesslog.conftest import Ask
from tests.accesslog.test_auditing import ISSUER, VAULT, empty, store
from tests.authority.conftest import POLICE
from tests.faults.whole import Whole

__all__ = ["store"]
assemble()

ZONE = ZoneInfo("Asia/Shanghai")
ASKER = "11440100MB9A000306"


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=ZONE).timestamp())


NOW = at(2026, 11, 24)


def write(store: Store, count: int, moment: int, **changed: object) -> None:
    given: dict[str, object] = {
        "asker": ASKER,
        "clerk": "clerk 3",
        "purpose": "title_registration",
        "rule": "r",
        "holder": bytes(32),
        "outcome": "yes",
        "answer": None,
        "vault": VAULT,
        "now": moment,
        "randomness": bytes,
        "type": "resident_identity",
    }
    with store.write() as session:
        for _ in range(count):
            accesslog.append(session, ISSUER, **(given | changed))  # type: ignore[arg-type]


def counted(store: Store, since: date = date(2026, 1, 1)) -> Statistics:
    with store.read() as session:
        return statistics(session, VAULT, load_catalogue(), since=since, now=NOW, zone=ZONE)


def test_decisions_are_counted_by_month_asker_issuer_type_matter_and_outcome(store: Store) -> None:
    empty(store)
    write(store, 12, at(2026, 9, 1))
    write(store, 10, at(2026, 10, 31, 23), outcome="no")
    identity = load_catalogue().by_alias("resident_identity").type
    plain = {"asker": ASKER, "issuer": ISSUER, "type": identity, "matter": "title_registration"}
    assert counted(store).rows() == [
        {"month": "2026-09", **plain, "outcome": "yes", "count": 12},
        {"month": "2026-10", **plain, "outcome": "no", "count": 10},
    ]
    assert counted(store).months == ("2026-01", "2026-10")


def test_a_small_count_is_left_out_and_no_sum_tells_it(store: Store) -> None:
    empty(store)
    write(store, 10, at(2026, 9, 1))
    write(store, 9, at(2026, 9, 2), outcome="no")
    found = counted(store)
    assert [count for _, count in found.counts] == [10]
    assert found.left_out == 1


@pytest.mark.parametrize("moment", [at(2026, 11, 1), at(2026, 11, 24)])
def test_a_month_that_is_not_over_is_not_told(store: Store, moment: int) -> None:
    empty(store)
    write(store, 20, moment)
    assert counted(store).counts == []


def test_a_month_is_told_as_a_whole_or_not_at_all(store: Store) -> None:
    empty(store)
    write(store, 20, at(2026, 9, 20))
    assert counted(store, date(2026, 9, 2)).months == ("2026-10", "2026-10")
    assert counted(store, date(2026, 9, 2)).counts == []
    assert len(counted(store, date(2026, 9, 1)).counts) == 1


def test_the_year_turns(store: Store) -> None:
    empty(store)
    write(store, 10, at(2026, 1, 1))
    assert [cell.month for cell, _ in counted(store, date(2025, 12, 5)).counts] == ["2026-01"]


def test_one_command_writes_them_as_csv(whole: Whole, asking: Ask, tmp_path: Path) -> None:
    for _ in range(11):
        asking(POLICE, now=at(2026, 10, 5))
    settings = whole.runtime.settings
    environment = {"ZT_DATA": str(settings.data), "ZT_API_PASSPHRASE": settings.api_passphrase}
    out = tmp_path / "queries.csv"
    arguments = ["export", "statistics", "--since", "2026-01-01", "--out", str(out)]
    result = CliRunner().invoke(app, arguments, env=environment)
    assert result.exit_code == 0, result.output
    (row,) = csv.DictReader(io.StringIO(out.read_text("utf-8")))
    assert (row["month"], row["issuer"], row["count"]) == ("2026-10", POLICE, "11")


def test_a_matter_that_no_rights_file_names_is_not_told_whatever_it_says(store: Store) -> None:
    empty(store)
    write(
        store,
        12,
        at(2026, 9, 1),
        purpose="夏俊飞 440105199205037799",
        rule="unknown-matter",
        outcome="refused",
    )
    (row,) = counted(store).rows()
    assert (row["matter"], row["outcome"], row["count"]) == ("", "refused", 12)


@pytest.mark.parametrize("matter", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_a_spreadsheet_runs_nothing_out_of_them(matter: str) -> None:
    row = {"month": "2026-09", "asker": ASKER, "issuer": ISSUER, "type": "t", "outcome": "yes", "count": 12}
    (read,) = csv.DictReader(io.StringIO(as_csv([{**row, "matter": matter}])))
    assert read["matter"] == f"'{matter}" and read["count"] == "12"
