"""The login page: who may go on with it, what it asks, shows and sends, with no script and no browser."""

import re
from base64 import b64decode
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from registry import asking, credential, door, pictures, requesting
from registry.store.tables import Login, PresentationRequest
from tests.api.town import MARKET, ORIGIN, POLICE, Town
from tests.door.asking import CLIENT, REDIRECT, Wallet
from tests.door.people import everything
from tests.door.test_codes import configuration


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    return Wallet(town, http).get_identity(held["resident_identity"])


class Browser:
    """A browser without scripts. page: what it shows; left: where it was sent away to."""

    def __init__(self, http: TestClient) -> None:
        self.http = TestClient(http.app, base_url=ORIGIN, raise_server_exceptions=False)
        self.http.headers["Accept-Language"] = "zh-CN"
        self.page = ""
        self.address = ""
        self.left: dict[str, str] = {}
        self.answer: httpx.Response = httpx.Response(200)

    def follow(self, answer: httpx.Response) -> "Browser":
        while answer.status_code == 303 and urlsplit(answer.headers["location"]).path.startswith(
            "/authorize"
        ):
            answer = self.http.get(answer.headers["location"], follow_redirects=False)
        if answer.status_code == 303:
            address, _, query = answer.headers["location"].partition("?")
            assert address == REDIRECT
            self.left = {name: values[0] for name, values in parse_qs(query).items()}
        self.answer, self.page = answer, unescape(answer.text)
        return self

    def get(self, address: str) -> "Browser":
        return self.follow(self.http.get(address, follow_redirects=False))

    def open(self, wallet: Wallet, **changed: Any) -> "Browser":
        """Push a request, and come to the page with it."""
        uri = wallet.push(**changed).json()["request_uri"]
        self.address = "/authorize?" + urlencode(
            {"client_id": changed.get("client_id", CLIENT), "request_uri": uri}
        )
        return self.get(self.address)

    @property
    def qr(self) -> str:
        """What the QR says."""
        [text] = pictures.read(b64decode(re.findall(r"data:image/png;base64,([^\"]+)", self.page)[0]))
        return text

    @property
    def here(self) -> str:
        """The link for a wallet on the same device."""
        return re.findall(r'href="(openid4vp:[^"]+)"', self.page)[0]

    @property
    def offered(self) -> list[str]:
        return re.findall(r'name="certificate" value="([0-9]+)" checked', self.page)

    def waits(self) -> bool:
        """What the page's script is told."""
        return bool(self.http.get(self.address.replace("?", "/progress?")).json()["waiting"])

    def again(self) -> "Browser":
        return self.get(self.address)

    def decide(self, action: str, *certificates: str, **more: Any) -> "Browser":
        given = {name: values[0] for name, values in parse_qs(urlsplit(self.address).query).items()}
        form = {**given, "action": action, "certificate": list(certificates), **more}
        return self.follow(self.http.post("/authorize", data=form, follow_redirects=False))


@pytest.fixture
def browser(http: TestClient) -> Browser:
    return Browser(http)


def test_a_wallet_on_a_phone_logs_a_browser_in_and_one_action_claims_everything(
    town: Town, wallet: Wallet, browser: Browser, held: dict[str, str]
) -> None:
    browser.open(wallet)
    assert browser.waits()
    assert wallet.answer(browser.qr) == {}
    assert not browser.waits()
    browser.again()
    assert len(browser.offered) == len(held) - 1, "everything but the identity certificate, all ticked"
    for said in ("机动车驾驶证", "公安局", "营业执照", "市场监管局", "以法定代表人身份", "以监护人身份"):
        assert said in browser.page
    browser.decide("allow", *browser.offered, holder="1")
    assert browser.left.keys() == {"code", "state", "iss"}
    assert (browser.left["state"], browser.left["iss"]) == ("s-1", ORIGIN)
    tokens = wallet.redeem(browser.left["code"]).json()
    assert len(tokens["scope"].split()) == len(held)
    assert "holder" in tokens["scope"].split()


def test_a_wallet_on_the_same_device_sends_its_browser_back(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    back = wallet.answer(browser.here)["redirect_uri"]
    assert browser.waits(), "only who brings the response code goes on"
    assert back.startswith(f"{ORIGIN}/authorize?")
    assert parse_qs(urlsplit(back).query).keys() == {"client_id", "request_uri", "response_code"}
    first = browser.http.get(back, follow_redirects=False)
    assert "response_code" not in first.headers["location"]
    browser.follow(first)
    assert browser.offered
    browser.decide("allow", *browser.offered)
    assert wallet.redeem(browser.left["code"]).is_success


def test_a_page_that_is_loaded_anew_does_not_take_back_what_the_wallet_earned(
    wallet: Wallet, browser: Browser
) -> None:
    browser.open(wallet)
    back = wallet.answer(browser.here)["redirect_uri"]
    browser.again()
    assert browser.get(back).offered


def test_another_browser_gets_nowhere_with_the_same_address(
    http: TestClient, wallet: Wallet, browser: Browser
) -> None:
    browser.open(wallet)
    thief = Browser(http)
    thief.address = browser.address
    for attempt in (thief.again, lambda: thief.decide("allow", "1"), lambda: thief.decide("deny")):
        assert attempt().answer.status_code == 400
    assert not thief.waits()
    wallet.answer(browser.qr)
    assert "证照" in browser.again().page and browser.offered


def test_only_what_is_ticked_is_given(town: Town, wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    wallet.answer(browser.qr)
    chosen = browser.again().offered[0]
    browser.decide("allow", chosen, "999999")
    scope = wallet.redeem(browser.left["code"]).json()["scope"].split()
    assert len(scope) == 1 and "holder" not in scope


def test_of_two_of_one_kind_the_page_binds_the_one_that_is_ticked(
    town: Town, wallet: Wallet, browser: Browser, held: dict[str, str]
) -> None:
    own = town.licence_row(7)
    representative = {name: own[name] for name in ("representative_name", "representative_number")}
    newer = town.issue(MARKET, "business_licence", town.licence_row(8, **representative))
    town.anchor(MARKET)
    name = configuration(town, MARKET, "business_licence")
    for wanted in (held["business_licence"], newer):
        browser.open(wallet, scope=name)
        wallet.answer(browser.qr)
        lines = {town.stored(each).lineage: each for each in (held["business_licence"], newer)}
        offered = {lines[int(each)]: each for each in browser.again().offered}
        assert offered.keys() == {held["business_licence"], newer}
        browser.decide("allow", offered[wanted])
        wallet.access = wallet.redeem(browser.left["code"]).json()["access_token"]
        body = {"credential_configuration_id": name, "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]}}
        [given] = wallet.post("/credential", body).json()["credentials"]
        assert credential.parse(given["credential"]).payload.core.certificate_id == wanted


def test_nothing_ticked_is_no_answer_yet(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    wallet.answer(browser.qr)
    assert browser.decide("allow").offered and not browser.left


def test_nothing_is_allowed_before_the_certificate_was_shown(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet).decide("allow", "1", "2", "3", holder="1")
    assert not browser.left and browser.waits()


def test_who_refuses_goes_back_with_the_error_of_the_specification(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet).decide("deny")
    assert browser.left == {"error": "access_denied", "state": "s-1", "iss": ORIGIN}
    assert browser.again().answer.status_code == 400, "and the login is over"


def test_a_wallet_that_refuses_can_be_asked_again(wallet: Wallet, browser: Browser) -> None:
    first = browser.open(wallet).qr
    wallet.refuse(first)
    assert not browser.waits()
    assert "重试" in browser.again().page
    assert browser.decide("again").qr != first
    wallet.answer(browser.qr)
    assert browser.again().offered


def test_a_suspended_identity_certificate_is_no_login(
    town: Town, wallet: Wallet, browser: Browser, held: dict[str, str]
) -> None:
    browser.open(wallet)
    town.suspend(POLICE, held["resident_identity"])
    wallet.answer(browser.qr)
    assert not browser.waits()
    assert not browser.again().offered


def test_where_nothing_is_held_the_page_says_so(town: Town, wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet, scope=configuration(town, POLICE, "resident_identity"))
    wallet.answer(browser.qr)
    assert "没有可领取的证照" in browser.again().page
    assert browser.decide("deny").left["error"] == "access_denied"


def test_the_page_says_who_asks_and_where_the_answer_goes_in_both_languages(
    wallet: Wallet, browser: Browser
) -> None:
    browser.open(wallet, client_id="<i>app</i>")
    assert "<i>app" not in browser.answer.text, "what a client calls itself is text"
    browser.open(wallet)
    assert CLIENT in browser.page and "wallet.example" in browser.page and 'lang="zh-CN"' in browser.page
    english = Browser(browser.http)
    english.http.cookies = browser.http.cookies
    english.get(browser.address + "&lang=en")
    assert "nobody here has checked that" in english.page and 'lang="en"' in english.page


def test_the_page_loads_nothing_from_elsewhere_and_its_form_leads_only_back(
    wallet: Wallet, browser: Browser
) -> None:
    browser.open(wallet)
    policy = browser.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://wallet.example;" in policy
    assert browser.answer.headers["cache-control"] == "no-store"
    assert browser.answer.headers["referrer-policy"] == "no-referrer"
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', browser.page)
    cookie = browser.answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/authorize" in cookie


def test_a_form_of_another_site_decides_nothing(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    wallet.answer(browser.qr)
    chosen = browser.again().offered
    browser.http.headers["Sec-Fetch-Site"] = "cross-site"
    assert browser.decide("allow", *chosen).answer.status_code == 400 and not browser.left
    del browser.http.headers["Sec-Fetch-Site"]
    assert browser.decide("allow", *chosen).left["code"]


def test_a_wrong_response_code_proves_nothing(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    wallet.answer(browser.here)
    assert browser.get(f"{browser.address}&response_code={'x' * 43}").answer.status_code == 404
    assert browser.waits()


def test_a_login_is_over_after_ten_minutes(town: Town, wallet: Wallet, browser: Browser) -> None:
    first = browser.open(wallet).qr
    town.now += 300
    assert not browser.waits(), "the request: the page makes a new one"
    assert browser.again().qr != first
    town.now += door.LOGIN_LIFE
    assert browser.again().answer.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "",
        "client_id=x&request_uri=urn:ietf:params:oauth:request_uri:unknown",
        "client_id=x&request_uri=https://elsewhere.example/",
        "client_id=x&client_id=y",
        "client_id=x&redirect_uri=https://wallet.example/cb&response_type=code",
    ],
)
def test_what_was_not_pushed_leads_nowhere(town: Town, browser: Browser, query: str) -> None:
    browser.get(f"/authorize?{query}")
    assert browser.answer.status_code == 400 and not browser.left
    assert browser.answer.headers["content-type"].startswith("text/html")
    assert town.rows(Login) == []


@pytest.fixture
def looser(town: Town, browser: Browser, wallet: Wallet) -> Wallet:
    """Where the setting says that requests need not be pushed."""
    settings = town.runtime.settings.model_copy(update={"require_par": False})
    object.__setattr__(town.runtime, "settings", settings)
    return wallet


def test_unpushed_requests_are_taken_where_the_setting_says_so(looser: Wallet, browser: Browser) -> None:
    server = looser.http.get("/.well-known/oauth-authorization-server").json()
    assert server["require_pushed_authorization_requests"] is False
    answer = browser.http.get(f"/authorize?{urlencode(looser.request())}", follow_redirects=False)
    browser.address = answer.headers["location"]
    assert "code_challenge" not in browser.address
    looser.answer(browser.follow(answer).qr)
    browser.decide("allow", *browser.again().offered)
    assert looser.redeem(browser.left["code"]).is_success


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "nothing known"}, "invalid_scope"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"authorization_details": "{"}, "invalid_authorization_details"),
    ],
)
def test_what_is_wrong_with_an_unpushed_request_is_said_where_it_came_from(
    looser: Wallet, browser: Browser, changed: dict[str, Any], error: str
) -> None:
    browser.get(f"/authorize?{urlencode(looser.request(**changed))}")
    assert browser.left.pop("error_description")
    assert browser.left == {"error": error, "state": "s-1", "iss": ORIGIN}


@pytest.mark.parametrize(
    "changed", [{"redirect_uri": None}, {"redirect_uri": "javascript:alert(1)"}, {"client_id": None}]
)
def test_nobody_is_sent_where_nobody_knows_who_asks(
    looser: Wallet, browser: Browser, changed: dict[str, Any]
) -> None:
    browser.get(f"/authorize?{urlencode(looser.request(**changed))}")
    assert browser.answer.status_code == 400 and not browser.left


def test_a_flood_of_logins_is_bounded_and_leaves_departments_their_room(
    town: Town, http: TestClient, wallet: Wallet, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requesting, "MOST_OPEN", 2)
    assert browser.open(wallet).answer.status_code == 200
    assert Browser(http).open(wallet).answer.status_code == 429
    assert town.services is not None
    with town.runtime.store.write() as session:
        query = asking.query_for(session, town.runtime.catalogue, [("resident_identity", ())])
        assert town.services.cases.requesting.make(session, POLICE, query)


def test_logins_are_forgotten_after_a_day(town: Town, wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    wallet.answer(browser.qr)
    browser.again().decide("allow", *browser.offered)
    town.now += 86_000
    town.keep_lists()
    assert len(town.rows(Login)) == 1 and len(town.rows(PresentationRequest)) == 2
    town.now += 1_000
    town.keep_lists()
    assert town.rows(Login) == [] and town.rows(PresentationRequest) == []
