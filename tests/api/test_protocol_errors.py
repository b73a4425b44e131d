"""What a client may do wrong at each endpoint, answered in the words and the form of its specification."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.offers import PRE_AUTHORISED, MadeOffer
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, Town

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PROTECTED = ("/credential", "/deferred_credential", "/notification", "/holder/withdraw")


@pytest.fixture
def offer(town: Town, http: httpx.Client) -> MadeOffer:
    return offered(town, town.citizen())


@pytest.fixture
def wallet(town: Town, http: httpx.Client, offer: MadeOffer) -> Wallet:
    return Wallet(town, http)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    said = answer.json()
    assert said["error_description"].isascii() and not set(said["error_description"]) & set('"\\')
    return answer.status_code, said["error"]


def form(wallet: Wallet, offer: MadeOffer, **changed: str) -> dict[str, str]:
    document = wallet.http.get(offer.address(ORIGIN)).json()
    return {
        "grant_type": PRE_AUTHORISED,
        "pre-authorized_code": document["grants"][PRE_AUTHORISED]["pre-authorized_code"],
        "tx_code": offer.pin,
    } | changed


def asked(wallet: Wallet, content: str, **headers: str) -> httpx.Response:
    sent = FORM | {"DPoP": wallet.proof("/token")} | headers
    return wallet.http.post("/token", content=content, headers=sent)


def test_no_token_is_kept_on_its_way(wallet: Wallet, offer: MadeOffer) -> None:
    given = wallet.token(offer)
    assert (given.headers["Cache-Control"], given.headers["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize("name", ["grant_type", "pre-authorized_code", "tx_code", "client_id", "unheard_of"])
def test_no_parameter_comes_twice(wallet: Wallet, offer: MadeOffer, name: str) -> None:
    sent = form(wallet, offer, client_id="me", unheard_of="x")
    twice = str(httpx.QueryParams([*sent.items(), (name, sent[name])]))
    assert refusal(asked(wallet, twice)) == (400, "invalid_request")
    assert asked(wallet, str(httpx.QueryParams(sent))).is_success


@pytest.mark.parametrize("name", ["grant_type", "pre-authorized_code", "tx_code"])
@pytest.mark.parametrize("left", [True, False], ids=["left out", "empty"])
def test_what_must_be_there_is_asked_for_and_the_offer_lives(
    wallet: Wallet, offer: MadeOffer, name: str, left: bool
) -> None:
    sent = form(wallet, offer, **{name: ""})
    if left:
        del sent[name]
    assert refusal(asked(wallet, str(httpx.QueryParams(sent)))) == (400, "invalid_request")
    assert wallet.token(offer).is_success


def test_a_parameter_without_a_value_counts_as_left_out(wallet: Wallet, offer: MadeOffer) -> None:
    empty = dict.fromkeys(("authorization_details", "client_id", "scope", "resource", "refresh_token"), "")
    answer = asked(wallet, str(httpx.QueryParams(form(wallet, offer) | empty)))
    assert answer.is_success and "authorization_details" not in answer.json()


def test_a_token_for_another_resource_is_an_invalid_target(wallet: Wallet, offer: MadeOffer) -> None:
    assert refusal(wallet.token(offer, resource="https://elsewhere.example")) == (400, "invalid_target")
    assert wallet.token(offer, resource=ORIGIN).is_success


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_a_form_of_another_media_type_is_no_request(
    wallet: Wallet, offer: MadeOffer, media_type: str
) -> None:
    sent = asked(wallet, str(httpx.QueryParams(form(wallet, offer))), **{"Content-Type": media_type})
    assert refusal(sent) == (400, "invalid_request")


@pytest.mark.parametrize("changed", [{"tx_code": "x" * 30_000}, {"tx_code": "\u516d"}, {"tx_code": "\x00"}])
def test_what_no_parameter_may_hold_is_no_request(
    wallet: Wallet, offer: MadeOffer, changed: dict[str, str]
) -> None:
    assert refusal(wallet.token(offer, **changed)) == (400, "invalid_request")


@pytest.mark.parametrize("path", PROTECTED)
def test_who_shows_no_token_is_told_how_one_is_shown(http: httpx.Client, path: str) -> None:
    for body in (body_for(path), {}, []):
        refused = http.post(path, json=body)
        assert refusal(refused) == (401, "invalid_token")
        assert refused.headers["WWW-Authenticate"] == 'DPoP algs="ES256"'


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    ("shown", "error"),
    [
        (lambda access: {"Authorization": f"Bearer {access}"}, "invalid_token"),
        (lambda access: {"Authorization": access}, "invalid_token"),
        (lambda access: {"Authorization": "DPoP "}, "invalid_token"),
        (lambda access: {"Authorization": f"DPoP {access}"}, "invalid_dpop_proof"),
    ],
    ids=["bearer", "no scheme", "empty", "no proof"],
)
def test_a_token_is_shown_with_its_key_or_not_at_all(
    wallet: Wallet, offer: MadeOffer, path: str, shown: Callable[[str], dict[str, str]], error: str
) -> None:
    wallet.start(offer)
    refused = wallet.http.post(path, json=body_for(path), headers=shown(wallet.access))
    assert refusal(refused) == (401, error)
    assert refused.headers["WWW-Authenticate"] == f'DPoP error="{error}", algs="ES256"'


@pytest.mark.parametrize("path", PROTECTED)
def test_an_unknown_token_is_invalid(wallet: Wallet, path: str) -> None:
    wallet.access = "nothing"
    refused = wallet.post(path, body_for(path))
    assert refusal(refused) == (401, "invalid_token")
    assert refused.headers["WWW-Authenticate"].startswith('DPoP error="invalid_token"')


@pytest.mark.parametrize("path", PROTECTED)
def test_two_proofs_are_none(wallet: Wallet, offer: MadeOffer, path: str) -> None:
    wallet.start(offer)
    headers = [("Authorization", f"DPoP {wallet.access}")]
    headers += [("DPoP", wallet.proof(path, wallet.access)) for _ in range(2)]
    assert refusal(wallet.http.post(path, json=body_for(path), headers=headers)) == (
        401,
        "invalid_dpop_proof",
    )


@pytest.mark.parametrize("path", ["/token", "/nonce", "/par", *PROTECTED])
def test_another_method_is_not_taken(http: httpx.Client, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = http.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/token", "invalid_request"),
        ("/par", "invalid_request"),
        ("/openid4vp/x/response", "invalid_request"),
        ("/credential", "invalid_credential_request"),
        ("/deferred_credential", "invalid_credential_request"),
        ("/notification", "invalid_notification_request"),
    ],
)
def test_a_body_beyond_all_measure_is_too_large(
    wallet: Wallet, offer: MadeOffer, path: str, error: str
) -> None:
    headers = {"Content-Type": "application/json"}
    if error == "invalid_request":
        headers = FORM
    else:
        wallet.start(offer)
        headers |= {"Authorization": f"DPoP {wallet.access}", "DPoP": wallet.proof(path, wallet.access)}
    assert refusal(wallet.http.post(path, content=b"a" * 2_000_000, headers=headers)) == (413, error)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/credential", "invalid_credential_request"),
        ("/deferred_credential", "invalid_credential_request"),
        ("/notification", "invalid_notification_request"),
    ],
)
def test_json_of_another_media_type_or_with_a_member_twice_is_no_request(
    wallet: Wallet, offer: MadeOffer, path: str, error: str
) -> None:
    wallet.start(offer)
    sent = json.dumps(body_for(path))
    twice = sent[:-1] + "," + sent[1:]
    for content, media_type in (
        (sent, "text/plain"),
        (sent, FORM["Content-Type"]),
        (twice, "application/json"),
    ):
        headers = {
            "Authorization": f"DPoP {wallet.access}",
            "DPoP": wallet.proof(path, wallet.access),
            "Content-Type": media_type,
        }
        assert refusal(wallet.http.post(path, content=content, headers=headers)) == (400, error)
    assert refusal(wallet.post(path, body_for(path)))[1] != error


def body_for(path: str) -> dict[str, Any]:
    return {
        "/credential": {"credential_configuration_id": "x"},
        "/deferred_credential": {"transaction_id": "x"},
        "/notification": {"notification_id": "x", "event": "credential_accepted"},
        "/holder/withdraw": {},
    }[path]
