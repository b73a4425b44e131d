"""`wallet case …`: cases of the holder's own, from what one can come to do to what comes of it."""

import uuid
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli import casepage, files
from registry.cli.files import BadUsage
from wallet import case_showing
from wallet.holder_commands import Issuer, registry_of
from wallet.inbox_commands import told
from wallet.options import DEFAULT, File, Json, Passphrase
from wallet.outcomes import claiming_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wallet.casework import Casework

case = typer.Typer(no_args_is_help=True, help="What I come to do at departments, in one go / 办件")
GRANTED, PERSON = 0, 3
"""Exit codes of handing in; 1: something is missing."""

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The case's number / 办件编号")]
Inputs = Annotated[
    Path | None,
    typer.Option(
        "--inputs", metavar="FILE", help="JSON object of what I state, -: standard input / 填报内容文件"
    ),
]
Role = Annotated[str, typer.Option("--role", help="My part, where there are several / 当事人角色")]


@case.command()
def matters(
    name: Annotated[str, typer.Argument(metavar="[MATTER]", help="All that one matter needs / 事项")] = "",
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """What I can come to do, and what departments have of it already / 可办事项"""
    with _casework(file, passphrase, issuer) as work:
        found: Any = work.matter(name) if name else work.matters()
    if as_json:
        told(found)
    elif name:
        casepage.matter(found)
    else:
        casepage.matters(found)


@case.command("open")
def open_case(
    matter: Annotated[str, typer.Argument(metavar="MATTER", help="As `wallet case matters` lists it / 事项")],
    inputs: Inputs = None,
    role: Role = "",
    key: Annotated[
        str, typer.Option("--key", help="Given again, it opens nothing twice / 幂等键", show_default=False)
    ] = "",
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Open a case: its number, and what is missing; nothing is shown yet / 发起办件

    What I state can be personal, so it comes from a file, never from the command line, which others can see.
    """
    stated = files.texts(inputs) if inputs is not None else {}
    with _casework(file, passphrase, issuer) as work:
        needs = work.matter(matter)
        number = work.open(matter, role or only_role(needs), stated, key or uuid.uuid4().hex)
        _show(work, number, as_json, needs)


@case.command("list")
def list_all(
    issuer: Issuer = "", passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """My cases, wherever they were begun, newest first / 我的办件"""
    with _casework(file, passphrase, issuer) as work:
        found = work.all()
    if as_json:
        told(found)
    else:
        casepage.summaries(found)


@case.command()
def show(
    number: Number,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """What is missing, the form with each field's source, the decision and what comes of it / 查看办件"""
    with _casework(file, passphrase, issuer) as work:
        _show(work, number, as_json)


@case.command()
def state(
    number: Number,
    inputs: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON object of what I state, -: standard input / 填报内容文件"),
    ],
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """State more, or otherwise, while the case is open / 补充填报"""
    stated = files.texts(inputs)
    with _casework(file, passphrase, issuer) as work:
        work.state(number, stated)
        _show(work, number, as_json)


@case.command()
def submit(
    number: Number,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Hand it in: departments are asked for the rest, and it is decided in seconds / 提交

    Exit 0 where it was granted, 1 where something is missing, 3 where a person decides.
    """
    with _casework(file, passphrase, issuer) as work:
        verdict = work.submit(number)
        if as_json:
            told(verdict)
        else:
            typer.echo(casepage.OUTCOMES.get(str(verdict.get("outcome")), "?"))
            _show(work, number, as_json)
    raise typer.Exit({"grant": GRANTED, "person": PERSON}.get(str(verdict.get("outcome")), 1))


@case.command()
def join(
    number: Number,
    role: Annotated[str, typer.Option("--role", help="The part that is mine / 当事人角色")],
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Take my part in a case that a window or somebody else began / 加入办件"""
    with _casework(file, passphrase, issuer) as work:
        work.join(number, role)
        _show(work, number, as_json)


@case.command()
def review(
    number: Number,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Ask for another person's review of the decision / 申请复核"""
    with _casework(file, passphrase, issuer) as work:
        work.review(number)
        _show(work, number, as_json)


@case.command()
def rate(
    number: Number,
    stars: Annotated[int, typer.Argument(metavar="1…5", min=1, max=5, help="5: very satisfied / 满意度")],
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Rate a finished case, once; who said it is not kept / 好差评"""
    with _casework(file, passphrase, issuer) as work:
        _said(work.rate(number, stars), as_json)


@case.command("asked-again")
def asked_again(
    number: Number,
    fact: Annotated[str, typer.Argument(metavar="FACT", help="As `wallet case show` names it / 材料")],
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Report that the case asked for what a department has already / 反映重复索要材料"""
    with _casework(file, passphrase, issuer) as work:
        _said(work.asked_again(number, fact), as_json)


case.command("answer")(case_showing.answer)
case.command("promise")(case_showing.promise)
case.command("document")(case_showing.document)
case.command("documents")(case_showing.documents)


def only_role(needs: Mapping[str, Any]) -> str:
    """The only part in a matter. Raises BadUsage: there are several."""
    roles = [str(each.get("name")) for each in needs.get("parties") or ()]
    if len(roles) != 1:
        listed = " | ".join(roles)
        raise BadUsage(f"请用 --role 写明角色：{listed}", f"say which part with --role: {listed}")
    return roles[0]


@contextmanager
def _casework(file: Path, passphrase: str, issuer: str) -> "Iterator[Casework]":
    """What the wallet's holder does with cases at the registry that was named, or at the only one."""
    from wallet.casework import Casework
    from wallet.logging_in import Door

    with claiming_in(file, passphrase) as claiming:
        yield Casework(Door(claiming), registry_of(claiming.wallet, issuer))


def _show(work: "Casework", number: str, as_json: bool, needs: Mapping[str, Any] | None = None) -> None:
    shown = work.show(number)
    if as_json:
        told(shown)
    else:
        casepage.case(shown, needs or work.matter(str(shown.get("name"))))


def _said(shown: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        told(shown)
    else:
        typer.echo("已记录，谢谢 / taken down, thank you")
