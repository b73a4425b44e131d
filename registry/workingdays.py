"""Working days: neither weekends nor holidays, but the weekend days that are worked instead (调休).

The State Council publishes holidays and made-up days for one year at a time; `ZT_CALENDAR` names the file
they stand in. The day on which something begins is not counted (民法典 201), and a last day ends with its 24
hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
import yaml
from msgspec import Meta

from registry.errors import RegistryError

OWN: Final = Path(__file__).parent / "holidays.yaml"
"""The calendar that comes with the registry."""
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


class BadCalendar(RegistryError):
    """The file is no calendar of working days."""

    kind = "bad-calendar"
    status = 500
    mender = "operator"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"工作日历 {path.name} 不正确：{why}", f"Calendar {path.name} is wrong: {why}")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    years: Annotated[tuple[int, ...], Meta(min_length=1)]
    holidays: tuple[date, ...]
    workdays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A calendar. holidays: not worked; workdays: weekend days that are. Both are days in `tz`.

    years: for which it was published; in others only weekends count.
    """

    tz: ZoneInfo
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices are open that day."""
        return day in self.workdays or (day.weekday() < _SATURDAY and day not in self.holidays)

    def day(self, moment: int) -> date:
        """The day it is here. moment: Unix seconds."""
        return datetime.fromtimestamp(moment, UTC).astimezone(self.tz).date()

    def end(self, moment: int, days: int) -> int:
        """The end of the n-th working day after this moment's day, of that day itself for 0; Unix seconds."""
        day = self.day(moment)
        while days > 0:
            day += _DAY
            days -= self.is_working(day)
        return int(datetime.combine(day + _DAY, time(), self.tz).timestamp())

    def between(self, begun: int, ended: int) -> int:
        """Working days used from one moment to a later one: those after the first day, up to the last."""
        return sum(map(self.is_working, _days(self.day(begun) + _DAY, self.day(ended))))


@lru_cache(maxsize=8)
def load_working_days(path: Path | None, tz: ZoneInfo) -> WorkingDays:
    """The calendar of a file; of none, the registry's own. Raises BadCalendar."""
    path = path or OWN
    try:
        file = msgspec.convert(yaml.safe_load(path.read_text("utf-8")), _File)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as wrong:
        raise BadCalendar(path, str(wrong)) from wrong
    for day in (*file.holidays, *file.workdays):
        if day.year not in file.years:
            raise BadCalendar(path, f"{day} is in none of its years")
    for day in file.workdays:
        if day.weekday() < _SATURDAY or day in file.holidays:
            raise BadCalendar(path, f"{day} is no weekend day that is worked instead")
    return WorkingDays(tz, frozenset(file.holidays), frozenset(file.workdays), frozenset(file.years))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY
