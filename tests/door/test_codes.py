"""Pushed requests and codes: what is refused, in the specifications' words, and what one login gives."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from registry import b64, door
from registry.signing import SigningKey
from registry.store.tables import Login
from tests.api.town import MARKET, ORIGIN, POLICE, Town
from tests.door.asking import CLIENT, VERIFIER, Wallet
from tests.door.people import birth_row, everything


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    return Wallet(town, http).get_identity(held["resident_identity"])


def configuration(town: Town, issuer: str, alias: str) -> str:
    return f"{issuer}.{town.definition(alias).type}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_a_pushed_request_is_told_by_an_address_that_ends(wallet: Wallet) -> None:
    answer = wallet.push()
    assert answer.status_code == 201
    assert answer.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert 60 <= answer.json()["expires_in"] <= 600
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"client_id": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "http://wallet.example/cb"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"state": ["one", "two"]}, "invalid_request"),
        ({"state": "\u0000"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "nothing known"}, "invalid_scope"),
        ({"issuer_state": "unknown"}, "invalid_request"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"authorization_details": "{"}, "invalid_authorization_details"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"authorization_details": '[{"type":"payment"}]'}, "invalid_authorization_details"),
        (
            {"authorization_details": '[{"type":"openid_credential","credential_configuration_id":"x"}]'},
            "invalid_authorization_details",
        ),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"dpop_jkt": 43 * "x"}, "invalid_dpop_proof"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_as_oauth_does(
    wallet: Wallet, changed: dict[str, Any], error: str
) -> None:
    assert refusal(wallet.push(**changed)) == (400, error)
    assert wallet.town.rows(Login) == []


def test_a_proof_that_was_shown_before_pushes_nothing(wallet: Wallet) -> None:
    proof = wallet.proof("/par")
    assert wallet.push(proof).status_code == 201
    assert refusal(wallet.push(proof)) == (400, "invalid_dpop_proof")


def test_one_login_gives_everything_that_every_issuer_holds(
    town: Town, wallet: Wallet, held: dict[str, str]
) -> None:
    answer = wallet.redeem(wallet.allowed(wallet.push())).json()
    assert answer["token_type"] == "DPoP"
    assert set(answer["scope"].split()) == {
        "holder",
        configuration(town, POLICE, "driving_licence"),
        configuration(town, MARKET, "business_licence"),
        configuration(town, MARKET, "food_business_licence"),
        configuration(town, MARKET, "birth"),
    }
    assert "recovery_code" not in answer, "it joins the wallet of the identity credential"
    wallet.access = answer["access_token"]
    for name in set(answer["scope"].split()) - {"holder"}:
        body = {
            "credential_configuration_id": name,
            "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]},
        }
        assert wallet.post("/credential", body).json()["credentials"]


def test_no_more_is_given_than_was_asked_for(town: Town, wallet: Wallet) -> None:
    name = configuration(town, POLICE, "driving_licence")
    answer = wallet.redeem(wallet.allowed(wallet.push(scope=name))).json()
    assert answer["scope"] == name
    details = [{"type": "openid_credential", "credential_configuration_id": name, "locations": [ORIGIN]}]
    pushed = wallet.push(scope=None, authorization_details=json.dumps(details))
    answer = wallet.redeem(wallet.allowed(pushed)).json()
    assert answer["scope"] == name
    [detail] = answer["authorization_details"]
    assert detail["credential_configuration_id"] == name and len(detail["credential_identifiers"]) == 1


def test_no_login_makes_another_login(town: Town, wallet: Wallet) -> None:
    name = configuration(town, POLICE, "resident_identity")
    with pytest.raises(door.NothingToGive):
        wallet.allowed(wallet.push(scope=name))


def test_a_code_that_comes_twice_ends_what_it_gave(wallet: Wallet) -> None:
    code = wallet.allowed(wallet.push())
    given = wallet.redeem(code).json()
    assert refusal(wallet.redeem(code)) == (400, "invalid_grant")
    wallet.access = given["access_token"]
    body = {"credential_configuration_id": "x", "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]}}
    assert refusal(wallet.post("/credential", body)) == (401, "invalid_token")
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    again = wallet.http.post("/token", data=form, headers={"DPoP": wallet.proof("/token")})
    assert refusal(again) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": b64.encode(bytes(32))},
        {"code_verifier": door.challenge_of(VERIFIER)},
        {"redirect_uri": "https://wallet.example/other"},
        {"redirect_uri": None},
        {"client_id": "another wallet"},
        {"client_id": None},
    ],
)
def test_a_code_is_good_only_for_who_asked_for_it(wallet: Wallet, changed: dict[str, Any]) -> None:
    code = wallet.allowed(wallet.push())
    assert refusal(wallet.redeem(code, **changed)) == (400, "invalid_grant")
    assert wallet.redeem(code).is_success


def test_a_code_is_good_only_with_the_key_it_was_asked_with(wallet: Wallet) -> None:
    code = wallet.allowed(wallet.push())
    own, wallet.dpop = wallet.dpop, SigningKey.generate()
    assert refusal(wallet.redeem(code)) == (400, "invalid_grant")
    wallet.dpop = own
    assert wallet.redeem(code).is_success


def test_a_code_without_its_verifier_is_no_request(wallet: Wallet) -> None:
    code = wallet.allowed(wallet.push())
    assert refusal(wallet.redeem(code, code_verifier=None)) == (400, "invalid_request")


def test_a_code_lives_a_minute(town: Town, wallet: Wallet) -> None:
    code = wallet.allowed(wallet.push())
    town.now += 60
    assert refusal(wallet.redeem(code)) == (400, "invalid_grant")


def test_a_code_dies_with_the_identity_credential(town: Town, wallet: Wallet, held: dict[str, str]) -> None:
    code = wallet.allowed(wallet.push())
    town.suspend(POLICE, held["resident_identity"])
    assert refusal(wallet.redeem(code)) == (400, "invalid_grant")


def test_a_request_is_one_clients_one_browsers_and_ends(town: Town, wallet: Wallet) -> None:
    assert town.services is not None

    def enter(handle: str, client: str = CLIENT, browser: str | None = None) -> Login:
        assert town.services is not None
        with town.services.store.write() as session:
            return door.enter(
                session, handle, client=client, browser=browser, new_browser="new", now=town.now
            )

    first, second = (wallet.push().json()["request_uri"].rpartition(":")[2] for _ in range(2))
    with pytest.raises(door.NoLogin):
        enter(first, client="another wallet")
    assert enter(first, browser="mine").id == enter(first, browser="mine").id
    for browser in ("another", None):
        with pytest.raises(door.NoLogin):
            enter(first, browser=browser)
    town.now += door.PUSHED_LIFE
    with pytest.raises(door.NoLogin):
        enter(second)


def test_a_login_lists_a_child_until_the_16th_birthday(
    town: Town, wallet: Wallet, held: dict[str, str]
) -> None:
    born = {"birth_date": "2010-12-01", "issued_on": "2010-12-02", "certificate_number": "Q440000099"}
    child = town.issue(POLICE, "birth", birth_row(town, 7) | born)
    town.anchor(POLICE)
    birthday = int(datetime(2026, 12, 1, tzinfo=town.runtime.tz).timestamp())
    town.now = birthday - 1
    assert {child, held["birth"]} <= wallet.offered()
    town.now = birthday
    assert held["birth"] in wallet.offered()
    assert child not in wallet.offered()
