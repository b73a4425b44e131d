"""What counting gives: parts and wholes, by measure and department; and over which period."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from registry.measures.plan import Unit
from registry.workingdays import WorkingDays


class Ratio(NamedTuple):
    """part of whole; for a mean, a sum over so many."""

    part: float
    whole: int

    def plus(self, other: "Ratio") -> "Ratio":
        """Both together."""
        return Ratio(self.part + other.part, self.whole + other.whole)

    def value(self, unit: Unit) -> float | None:
        """As the unit has it; None where there is nothing to divide by."""
        if unit is Unit.COUNT:
            return self.part
        if not self.whole:
            return None
        return (100 if unit.is_share else 1) * self.part / self.whole

    def is_told(self, unit: Unit, least: int) -> bool:
        """Whether it may be published: no group of people smaller than `least` can be read from it."""
        if unit is Unit.COUNT:
            return self.part >= least
        sides = (self.part, self.whole - self.part) if unit.is_share else ()
        return self.whole >= least and all(side == 0 or side >= least for side in sides)


NOTHING = Ratio(0, 0)
By = dict[str, Ratio]
"""By department's code."""
Counts = Mapping[str, By]
"""By measure's name."""


@dataclass(frozen=True)
class Scope:
    """What is counted. since, until: [since, until), Unix seconds; now: likewise. held: kinds of material
    that some department certifies. may_issue: type codes by department, from the rights files."""

    since: int
    until: int
    now: int
    calendar: WorkingDays
    held: frozenset[str] = frozenset()
    may_issue: Mapping[str, frozenset[str]] = field(default_factory=dict)


def added(rows: Iterable[tuple[str, float, int]]) -> By:
    """(department, part, whole) summed by department."""
    by: By = defaultdict(lambda: NOTHING)
    for department, part, whole in rows:
        # PostgreSQL adds 64-bit integers up to a decimal number.
        by[department] = by[department].plus(Ratio(int(part), int(whole)))
    return dict(by)


def joined(*several: By) -> By:
    """Summed by department."""
    return added((code, *ratio) for by in several for code, ratio in by.items())


def total(by: By) -> Ratio:
    """All departments together."""
    return Ratio(sum(each.part for each in by.values()), sum(each.whole for each in by.values()))
