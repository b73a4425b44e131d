"""`registry mandate …`: mandates at the windows of the department that issues them, by two clerks."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli import casepage, clockpage, files
from registry.cli.case_options import SEEN, Code, Json, tell
from registry.cli.terminal import masked
from registry.plain import line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from registry.mandates.holding import Held
    from registry.mandates.making import Person, Wish
    from registry.usecases import UseCases

mandate = typer.Typer(no_args_is_help=True, help="Who acts for whom, at a window / 窗口委托")
_STATUS = ("有效 valid", "已终止 ended", "暂停 suspended", "已换新 superseded")
_WORDS = ("valid", "revoked", "suspended", "superseded")

ClerkFile = Annotated[
    str,
    typer.Option(
        "--clerk",
        metavar="FILE",
        help="File with TYPE:NUMBER NAME of who does it, - for standard input / 经办人",
    ),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `registry mandate write` says it / 编号")]
By = Annotated[str, typer.Option("--by", help="Who does it / 经办人")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(mandate, name="mandate")


@mandate.command()
def write(
    department: Code,
    grantor: Annotated[
        str, typer.Option("--grantor", metavar="FILE", help="TYPE:NUMBER NAME of who is here / 委托人")
    ],
    agent: Annotated[
        str, typer.Option("--agent", metavar="FILE", help="TYPE:NUMBER NAME of who is to act / 受托人")
    ],
    clerk: ClerkFile,
    seen: Annotated[str, typer.Option("--seen", help=SEEN)],
    matters: Annotated[str, typer.Option("--matters", help="Names with commas: in these / 委托事项")],
    facts: Annotated[
        str,
        typer.Option(
            "--facts", help="With commas: TYPE.CLAIM, TYPE, or * for all that a matter needs / 可查询内容"
        ),
    ],
    first_day: Annotated[str, typer.Option("--from", metavar="DAY", help="First day / 起始日")],
    last_day: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Last day, a year on at most / 截止日")
    ],
    as_json: Json = False,
) -> None:
    """Write a mandate down for a person who is here; a second clerk confirms it within a day / 代写委托

    The clerk is neither grantor nor agent. People come from files of one line each, or from standard input
    (- for each, in the order grantor, agent, clerk), never from the command line, which others can see.
    """
    from registry.mandates.making import Making, Wish
    from registry.mandates.scope import Scope

    first, last = files.day(first_day), files.day(last_day)
    files.demand_order(first, last)
    who, whom, by = (_person(each) for each in (grantor, agent, clerk))
    wish = Wish(
        agent=whom,
        scope=Scope(files.names(matters), files.names(facts)),
        first=first,
        last=last,
    )
    with _opened() as cases:
        id = Making(cases).write_down(department, who, wish, by, seen)
    if as_json:
        tell({"id": id})
    else:
        typer.echo("待第二人确认 waits for a second clerk (registry mandate confirm):")
        typer.echo(id)


@mandate.command()
def waiting(id: Id, department: Code, as_json: Json = False) -> None:
    """What a second clerk is to confirm / 待确认的委托"""
    from registry.mandates.making import Making

    with _opened() as cases:
        grantor, wish = Making(cases).waiting(department, id)
    if as_json:
        tell(_as_json(grantor, wish) | {"id": id})
    else:
        _say(grantor, wish)


@mandate.command()
def confirm(
    id: Id,
    department: Code,
    clerk: ClerkFile,
    yes: Annotated[bool, typer.Option("--yes", help="Without asking once more / 不再询问")] = False,
    as_json: Json = False,
) -> None:
    """Confirm it as another clerk, neither grantor nor agent: the mandate is issued / 第二人确认

    What it says is shown first. Every wallet of grantor and agent is told.
    """
    from registry.mandates.making import Making

    by = _person(clerk)
    with _opened() as cases:
        making = Making(cases)
        if not as_json:
            _say(*making.waiting(department, id))
        if not (yes or typer.confirm("确认以上委托？ confirm this?", err=True)):
            raise typer.Exit(1)
        made = making.confirm(department, id, by)
    if as_json:
        tell({"certificate_id": made})
    else:
        typer.echo("已颁发 issued:")
        typer.echo(line(made))


@mandate.command("list")
def list_all(
    department: Code,
    holder: Annotated[
        str,
        typer.Option(
            "--holder",
            metavar="FILE",
            help="File with TYPE:NUMBER of who is here, - for standard input / 本人证件",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Mandates of this department that name a person who is here, as grantor or agent / 委托列表"""
    from registry.mandates.holding import Holding

    one = files.holder(holder)
    with _opened() as cases:
        person = cases.runtime.sealed.holder_index(*one)
        found = Holding(cases).of(person, issuer=department)
    if as_json:
        tell([_held_as_json(each) for each in found])
        return
    if not found:
        typer.echo("没有委托 / no mandates")
    for each in found:
        _show(each)


@mandate.command()
def end(
    id: Annotated[str, typer.Argument(metavar="ID", help="The mandate's identifier / 证照标识")],
    department: Code,
    by: By,
    seen: Annotated[str, typer.Option("--seen", help=SEEN)],
    as_json: Json = False,
) -> None:
    """End a mandate for the grantor or the agent, who is here; both are told / 终止委托

    A death ends all mandates of who died by itself, once the identity certificate is revoked for it.
    """
    from registry.mandates.holding import Holding

    with _opened() as cases:
        Holding(cases).end_at_window(department, id, by, seen)
    if as_json:
        tell({"certificate_id": id})
    else:
        typer.echo("已终止 ended")


@mandate.command()
def alerts(department: Code, as_json: Json = False) -> None:
    """Who acts for unusually many people outside the family. Exit 1 where there are any / 代办预警"""
    from registry.mandates import family

    with _opened() as cases, cases.runtime.store.read() as session:
        found = [
            {"id": row.id, "mandate": row.mandate, "grantors": row.grantors, "created": row.created}
            for row in family.standing_alerts(session, department)
        ]
    if as_json:
        tell(found)
    else:
        for each in found:
            about = f"{each['grantors']} 名委托人 grantors · {clockpage.day(each['created'])}"
            typer.echo(line(f"{each['id']}  {about} · {each['mandate']}"))
    raise typer.Exit(1 if found else 0)


@mandate.command("end-alert")
def end_alert(
    id: Annotated[str, typer.Argument(metavar="ALERT", help="Its id / 编号")], department: Code, by: By
) -> None:
    """End an alert that was looked into / 解除预警"""
    from registry.errors import NotFound
    from registry.mandates import family

    with _opened() as cases, cases.runtime.store.write() as session:
        if family.end_alert(session, department, id, by, cases.runtime.clock()) is None:
            raise NotFound("没有这条预警，或已解除。", "There is no such alert, or not any more.")
    typer.echo("已解除 ended")


def _opened() -> "AbstractContextManager[UseCases]":
    from contextlib import contextmanager

    from registry.settings import Settings
    from registry.usecases import UseCases

    @contextmanager
    def opened() -> "Iterator[UseCases]":
        cases = UseCases.open(Settings())
        try:
            yield cases
        finally:
            cases.close()

    return opened()


def _person(file: str) -> "Person":
    from registry.mandates.making import Person

    return Person(*files.person(file))


def _say(grantor: "Person", wish: "Wish") -> None:
    """To the second clerk, who compares it with the card: of a number its ends do."""
    for label, one in (("委托人 grantor", grantor), ("受托人 agent", wish.agent)):
        typer.echo(line(f"{label}: {one.name}  {masked(one.identifier)}"))
    typer.echo(line(f"事项 matters: {' '.join(wish.scope.matters)}"))
    typer.echo(line(f"可查询 facts: {' '.join(wish.scope.facts)}"))
    typer.echo(f"期限 days: {wish.first} — {wish.last}")


def _as_json(grantor: "Person", wish: "Wish") -> dict[str, Any]:
    return {
        "grantor": {"name": grantor.name, "id_type": grantor.id_type, "identifier": grantor.identifier},
        "agent": {
            "name": wish.agent.name,
            "id_type": wish.agent.id_type,
            "identifier": wish.agent.identifier,
        },
        "matters": list(wish.scope.matters),
        "facts": list(wish.scope.facts),
        "first_day": wish.first.isoformat(),
        "last_day": wish.last.isoformat(),
    }


def _held_as_json(each: "Held") -> dict[str, Any]:
    return {
        "certificate_id": each.certificate_id,
        "role": each.role,
        "grantor_name": each.grantor_name,
        "agent_name": each.agent_name,
        "matters": list(each.scope.matters),
        "facts": list(each.scope.facts),
        "first_day": each.first_day,
        "last_day": each.last_day,
        "made": each.made,
        "status": _WORDS[each.status],
        "ended": each.ended,
    }


def _show(each: "Held") -> None:
    status = "已到期 over" if each.ended and each.status == 0 else _STATUS[each.status]
    typer.echo(line(each.certificate_id))
    made = casepage.MADE.get(each.made, each.made)
    typer.echo(line(f"    {each.grantor_name} → {each.agent_name} · {status} · {made}"))
    typer.echo(line(f"    事项 matters: {' '.join(each.scope.matters)}"))
    typer.echo(line(f"    可查询 facts: {' '.join(each.scope.facts)}"))
    typer.echo(line(f"    {each.first_day} — {each.last_day}"))
