"""What the wallet's commands do around a claim: open the file, wait for the chain, say what came of it."""

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from registry.plain import line
from wallet.options import day, network, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from wallet.attesting import Provider
    from wallet.claiming import Claiming, Outcome
    from wallet.keyfile import Held, WalletFile

_PATIENCE: Final = 8.0
"""Seconds that somebody who wants to show something waits for a renewal that nobody asked for."""


def tell(claiming: "Claiming", outcome: "Outcome", wait: bool, as_json: bool) -> None:
    """Wait for what was deferred, and say what came of it.

    Raises:
        RegistryError, httpx.HTTPError: what kept an issuer from being asked, once the rest is said.
    """
    whole = outcome
    while wait and whole.waiting is not None:
        if not as_json:
            typer.echo("正在上链，请稍候… / being anchored, one moment…", err=True)
        time.sleep(whole.waiting)
        whole = replace(whole, waiting=None).and_then(claiming.fetch())
    _say(whole, as_json)
    if whole.failure is not None:
        raise whole.failure


def _say(outcome: "Outcome", as_json: bool) -> None:
    from registry import jcs

    if as_json:
        said = {
            "held": [summary(each) for each in outcome.held],
            "pending": outcome.waiting is not None,
            "lost": list(outcome.lost),
            "recovery_code": outcome.recovery_code or "",
        }
        typer.echo(jcs.dumps(said).decode())
        return
    for each in outcome.held:
        new = summary(each)
        until = day(int(new["exp"]))
        typer.echo(f"已领取 claimed （至 until {until}）:")
        typer.echo(line(str(new["certificate_id"])))
    for configuration in outcome.lost:
        typer.echo(line(f"不能再更新 can no longer be renewed: {configuration}"))
    if outcome.waiting is not None:
        typer.echo("尚在上链，请稍后运行 wallet renew / not anchored yet: run wallet renew later")
    if outcome.recovery_code is not None:
        typer.echo(
            f"恢复码 recovery code: {line(outcome.recovery_code)}\n"
            "请抄下并与手机分开保存：手机遗失时凭它停用全部凭证。 / Write it down, apart from the phone."
        )


def summary(held: "Held") -> dict[str, str | int]:
    """What `--json` says of a credential."""
    from registry import credential

    payload = credential.parse(held.credential).payload
    return {
        "certificate_id": payload.core.certificate_id,
        "configuration": held.configuration,
        "issuer": held.issuer,
        "exp": payload.exp,
    }


def up_to_date(file: Path, passphrase: str) -> "WalletFile":
    """The wallet in a file, after what ends soon was renewed: unasked, and never failing where it cannot be.

    Raises:
        NoWallet, WrongPassphrase: as `opened`.
    """
    from wallet.due import is_due
    from wallet.keyfile import WalletFile

    wallet = opened(file, passphrase)
    if is_due(wallet, int(time.time())):
        # Where another command is at the file, or it cannot be written, what there is is shown.
        with suppress(OSError), WalletFile.alone(file, wait=False):
            wallet.read_again()
            renew_unasked(wallet)
    return wallet


def renew_unasked(wallet: "WalletFile") -> None:
    """Renew what ends soon, and say where that was not to be had. Nobody else may be at the file."""
    from wallet.attesting import NoProvider
    from wallet.due import is_due

    if not is_due(wallet, int(time.time())):
        return
    try:
        with network(_PATIENCE) as http:
            done = _claiming(wallet, http, _provider()).renew_unasked()
    except NoProvider:
        done = False
    if not done:
        typer.echo(
            "有凭证即将到期，暂时未能更新（wallet renew 可重试）。 / "
            "Some credentials end soon and were not renewed; `wallet renew` tries again.",
            err=True,
        )


@contextmanager
def claiming_in(file: Path, passphrase: str, *, create: bool = False) -> "Iterator[Claiming]":
    """The wallet in a file, its way to issuers, and nobody else at it meanwhile."""
    from wallet.keyfile import WalletFile

    provider = _provider()
    with WalletFile.alone(file), network() as http:
        yield _claiming(opened(file, passphrase, create=create), http, provider)


def _provider() -> "Provider | None":
    from wallet.attesting import PROVIDER, provider_in

    return provider_in(os.environ.get(PROVIDER, ""))


def _claiming(wallet: "WalletFile", http: "httpx.Client", provider: "Provider | None") -> "Claiming":
    from wallet.claiming import Claiming

    return Claiming(wallet, http, lambda: int(time.time()), provider)
