"""`registry import`: take certificates over from another system, by a mapping."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date

    from registry.importing import Summary

_STEPS = {
    "new": "新签发 new",
    "changed": "换新版本 changed",
    "ended": "注销或暂停 ended",
    "back": "恢复 back",
    "same": "未变 same",
    "left_out": "源系统已失效，未导入 left out",
    "refused": "不符合 refused",
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import", help="Take certificates over from another system / 从已有系统导入")(import_)


def import_(
    mapping: Annotated[Path, typer.Argument(metavar="MAPPING", help="The mapping, YAML / 映射文件")],
    issuer: Annotated[
        str, typer.Option("--issuer", metavar="CODE", help="Your department's code / 本部门代码")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come, write nothing / 试导，不写入")
    ] = False,
    since: Annotated[
        str,
        typer.Option("--since", metavar="DAY", help="Changed since then; `last`: since the last run / 增量"),
    ] = "",
    report: Annotated[
        Path | None, typer.Option("--report", help="Where refused rows go / 退回清单的位置")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")] = False,
) -> None:
    """Take over every row once; run again after a kill, or with `--since`, it goes on.

    Says by data element what does not fit, and writes the refused rows, which are personal, to
    MAPPING.refused.csv. Exit 1 where rows were refused.
    """
    import msgspec

    from registry.cli import files
    from registry.cli.progress import showing
    from registry.importing import Importing, load_mapping
    from registry.importing.sources import open_source
    from registry.settings import Settings
    from registry.usecases import UseCases

    files.require(mapping)
    loaded = load_mapping(mapping)
    cases = UseCases.open(Settings())
    try:
        importing = Importing(cases.issuing, cases.changing)
        first = importing.last_day(loaded, issuer) if since == "last" else _day(since)
        where = report or mapping.with_name(f"{mapping.stem}.refused.csv")
        with (
            open_source(loaded, mapping.parent) as source,
            showing(mapping.name, quiet=as_json) as progress,
        ):
            done = importing.run(
                loaded, issuer, source, where, since=first, dry_run=dry_run, progress=progress
            )
    finally:
        cases.close()
    if as_json:
        typer.echo(msgspec.json.encode(done, enc_hook=str).decode())
    else:
        _print(done)
    raise typer.Exit(1 if done.steps.get("refused") else 0)


def _day(text: str) -> "date | None":
    from datetime import date

    from registry.cli.accesslog import BadDay

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadDay from None


def _print(done: "Summary") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    title = "试导（未写入） Dry run, nothing written" if done.dry_run else "导入 Import"
    counts = Table("", "行 Rows", title=f"{title}: {done.rows:,}", title_justify="left")
    for name, words in _STEPS.items():
        if done.steps.get(name):
            counts.add_row(words, f"{done.steps[name]:,}")
    console.print(counts)
    if done.unfitting:
        console.print(_unfitting(done))
    if done.remarks:
        said = ", ".join(f"{name} {count:,}" for name, count in sorted(done.remarks.items()))
        console.print(f"原标识有误但照旧保留 identifiers kept though wrong: {said}")
    if done.report:
        console.print(f"退回清单 refused rows: {done.report}")


def _unfitting(done: "Summary") -> object:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="不符合数据元 What does not fit the data elements", title_justify="left")
    for heading in ("信息项 Claim", "源列 Columns", "原因 Why"):
        table.add_column(heading, overflow="fold")
    table.add_column("行 Rows", justify="right")
    table.add_column("首行 First", justify="right")
    for each in done.unfitting:
        why = escape(f"{each.zh}\n{each.en}")
        table.add_row(each.field, escape(", ".join(each.columns)), why, f"{each.rows:,}", f"{each.first:,}")
    return table
