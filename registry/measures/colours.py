"""Red, yellow, green by thresholds, and who comes first."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from registry.errors import RegistryError
from registry.measures.plan import Better, Measure, named


class Colour(StrEnum):
    """green: the target is reached. yellow: not yet. red: far from it."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Thresholds(NamedTuple):
    """The worst value that is still green, and the worst that is still yellow."""

    green: float
    yellow: float


class BadThresholds(RegistryError):
    """The setting names no measure, or yellow is better than green."""

    kind = "bad-thresholds"
    status = 500
    mender = "operator"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"ZT_KPI_THRESHOLDS 中 {name} 不正确：须是指标名，绿线须不劣于黄线。",
            f"ZT_KPI_THRESHOLDS is wrong at {name}: it must name a measure, green no worse than yellow.",
        )


def checked(given: Mapping[str, tuple[float, float]]) -> dict[str, Thresholds]:
    """The setting, as thresholds by measure. Raises BadThresholds."""
    made = {}
    for name, (green, yellow) in given.items():
        measure = named(name)
        if measure is None or (green != yellow and not is_better(green, yellow, measure.better)):
            raise BadThresholds(name)
        made[name] = Thresholds(green, yellow)
    return made


def thresholds_of(measure: Measure, given: Mapping[str, Thresholds]) -> Thresholds | None:
    """Those of the settings, else the plan's; None where neither has any."""
    if measure.name in given or measure.target is None or measure.yellow is None:
        return given.get(measure.name)
    return Thresholds(measure.target, measure.yellow)


def colour_of(value: float | None, thresholds: Thresholds | None, better: Better) -> Colour | None:
    """The light of a value; None without value or thresholds."""
    if value is None or thresholds is None:
        return None
    if not is_better(thresholds.green, value, better):
        return Colour.GREEN
    return Colour.YELLOW if not is_better(thresholds.yellow, value, better) else Colour.RED


def ranks(values: Mapping[str, float | None], better: Better) -> dict[str, int]:
    """1 for the best; equals share a rank and the next one skips (1, 1, 3). Without a value: no rank."""
    known = {name: value for name, value in values.items() if value is not None}
    return {
        name: 1 + sum(is_better(other, value, better) for other in known.values())
        for name, value in known.items()
    }


def is_better(one: float, other: float, better: Better) -> bool:
    """Whether one value is strictly better."""
    return one > other if better == "higher" else one < other
