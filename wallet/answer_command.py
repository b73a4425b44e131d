"""`wallet answer`: who asks is said first, then what would be shown; nothing leaves before a yes."""

import re
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from registry.errors import RegistryError
from registry.plain import line, plain
from wallet.options import DEFAULT, File, Json, Passphrase, link_in, moment, network, opened
from wallet.outcomes import renew_unasked

if TYPE_CHECKING:
    from wallet.answering import Asked, Showing
    from wallet.knowing import Verifier


_PADDING: Final = re.compile(r"(?<=\S)[^\S\n]{3,}")
"""Blanks that push what follows to the beginning of a terminal's next line."""


class Stranger(RegistryError):
    """The holder did not say that a stranger may see anything."""

    kind = "unknown-verifier"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "请求方身份不明，未出示任何内容；确认要出示，请加 --yes-unknown。",
            "Nobody this wallet knows asks for this, and nothing was shown; add --yes-unknown to show it.",
        )


def answer(
    request: Annotated[
        str, typer.Argument(metavar="REQUEST", help="Link, or picture of its QR / 链接或二维码图片")
    ],
    passphrase: Passphrase = "",
    yes: Annotated[bool, typer.Option("--yes", help="Show it without asking again / 不再询问")] = False,
    yes_unknown: Annotated[
        bool, typer.Option("--yes-unknown", help="Also to a stranger / 也向身份不明者出示")
    ] = False,
    no: Annotated[bool, typer.Option("--no", help="Refuse / 拒绝")] = False,
    optional: Annotated[
        bool, typer.Option("--optional", help="Also what is asked for besides / 同时出示可选内容")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Use no other certificates / 限用这些证照"),
    ] = None,
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Show certificates to who asks for them / 应请求出示证照

    Who asks, what for, and what would be shown are said first; nothing leaves before a yes.
    """
    from wallet import openid4vp
    from wallet.answering import Answering
    from wallet.keyfile import WalletFile

    link = link_in(request, openid4vp.SCHEMES)
    with WalletFile.alone(file), network() as http:
        wallet = opened(file, passphrase)
        renew_unasked(wallet)
        answering = Answering(wallet, http, lambda: int(time.time()))
        read = answering.read(link)
        verifier = answering.verifier(read)
        say_who(verifier, openid4vp.host_of(read.request))
        if no:
            _finish(answering.refuse(read), verifier, (), as_json)
            return
        asked = answering.consider(read, only=only or ())
        say_what(asked, optional)
        if not verifier.known and not yes_unknown:
            raise Stranger
        if not (yes or typer.confirm("出示以上内容？ show this?", err=True)):
            _finish(answering.refuse(read), verifier, (), as_json)
            return
        shown = asked.showings + (asked.optional if optional else ())
        _finish(answering.send(asked, optional=optional), verifier, shown, as_json)


def _say(text: str) -> None:
    """One line of ours; what others wrote goes on, where it has lines of its own, behind a bar."""
    typer.echo(_PADDING.sub("  ", plain(text)).replace("\n", "\n        | "), err=True)


def say_who(verifier: "Verifier", host: str) -> None:
    """Who asks, and where an answer would go."""
    name = " ".join(dict.fromkeys((verifier.zh, verifier.en)))
    if verifier.known:
        _say(f"请求方 asks: {name} ({verifier.code})")
    else:
        says = f"自称 says it is {name}" if name else "未说明 says nothing of itself"
        _say(f"请求方身份不明！ an unknown verifier asks! {says}")
    _say(f"发往 answer goes to: {host}")


def say_what(asked: "Asked", optional: bool) -> None:
    """What would be agreed to and shown. optional: whether also what is asked for besides."""
    from registry.cli.terminal import shortened
    from wallet.presenting import claims_of

    if asked.expires is not None:
        _say(f"有效至 until: {moment(asked.expires)}")
    for members in asked.agreeing:
        _say("同意事项 you agree to:")
        for name, value in members.items():
            _say(f"    {name}: {value}")
    for besides, showings in ((False, asked.showings), (True, asked.optional)):
        for each in showings:
            note = (
                ""
                if not besides
                else "（可选 optional）"
                if optional
                else "（可选，未选 optional, not shown）"
            )
            _say(f"{str(each.names.name) or each.held.configuration}  {each.certificate_id}{note}")
            values = claims_of(each.held)
            for claim in each.claims:
                _say(f"    {each.names.claim(claim)}: {shortened(values[claim])}")


def _finish(redirect: str | None, verifier: "Verifier", shown: "tuple[Showing, ...]", as_json: bool) -> None:
    from registry import jcs

    if as_json:
        said = {
            "verifier": {
                "known": verifier.known,
                "code": verifier.code,
                "zh": verifier.zh,
                "en": verifier.en,
            },
            "shown": [
                {"query": each.query, "certificate_id": each.certificate_id, "claims": list(each.claims)}
                for each in shown
            ],
            "redirect_uri": redirect or "",
        }
        typer.echo(jcs.dumps(said).decode())
        return
    typer.echo("已出示 shown" if shown else "已拒绝，未出示任何内容 refused; nothing was shown")
    if redirect:
        typer.echo(line(f"请在浏览器中继续 go on in the browser: {redirect}"))
