"""What a visitor of the front page does, in a real browser."""

import json
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from registry import pictures

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def look(origin: str, data: Path) -> None:
    """Drop the licence's picture, change a letter, check again, revoke it; nothing comes from elsewhere."""
    story = json.loads((data / "story.json").read_text("utf-8"))
    picture = data / "dropped.png"
    picture.write_bytes(pictures.draw(story["certificates"][1]["copy"]))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(locale="zh-CN")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(origin)
        expect(page.locator("h1")).to_contain_text("部门颁发")
        _drop(page, picture)
        expect(page.locator("#result .report.copy")).to_be_visible()
        assert page.locator("#result .checks li").count() == 10
        page.locator("#result").get_by_role("button", name="改一个字再验").click()
        expect(page.locator("#result .report.invalid")).to_be_visible()
        _drop(page, picture)
        expect(page.locator("#result .report.copy")).to_be_visible()
        page.locator("#result").get_by_role("button", name="撤销它再看").click()
        expect(page.locator("#result .report.invalid")).to_be_visible()
        assert all(url.startswith((origin, "data:", "blob:")) for url in asked), asked
        browser.close()


def _drop(page: Page, picture: Path) -> None:
    page.set_input_files("#picture", picture)
