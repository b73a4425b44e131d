"""What the wallet's commands share: their options, its file, its network, links out of pictures."""

import math
import os
import time
from collections.abc import Collection
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from wallet.keyfile import WalletFile

DEFAULT: Final = Path.home() / ".zhengtong" / "wallet"
_ALLOW: Final = "ZT_WALLET_ALLOW"
"""Origins, with blanks between, that are asked though they are inside or without TLS: a sample town's own."""

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


@contextmanager
def network(patience: float | None = None) -> "Iterator[httpx.Client]":
    """A guarded client for whatever a link or a credential names.

    patience: seconds after which it asks and reads no more.
    """
    from registry.fetching import guarded_client

    until = math.inf if patience is None else time.monotonic() + patience
    with guarded_client(os.environ.get(_ALLOW, "").split(), until=until) as http:
        yield http


def opened(file: Path, passphrase: str, *, create: bool = False) -> "WalletFile":
    """The wallet in a file. create: make it where there is none. Raises NoWallet, WrongPassphrase."""
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


def link_in(given: str, schemes: Collection[str]) -> str:
    """A link of one of these schemes: as given, or out of a picture."""
    from registry import pictures

    def fits(text: str) -> bool:
        return text.partition(":")[0].lower() in schemes

    try:
        given.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("that is no text / 不是文字") from None
    if fits(given):
        return given
    path = Path(given)
    if not path.is_file():
        raise typer.BadParameter("neither such a link nor a file / 既不是链接，也不是文件")
    texts = [each for each in pictures.read(path.read_bytes()) if fits(each)]
    if not texts:
        raise typer.BadParameter("no such link in that picture / 图片中没有此类链接")
    return texts[0]


def day(seconds: int) -> str:
    """A moment's day, where the wallet is."""
    return moment(seconds)[:10]


def moment(seconds: int) -> str:
    """Day and time of day, where the wallet is, with the offset of its zone."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(" ", "seconds")
    except (ValueError, OverflowError, OSError):  # another registry may write any number
        return "?"
