"""`wallet login`, `wallets` and `withdraw`: what is the holder's own, by the identity credential."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry.errors import RegistryError
from registry.plain import line, plain
from wallet.options import DEFAULT, File, Json, Passphrase, Wait, day, network
from wallet.outcomes import claiming_in, tell

if TYPE_CHECKING:
    from wallet.keyfile import WalletFile

Issuer = Annotated[
    str, typer.Option(help="Address of the registry, where the wallet knows several / 登记系统地址")
]


class UnknownWallet(RegistryError):
    """The holder has no other wallet in use by that name."""

    kind = "unknown-wallet"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "没有这个钱包，或已停用（wallet wallets 可列出）。",
            "You have no such wallet in use; `wallet wallets` lists them.",
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


def login(
    passphrase: Passphrase = "",
    issuer: Issuer = "",
    file: File = DEFAULT,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Claim everything that every issuer holds for me / 用身份证照登录，一次领取全部证照

    The identity certificate is shown to the registry that issued it, with none of its claims.
    """
    from wallet.logging_in import Door

    with claiming_in(file, passphrase) as claiming:
        door = Door(claiming)
        outcome = door.log_in(registry_of(claiming.wallet, issuer))
        tell(claiming, outcome, wait, as_json)
    if not (as_json or outcome.held or outcome.waiting is not None):
        typer.echo("没有其他证照可领取 / nothing else to claim")


def wallets(
    passphrase: Passphrase = "", issuer: Issuer = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """My wallets, this one and others / 我的钱包"""
    from registry import jcs
    from wallet.logging_in import Door

    with claiming_in(file, passphrase) as claiming:
        registry = registry_of(claiming.wallet, issuer)
        found = Door(claiming).wallets(registry)
    if as_json:
        typer.echo(jcs.dumps(found).decode())
        return
    for each in found:
        this = "（本钱包 this one）" if each.get("this") is True else ""
        created = each.get("created")
        since = day(created) if isinstance(created, int) else "?"
        typer.echo(line(f"{each.get('id')}{this}"))
        typer.echo(line(f"    {each.get('credentials')} 份凭证 credentials · 自 since {since}"))


def withdraw(
    issuer: Issuer = "",
    recovery_code: Annotated[
        str,
        typer.Option(envvar="ZT_RECOVERY_CODE", metavar="TEXT", help="Of the lost wallet / 遗失钱包的恢复码"),
    ] = "",
    other_wallet: Annotated[
        str,
        typer.Option(
            metavar="ID", help="As `wallet wallets` shows it; this wallet must be logged in / 其他钱包"
        ),
    ] = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Withdraw every credential of a lost wallet; the certificates stand / 停用遗失钱包的全部凭证

    By its recovery code, which needs no wallet, or from another wallet of the same person.
    """
    from registry import jcs

    if other_wallet:
        count = _withdraw_other(issuer, other_wallet, file, passphrase)
    elif not issuer:
        raise typer.BadParameter("--issuer is needed with a recovery code / 使用恢复码须给出 --issuer")
    else:
        code = recovery_code or typer.prompt("恢复码 recovery code", hide_input=True, err=True)
        count = _withdraw_by_code(issuer.rstrip("/"), code)
    typer.echo(
        jcs.dumps({"credentials": count}).decode()
        if as_json
        else f"已停用 {count} 份凭证，证照仍然有效 / {count} credentials withdrawn; the certificates stand"
    )


def _withdraw_by_code(issuer: str, code: str) -> int:
    from wallet.claiming import withdraw as withdraw_all
    from wallet.exchange import Refused

    try:
        with network() as http:
            return withdraw_all(http, issuer, code)
    except Refused as refused:
        if refused.code not in {"not-found", "malformed"}:
            raise
        raise UnknownRecoveryCode from refused


def _withdraw_other(issuer: str, other: str, file: Path, passphrase: str) -> int:
    from wallet.exchange import Refused
    from wallet.logging_in import Door

    with claiming_in(file, passphrase) as claiming:
        registry = registry_of(claiming.wallet, issuer)
        try:
            return Door(claiming).withdraw(registry, other)
        except Refused as refused:
            if refused.http_status != 404:
                raise
            raise UnknownWallet from refused


def registry_of(wallet: "WalletFile", given: str) -> str:
    """The registry that is meant: the one given, or the only one that this wallet has anything of.

    Raises:
        NoIdentity: it has nothing yet.
    """
    from wallet.logging_in import NoIdentity

    if given:
        return given.rstrip("/")
    known = sorted({each.issuer for each in wallet.content.held})
    if not known:
        raise NoIdentity
    if len(known) != 1:
        raise typer.BadParameter(plain(f"--issuer: {' | '.join(known)}"))
    return known[0]
