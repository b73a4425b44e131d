"""`wallet …`: a citizen's wallet on the command line. Keys and credentials never leave its encrypted file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry.cli import files
from registry.errors import RegistryError
from registry.plain import line, plain
from wallet import (
    answer_command,
    case_commands,
    consent_commands,
    holder_commands,
    inbox_commands,
    log_command,
    mandate_commands,
)
from wallet.options import DEFAULT, File, Json, Passphrase, Wait, day, link_in, network
from wallet.outcomes import claiming_in, summary, tell, up_to_date

if TYPE_CHECKING:
    import httpx

    from wallet.claiming import Claiming, Outcome


class OfferRefused(RegistryError):
    """The issuer does not say which: a guesser would learn whether the offer stands."""

    kind = "offer-refused"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "领取码不对，或该领取邀请已失效（已领取、已过期，或输错次数过多）。请核对领取码，或请窗口重新发出邀请。",
            "The PIN is wrong, or the offer has ended (claimed, expired, or tried too often): "
            "check the PIN, or ask at the window for a new offer.",
        )


app = typer.Typer(
    name="wallet",
    help="证通钱包 · claim, renew and show certificates / 领取、更新、出示电子证照",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.command()
def claim(
    offer: Annotated[
        str, typer.Argument(metavar="OFFER", help="Link, or picture of its QR / 链接或二维码图片")
    ],
    passphrase: Passphrase = "",
    pin: Annotated[
        str | None, typer.Option(metavar="PIN", help="The digits told at the window / 窗口告知的领取码")
    ] = None,
    file: File = DEFAULT,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Claim what an issuer offers, by its PIN or with the identity certificate / 领取证照"""
    from wallet.openid4vci import Refused

    with claiming_in(file, passphrase, create=True) as claiming:
        link = link_in(offer, ("openid-credential-offer",))
        try:
            outcome = _taken_up(claiming, link) if pin is None else claiming.claim(link, pin)
        except Refused as refused:
            if refused.code != "invalid_grant":
                raise
            raise OfferRefused from refused
        tell(claiming, outcome, wait, as_json)


@app.command()
def renew(
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    all: Annotated[bool, typer.Option("--all", help="Also what does not end soon / 全部更新")] = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Renew what ends soon, and fetch what was not ready / 更新即将到期的凭证"""
    with claiming_in(file, passphrase) as claiming:
        outcome = claiming.renew(all=all)
        tell(claiming, outcome, wait, as_json)
    if not (as_json or outcome.held or outcome.lost or outcome.waiting is not None):
        typer.echo(
            "没有需要更新的凭证（--all 全部更新） / "
            "nothing to renew: no credential ends soon (--all renews all of them)"
        )


@app.command("list")
def list_all(passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False) -> None:
    """What is in the wallet / 钱包中的证照"""
    from registry import credential, jcs
    from wallet.type_names import names

    content = up_to_date(file, passphrase).content
    if as_json:
        typer.echo(jcs.dumps([summary(each) for each in content.held]).decode())
        return
    if not content.held:
        typer.echo("钱包是空的 / the wallet is empty")
    for each in content.held:
        payload = credential.parse(each.credential).payload
        name = str(names(content, payload).name) or each.configuration
        typer.echo(line(payload.core.certificate_id))
        typer.echo(line(f"    {name} · 凭证有效至 credential good until {day(payload.exp)}"))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Identifier, name, or a part of it / 标识或名称")],
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """The claims of one certificate; on this screen only / 查看信息项"""
    from registry import credential, jcs
    from registry.cli.terminal import shortened
    from wallet.presenting import claims_of, find

    wallet = up_to_date(file, passphrase)
    held = find(wallet, name)
    if as_json:
        typer.echo(jcs.dumps({**summary(held), "claims": claims_of(held)}).decode())
        return
    from rich.table import Table
    from rich.text import Text

    from wallet.type_names import names

    called = names(wallet.content, credential.parse(held.credential).payload)
    typer.echo(line(str(summary(held)["certificate_id"])))
    typer.echo(line(f"    {str(called.name) or held.configuration}"))
    table = Table(box=None)
    for heading in ("信息项 claim", "内容 value"):
        table.add_column(heading, overflow="fold")
    for claim_name, value in claims_of(held).items():
        table.add_row(Text(plain(called.claim(claim_name))), Text(plain(shortened(value))))
    _print(table)


@app.command()
def present(
    name: Annotated[str, typer.Argument(help="Identifier, name, or a part of it / 标识或名称")],
    claims: Annotated[str, typer.Option(help="Names with commas: these and no others / 出示的信息项")],
    passphrase: Passphrase = "",
    out: Annotated[Path | None, typer.Option("--out", help="QR picture (PNG) / 二维码图片")] = None,
    text: Annotated[bool, typer.Option("--text", help="The QR's text / 文本")] = False,
    link: Annotated[
        bool, typer.Option("--link", help="A link for one use in five minutes / 一次性链接")
    ] = False,
    file: File = DEFAULT,
) -> None:
    """Show chosen claims for the next minute / 出示证照，一分钟内有效"""
    from registry import pictures
    from registry.proofcode import NeedsLink
    from wallet import presenting

    if (out is not None) + text + link != 1:
        raise typer.BadParameter("choose one of --out, --text, --link / 请选择一种出示方式")
    wallet = up_to_date(file, passphrase)
    held = presenting.find(wallet, name)
    chosen = [each.strip() for each in claims.split(",") if each.strip()]
    shown = presenting.present(wallet, held, chosen, now=int(time.time()))
    try:
        code = "" if link else presenting.proof_code(wallet, held, shown)
    except NeedsLink as needed:
        code = ""
        typer.echo(f"{needed.zh} / {needed.en}", err=True)
    if not code:
        with network() as http:
            code = presenting.link(http, held, shown)
    if out is None:
        typer.echo(line(code))
    else:
        out.write_bytes(pictures.draw(code))
        typer.echo(f"{out}  （一分钟内有效 good for a minute）")


app.command("answer")(answer_command.answer)
app.command("login")(holder_commands.login)
app.command("wallets")(holder_commands.wallets)
app.command("withdraw")(holder_commands.withdraw)
app.command("log")(log_command.log)
app.command("inbox")(inbox_commands.inbox)
app.command("consents")(consent_commands.consents)
app.command("consent")(consent_commands.consent)
app.command("object")(inbox_commands.object_to)
app.command("objections")(inbox_commands.objections)
app.command("offers")(inbox_commands.offers)
app.add_typer(case_commands.case, name="case")
app.add_typer(mandate_commands.mandate, name="mandate")


def main() -> None:
    """Run one command: exit 1 for a refusal, 2 for usage."""
    import httpx

    try:
        app()
    except RegistryError as error:
        typer.echo(plain(f"{error.zh} / {error.en}"), err=True)
        raise SystemExit(1) from None
    except httpx.HTTPError as error:
        where = _origin(error)
        typer.echo(
            f"连接不上颁发方{where}，请稍后再试。 / The issuer{where} cannot be reached; try again later.",
            err=True,
        )
        raise SystemExit(1) from None
    except OSError as error:
        if not files.is_named(error):
            raise
        typer.echo(plain(" / ".join(files.wrong(error))), err=True)
        raise SystemExit(1) from None


def _taken_up(claiming: "Claiming", link: str) -> "Outcome":
    """Claim without a PIN, where the offer needs none, or by the identity credential, where that is held."""
    from wallet.claiming import PinNeeded
    from wallet.logging_in import Door, NoIdentity

    try:
        return claiming.claim(link)
    except PinNeeded as needed:
        try:
            return Door(claiming).take_up(link)
        except NoIdentity:
            raise needed from None


def _origin(error: "httpx.HTTPError") -> str:
    """Where a request went, in brackets: the origin alone, for a path or a query can name a person."""
    try:
        address = error.request.url
    except RuntimeError:  # it was never made
        return ""
    return plain(f" ({address.scheme}://{address.netloc.decode('ascii')})")


def _print(table: object) -> None:
    from rich.console import Console

    Console().print(table)


if __name__ == "__main__":
    main()
