"""The measures of a period put together: beside the plan, by department, ranked and coloured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from sqlmodel import Session, select

from registry.measures import cases, certificates, sharing
from registry.measures.certificates import Covered
from registry.measures.colours import Colour, Thresholds, colour_of, ranks, thresholds_of
from registry.measures.counts import By, Ratio, Scope, total
from registry.measures.plan import PLAN, UNMEASURED, Measure, Unmeasured, named
from registry.measures.sharing import Decisions
from registry.store.tables import Department

NO_KEY: Final = (
    "查询日志已加密，须由运维以接口进程的密钥运行 registry kpi 统计",
    "access logs are sealed: `registry kpi` counts them, given the API's key",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What came out, for one department or for all (department ""). value: None where there was nothing to
    count. rank: 1 is the best."""

    department: str
    value: float | None
    part: float
    whole: int
    colour: Colour | None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A measure: all departments together, and each, the best first."""

    measure: Measure
    thresholds: Thresholds | None
    total: Figure
    departments: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Refusals:
    """outcome: refused, or withheld. rule: that said so, or why none granted it."""

    rule: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured in [since, until), Unix seconds.

    names: (zh, en) by department's code; types: by type's code. least: smallest group told; 0: all.
    left_out: figures not told.
    """

    since: int
    until: int
    made: int
    lines: tuple[Line, ...]
    coverage: tuple[Covered, ...]
    refusals: tuple[Refusals, ...]
    unmeasured: tuple[Unmeasured, ...]
    names: Mapping[str, tuple[str, str]]
    types: Mapping[str, tuple[str, str]]
    least: int = 0
    left_out: int = 0


def report(
    session: Session,
    scope: Scope,
    *,
    thresholds: Mapping[str, Thresholds],
    decisions: Decisions | None,
    types: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    least: int = 0,
    own: str = "",
) -> Report:
    """Count and put together.

    thresholds: of the settings, by measure. decisions: from the access logs; None: they could not be opened,
    and what comes from them is listed as not measured. types: their names. least: leave out what a smaller
    group could be read from; totals are then over what is told, so that nothing is told by subtraction. own:
    code of a department whose own figures are told all the same, to itself.
    """
    covered = certificates.coverage(session, scope)
    counts: dict[str, By] = {
        **cases.count(session, scope),
        **sharing.count(session, scope),
        **certificates.count(session, scope, covered),
    }
    unmeasured: tuple[Unmeasured, ...] = UNMEASURED
    if decisions is not None:
        counts["data_shared"] = sharing.shared(decisions)
    else:
        unmeasured = (*_without_key(), *UNMEASURED)
    told = {name: _told(by, name, least, own) for name, by in counts.items()}
    refused = [Refusals(*each) for each in sharing.refusals(decisions or {})]
    shown = [each for each in refused if each.count >= least]
    told_types = [each for each in covered if each.department == own or _covers(each, least)]
    return Report(
        since=scope.since,
        until=scope.until,
        made=scope.now,
        lines=tuple(_line(each, told[each.name], thresholds) for each in PLAN if each.name in told),
        coverage=tuple(told_types),
        refusals=tuple(shown),
        unmeasured=unmeasured,
        types={code: words for code, words in types.items() if code in {each.type for each in told_types}},
        names={row.code: (row.name_zh, row.name_en) for row in session.exec(select(Department))},
        least=least,
        left_out=sum(len(by) - len(told[name]) for name, by in counts.items())
        + (len(refused) - len(shown))
        + (len(covered) - len(told_types)),
    )


def _told(by: By, name: str, least: int, own: str) -> By:
    measure = named(name)
    assert measure is not None
    return {
        code: ratio
        for code, ratio in by.items()
        if not least or code == own or ratio.is_told(measure.unit, least)
    }


def _covers(one: Covered, least: int) -> bool:
    sides = (one.in_wallets, one.certificates - one.in_wallets)
    return one.certificates >= least and all(side == 0 or side >= least for side in sides)


def _line(measure: Measure, by: By, thresholds: Mapping[str, Thresholds]) -> Line:
    limits = thresholds_of(measure, thresholds)
    figures = [_figure(measure, limits, code, ratio) for code, ratio in by.items()]
    places = ranks({each.department: each.value for each in figures}, measure.better)
    figures = [replace(each, rank=places.get(each.department)) for each in figures]
    figures.sort(key=lambda each: (each.rank is None, each.rank, each.department))
    return Line(measure, limits, _figure(measure, limits, "", total(by)), tuple(figures))


def _figure(measure: Measure, limits: Thresholds | None, department: str, ratio: Ratio) -> Figure:
    value = ratio.value(measure.unit)
    colour = colour_of(value, limits, measure.better)
    if measure.at_least and colour is Colour.GREEN:
        colour = None  # what was not seen could be worse
    return Figure(department, value, ratio.part, ratio.whole, colour)


def _without_key() -> tuple[Unmeasured, ...]:
    shared = named("data_shared")
    assert shared is not None
    return (
        Unmeasured(shared.name, shared.zh, shared.en, *NO_KEY),
        Unmeasured("refusals_by_rule", "按规则统计的拒绝", "refusals by rule", *NO_KEY),
    )
