"""The page behind a printed copy's QR: it checks in the browser, and sends nothing that the copy holds."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from registry import bundle, packing, proofcode
from registry.authority.bundles import choose
from tests.api.conftest import founded, town
from tests.api.town import MARKET, Town
from tests.wallet.conftest import Authority
from tests.wallet.test_cli import served

__all__ = ["founded", "served", "town"]

VECTORS = Path(__file__).parents[2] / "docs" / "vectors"
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here")


@dataclass
class Visit:
    """A page, and everything it asked the server for."""

    page: Page
    sent: list[Request] = field(default_factory=list)

    def note(self, request: Request) -> None:
        self.sent.append(request)

    def scan(self, link: str) -> None:
        """Open the address in a copy's QR, as a phone's camera does."""
        self.page.goto("about:blank")
        self.sent.clear()
        self.page.goto(link)

    def says(self, verdict: str) -> None:
        expect(self.page.locator(f"#result .report.{verdict}")).to_be_visible()

    @property
    def asked(self) -> set[str]:
        paths = [each.url.partition("://")[2].partition("/")[2] for each in self.sent]
        return {path for path in paths if not path.startswith(("static/", "web/"))}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    page = browser.new_page(locale="zh-CN")
    made = Visit(page)
    page.on("request", made.note)
    yield made
    page.close()


class Shop:
    """A licence of the town, its printed copy, and the bundle of its issuer as a file."""

    def __init__(self, town: Town) -> None:
        assert town.services is not None
        self.town, self.authority = town, Authority(town)
        self.licence = town.issue(MARKET, "business_licence", town.licence_row(3))
        town.anchor(MARKET)
        self.link = town.services.cases.sharing.copies.copy(MARKET, self.licence, town.now).paper.link

    def publish(self) -> None:
        self.town.keep_lists()
        chosen = choose(self.town.trust(), [MARKET])
        signed = bundle.sign(chosen, key=self.authority.key, line=[self.authority.root])
        (self.authority.folder / f"{MARKET}.jws").write_bytes(signed)


@pytest.fixture
def shop(served: Town) -> Shop:
    made = Shop(served)
    made.publish()
    return made


def test_a_copy_is_checked_in_the_browser_and_nothing_of_it_is_sent(shop: Shop, visit: Visit) -> None:
    visit.scan(shop.link)
    visit.says("copy")
    expect(visit.page.locator("#result")).to_contain_text("羊城珠江")
    expect(visit.page.locator("#result")).to_contain_text("副本属实，请核对本人")
    assert visit.page.locator("#result .checks li").count() == 10
    assert visit.asked == {"c", "trust/root.json", f"trust/{MARKET}.jws"}
    assert {each.method for each in visit.sent} == {"GET"}
    assert all(each.post_data is None and shop.link[-40:] not in each.url for each in visit.sent)
    assert "#" not in visit.page.url


def test_it_speaks_english_too(shop: Shop, visit: Visit) -> None:
    visit.scan(shop.link.replace("/c#", "/c?lang=en#"))
    expect(visit.page.locator("#result")).to_contain_text("A true copy")


def test_a_revoked_licence_turns_red_with_the_next_bundle(shop: Shop, visit: Visit) -> None:
    shop.town.revoke(MARKET, shop.licence)
    shop.town.settle()
    shop.publish()
    visit.scan(shop.link)
    visit.says("invalid")
    expect(visit.page.locator("#result")).to_contain_text("已被撤销")


def test_a_changed_letter_turns_it_red(shop: Shop, visit: Visit) -> None:
    trust = shop.town.trust()
    presentation = proofcode.decode(shop.link, proofcode.directory_of(trust))
    code = packing.read(presentation, trust.issuers[MARKET].origins)
    shown = [replace(each, value=each.value.replace("羊城珠江", "羊城长江")) for each in code.shown]
    forged = replace(code, shown=shown)
    visit.scan(f"{shop.town.origin}/c#{int.from_bytes(bytes([1]) + packing.dumps(forged))}")
    visit.says("invalid")
    expect(visit.page.locator("#result")).to_contain_text("长江")


def test_without_the_bundle_the_verdict_is_unknown_and_the_server_checks_only_when_told_to(
    shop: Shop, visit: Visit
) -> None:
    (shop.authority.folder / f"{MARKET}.jws").unlink()
    visit.scan(shop.link)
    visit.says("unknown")
    assert visit.page.locator("#result .checks").count() == 0
    assert not any(each.method == "POST" for each in visit.sent)
    visit.page.get_by_role("button", name="发送给本站核验").click()
    visit.says("copy")


def test_a_bundle_of_another_root_is_refused_and_not_believed(shop: Shop, visit: Visit) -> None:
    own = shop.authority.root
    Authority(shop.town)
    assert (shop.authority.folder / "root.json").read_bytes() != own
    visit.scan(shop.link)
    visit.says("unknown")


@pytest.mark.parametrize("hash", ["1", "12345678901234567890", "x"])
def test_an_address_without_a_copy_says_so_and_asks_for_nothing(shop: Shop, visit: Visit, hash: str) -> None:
    visit.scan(f"{shop.town.origin}/c#{hash}")
    visit.says("unknown")
    assert visit.asked == {"c"}


CHECKED_HERE = """async ({ now, bundle, root, code, kinds }) => {
  const { check, load } = await import("/web/verifier/index.js");
  const bytes = (text) => new TextEncoder().encode(text);
  const { report } = await check(code, await load(null, bytes(bundle), now, bytes(root)), { kinds }, now);
  return report.verdict;
}"""


def test_a_library_for_sm2_is_fetched_only_where_an_issuer_signs_with_it(shop: Shop, visit: Visit) -> None:
    library = "/web/verifier/vendor/sm-crypto.js"
    visit.scan(shop.link)
    visit.says("copy")
    assert not any(each.url.endswith(library) for each in visit.sent)
    vectors = json.loads((VECTORS / "sm2.json").read_text("utf-8"))
    code = next(each["code"] for each in vectors["codes"] if each["name"] == "copy")
    given = {name: vectors[name] for name in ("now", "bundle", "root")}
    assert visit.page.evaluate(CHECKED_HERE, {**given, "code": code, "kinds": ["copy"]}) == "copy"
    assert any(each.url.endswith(library) for each in visit.sent)
