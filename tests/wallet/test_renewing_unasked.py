"""What ends soon is renewed when the wallet is used, and using it never fails because that could not be."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry import credential
from tests.api.town import POLICE, Town
from tests.wallet.test_cli import served  # noqa: F401
from wallet.claiming import Claiming
from wallet.cli import app
from wallet.keyfile import WalletFile

DAY = 86_400


def ends(wallet: WalletFile) -> list[int]:
    return [credential.parse(each.credential).payload.exp for each in wallet.content.held]


def test_ten_days_before_its_end_a_credential_is_renewed_and_not_before(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    claiming = Claiming(wallet, http, lambda: town.now)
    (first,) = ends(wallet)
    town.now = first - 10 * DAY
    assert (claiming.renew_unasked(), ends(wallet)) == (True, [first])
    town.now += 1
    town.keep_lists()
    assert claiming.renew_unasked()
    assert ends(wallet) == [town.now + 30 * DAY]


def test_an_issuer_that_is_away_is_asked_again_after_an_hour_and_does_not_keep_the_others(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    asked: list[int] = []

    def away(_: httpx.Request) -> httpx.Response:
        asked.append(town.now)
        raise httpx.ConnectError("away")

    other = "https://away.example"
    wallet.content.grants.insert(
        0, type(wallet.content.grants[0])(issuer=other, refresh_token="r", configurations=["x.y"])
    )
    between = httpx.Client(transport=http._transport, mounts={other: httpx.MockTransport(away)})
    claiming = Claiming(wallet, between, lambda: town.now)
    (first,) = ends(wallet)
    town.now = first - DAY
    town.keep_lists()
    began = town.now
    assert not claiming.renew_unasked()
    assert ends(wallet) == [town.now + 30 * DAY]
    town.now += 3_599
    assert claiming.renew_unasked(), "nobody is asked so soon again"
    town.now += 1
    assert not claiming.renew_unasked()
    assert asked == [began, town.now]


@pytest.fixture
def claimed(served: Town, tmp_path: Path) -> Path:  # noqa: F811
    """A wallet's file. What it got is lost, as if it had ended."""
    wallet = WalletFile.create(tmp_path / "wallet", "phone", cost=16)
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, served.citizen(), made_by="clerk 7", seen="card")
    from wallet.options import network

    with network() as http:
        Claiming(wallet, http, served.services.now).claim(offer.link(served.origin), offer.pin)
    wallet.content.held.clear()
    wallet.save()
    return wallet.path


def run(path: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments, env={"ZT_WALLET": str(path), "ZT_WALLET_PASSPHRASE": "phone"})
    assert result.exit_code == 0, result.output
    return result


def test_looking_into_the_wallet_is_enough_to_renew_it(claimed: Path) -> None:
    listed = run(claimed, "list")
    assert "resident" in listed.stdout.lower() or "身份" in listed.stdout
    assert len(WalletFile.open(claimed, "phone").content.held) == 1
    assert listed.stderr == ""


def test_offline_or_while_another_command_is_at_it_the_wallet_shows_what_it_has(
    claimed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WalletFile.alone(claimed):
        assert "empty" in run(claimed, "list").stdout
    monkeypatch.setenv("ZT_WALLET_ALLOW", "")
    offline = run(claimed, "list")
    assert "empty" in offline.stdout
    assert "were not renewed" in offline.stderr
    assert "were not renewed" not in run(claimed, "list").stderr, "it tries once an hour"


def test_a_wallet_without_anything_asks_nobody(
    tmp_path: Path, new_wallet: Callable[[str], WalletFile]
) -> None:
    wallet = new_wallet("empty")

    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("somebody was asked")

    assert Claiming(wallet, httpx.Client(transport=httpx.MockTransport(never)), lambda: 0).renew_unasked()
