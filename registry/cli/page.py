"""A verification report as a page in the terminal, in both languages."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from registry.cli.terminal import print_identifier, shortened
from registry.plain import plain
from registry.trust import Trust
from registry.wording import CHECKS, OUTCOMES, VERDICTS

_COLOURS = {"valid": "green", "copy": "cyan", "invalid": "red", "pending": "yellow", "unknown": "yellow"}
_MARKS = {
    "pass": ("✔", "green"),
    "fail": ("✘", "bold red"),
    "unknown": ("?", "yellow"),
    "n/a": ("–", "dim"),
}


def show(report: dict[str, Any], trust: Trust, zone: tzinfo, console: Console) -> None:
    """Print a report in its JSON form; times in `zone`."""
    console.print(_verdict(report))
    if report.get("core"):
        console.print(_certificate(report, trust, zone))
        print_identifier(console, plain(report["core"]["certificate_id"]))
    console.print(_checks(report))
    for line in _notes(report, zone):
        console.print(line)


def _verdict(report: dict[str, Any]) -> RenderableType:
    words, colour = VERDICTS[report["verdict"]], _COLOURS[report["verdict"]]
    lines: list[RenderableType] = [Text(f"{words.zh}   {words.en}", style=f"bold {colour}", justify="center")]
    following = report.get("next")
    if following:
        lines.append(Text(f"{following['zh']}\n{following['en']}", justify="center"))
    return Panel(Group(*lines), border_style=colour, padding=(1, 2))


def _certificate(report: dict[str, Any], trust: Trust, zone: tzinfo) -> RenderableType:
    core, labels, title, issuer = report["core"], {}, report["core"]["type"], report["core"]["issuer"]
    known = trust.types.get((core["type"], core["type_version"]))
    if known:
        title = f"{known.definition.name.zh}  {known.definition.name.en}"
        labels = {name: f"{label.zh} {label.en}" for name, label in known.definition.labels.items()}
    if issuer in trust.issuers:
        issuer = f"{trust.issuers[issuer].zh}  {trust.issuers[issuer].en}"
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim", overflow="fold")
    table.add_column(style="bold", overflow="fold")
    table.add_row("颁发机构 Issuer", Text(plain(issuer)))
    table.add_row("有效期 Valid", _period(core, zone))
    for name, value in report["claims"].items():
        table.add_row(Text(plain(labels.get(name, name))), Text(plain(_short(value))))
    return Panel(table, title=Text(plain(title), style="bold"), title_align="left", border_style="blue")


def _checks(report: dict[str, Any]) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_header=False)
    for column in ({"justify": "right", "style": "dim"}, {}, {"no_wrap": True}, {"overflow": "fold"}):
        table.add_column(**column)
    for check in report["checks"]:
        mark, style = _MARKS[check["outcome"]]
        words, outcome = CHECKS[check["id"]], OUTCOMES[check["outcome"]]
        name = Text.assemble((words.zh, "bold"), f" {words.en}\n", (f"{outcome.zh} {outcome.en}", style))
        said = Text(plain(f"{check['zh']}\n{check['en']}"))
        table.add_row(str(check["n"]), Text(mark, style=style), name, said)
    return table


def _notes(report: dict[str, Any], zone: tzinfo) -> list[Text]:
    trust = report["trust"]
    made = _time(trust["created"], zone)
    lines = [
        Text(
            f"核验时间 at {_time(report['at'], zone)} · "
            f"信任数据 trust {trust['epoch']}.{trust['version']}, {made}",
            style="dim",
        )
    ]
    lines += [
        Text(
            f"后来 later: {change['reason']} {_time(change['recorded'], zone)}"
            f" (自 effective {_time(change['effective'], zone)})",
            style="yellow",
        )
        for change in report.get("later") or []
    ]
    return lines


def _period(core: dict[str, Any], zone: tzinfo) -> str:
    until = core.get("valid_until")
    # The last day, not the midnight after it.
    last = "长期 no end" if until is None else _day(until - 1, zone)
    return f"{_day(core['valid_from'], zone)} — {last}"


def _day(seconds: int, zone: tzinfo) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(zone).date().isoformat()
    except (ValueError, OverflowError, OSError):  # a forged one may name any number
        return "?"


def _time(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).isoformat(" ", "seconds")


def _short(value: str) -> str:
    if value == "true":
        return "是 yes"
    return shortened(value)
