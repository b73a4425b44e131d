"""`registry case identify | agent | request | document …`: who comes with a case, and what they bring."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry.cli import casepage, clockpage, files
from registry.cli.case_options import (
    SEEN,
    Clerk,
    Code,
    Fact,
    Json,
    Number,
    Role,
    of_office,
    role_in,
    show,
    tell,
)
from registry.cli.files import BadUsage
from registry.plain import line

if TYPE_CHECKING:
    from registry.cases import Cases
    from registry.mandates.acting import Principal
    from registry.requesting import MadeRequest

NOT_YET = 3
"""Exit code where nobody answered."""

Out = Annotated[Path | None, typer.Option("--out", help="QR picture (PNG) / 二维码图片")]


def identify(
    number: Number,
    department: Code,
    clerk: Clerk,
    holder: Annotated[
        str,
        typer.Option(
            "--holder", metavar="FILE", help="File with TYPE:NUMBER, - for standard input / 本人证件"
        ),
    ],
    seen: Annotated[str, typer.Option("--seen", help=SEEN)],
    role: Role = "",
    as_json: Json = False,
) -> None:
    """A person without a phone is here: from now on departments can be asked about that one / 帮办

    The access log says who saw whom, and how.
    """
    one = files.holder(holder)
    with of_office(number, department) as cases:
        cases.at_window.identify(number, role_in(cases, number, role), one, clerk=clerk, seen=seen)
        show(cases, number, department, as_json)


def agent(
    number: Number,
    department: Code,
    clerk: Clerk,
    role: Role = "",
    through: Annotated[
        str, typer.Option("--through", metavar="TYPE", help="mandate, birth, business_licence … / 凭何证照")
    ] = "mandate",
    ground: Annotated[
        str, typer.Option("--ground", metavar="ID", help="Without a phone: that certificate / 证照标识")
    ] = "",
    holder: Annotated[
        str,
        typer.Option(
            "--agent",
            metavar="FILE",
            help="Without a phone: file with the agent's TYPE:NUMBER, - for standard input / 代办人证件",
        ),
    ] = "",
    seen: Annotated[str, typer.Option("--seen", help=f"Without a phone: {SEEN}")] = "",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Somebody acts for a party: shown by a phone, or seen by a clerk (--ground, --agent, --seen) / 代办

    A phone is shown a QR, and waited for, five minutes at most. It shows the agent's identity and what gives
    the power, nothing of the one acted for. Exit 1 where it says no, 3 where it does not answer.
    """
    by_clerk = (ground, holder, seen)
    if any(by_clerk) and not all(by_clerk):
        raise BadUsage("--ground、--agent 与 --seen 须同时给出", "--ground, --agent and --seen go together")
    one = files.holder(holder) if holder else None
    with of_office(number, department) as cases:
        party = role_in(cases, number, role)
        if one is not None:
            found = cases.at_window.see_agent(number, party, ground, one, clerk=clerk, seen=seen)
        else:
            acting, made = cases.at_window.ask_agent(number, through=through, clerk=clerk)
            _answered(cases, department, made, out, as_json)
            taken = cases.at_window.take_agent(number, party, acting)
            if taken is None:
                raise typer.Exit(NOT_YET)
            found = taken
    _tell_principal(found, as_json)


def request(
    number: Number,
    department: Code,
    clerk: Clerk,
    role: Role = "",
    promise: Annotated[
        list[str] | None,
        typer.Option("--promise", metavar="FACT", help="To come later, signed with the answer / 告知承诺"),
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Ask a party's wallet for everything that is not known of that party yet / 请当事人出示

    Shows a QR and waits for five minutes at most. Exit 1 where the holder says no, 3 where nobody answers.
    """
    with of_office(number, department) as cases:
        party = role_in(cases, number, role)
        made = cases.collecting.request(number, party, promise=promise or (), clerk=clerk)
        if made is None:
            typer.echo("没有需要钱包出示的内容 / nothing is left to ask a wallet for", err=True)
        else:
            _answered(cases, department, made, out, as_json)
            cases.collecting.take(number, party)
        show(cases, number, department, as_json)


def document(
    number: Number,
    fact: Fact,
    department: Code,
    clerk: Clerk,
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="PDF, PNG or JPEG, 5 MB at most / 材料文件")
    ] = None,
    again: Annotated[
        str,
        typer.Option("--again", metavar="ID", help="One that the same holder handed in before / 复用材料"),
    ] = "",
    consent: Annotated[
        bool, typer.Option("--consent", help="With --again: the holder agrees to that / 本人同意")
    ] = False,
    role: Role = "",
    as_json: Json = False,
) -> None:
    """Take a paper in, once, or use one again with its holder's consent / 收取材料"""
    if (path is None) is (not again):
        raise BadUsage("请给出文件，或用 --again 复用材料", "give a file, or --again ID, one of the two")
    if again and not consent:
        raise BadUsage("复用材料须经本人同意（--consent）", "using it again takes the holder's --consent")
    content, media_type = files.document(path) if path is not None else (b"", "")
    with of_office(number, department) as cases:
        party = role_in(cases, number, role, fact)
        if again:
            cases.documents.reuse(number, party, fact, again, consent=consent, clerk=clerk)
        id = again or cases.documents.put(number, party, fact, content, media_type, clerk=clerk)
        if as_json:
            tell({"id": id})
        else:
            typer.echo(line(f"已收取 taken in: {id}"))
            show(cases, number, department, as_json)


def documents(number: Number, department: Code, role: Role = "", as_json: Json = False) -> None:
    """What a party handed in before, in any case / 已交材料"""
    from dataclasses import asdict

    from registry.cases.showing import document as shown

    with of_office(number, department) as cases:
        rows = cases.documents.of(number, role_in(cases, number, role))
    found = [asdict(shown(row)) for row in rows]
    if as_json:
        tell(found)
    else:
        casepage.documents(found)


def read(
    number: Number,
    id: Annotated[str, typer.Argument(metavar="ID", help="As `registry case show` names it / 材料编号")],
    department: Code,
    out: Annotated[Path, typer.Option("--out", help="File to write / 输出文件")],
) -> None:
    """Write a document that this case uses to a file / 查阅材料"""
    with of_office(number, department) as cases:
        cases.seeing.document_of(number, id)
        content = cases.documents.read(id)
    out.write_bytes(content)
    typer.echo(line(str(out)))


def _answered(cases: "Cases", department: str, made: "MadeRequest", out: Path | None, as_json: bool) -> None:
    """Wait until the phone answered; ends the command where it did not."""
    from registry import pictures
    from registry.cli import answers
    from registry.cli.requests import wait_for

    if out is not None:
        out.write_bytes(pictures.draw(made.link))
    if as_json:
        tell({"link": made.link, "expires": made.expires})
    else:
        answers.show_link(made.link)
    outcome = wait_for(cases.world.requesting, made.id, department, cases.world.clock)
    if outcome.state != "answered":
        refused = outcome.state == "refused"
        typer.echo("对方拒绝 refused" if refused else "无人应答 nobody answered", err=True)
        raise typer.Exit(1 if refused else NOT_YET)


def _tell_principal(found: "Principal", as_json: bool) -> None:
    scope = found.scope
    if as_json:
        tell(
            {
                "ground": found.ground,
                "name": found.name,
                "matters": None if scope is None else list(scope.matters),
                "facts": None if scope is None else list(scope.facts),
                "until": found.until,
            }
        )
        return
    typer.echo(line(f"代其办理 acts for: {found.name}"))
    if scope is not None:
        typer.echo(line(f"    可查询 facts: {' '.join(scope.facts)}"))
    if found.until is not None:
        typer.echo(line(f"    至 until {clockpage.day(found.until - 1)}"))
    typer.echo(line(f"    {found.ground}"))
