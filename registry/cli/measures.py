"""`registry kpi`: the measures beside the plan, for who operates the registry, and for publication."""

import sys
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry.errors import RegistryError

if TYPE_CHECKING:
    from rich.console import Console

    from registry.measures.report import Figure, Line, Report
    from registry.settings import Settings
    from registry.vault import Vault

_MARKS = {"green": "[green]●[/]", "yellow": "[yellow]●[/]", "red": "[red]●[/]"}
_UNITS = {
    "percent": "%",
    "per_hundred": "/100",
    "times": "",
    "working_days": "",
    "seconds": " s",
    "count": "",
}
_BAR = 20
_WIDTH = 120


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("kpi", help="The measures beside the plan's / 指标与规划目标")(kpi)


class OneForm(RegistryError):
    """Both CSV and JSON were asked for."""

    kind = "one-form"

    def __init__(self) -> None:
        super().__init__("--csv 与 --json 只能选一个。", "Either --csv or --json, not both.")


def kpi(
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="First day / 起始日")],
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="Last day, included / 截止日")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet / 表格文件")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")] = False,
    out: Annotated[str, typer.Option(help="File, .svg for a picture; by default printed / 输出文件")] = "-",
    for_open: Annotated[
        bool,
        typer.Option("--open", help="For publication: whole months, no small counts / 公开：整月，略去小数"),
    ] = False,
) -> None:
    """Every measure with its formula, beside the plan's baseline and target; by department, ranked.

    With the API's passphrase, what lies in access logs is counted too; without, it is listed as not measured.
    Everything but `--open` is for the operator: small counts are in it.
    """
    from zoneinfo import ZoneInfo

    import msgspec

    from registry.settings import Settings

    if as_csv and as_json:
        raise OneForm
    settings = Settings()
    found, zone = _measured(settings, since, until, for_open), ZoneInfo(settings.timezone)
    if as_csv or as_json:
        from registry.measures import forms

        text = forms.as_csv(found) if as_csv else msgspec.json.encode(forms.as_json(found)).decode() + "\n"
        if out == "-":
            sys.stdout.write(text)
        else:
            Path(out).write_text(text, "utf-8-sig" if as_csv else "utf-8")
        return
    from rich.console import Console

    if out == "-":
        show(found, Console(), zone)
    elif out.endswith(".svg"):
        Path(out).write_text(_picture(found, zone), "utf-8")
    else:
        with Path(out).open("w", encoding="utf-8") as file:
            show(found, Console(file=file, width=_WIDTH), zone)


def _measured(settings: "Settings", since: str, until: str, for_open: bool) -> "Report":
    import time
    from zoneinfo import ZoneInfo

    from registry.catalogue import load_catalogue
    from registry.cli.accesslog import BadDay, period
    from registry.cli.stores import open_existing
    from registry.measures.measuring import Measuring

    now = int(time.time())
    if not since:
        raise BadDay
    zone = ZoneInfo(settings.timezone)
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    begins, ends = period(since, until or today.isoformat(), zone)
    ends = ends if until else now + 1
    store = open_existing(settings)
    try:
        measuring = Measuring.of(settings, store, _vault(settings), load_catalogue(), lambda: now)
        if for_open:
            return measuring.open_report(date.fromisoformat(since))
        return measuring.report(begins, ends)
    finally:
        store.close()


def _vault(settings: "Settings") -> "Vault | None":
    """What opens the access logs, where its passphrase is at hand. Raises KeysClosed: a wrong one."""
    from registry.runtime import NotFounded, PassphraseMissing, open_ring
    from registry.vault import Vault

    try:
        return Vault.of(open_ring(settings, "api"))
    except (NotFounded, PassphraseMissing):
        return None


def _picture(report: "Report", zone: tzinfo) -> str:
    """The tables as SVG, without the fonts that its reader would fetch from somebody."""
    import io
    import re

    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console

    console = Console(record=True, width=_WIDTH, file=io.StringIO())
    show(report, console, zone)
    own_fonts = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="registry kpi", code_format=own_fonts)


def show(report: "Report", console: "Console", zone: tzinfo) -> None:
    """Print a report as tables; days in `zone`."""
    first, last = (
        datetime.fromtimestamp(each, UTC).astimezone(zone).date() for each in (report.since, report.until - 1)
    )
    console.print(f"{first} — {last}", style="bold")
    console.print(_measures(report))
    console.print(_coverage(report))
    if report.refusals:
        console.print(_refusals(report))
    console.print(_unmeasured(report))
    if report.least:
        console.print(
            f"不足 {report.least} 的 {report.left_out} 项未列 / "
            f"{report.left_out} figures below {report.least} left out",
            style="dim",
        )


def _measures(report: "Report") -> object:
    from rich.table import Table

    table = Table(show_lines=False, pad_edge=False)
    for heading, justify in (
        ("指标 Measure", "left"),
        ("", "left"),
        ("本期 Now", "right"),
        ("基线 Baseline", "right"),
        ("目标 Target", "right"),
    ):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for line in report.lines:
        _add_line(report, line, table)
    return table


def _add_line(report: "Report", line: "Line", table: object) -> None:
    from rich.markup import escape
    from rich.table import Table

    assert isinstance(table, Table)
    measure = line.measure
    formula = escape(f"{measure.formula_zh}\n{measure.formula_en}")
    name = f"[bold]{measure.zh} {measure.en}[/]\n[dim]{formula}[/]"
    planned = (_number(measure.baseline, measure.unit), _number(measure.target, measure.unit))
    table.add_row(name, _mark(line.total), _value(line, line.total), *planned)
    for each in line.departments:
        zh, en = report.names.get(each.department, (each.department, ""))
        place = "  " if each.rank is None else f"{each.rank:2}"
        table.add_row(
            f"  {place} {escape(f'{zh} {en}')} {_bar(line, each)}", _mark(each), _value(line, each), "", ""
        )
    table.add_section()


def _value(line: "Line", figure: "Figure") -> str:
    if figure.value is None:
        return "无数据 none"
    least = "≥ " if line.measure.at_least else ""
    return f"{least}{_number(figure.value, line.measure.unit)}"


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".") + _UNITS[unit]


def _mark(figure: "Figure") -> str:
    return "" if figure.colour is None else _MARKS[figure.colour]


def _bar(line: "Line", figure: "Figure") -> str:
    """As long as the figure is large, beside the largest of its measure."""
    largest = max((each.value or 0 for each in line.departments), default=0)
    if not figure.value or not largest:
        return ""
    return f"[cyan]{'▇' * max(1, round(_BAR * figure.value / largest))}[/]"


def _coverage(report: "Report") -> object:
    from rich.markup import escape
    from rich.table import Table

    table = Table("部门 Department", "类型 Type", title="证照 Certificates")
    table.add_column("在用 In force", justify="right")
    table.add_column("入包 In wallets", justify="right")
    for each in report.coverage:
        zh, en = report.names.get(each.department, (each.department, ""))
        kind = " ".join(report.types.get(each.type, (each.type,)))
        table.add_row(escape(f"{zh} {en}"), escape(kind), f"{each.certificates:,}", f"{each.in_wallets:,}")
    return table


def _refusals(report: "Report") -> object:
    from rich.markup import escape
    from rich.table import Table

    table = Table("规则 Rule", "结果 Outcome", title="拒绝 Refusals")
    table.add_column("次数 Count", justify="right")
    for each in report.refusals:
        table.add_row(escape(each.rule), each.outcome, f"{each.count:,}")
    return table


def _unmeasured(report: "Report") -> object:
    from rich.table import Table

    table = Table()
    for heading in ("不能在此测量 Not measured here", "原因 Why"):
        table.add_column(heading, overflow="fold")
    for each in report.unmeasured:
        table.add_row(f"{each.zh} {each.en}", f"{each.why_zh}\n[dim]{each.why_en}[/]")
    return table
