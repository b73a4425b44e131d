"""`registry clocks …`: what a department has to do by when, and what is late (首接负责, 红黄绿)."""

from dataclasses import asdict

import typer

from registry.cli import clockpage
from registry.cli.case_options import Code, Json, opened, tell
from registry.plain import line

clocks = typer.Typer(no_args_is_help=True, help="Who has how long, by colour / 首接负责，红黄绿")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(clocks, name="clocks")


@clocks.command("list")
def list_all(department: Code, as_json: Json = False) -> None:
    """Parts of cases and tasks of this department, the most urgent first, each with its colour / 时限列表"""
    with opened() as cases:
        found = [asdict(each) for each in cases.seeing.clocks(department)]
    if as_json:
        tell(found)
        return
    if not found:
        typer.echo("没有计时事项 / no clock runs")
    for each in clockpage.listed(found):
        typer.echo(line(each))


@clocks.command()
def alerts(department: Code, as_json: Json = False) -> None:
    """What is late or soon will be, for this office to see to, the oldest first / 预警列表"""
    with opened() as cases:
        found = [asdict(each) for each in cases.seeing.alerts(department)]
    if as_json:
        tell(found)
        return
    if not found:
        typer.echo("没有预警 / nothing is late")
    for each in found:
        word = clockpage.ALERTS.get(str(each["kind"]), "?")
        since = clockpage.day(each["at"])
        typer.echo(line(f"{word} · 自 since {since} · {clockpage.listed([each['clock']])[0]}"))
