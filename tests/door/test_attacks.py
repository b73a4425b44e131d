"""Who wants in at another's door: logins swapped, codes seen, requests relayed, races."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi.testclient import TestClient

from registry import clients
from registry.store.tables import Authorisation
from tests.api.town import ORIGIN, POLICE, Town
from tests.door.asking import Wallet
from tests.door.people import everything
from tests.door.test_challenge import begun, challenge
from tests.door.test_codes import refusal
from tests.door.test_page import Browser


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    return Wallet(town, http).get_identity(held["resident_identity"])


@pytest.fixture
def browser(http: TestClient) -> Browser:
    return Browser(http)


def code_for(wallet: Wallet, browser: Browser, **changed: str) -> str:
    browser.open(wallet, **changed)
    wallet.answer(browser.qr)
    return browser.again().decide("allow", *browser.offered, holder="1").left["code"]


def test_of_racing_uses_of_a_code_one_gets_tokens_and_they_are_ended(
    town: Town, wallet: Wallet, browser: Browser
) -> None:
    code = code_for(wallet, browser)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: wallet.redeem(code), range(6)))
    assert sorted(each.status_code for each in answers) == [200] + [400] * 5
    [given] = [each.json() for each in answers if each.is_success]
    wallet.access = given["access_token"]
    assert refusal(wallet.get("/holder/wallets")) == (401, "invalid_token")


def test_of_racing_allowances_one_gets_a_code(wallet: Wallet, browser: Browser) -> None:
    browser.open(wallet)
    wallet.answer(browser.qr)
    form = dict(httpx.QueryParams(browser.address.partition("?")[2])) | {"action": "allow", "holder": "1"}

    def allow(_: int) -> httpx.Response:
        return browser.http.post("/authorize", data=form, follow_redirects=False)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(allow, range(6)))
    assert sorted(each.status_code for each in answers) == [303] + [400] * 5


def test_a_code_that_was_seen_is_worth_nothing_without_verifier_and_key(
    town: Town, http: httpx.Client, wallet: Wallet, browser: Browser
) -> None:
    code = code_for(wallet, browser)
    thief = Wallet(town, http)
    assert refusal(thief.redeem(code)) == (400, "invalid_grant"), "its verifier, another key"
    assert refusal(wallet.redeem(code, code_verifier="x" * 43)) == (400, "invalid_grant")
    assert refusal(wallet.redeem(code, code_verifier=None)) == (400, "invalid_request")
    assert wallet.redeem(code).is_success, "and trying did not end it"


def test_a_code_of_ones_own_login_brings_nobody_elses_client_in(
    town: Town, http: TestClient, wallet: Wallet
) -> None:
    """Login CSRF: the attacker's code, put into the victim's client, has another verifier and key."""
    other = everything(town, 8)
    attacker = Wallet(town, http).get_identity(other["resident_identity"])
    challenge_of_attacker = "A" * 43
    code = code_for(attacker, Browser(http), code_challenge=challenge_of_attacker)
    assert refusal(wallet.redeem(code)) == (400, "invalid_grant")


def test_a_relayed_link_for_the_same_device_logs_nobody_in(
    http: TestClient, wallet: Wallet, browser: Browser
) -> None:
    browser.open(wallet)
    back = wallet.answer(browser.here)["redirect_uri"]
    victim = Browser(http).get(back)
    assert victim.answer.status_code == 400, "the victim's browser has no part in that login"
    assert browser.waits() and not browser.again().offered, "nor does the attacker's learn"
    assert not browser.decide("allow", "1", holder="1").left


def test_a_pushed_request_taken_up_without_a_browser_is_bound_to_the_first_key(
    town: Town, http: httpx.Client, wallet: Wallet
) -> None:
    uri = wallet.push(None).json()["request_uri"]
    form = {"request_uri": uri, "client_id": wallet.request()["client_id"]}
    assert refusal(challenge(wallet, **form)) == (400, "insufficient_authorization")
    thief = Wallet(town, http)
    assert refusal(challenge(thief, **form)) == (400, "invalid_session")


def test_what_was_shown_for_one_login_is_none_for_another(wallet: Wallet) -> None:
    first, second = begun(wallet), begun(wallet)
    code = wallet.answer(second["presentation"], made_for=first["presentation"])
    answer = challenge(wallet, auth_session=second["auth_session"], **code)
    assert refusal(answer) == (400, "access_denied")


def test_what_was_shown_to_a_department_is_no_login(town: Town, wallet: Wallet) -> None:
    assert town.services is not None
    asked = begun(wallet)
    token = clients.give_token(
        town.runtime.store, POLICE, dpop_thumbprint=None, now=town.now, randomness=town.runtime.randomness
    )
    made = wallet.http.post(
        f"/issuers/{POLICE}/requests",
        json={"certificates": [{"type": "resident_identity"}]},
        headers={"Authorization": f"Bearer {token}"},
    ).json()
    code = wallet.answer(asked["presentation"], made_for=made["link"])
    assert refusal(challenge(wallet, auth_session=asked["auth_session"], **code)) == (400, "access_denied")


def test_the_department_whose_key_asks_at_the_door_does_not_learn_who_logs_in(
    town: Town, wallet: Wallet, browser: Browser
) -> None:
    browser.open(wallet)
    link = httpx.URL(browser.qr).params["request_uri"]
    wallet.answer(browser.qr)
    token = clients.give_token(
        town.runtime.store, POLICE, dpop_thumbprint=None, now=town.now, randomness=town.runtime.randomness
    )
    id = link.removeprefix(f"{ORIGIN}/openid4vp/")
    answer = wallet.http.get(f"/issuers/{POLICE}/requests/{id}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 404


def test_a_wallet_that_was_withdrawn_gives_no_code_even_for_a_login_it_proved_before(
    town: Town, http: TestClient, wallet: Wallet, browser: Browser, held: dict[str, str]
) -> None:
    code = code_for(wallet, browser)
    other = Wallet(town, http).get_identity(held["resident_identity"]).log_in()
    [lost] = [each for each in other.get("/holder/wallets").json() if not each["this"]]
    other.post("/holder/withdraw", {"wallet": lost["id"]})
    assert refusal(wallet.redeem(code)) == (400, "invalid_grant")
    assert all(row.ended_at or row.wallet != lost["id"] for row in town.rows(Authorisation))  # type: ignore[attr-defined]
