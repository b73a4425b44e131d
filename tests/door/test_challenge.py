"""The challenge endpoint: a wallet without a browser logs in by presenting its identity credential."""

from typing import Any

import httpx
import pytest

from registry import door
from registry.signing import SigningKey
from registry.store.tables import Login
from tests.api.town import ORIGIN, POLICE, Town
from tests.door.asking import CLIENT, VERIFIER, Wallet
from tests.door.people import everything
from tests.door.test_codes import configuration, refusal

ENDPOINT = "/authorize-challenge"


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    return Wallet(town, http).get_identity(held["resident_identity"])


def challenge(wallet: Wallet, **form: Any) -> httpx.Response:
    return wallet.http.post(ENDPOINT, data=form, headers={"DPoP": wallet.proof(ENDPOINT)})


def shown(wallet: Wallet, asked: dict[str, Any]) -> str:
    """What the verifier tells the wallet that presents what was asked for."""
    return wallet.answer(asked["presentation"])["presentation_during_issuance_session"]


def begun(wallet: Wallet, **changed: Any) -> dict[str, Any]:
    """The first answer: what to present, and the session to come back with."""
    form = wallet.request(**{"response_type": None, "redirect_uri": None, "state": None} | changed)
    answer = challenge(wallet, **form)
    assert refusal(answer) == (400, "insufficient_authorization")
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def test_a_wallet_without_a_browser_logs_in_and_claims_everything(
    town: Town, wallet: Wallet, held: dict[str, str]
) -> None:
    asked = begun(wallet, scope=None)
    code = shown(wallet, asked)
    given = challenge(wallet, auth_session=asked["auth_session"], presentation_during_issuance_session=code)
    assert given.status_code == 200
    tokens = wallet.redeem(given.json()["authorization_code"], redirect_uri=None).json()
    scopes = set(tokens["scope"].split())
    assert len(scopes) == len(held) - 1, "everything but the identity certificate itself"
    wallet.access = tokens["access_token"]
    name = configuration(town, POLICE, "driving_licence")
    assert name in scopes
    body = {"credential_configuration_id": name, "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]}}
    assert wallet.post("/credential", body).json()["credentials"]


def test_a_pushed_request_goes_on_without_a_browser_too(wallet: Wallet) -> None:
    pushed = wallet.push(scope="holder").json()["request_uri"]
    asked = challenge(wallet, request_uri=pushed, client_id=CLIENT).json()
    code = shown(wallet, asked)
    given = challenge(wallet, auth_session=asked["auth_session"], presentation_during_issuance_session=code)
    tokens = wallet.redeem(given.json()["authorization_code"]).json()
    assert tokens["scope"] == "holder", "and no certificate, since none was asked for"


def test_the_metadata_names_the_endpoint(wallet: Wallet) -> None:
    document = wallet.http.get("/.well-known/oauth-authorization-server").json()
    assert document["authorization_challenge_endpoint"] == ORIGIN + ENDPOINT
    assert "authorization_code" in document["grant_types_supported"]
    assert document["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "nothing known"}, "invalid_scope"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"auth_session": "unknown"}, "invalid_session"),
        ({"request_uri": "https://elsewhere.example/request"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:unknown"}, "invalid_session"),
        ({"dpop_jkt": 43 * "x"}, "invalid_dpop_proof"),
    ],
)
def test_what_is_wrong_is_said_as_the_specification_does(
    wallet: Wallet, changed: dict[str, Any], error: str
) -> None:
    assert refusal(challenge(wallet, **wallet.request(**changed))) == (400, error)
    assert wallet.town.rows(Login) == []


def test_without_a_proof_of_its_key_nothing_begins(wallet: Wallet) -> None:
    answer = wallet.http.post(ENDPOINT, data=wallet.request())
    assert refusal(answer) == (400, "invalid_dpop_proof")


def test_a_session_is_good_only_with_the_key_it_began_with(wallet: Wallet) -> None:
    asked = begun(wallet)
    code = shown(wallet, asked)
    form = {"auth_session": asked["auth_session"], "presentation_during_issuance_session": code}
    own, wallet.dpop = wallet.dpop, SigningKey.generate()
    assert refusal(challenge(wallet, **form)) == (400, "invalid_session")
    wallet.dpop = own
    assert refusal(challenge(wallet, **form, client_id="another wallet")) == (400, "invalid_session")
    assert challenge(wallet, **form).is_success


def test_the_code_is_good_only_with_that_key_and_verifier(wallet: Wallet) -> None:
    asked = begun(wallet)
    form = {
        "auth_session": asked["auth_session"],
        "presentation_during_issuance_session": shown(wallet, asked),
    }
    code = challenge(wallet, **form).json()["authorization_code"]
    assert refusal(challenge(wallet, **form)) == (400, "invalid_session"), "one code a session"
    own, wallet.dpop = wallet.dpop, SigningKey.generate()
    assert refusal(wallet.redeem(code, redirect_uri=None)) == (400, "invalid_grant")
    wallet.dpop = own
    wrong = door.challenge_of(VERIFIER)
    assert refusal(wallet.redeem(code, redirect_uri=None, code_verifier=wrong)) == (400, "invalid_grant")
    assert wallet.redeem(code, redirect_uri=None).is_success


def test_who_sends_somebody_else_a_request_of_theirs_does_not_get_in(
    town: Town, http: httpx.Client, wallet: Wallet
) -> None:
    thief = Wallet(town, http)
    asked = begun(thief)
    shown(wallet, asked)
    form = {"auth_session": asked["auth_session"]}
    guessed = challenge(thief, **form, presentation_during_issuance_session="x" * 43)
    assert refusal(guessed) == (400, "invalid_request")
    answer = challenge(thief, **form)
    assert refusal(answer) == (400, "insufficient_authorization")
    assert answer.json()["presentation"] == asked["presentation"], "only its code goes on with it"
    town.now += 300
    town.keep_lists()
    assert challenge(thief, **form).json()["presentation"] != asked["presentation"], "until it is over"


def test_a_call_without_the_code_does_not_take_back_what_was_earned(wallet: Wallet) -> None:
    asked = begun(wallet)
    code = shown(wallet, asked)
    form = {"auth_session": asked["auth_session"]}
    assert refusal(challenge(wallet, **form)) == (400, "insufficient_authorization")
    assert challenge(wallet, **form, presentation_during_issuance_session=code).is_success


def test_before_the_answer_it_says_again_what_to_present(wallet: Wallet) -> None:
    asked = begun(wallet)
    again = challenge(wallet, auth_session=asked["auth_session"])
    assert refusal(again) == (400, "insufficient_authorization")
    assert again.json()["presentation"] == asked["presentation"]
    assert again.json()["auth_session"] == asked["auth_session"]


def test_a_wallet_that_says_no_ends_the_login(wallet: Wallet) -> None:
    asked = begun(wallet)
    wallet.refuse(asked["presentation"])
    assert refusal(challenge(wallet, auth_session=asked["auth_session"])) == (400, "access_denied")
    assert refusal(challenge(wallet, auth_session=asked["auth_session"])) == (400, "invalid_session")


def test_a_session_ends_after_ten_minutes(town: Town, wallet: Wallet) -> None:
    asked = begun(wallet)
    town.now += door.LOGIN_LIFE
    assert refusal(challenge(wallet, auth_session=asked["auth_session"])) == (400, "invalid_session")


def test_a_request_that_is_over_is_made_anew_within_the_session(town: Town, wallet: Wallet) -> None:
    asked = begun(wallet)
    town.now += 300
    town.keep_lists()
    again = challenge(wallet, auth_session=asked["auth_session"]).json()
    assert again["presentation"] != asked["presentation"]
    code = shown(wallet, again)
    assert challenge(
        wallet, auth_session=again["auth_session"], presentation_during_issuance_session=code
    ).is_success


def test_a_revoked_identity_certificate_is_no_login(town: Town, wallet: Wallet, held: dict[str, str]) -> None:
    asked = begun(wallet)
    town.revoke(POLICE, held["resident_identity"])
    code = shown(wallet, asked)
    form = {"auth_session": asked["auth_session"], "presentation_during_issuance_session": code}
    assert refusal(challenge(wallet, **form)) == (400, "access_denied")
