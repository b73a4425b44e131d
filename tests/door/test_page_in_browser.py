"""The login page in Chromium: a wallet answers, and the page goes on by itself."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from registry import pictures
from tests.api.town import POLICE, Town, citizen_number
from tests.door.asking import CLIENT, Wallet
from tests.door.people import everything
from tests.wallet.test_cli import served
from wallet.answering import Answering
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile

__all__ = ["served"]

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here")


@dataclass
class Desk:
    """A citizen with a phone, a computer whose browser shows `page`, and an app there that wants a code.

    held: identifiers by alias. sent: everything the browser asked for.
    """

    town: Town
    held: dict[str, str]
    phone: Answering
    app: Wallet
    page: Page
    sent: list[str] = field(default_factory=list)

    @property
    def redirect_uri(self) -> str:
        """On this machine, and another origin than the registry's."""
        return self.town.origin.replace("localhost", "127.0.0.1") + "/docs"

    def begin(self) -> None:
        """The app pushes its request, and opens the browser."""
        pushed = self.app.push(redirect_uri=self.redirect_uri).json()
        query = urlencode({"client_id": CLIENT, "request_uri": pushed["request_uri"]})
        self.page.goto(f"{self.town.origin}/authorize?{query}")

    def show(self, link: str) -> str | None:
        """The phone answers; where it would send its browser."""
        return self.phone.send(self.phone.consider(self.phone.read(link)))

    def allow(self) -> dict[str, str]:
        """One action, by keyboard; what the app gets in its redirect_uri."""
        button = self.page.get_by_role("button", name="全部同意并继续")
        expect(button).to_be_visible()
        button.focus()
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.redirect_uri}?*")
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}


@pytest.fixture
def desk(served: Town, tmp_path: Path) -> Iterator[Desk]:
    held = everything(served)
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, held["resident_identity"], made_by="clerk 7", seen="card")
    file = WalletFile.create(tmp_path / "phone.wallet", "phone", cost=16)
    with httpx.Client(base_url=served.origin) as http, sync_playwright() as play:
        Claiming(file, http, lambda: served.now).claim(offer.link(served.origin), offer.pin)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="zh-CN")
        made = Desk(served, held, Answering(file, http, lambda: served.now), Wallet(served, http), page)
        page.on("request", lambda request: made.sent.append(request.url))
        made.begin()
        yield made
        browser.close()


def test_the_phone_scans_and_the_page_goes_on_by_itself(desk: Desk) -> None:
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(desk.page.get_by_role("status")).to_have_text("正在等待钱包……")
    picture = desk.page.get_by_role("img", name="登录请求的二维码，用钱包扫描")
    [link] = pictures.read(picture.screenshot())
    desk.show(link)
    expect(desk.page.get_by_role("checkbox", checked=True)).to_have_count(5)
    assert desk.page.get_by_text("机动车驾驶证").is_visible()
    back = desk.allow()
    assert (back["state"], back["iss"]) == ("s-1", desk.town.origin)
    tokens = desk.app.redeem(back["code"], redirect_uri=desk.redirect_uri).json()
    assert len(tokens["scope"].split()) == 5
    assert {urlsplit(each).netloc for each in desk.sent if not each.startswith("data:")} == {
        urlsplit(desk.town.origin).netloc,
        urlsplit(desk.redirect_uri).netloc,
    }
    for personal in (citizen_number(7), "买买提"):
        assert not any(personal in each for each in desk.sent)


def test_a_wallet_on_the_same_device_brings_its_browser_back(desk: Desk) -> None:
    link = desk.page.get_by_role("link", name="在本机钱包中打开").get_attribute("href")
    assert link is not None
    back = desk.show(link)
    assert back is not None
    desk.page.goto(back)
    assert "response_code" not in desk.page.url
    assert desk.allow().keys() == {"code", "state", "iss"}


def test_the_page_has_no_errors_and_breaks_no_policy(desk: Desk) -> None:
    said: list[str] = []
    desk.page.on("console", lambda message: said.append(message.text))
    desk.page.on("pageerror", lambda error: said.append(str(error)))
    desk.page.reload()
    with desk.page.expect_response(lambda answer: "/authorize/progress" in answer.url):
        pass
    [link] = pictures.read(desk.page.locator("img.qr").screenshot())
    desk.show(link)
    desk.allow()
    assert said == []
