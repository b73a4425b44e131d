"""Working days: the law's year, made-up days, and the laws of counting."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.workingdays import BadCalendar, WorkingDays, load_working_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
OWN = load_working_days(None, SHANGHAI)
DAY = 86_400
dates = st.dates(date(2025, 12, 1), date(2027, 3, 1))
weekdays = dates.filter(lambda day: day.weekday() < 5)
weekend_days = dates.filter(lambda day: day.weekday() >= 5)
calendars = st.builds(
    WorkingDays,
    st.sampled_from([SHANGHAI, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
    st.frozensets(weekdays, max_size=40),
    st.frozensets(weekend_days, max_size=10),
)
moments = st.integers(1_765_000_000, 1_800_000_000)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp())


def test_the_year_has_as_many_working_days_as_the_law_says() -> None:
    """365 days less 104 of weekends and 13 of holidays, however they are shifted."""
    first = date(2026, 1, 1)
    assert sum(OWN.is_working(first + timedelta(days=each)) for each in range(365)) == 248


def test_a_sunday_that_is_worked_instead_counts_and_a_holiday_does_not() -> None:
    # Friday 13 February 2026; Saturday 14 is worked, then nine days off, back on Tuesday 24.
    asked = at("2026-02-13 16:00")
    assert OWN.end(asked, 1) == at("2026-02-15 00:00")
    assert OWN.end(asked, 2) == at("2026-02-25 00:00")
    assert OWN.between(asked, at("2026-02-24 09:00")) == 2


@given(calendars, moments, st.integers(1, 60))
def test_the_end_is_the_end_of_a_working_day_and_later_the_more_days(
    calendar: WorkingDays, moment: int, days: int
) -> None:
    end = calendar.end(moment, days)
    assert moment < calendar.end(moment, days - 1) < end
    assert calendar.is_working(calendar.day(end - 1))
    assert calendar.day(end) == calendar.day(end - 1) + timedelta(days=1)


@given(calendars, moments, st.integers(0, 60))
def test_until_the_end_of_the_nth_working_day_n_are_used(
    calendar: WorkingDays, moment: int, days: int
) -> None:
    assert calendar.between(moment, calendar.end(moment, days) - 1) == days


@given(calendars, st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_days_used_add_up(calendar: WorkingDays, moments: list[int]) -> None:
    first, second, third = moments
    whole = calendar.between(first, third)
    assert calendar.between(first, second) + calendar.between(second, third) == whole
    assert whole <= (third - first) // DAY + 1


@given(calendars, moments, st.integers(0, 30), st.integers(0, 30))
def test_days_that_follow_each_other_are_counted_as_one_term(
    calendar: WorkingDays, moment: int, first: int, second: int
) -> None:
    assert calendar.end(calendar.end(moment, first) - 1, second) == calendar.end(moment, first + second)


@pytest.mark.parametrize(
    "text",
    [
        "years: [2026]\nholidays: [2027-01-01]\n",
        "years: [2026]\nholidays: []\nworkdays: [2026-11-27]\n",
        "years: [2026]\nholidays: [2026-11-28]\nworkdays: [2026-11-28]\n",
        "years: []\nholidays: []\n",
        "holidays: [Christmas]\nyears: [2026]\n",
        "{",
    ],
)
def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(BadCalendar):
        load_working_days(path, SHANGHAI)


def test_a_calendar_that_is_not_there_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(BadCalendar):
        load_working_days(tmp_path / "calendar.yaml", SHANGHAI)
