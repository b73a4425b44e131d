"""`registry case …`: cases at a department's window, for whoever comes to it, with a phone or without one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from registry.cli import case_deciding, case_paper, case_people, casepage, files
from registry.cli.case_options import (
    SEEN,
    Clerk,
    Code,
    Json,
    Number,
    Role,
    of_office,
    only,
    opened,
    tell,
)
from registry.cli.case_options import show as show_case
from registry.cli.files import BadUsage

case = typer.Typer(no_args_is_help=True, help="Cases at a window / 窗口办件")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("identify", case_people.identify),
        ("agent", case_people.agent),
        ("request", case_people.request),
        ("document", case_people.document),
        ("documents", case_people.documents),
        ("read", case_people.read),
        ("copy", case_paper.copy),
        ("sheets", case_paper.sheets),
        ("promise", case_paper.promise),
        ("ask", case_deciding.ask),
        ("submit", case_deciding.submit),
        ("step", case_deciding.step),
        ("decide", case_deciding.decide),
        ("review", case_deciding.review),
        ("retry", case_deciding.retry),
        ("replay", case_deciding.replay),
    ):
        case.command(name)(command)
    app.add_typer(case, name="case")


@case.command()
def matters(
    name: Annotated[str, typer.Argument(metavar="[MATTER]", help="All that one matter needs / 事项")] = "",
    as_json: Json = False,
) -> None:
    """What people can come to do in this town, and what each matter needs / 可办事项"""
    from registry.cases.needs import needs, offered, offered_named

    with opened() as cases:
        world = cases.world
        found = [offered_named(world, name)] if name else offered(world)
        told = [asdict(needs(world, each)) for each in found]
    if as_json:
        tell(told[0] if name else told)
    elif name:
        casepage.matter(told[0])
    else:
        casepage.matters(told)


@case.command("open")
def open_case(
    matter: Annotated[
        str, typer.Argument(metavar="MATTER", help="As `registry case matters` lists it / 事项")
    ],
    department: Code,
    clerk: Clerk,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs", metavar="FILE", help="JSON object of what is stated, -: standard input / 填报内容文件"
        ),
    ] = None,
    holder: Annotated[
        str,
        typer.Option(
            "--holder",
            metavar="FILE",
            help="File with TYPE:NUMBER of who is here, - for standard input / 本人证件",
        ),
    ] = "",
    seen: Annotated[str, typer.Option("--seen", help=SEEN)] = "",
    role: Role = "",
    key: Annotated[
        str, typer.Option("--key", help="Given again, it opens nothing twice / 幂等键", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Open a case that this department decides; with --holder and --seen for a person who is here / 受理

    What is stated and who it is come from files, never from the command line, which others can see.
    """
    from registry.cases import Key
    from registry.cases.errors import NoSuchCase
    from registry.cases.needs import offered_named

    if bool(holder) is not bool(seen.strip()):
        raise BadUsage("--holder 与 --seen 须同时给出", "--holder and --seen go together")
    stated = files.texts(inputs) if inputs is not None else {}
    one = files.holder(holder) if holder else None
    with opened() as cases:
        found = offered_named(cases.world, matter)
        if cases.world.office(found.department) != department:
            raise NoSuchCase
        party = role or (only([each.name for each in found.parties]) if one else "")
        number = cases.opening.open(
            matter,
            stated,
            parties={party: [one]} if one else None,
            clerk=clerk,
            key=Key(department, key) if key else None,
        )
        if one:
            cases.at_window.identify(number, party, one, clerk=clerk, seen=seen)
        show_case(cases, number, department, as_json)


@case.command("list")
def list_all(
    department: Code,
    state: Annotated[
        str,
        typer.Option("--state", metavar="WORD", help="open, person, granted, ended, refused, red / 状态"),
    ] = "",
    as_json: Json = False,
) -> None:
    """Cases that this department decides or has a part in, newest first / 办件列表"""
    if state and state not in casepage.STATES:
        raise BadUsage(f"没有这个状态：{state}", f"there is no such state: {state}")
    with opened() as cases:
        found = [asdict(each) for each in cases.seeing.of_department(department, state)]
    if as_json:
        tell(found)
    else:
        casepage.summaries(found)


@case.command()
def show(number: Number, department: Code, as_json: Json = False) -> None:
    """What is missing, the form with each field's source, steps, the decision and what comes of it / 查看

    A department that does not decide it sees the form, its own steps and its own effects.
    """
    with opened() as cases:
        show_case(cases, number, department, as_json)


@case.command()
def state(
    number: Number,
    department: Code,
    inputs: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="JSON object of what is stated, -: standard input / 填报内容文件"
        ),
    ],
    clerk: Annotated[
        str, typer.Option("--clerk", help="Who writes it down for a person, which the log says / 代填经办人")
    ] = "",
    as_json: Json = False,
) -> None:
    """State more, or otherwise, while the case is open / 补充填报"""
    stated = files.texts(inputs)
    with of_office(number, department) as cases:
        cases.opening.state(number, stated, clerk=clerk)
        show_case(cases, number, department, as_json)
