"""`wallet inbox`, `object`, `objections`: what is told to a holder, and what the holder says is wrong."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.errors import RegistryError
from registry.plain import line
from wallet.holder_commands import Issuer, registry_of
from wallet.options import DEFAULT, File, Json, Passphrase, day
from wallet.outcomes import claiming_in

if TYPE_CHECKING:
    from wallet.claiming import Claiming
    from wallet.consenting import Consenting

_KINDS = {
    "acting": "代办 somebody acts",
    "consent": "征询 a department asks",
    "mandate": "委托 mandate",
    "notice": "告知 notice",
    "objection": "异议 objection",
    "offer": "可以办理 you can",
}
_OUTCOMES = {
    "corrected": "已更正 corrected",
    "kept": "维持不变 stays as it is",
    None: "办理中 being looked at",
}


class NothingToObject(RegistryError):
    """The holder has no such certificate."""

    kind = "nothing-to-object"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "您没有这份证照（wallet list 可列出）。",
            "You have no such certificate; `wallet list` lists them.",
        )


def inbox(
    issuer: Issuer = "", passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """What departments tell me, and what I could do / 收件箱"""
    with claiming_in(file, passphrase) as claiming:
        found = mine(claiming, issuer).inbox()
    if as_json:
        told(found)
        return
    if not found:
        typer.echo("收件箱是空的 / nothing here")
    for each in found:
        content = each.get("content")
        said = content if isinstance(content, dict) else {}
        kind = _KINDS.get(str(each.get("kind")), str(each.get("kind")))
        typer.echo(
            line(f"{moment(each.get('created'))}  {kind} · {each.get('sender')} · {each.get('reference')}")
        )
        for language in ("zh", "en"):
            typer.echo(line(f"    {said.get(language, '')}"))


def object_to(
    certificate: Annotated[
        str, typer.Argument(metavar="ID", help="Identifier of a certificate of mine / 证照标识")
    ],
    text: Annotated[
        str, typer.Option("--text", metavar="FILE", help="What is wrong, in words; -: standard input / 说明")
    ] = "",
    claims: Annotated[str, typer.Option(help="Names with commas: what is wrong / 有误的信息项")] = "",
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Say that a certificate is wrong; its issuer answers by a date / 提出异议

    The answer comes to the inbox: a corrected version, or a reason. Whoever verifies sees nothing of it.
    """
    from wallet.exchange import Refused

    words = _words(text)
    named = [each.strip() for each in claims.split(",") if each.strip()]
    with claiming_in(file, passphrase) as claiming:
        try:
            made = mine(claiming, issuer).write(
                "objections", {"certificate": certificate, "claims": named, "text": words}
            )
        except Refused as refused:
            if refused.code != "nothing-to-object":
                raise
            raise NothingToObject from refused
    if as_json:
        told(made)
    else:
        typer.echo(
            line(f"{made.get('id')}  颁发机构应于此日前答复 to be answered by {moment(made.get('due'), 1)}")
        )


def objections(
    issuer: Issuer = "", passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """What I objected to, and what came of it / 我的异议"""
    with claiming_in(file, passphrase) as claiming:
        found = mine(claiming, issuer).objections()
    if as_json:
        told(found)
        return
    if not found:
        typer.echo("没有异议 / no objections")
    for each in found:
        typer.echo(line(f"{each.get('id')}  {_OUTCOMES.get(each.get('outcome'), '?')}"))
        for said in (each.get("certificate"), each.get("text"), each.get("reason"), each.get("correction")):
            if said:
                typer.echo(line(f"    {said}"))


def offers(
    wanted: Annotated[
        str, typer.Argument(metavar="[on|off]", help="Left out: say how it is / 不填则显示现状")
    ] = "",
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Whether I am offered what ends soon and what is newly possible / 主动提醒开关

    Offers come into the inbox of my wallets, and are sent nowhere else.
    """
    from registry.cli.files import BadUsage

    if wanted not in ("", "on", "off"):
        raise BadUsage("请填 on 或 off", "on or off")
    with claiming_in(file, passphrase) as claiming:
        are = mine(claiming, issuer).offers(None if not wanted else wanted == "on")
    if as_json:
        told({"wanted": are})
    else:
        typer.echo("主动提醒：开 offers: on" if are else "主动提醒：关 offers: off")


def mine(claiming: "Claiming", issuer: str) -> "Consenting":
    """What is the holder's at the registry that was named, or at the only one."""
    from wallet.consenting import Consenting
    from wallet.logging_in import Door

    return Consenting(Door(claiming), registry_of(claiming.wallet, issuer))


def _words(source: str) -> str:
    from registry.cli import files

    if not source:
        return str(typer.prompt("说明哪里有误 what is wrong", err=True))
    data = sys.stdin.buffer.read() if source == "-" else files.read(Path(source))
    return data.decode("utf-8", "replace").strip()


def moment(seconds: Any, before: int = 0) -> str:
    """The day of a moment that a registry told, `before` seconds earlier."""
    return day(seconds - before) if isinstance(seconds, int) else "?"


def told(value: Any) -> None:
    """For a program to read."""
    from registry import jcs

    typer.echo(jcs.dumps(value).decode())
