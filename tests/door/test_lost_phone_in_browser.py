"""The page for a lost phone in Chromium: it logs in like any client, and withdraws the other wallet."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from registry import pictures
from tests.api.test_claims import offered
from tests.api.test_withdrawing import verdict
from tests.door.asking import Wallet
from tests.door.test_page_in_browser import CHROMIUM, Desk, desk
from tests.wallet.test_cli import served

__all__ = ["desk", "served"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here")


def test_the_other_wallet_withdraws_the_lost_one(desk: Desk, tmp_path: Path) -> None:
    town, page = desk.town, desk.page
    with httpx.Client(base_url=town.origin) as http:
        lost = Wallet(town, http)
        lost.first_claim(offered(town, desk.held["resident_identity"]))
        stolen = lost.present()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{town.origin}/lost")
        page.get_by_role("button", name="用身份证照登录").click()
        [link] = pictures.read(page.locator("img.qr").screenshot())
        desk.show(link)
        page.get_by_role("button", name="全部同意并继续").click()
        expect(page.locator("#wallets li")).to_have_count(2)
        assert page.url == f"{town.origin}/lost", "no code stays in the address"
        mine = page.locator("#wallets li").filter(has_text="您刚才登录用的钱包")
        expect(mine).to_have_count(1)
        page.locator("#wallets li").filter(has_not_text="您刚才登录用的钱包").get_by_role("button").click()
        expect(page.get_by_role("status")).to_have_text("已停用。失效的凭证数：1")
        expect(page.locator("#wallets li")).to_have_count(1)
        assert verdict(http, stolen) == ("invalid", ["status"])
        assert said == []


def test_an_answer_to_another_login_is_not_taken(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.town.origin}/lost?code=x&state=y&iss={desk.town.origin}")
    expect(page.locator("#said")).to_have_text("没有成功，请重新登录后再试。")
    assert not any("/token" in each for each in desk.sent)
