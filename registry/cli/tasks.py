"""`registry tasks …`: what a department has to do by a date."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from registry.cases import Cases
    from registry.tasks import Todo
    from registry.tasks.desk import TaskDesk
    from registry.tasks.objections import Raised

tasks = typer.Typer(no_args_is_help=True, help="What there is to do by a date / 待办任务")

Code = Annotated[str, typer.Option("--as", metavar="CODE", help="Your department's code / 本部门代码")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `registry tasks list` shows it / 任务编号")]
Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]

_OUTCOMES = {"acted": "已处理 acted", "corrected": "已更正 corrected", "kept": "维持 kept"}
_KINDS = {"linked": "关联证照 linked", "objection": "异议 objection", "effect": "办件后续 after a case"}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(tasks, name="tasks")


@tasks.command("list")
def list_all(
    department: Code,
    done: Annotated[bool, typer.Option("--done", help="Those that ended / 已办结")] = False,
    as_json: Json = False,
) -> None:
    """A department's tasks, those due first / 按期限列出任务"""
    from registry.cli.case_options import opened
    from registry.store.tables import TaskState
    from registry.tasks.desk import TaskDesk

    with opened() as cases:
        desk = TaskDesk.of(cases.world.acting.use_cases)
        found = desk.list(department, TaskState.DONE if done else TaskState.OPEN)
        now, colours = desk.clock(), {} if done or as_json else _colours(cases, department)
    if as_json:
        _json([_as_json(each) for each in found])
        return
    if not found:
        typer.echo("没有任务 / nothing to do")
    for each in found:
        _print(each, now, _colour_of(each, colours))


@tasks.command()
def show(id: Id, department: Code, as_json: Json = False) -> None:
    """One task / 查看任务"""
    with _desk() as desk:
        found, now = desk.show(department, id), desk.clock()
    if as_json:
        _json(_as_json(found))
    else:
        _print(found, now)


@tasks.command()
def finish(
    id: Id,
    department: Code,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="WORD", help="acted, corrected or kept / 已处理、已更正、维持")
    ],
    by: Annotated[str, typer.Option("--by", help="Who did it / 经办人")],
    reason_file: Annotated[
        Path | None,
        typer.Option("--reason", metavar="FILE", help="Its text; whoever objected reads it / 理由文件"),
    ] = None,
    correction: Annotated[
        str, typer.Option("--correction", metavar="ID", help="Version issued as `corrected` / 更正后的证照")
    ] = "",
    as_json: Json = False,
) -> None:
    """End a task / 办结任务

    A reason may name a person, so it comes from a file, never from the command line, which others can see.
    """
    from registry.cli.files import BadUsage, read
    from registry.store.tables import TaskOutcome
    from registry.tasks import Ending

    if outcome not in set(TaskOutcome):
        raise BadUsage("办结方式为 acted、corrected 或 kept", "an outcome is acted, corrected or kept")
    reason = read(reason_file).decode("utf-8", "replace").strip() if reason_file else ""
    with _desk() as desk:
        found = desk.finish(department, id, Ending(TaskOutcome(outcome), by, reason, correction))
        now = desk.clock()
    if as_json:
        _json(_as_json(found))
    else:
        _print(found, now)


@tasks.command("object")
def object_to(
    answer: Annotated[
        str, typer.Argument(metavar="CODE:SEQ", help="Who answered, and `log.seq` of its statement / 答复")
    ],
    department: Code,
    by: Annotated[str, typer.Option("--by", help="Who does it / 经办人")],
    text: Annotated[Path, typer.Option("--text", metavar="FILE", help="What is wrong, in words / 说明文件")],
    certificate: Annotated[
        str, typer.Option("--certificate", metavar="ID", help="Where the answer came from / 证照标识")
    ] = "",
    claims: Annotated[str, typer.Option(help="Names with commas: what is wrong / 有误的信息项")] = "",
    as_json: Json = False,
) -> None:
    """Object to a fact that another department answered / 对答复提出异议"""
    from registry.cli.files import BadUsage, read
    from registry.tasks.objections import Wrong

    issuer, colon, seq = answer.partition(":")
    if not (colon and seq.isdecimal() and len(seq) < 16):
        raise BadUsage("答复写作 部门代码:序号", "an answer is written CODE:SEQ")
    wrong = Wrong(read(text).decode("utf-8", "replace"), _names(claims))
    with _desk() as desk:
        made = desk.objections.by_department(department, (issuer, int(seq)), certificate, wrong, by)
    _tell([made], as_json)


@tasks.command("object-for")
def object_for(
    certificate: Annotated[
        str, typer.Argument(metavar="ID", help="The certificate, in any version / 证照标识")
    ],
    department: Code,
    holder: Annotated[
        str,
        typer.Option(
            "--holder", metavar="FILE", help="File with TYPE:NUMBER, - for standard input / 本人证件"
        ),
    ],
    by: Annotated[str, typer.Option("--by", help="Who does it / 经办人")],
    seen: Annotated[str, typer.Option("--seen", help="How the person was known: card, … / 核对本人的方式")],
    text: Annotated[Path, typer.Option("--text", metavar="FILE", help="What is wrong, in words / 说明文件")],
    claims: Annotated[str, typer.Option(help="Names with commas: what is wrong / 有误的信息项")] = "",
    as_json: Json = False,
) -> None:
    """Write down the objection of a person without a wallet, to a certificate of yours / 帮办异议"""
    from registry.cli import files
    from registry.tasks.objections import Wrong

    one = files.holder(holder)
    wrong = Wrong(files.read(text).decode("utf-8", "replace"), _names(claims))
    with _desk() as desk:
        made = desk.window.take_down(department, one, certificate, wrong, clerk=by, seen=seen)
    _tell([made], as_json)


@tasks.command()
def objections(department: Code, as_json: Json = False) -> None:
    """What a department objected to or wrote down for people, and what came of it / 本部门的异议"""
    with _desk() as desk:
        found = desk.objections.of_department(department)
    _tell(found, as_json)


def _names(text: str) -> tuple[str, ...]:
    """What stands between commas, if anything."""
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _tell(found: "Sequence[Raised]", as_json: bool) -> None:
    from registry.plain import line

    if as_json:
        _json([{**_as_json(each.todo), "id": each.row.id} for each in found])
        return
    if not found:
        typer.echo("没有异议 / no objections")
    for each in found:
        task = each.todo.row
        last = datetime.fromtimestamp(task.due - 1, UTC).astimezone().date()
        helped = "  帮办 assisted" if each.row.holder is not None else ""
        typer.echo(
            line(f"{each.row.id}  {_OUTCOMES.get(task.outcome) or f'办理中 open, {last} 前 by'}{helped}")
        )
        for said in (task.certificate, each.todo.content["text"], each.todo.reason, task.correction):
            if said:
                typer.echo(line(f"    {said}"))


def _desk() -> "AbstractContextManager[TaskDesk]":
    from contextlib import contextmanager

    from registry.settings import Settings
    from registry.tasks.desk import TaskDesk
    from registry.usecases import UseCases

    @contextmanager
    def opened() -> "Iterator[TaskDesk]":
        cases = UseCases.open(Settings())
        try:
            yield TaskDesk.of(cases)
        finally:
            cases.close()

    return opened()


def _as_json(each: "Todo") -> dict[str, object]:
    row = each.row
    return {
        **each.content,
        "id": row.id,
        "kind": row.kind,
        "certificate": row.certificate,
        "case": row.case,
        "created": row.created,
        "due": row.due,
        "state": row.state,
        "outcome": row.outcome,
        "reason": each.reason,
        "correction": row.correction,
        "by": each.by,
    }


def _json(value: object) -> None:
    from registry import jcs

    typer.echo(jcs.dumps(value).decode())


def _colours(cases: "Cases", department: str) -> "dict[str, str]":
    """Colours of the running clocks: by the task's id, of a case's by its number and the effect's name."""
    from registry.cases.clocks import TASK
    from registry.cli.clockpage import COLOURS

    return {
        each.task or f"{each.case}/{each.name.removeprefix(f'{TASK}.')}": COLOURS[each.colour]
        for each in cases.seeing.clocks(department)
        if each.task or each.name.startswith(f"{TASK}.")
    }


def _colour_of(each: "Todo", colours: "dict[str, str]") -> str:
    _, _, of_case = each.row.cause.partition("/")  # effect/NUMBER/NAME/POSITION
    return colours.get(each.row.id) or colours.get(of_case.rpartition("/")[0], "")


def _print(each: "Todo", now: int, colour: str = "") -> None:
    from registry.plain import line

    row = each.row
    last = datetime.fromtimestamp(row.due - 1, UTC).astimezone().date()
    late = "  逾期 OVERDUE" if row.state == "open" and row.due <= now else ""
    typer.echo(line(f"{row.id}  {_KINDS[row.kind]}  {last} 前 by{f'  {colour}' if colour else ''}{late}"))
    for about in (
        row.certificate,
        row.case,
        each.content["zh"],
        each.content["en"],
        each.content.get("text"),
    ):
        if about:
            typer.echo(line(f"    {about}"))
    if row.outcome:
        typer.echo(line(f"    {_OUTCOMES[row.outcome]} · {each.by} · {each.reason}{row.correction}"))
