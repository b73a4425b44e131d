"""A wallet's link in somebody's browser."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.api.conftest import founded  # noqa: F401
from tests.api.town import POLICE, Town
from tests.wallet.test_cli import run, served  # noqa: F401

CHROMIUM = shutil.which("chromium")


@pytest.mark.skipif(CHROMIUM is None, reason="no browser here")
def test_a_browser_opens_a_link_with_what_stands_after_its_hash(served: Town, tmp_path: Path) -> None:  # noqa: F811
    certificate_id = served.citizen()
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    run(tmp_path, "claim", offer.link(served.origin), "--pin", offer.pin)
    link = run(tmp_path, "present", certificate_id, "--claims", "name,portrait", "--link").strip()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="zh-CN")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        page.goto(link)
        expect(page.locator("#text")).to_have_value(re.compile("~"))
        assert "#" not in page.url
        page.click("#checker button")
        expect(page.locator("#result")).to_contain_text("买买提")
        expect(page.locator("#result")).to_contain_text("有效")
        assert not any(link.partition("#")[2] in url for url in sent)
        browser.close()
