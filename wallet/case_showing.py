"""`wallet case answer`, `promise`, `document`: what a case gets to see, all of it named before it leaves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry.cli import casepage, files
from registry.cli.files import BadUsage
from registry.errors import RegistryError
from registry.plain import line
from wallet.holder_commands import Issuer, registry_of
from wallet.inbox_commands import told
from wallet.options import DEFAULT, File, Json, Passphrase
from wallet.outcomes import claiming_in

if TYPE_CHECKING:
    from wallet.answering import Asked
    from wallet.casework import Casework
    from wallet.claiming import Claiming

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The case's number / 办件编号")]
Fact = Annotated[str, typer.Argument(metavar="FACT", help="As `wallet case show` names it / 材料")]
Yes = Annotated[bool, typer.Option("--yes", help="Without asking once more / 不再询问")]
Optional = Annotated[bool, typer.Option(help="Also what need not be there but helps / 同时出示可选证照")]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="NAME", help="Use no other certificates / 限用这些证照")
]
Role = Annotated[str, typer.Option("--role", help="My part, where I have several / 当事人角色")]


class NotDepartments(RegistryError):
    """What came as the case's request is not signed by a department that the wallet knows."""

    kind = "unknown-verifier"
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "这不是本钱包所知部门的请求，未出示任何内容。",
            "This request is not of a department that the wallet knows: nothing was shown.",
        )


class NothingForCase(RegistryError):
    """The wallet lacks a certificate that the case needs from it."""

    kind = "nothing-fits"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "钱包里缺少办件必需的证照，未出示任何内容。"
            "wallet case show 可查看还缺什么，wallet login 可领取部门已颁发的证照。",
            "The wallet lacks a certificate that the case needs, and nothing was shown: `wallet case show` "
            "says what is missing, `wallet login` claims what departments hold.",
        )


def answer(
    number: Number,
    role: Role = "",
    optional: Optional = True,
    only: Only = None,
    yes: Yes = False,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Show everything that the case does not know of me yet, in one presentation / 一次出示全部证照

    What would be shown, and what would still be missing, is said first; nothing leaves before a yes.
    """
    with claiming_in(file, passphrase) as claiming:
        _answer(claiming, issuer, number, role, [], optional, only or (), yes, as_json)


def promise(
    number: Number,
    facts: Annotated[
        list[str], typer.Argument(metavar="FACT…", help="As `wallet case show` names them / 承诺后补的材料")
    ],
    role: Role = "",
    optional: Optional = True,
    only: Only = None,
    yes: Yes = False,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Promise what comes later, by the date that is shown, signed with the identity certificate / 告知承诺

    Whatever else the case does not know of me yet is shown with the same answer.
    """
    with claiming_in(file, passphrase) as claiming:
        _answer(claiming, issuer, number, role, facts, optional, only or (), yes, as_json)


def document(
    number: Number,
    fact: Fact,
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="PDF, PNG or JPEG, 5 MB at most / 材料文件")
    ] = None,
    again: Annotated[
        str,
        typer.Option(
            "--again", metavar="ID", help="Use this one again, as `wallet case documents` lists it / 复用材料"
        ),
    ] = "",
    yes: Yes = False,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Hand in a paper of my own, or agree that one I handed in before is used again / 提交材料"""
    if (path is None) is (not again):
        raise BadUsage("请给出文件，或用 --again 复用材料", "give a file, or --again ID, one of the two")
    content, media_type = files.document(path) if path is not None else (b"", "")
    with claiming_in(file, passphrase) as claiming:
        work = _work(claiming, issuer)
        if again and not (yes or typer.confirm("同意在本办件中使用？ use it in this case?", err=True)):
            typer.echo("未发送任何内容 nothing was sent", err=True)
            raise typer.Exit(1)
        if again:
            work.use_again(number, fact, again)
        id = again or work.document(number, fact, content, media_type)
        shown = work.show(number)
    if as_json:
        told({"id": id})
        return
    typer.echo(line(f"已提交 handed in: {id}"))
    casepage.missing(shown.get("missing") or ())


def documents(
    issuer: Issuer = "", passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """What I handed in, in any case; each can be used again / 我的材料"""
    with claiming_in(file, passphrase) as claiming:
        found = _work(claiming, issuer).documents()
    if as_json:
        told(found)
    else:
        casepage.documents(found)


def _answer(
    claiming: "Claiming",
    issuer: str,
    number: str,
    role: str,
    promised: "list[str]",
    optional: bool,
    only: "list[str] | tuple[()]",
    yes: bool,
    as_json: bool,
) -> None:
    from wallet import openid4vp
    from wallet.answer_command import say_what, say_who
    from wallet.answering import Answering, NothingFits

    work = _work(claiming, issuer)
    answering = Answering(claiming.wallet, claiming.http, claiming.clock)
    read = answering.read(work.request(number, promised, role))
    verifier = answering.verifier(read)
    say_who(verifier, openid4vp.host_of(read.request))
    if not verifier.known:
        raise NotDepartments
    try:
        asked = answering.consider(read, only=only)
    except NothingFits as nothing:
        raise NothingForCase from nothing
    say_what(asked, optional)
    _say_missing(work, number, asked, promised, optional)
    if not (yes or typer.confirm("出示以上内容？ show this?", err=True)):
        answering.refuse(read)
        typer.echo("未发送任何内容 nothing was sent", err=True)
        raise typer.Exit(1)
    answering.send(asked, optional=optional)
    state = work.take(number, role)
    shown = asked.showings + (asked.optional if optional else ())
    if as_json:
        told(
            {
                "state": state,
                "promised": promised,
                "shown": [
                    {"query": each.query, "certificate_id": each.certificate_id, "claims": list(each.claims)}
                    for each in shown
                ],
            }
        )
        return
    typer.echo(f"已出示 {len(shown)} 份证照 / {len(shown)} certificates shown")
    casepage.missing(work.show(number).get("missing") or ())


def _say_missing(
    work: "Casework", number: str, asked: "Asked", promised: "list[str]", optional: bool
) -> None:
    """What the case would still lack after this answer."""
    from dataclasses import replace

    from wallet.casework import still_missing

    counted = asked if optional else replace(asked, optional=())
    for each in still_missing(work.show(number), counted, promised):
        typer.echo(line(f"之后仍缺 still missing: {each.get('zh')} {each.get('en')}"), err=True)


def _work(claiming: "Claiming", issuer: str) -> "Casework":
    from wallet.casework import Casework
    from wallet.logging_in import Door

    return Casework(Door(claiming), registry_of(claiming.wallet, issuer))
