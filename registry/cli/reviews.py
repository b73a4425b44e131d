"""`registry reviews` and `registry alerts`: what waits for a department's word, and what looks unusual."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from registry.plain import line

if TYPE_CHECKING:
    from registry.runtime import Runtime

reviews = typer.Typer(no_args_is_help=True, help="Questions that wait for a department's word / 有条件共享")
alerts = typer.Typer(no_args_is_help=True, help="Unusual patterns in queries / 异常查询预警")
_KINDS = {
    "cap": "达到查询上限 reached a cap",
    "guessing": "大量查询没有结果 finds nobody, again and again",
    "refusals": "大量查询被拒绝 is refused, again and again",
}

Issuer = Annotated[str, typer.Option("--issuer", metavar="CODE", help="Your department's code / 本部门代码")]
By = Annotated[str, typer.Option("--by", help="Who does it / 经办人")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(reviews, name="reviews")
    app.add_typer(alerts, name="alerts")


@reviews.command("list")
def waiting(
    issuer: Issuer,
    as_json: Annotated[bool, typer.Option("--json", help="With whole numbers / 含完整证件号码")] = False,
) -> None:
    """Questions about what this department shares on conditions; the most urgent first.

    Of identity numbers the ends are shown; with --json all of it.
    """
    from registry import jcs
    from registry.cli.terminal import masked_within
    from registry.queries import reviews as asked

    with _opened(issuer) as runtime, runtime.store.read() as session:
        rows = [
            (row, asked.content(session, runtime.sealed, row))
            for row in asked.waiting(session, issuer, runtime.clock())
        ]
    found = [
        (row, {name: value for name, value in question.items() if value and name != "asker"})
        for row, question in rows
    ]
    if as_json:
        told = [
            {"id": row.id, "asker": row.asker, "rule": row.rule, "due": row.due, "question": question}
            for row, question in found
        ]
        typer.echo(jcs.dumps(told).decode())
        return
    for row, question in found:
        due = datetime.fromtimestamp(row.due - 1, UTC).astimezone(runtime.tz).date()
        text = jcs.dumps(masked_within(question)).decode()
        typer.echo(line(f"{row.id}  {row.asker}  {row.rule}  截至 until {due}  {text}"))
    if found:
        what = f"registry reviews decide REVIEW --issuer {issuer} --by CLERK --reason WHY [--withhold]"
        typer.echo(f"决定 to decide: {what}", err=True)


@reviews.command()
def decide(
    id: Annotated[str, typer.Argument(metavar="REVIEW", help="Its id / 编号")],
    issuer: Issuer,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why / 理由")],
    withhold: Annotated[bool, typer.Option("--withhold", help="Say no / 不予共享")] = False,
) -> None:
    """Grant a question once, or with --withhold not; after ten working days nobody can."""
    from registry.queries import reviews as asked

    with _opened(issuer) as runtime, runtime.store.write() as session:
        asked.decide(
            session,
            runtime.sealed,
            issuer,
            id,
            granted=not withhold,
            reason=reason,
            by=by,
            now=runtime.clock(),
        )
    typer.echo("不予共享 withheld" if withhold else "同意共享 granted")
    typer.echo(
        "对方再次提出同一查询即知结果 / the asker learns it by putting the same question again", err=True
    )


@alerts.command("list")
def standing() -> None:
    """Alerts that nobody has ended. Exit 1 where there are any."""
    from registry.cli.stores import open_existing
    from registry.queries import limits
    from registry.settings import Settings

    store = open_existing(Settings())
    try:
        with store.read() as session:
            rows = limits.standing(session)
    finally:
        store.close()
    for row in rows:
        moment = datetime.fromtimestamp(row.at, UTC).astimezone().isoformat(" ", "seconds")
        typer.echo(line(f"{row.id}  {moment}  {row.asker}  {row.clerk}  {_KINDS[row.kind]}"))
    raise typer.Exit(1 if rows else 0)


@alerts.command()
def end(id: Annotated[int, typer.Argument(metavar="ALERT", help="Its number / 编号")], by: By) -> None:
    """End an alert that was looked into."""
    from registry.cli.stores import open_existing
    from registry.queries import limits
    from registry.settings import Settings

    store = open_existing(Settings())
    try:
        with store.write() as session:
            limits.end(session, id, by, int(time.time()))
    finally:
        store.close()
    typer.echo("已解除 ended")


@contextmanager
def _opened(issuer: str) -> "Iterator[Runtime]":
    """What one command of a department needs. Raises NotFound: there is none of that code."""
    from registry.cli.departments import demand
    from registry.settings import Settings
    from registry.usecases import UseCases

    cases = UseCases.open(Settings())
    try:
        demand(cases, issuer)
        yield cases.runtime
    finally:
        cases.close()
