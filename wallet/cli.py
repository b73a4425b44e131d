"""`wallet …`: a citizen's wallet on the command line. Keys and credentials never leave its encrypted file."""

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from registry.cli import files
from registry.errors import RegistryError
from registry.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from wallet.claiming import Claiming, Outcome
    from wallet.keyfile import Held, WalletFile


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


class UnknownRecoveryCode(RegistryError):
    """No wallet in use has that code."""

    kind = "unknown-recovery-code"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "恢复码不对，或该钱包已经停用。",
            "The recovery code is wrong, or that wallet was withdrawn before.",
        )


DEFAULT: Final = Path.home() / ".zhengtong" / "wallet"
_TIMEOUT: Final = 20.0

app = typer.Typer(
    name="wallet",
    help="证通钱包 · claim, renew and show certificates / 领取、更新、出示电子证照",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

File = Annotated[
    Path, typer.Option("--file", envvar="ZT_WALLET", help="The wallet's file / 钱包文件", show_default=False)
]
Passphrase = Annotated[
    str,
    typer.Option(
        envvar="ZT_WALLET_PASSPHRASE",
        metavar="TEXT",
        help="Opens the file; asked for where it is not given / 钱包口令，未给出时询问",
        show_default=False,
    ),
]
Wait = Annotated[bool, typer.Option(help="Wait until the chain is ready / 等待上链完成")]
Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]


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
    """Claim what an issuer offers / 领取证照"""
    from wallet.openid4vci import Refused

    with _claiming(file, passphrase, create=True) as claiming:
        try:
            outcome = claiming.claim(_offer(offer), pin)
        except Refused as refused:
            if refused.code != "invalid_grant":
                raise
            raise OfferRefused from refused
        _finish(claiming, outcome, wait, as_json)


@app.command()
def renew(
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    all: Annotated[bool, typer.Option("--all", help="Also what does not end soon / 全部更新")] = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Renew what ends soon, and fetch what was not ready / 更新即将到期的凭证"""
    with _claiming(file, passphrase) as claiming:
        outcome = claiming.renew(all=all)
        _finish(claiming, outcome, wait, as_json)
    if not (as_json or outcome.held or outcome.lost or outcome.waiting is not None):
        typer.echo(
            "没有需要更新的凭证（--all 全部更新） / "
            "nothing to renew: no credential ends soon (--all renews all of them)"
        )


@app.command("list")
def list_all(passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False) -> None:
    """What is in the wallet / 钱包中的证照"""
    from registry import credential, jcs

    held = _open(file, passphrase).content.held
    if as_json:
        typer.echo(jcs.dumps([_summary(each) for each in held]).decode())
        return
    if not held:
        typer.echo("钱包是空的 / the wallet is empty")
    for each in held:
        payload = credential.parse(each.credential).payload
        typer.echo(plain(payload.core.certificate_id))
        typer.echo(plain(f"    {each.configuration} · 凭证有效至 credential good until {_day(payload.exp)}"))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Identifier, type, or a part of it / 标识或种类")],
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """The claims of one certificate; on this screen only / 查看信息项"""
    from registry import jcs
    from registry.cli.terminal import shortened
    from wallet.presenting import claims_of, find

    held = find(_open(file, passphrase), name)
    if as_json:
        typer.echo(jcs.dumps({**_summary(held), "claims": claims_of(held)}).decode())
        return
    from rich.table import Table
    from rich.text import Text

    summary = _summary(held)
    typer.echo(plain(f"{summary['certificate_id']}\n    {summary['configuration']}"))
    table = Table(box=None)
    for heading in ("信息项 claim", "内容 value"):
        table.add_column(heading, overflow="fold")
    for claim_name, value in claims_of(held).items():
        table.add_row(Text(plain(claim_name)), Text(plain(shortened(value))))
    _print(table)


@app.command()
def present(
    name: Annotated[str, typer.Argument(help="Identifier, type, or a part of it / 标识或种类")],
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
    wallet = _open(file, passphrase)
    held = presenting.find(wallet, name)
    chosen = [each.strip() for each in claims.split(",") if each.strip()]
    shown = presenting.present(wallet, held, chosen, now=int(time.time()))
    try:
        code = "" if link else presenting.proof_code(wallet, held, shown)
    except NeedsLink as needed:
        code = ""
        typer.echo(f"{needed.zh} / {needed.en}", err=True)
    if not code:
        with _http() as http:
            code = presenting.link(http, held, shown)
    if out is None:
        typer.echo(code)
    else:
        out.write_bytes(pictures.draw(code))
        typer.echo(f"{out}  （一分钟内有效 good for a minute）")


@app.command()
def withdraw(
    issuer: Annotated[str, typer.Option(help="Address of the registry / 登记系统地址")],
    recovery_code: Annotated[
        str,
        typer.Option(
            envvar="ZT_RECOVERY_CODE",
            prompt="恢复码 recovery code",
            hide_input=True,
            help="Of the lost wallet / 遗失钱包的恢复码",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Withdraw every credential of a lost wallet; the certificates stand / 停用遗失钱包的全部凭证"""
    from registry import jcs
    from wallet.claiming import withdraw as withdraw_all
    from wallet.openid4vci import Refused

    try:
        with _http() as http:
            count = withdraw_all(http, issuer.rstrip("/"), recovery_code)
    except Refused as refused:
        if refused.code not in {"not-found", "malformed"}:
            raise
        raise UnknownRecoveryCode from refused
    typer.echo(
        jcs.dumps({"credentials": count}).decode()
        if as_json
        else f"已停用 {count} 份凭证，证照仍然有效 / {count} credentials withdrawn; the certificates stand"
    )


def main() -> None:
    """Run one command: exit 1 for a refusal, 2 for usage."""
    import httpx

    try:
        app()
    except RegistryError as error:
        typer.echo(plain(f"{error.zh} / {error.en}"), err=True)
        raise SystemExit(1) from None
    except httpx.HTTPError:
        typer.echo("连接不上颁发方，请稍后再试。 / The issuer cannot be reached; try again later.", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        if not files.is_named(error):
            raise
        typer.echo(plain(" / ".join(files.wrong(error))), err=True)
        raise SystemExit(1) from None


def _finish(claiming: "Claiming", outcome: "Outcome", wait: bool, as_json: bool) -> None:
    """Wait for what was deferred, and say what came of it."""
    from registry import jcs

    held, waiting, lost = list(outcome.held), outcome.waiting, list(outcome.lost)
    while wait and waiting is not None:
        if not as_json:
            typer.echo("正在上链，请稍候… / being anchored, one moment…", err=True)
        time.sleep(waiting)
        fetched = claiming.fetch()
        held, waiting, lost = held + fetched.held, fetched.waiting, lost + list(fetched.lost)
    if as_json:
        said = {
            "held": [_summary(each) for each in held],
            "pending": waiting is not None,
            "lost": lost,
            "recovery_code": outcome.recovery_code or "",
        }
        typer.echo(jcs.dumps(said).decode())
        return
    for each in held:
        summary = _summary(each)
        until = _day(int(summary["exp"]))
        typer.echo(plain(f"已领取 claimed （至 until {until}）:\n{summary['certificate_id']}"))
    for configuration in lost:
        typer.echo(plain(f"不能再更新 can no longer be renewed: {configuration}"))
    if waiting is not None:
        typer.echo("尚在上链，请稍后运行 wallet renew / not anchored yet: run wallet renew later")
    if outcome.recovery_code is not None:
        typer.echo(
            f"恢复码 recovery code: {plain(outcome.recovery_code)}\n"
            "请抄下并与手机分开保存：手机遗失时凭它停用全部凭证。 / Write it down, apart from the phone."
        )


def _summary(held: "Held") -> dict[str, str | int]:
    from registry import credential

    payload = credential.parse(held.credential).payload
    return {
        "certificate_id": payload.core.certificate_id,
        "configuration": held.configuration,
        "issuer": held.issuer,
        "exp": payload.exp,
    }


@contextmanager
def _claiming(file: Path, passphrase: str, *, create: bool = False) -> "Iterator[Claiming]":
    from wallet.claiming import Claiming
    from wallet.keyfile import WalletFile

    with WalletFile.alone(file), _http() as http:
        yield Claiming(_open(file, passphrase, create=create), http, lambda: int(time.time()))


@contextmanager
def _http() -> "Iterator[httpx.Client]":
    import httpx

    with httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as http:
        yield http


def _open(file: Path, passphrase: str, *, create: bool = False) -> "WalletFile":
    from wallet.keyfile import NoWallet, WalletFile

    if file.exists():
        return WalletFile.open(file, passphrase or _ask("口令 passphrase"))
    if not create:
        raise NoWallet
    typer.echo(f"新建钱包 / making a new wallet: {file}", err=True)
    return WalletFile.create(
        file, passphrase or _ask("请设定口令 choose a passphrase", again="再输一次 once more")
    )


def _ask(question: str, *, again: str = "") -> str:
    """A passphrase, typed unseen; a new one twice."""
    typed: str = typer.prompt(question, hide_input=True, confirmation_prompt=again or False, err=True)
    return typed


def _offer(given: str) -> str:
    """The offer's link: as given, or out of a picture."""
    from registry import pictures

    if given.startswith("openid-credential-offer:"):
        return given
    path = Path(given)
    if not path.is_file():
        raise typer.BadParameter("neither an offer's link nor a file / 既不是领取链接，也不是文件")
    texts = [each for each in pictures.read(path.read_bytes()) if each.startswith("openid-credential-offer:")]
    if not texts:
        raise typer.BadParameter("no offer in that picture / 图片中没有领取邀请")
    return texts[0]


def _day(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):  # another registry may write any number
        return "?"


def _print(table: object) -> None:
    from rich.console import Console

    Console().print(table)


if __name__ == "__main__":
    main()
