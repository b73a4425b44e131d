"""A report as CSV and as JSON: what programs read, and spreadsheets."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from registry.measures.report import Figure, Line, Report
from registry.sheets import harmless

COLUMNS: Final = (
    "measure",
    "zh",
    "en",
    "department",
    "department_zh",
    "department_en",
    "detail",
    "value",
    "at_least",
    "part",
    "whole",
    "unit",
    "baseline",
    "target",
    "colour",
    "rank",
    "formula_zh",
    "formula_en",
)
"""detail: the certificate type, or the rule and its outcome. colour: of a light, or `not_measured`."""

_COVERED: Final = (
    "certificates",
    "证照数",
    "certificates",
    "未收回、未撤销、未换新的证照",
    "certificates in force",
)
_HELD: Final = (
    "certificates_in_wallets",
    "入包证照数",
    "certificates in wallets",
    "其中已入包的",
    "in a wallet",
)
_REFUSED: Final = (
    "refusals_by_rule",
    "按规则统计的拒绝",
    "refusals by rule",
    "协查决定中被拒绝或不予提供的次数",
    "decisions on queries that refused or withheld",
)


def as_csv(report: Report) -> str:
    """One row a figure. What a spreadsheet would run stands behind an apostrophe."""
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for row in _rows(report):
        table.writerow({name: harmless(_text(value)) for name, value in row.items()})
    return written.getvalue()


def as_json(report: Report) -> dict[str, Any]:
    """The whole report; times in Unix seconds."""
    return {
        "since": report.since,
        "until": report.until,
        "made": report.made,
        "least": report.least,
        "left_out": report.left_out,
        "measures": [_line(each) for each in report.lines],
        "coverage": [asdict(each) for each in report.coverage],
        "refusals": [asdict(each) for each in report.refusals],
        "not_measured": [each._asdict() for each in report.unmeasured],
        "types": {code: {"zh": zh, "en": en} for code, (zh, en) in sorted(report.types.items())},
        "departments": {code: {"zh": zh, "en": en} for code, (zh, en) in sorted(report.names.items())},
    }


def _line(line: Line) -> dict[str, Any]:
    said = asdict(line.measure)
    limits = None if line.thresholds is None else line.thresholds._asdict()
    return {
        **said,
        "thresholds": limits,
        **{name: value for name, value in asdict(line.total).items() if name not in ("department", "rank")},
        "departments": [asdict(each) for each in line.departments],
    }


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    for line in report.lines:
        for figure in (line.total, *line.departments):
            yield {**_measure(line), **_department(report, figure.department), **_figure(figure)}
    for one in report.coverage:
        for about, count in ((_COVERED, one.certificates), (_HELD, one.in_wallets)):
            yield {**_about(about), **_department(report, one.department), "detail": one.type, "value": count}
    for each in report.refusals:
        yield {**_about(_REFUSED), "detail": f"{each.rule} {each.outcome}", "value": each.count}
    for name, zh, en, why_zh, why_en in report.unmeasured:
        yield {**_about((name, zh, en, why_zh, why_en)), "unit": "", "colour": "not_measured"}


def _measure(line: Line) -> dict[str, Any]:
    names = ("zh", "en", "unit", "baseline", "target", "at_least", "formula_zh", "formula_en")
    return {"measure": line.measure.name, **{name: getattr(line.measure, name) for name in names}}


def _about(what: tuple[str, str, str, str, str]) -> dict[str, Any]:
    measure, zh, en, formula_zh, formula_en = what
    made = {"measure": measure, "zh": zh, "en": en, "formula_zh": formula_zh, "formula_en": formula_en}
    return {**made, "unit": "count"}


def _department(report: Report, code: str) -> dict[str, Any]:
    zh, en = report.names.get(code, ("", ""))
    return {"department": code, "department_zh": zh, "department_en": en}


def _figure(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in ("value", "part", "whole", "colour", "rank")}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
