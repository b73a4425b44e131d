"""What hostile or broken wallets send: refused in the specification's form, and nothing is half changed."""

from typing import Any

import orjson
import pytest

from registry import jwe
from registry.requesting import LIFE
from registry.signing import SigningKey, parse_jws
from registry.store.tables import PresentationRequest, UsedNonce
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, Town
from tests.openid4vp.conftest import Asking, Phone
from tests.openid4vp.test_requesting import WHO, differently

PLAIN, ENCRYPTED = "direct_post", "direct_post.jwt"


def changes(town: Town) -> list[Any]:
    """Everything that an answer may change."""
    rows = [town.rows(table) for table in (PresentationRequest, UsedNonce)]
    return [[each.model_dump() for each in table] for table in rows]


@pytest.mark.parametrize("mode", [PLAIN, ENCRYPTED])
def test_what_is_no_answer_changes_nothing_and_is_refused_by_name(
    town: Town, housing: Asking, phone: Phone, mode: str
) -> None:
    made = differently(housing, vp_response_mode=mode).ask(housing.wanted(*WHO))
    request = phone.read(made.link)
    token = phone.token(request)
    text, state = orjson.dumps(token).decode(), str(request.state)
    other_key = SigningKey.generate().public.jwk
    elsewhere = {"response": jwe.encrypt(orjson.dumps({"vp_token": token, "state": state}), other_key)}
    plain = {"vp_token": text, "state": state}
    before = changes(town)
    for form in (
        {},
        elsewhere,
        plain if mode == ENCRYPTED else elsewhere | {"state": state},
        {"state": state},
        {"vp_token": text},
        {"response": "x"},
        {"response": "a.b.c.d.e"},
        {"response": text},
        plain | {"vp_token": "{"},
        plain | {"vp_token": "[]"},
        plain | {"vp_token": "1" * 5_000},
        plain | {"vp_token": "[" * 5_000},
        plain | {"vp_token": text, "state": "é"},
        plain | {"state": state + " "},
        plain | {"state": "s" * 600},
        {"error": "access_denied", "state": "another"},
        {"error": "", "state": state},
        {"error": "e" * 600, "state": state},
        {"error": "é", "state": state},
        {"error": "access_denied", "state": state, **elsewhere},
        {"error": ["access_denied", "x"], "state": state},
        {"error": "access_denied", "state": ["another", state]},
    ):
        refused = phone.http.post(request.response_uri, data=form)
        assert refused.status_code == 400, form
        assert refused.json()["error"] == "invalid_request"
        assert refused.headers["cache-control"] == "no-store"
    assert changes(town) == before
    assert phone.answer(request, token).is_success
    assert housing.outcome(made).satisfied


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_another_kind_of_body_is_refused_by_name(housing: Asking, phone: Phone, content_type: str) -> None:
    made = housing.ask(housing.wanted(*WHO))
    request = phone.read(made.link)
    for path in (made.request_uri, request.response_uri):
        refused = phone.http.post(path, content=b'{"response": 1}', headers={"Content-Type": content_type})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert housing.outcome(made).state == "open"


def test_a_wallet_has_one_nonce(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted(*WHO))
    refused = phone.http.post(made.request_uri, data={"wallet_nonce": ["a", "b"]})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def test_an_answer_that_is_too_large_is_not_even_read(town: Town, housing: Asking, phone: Phone) -> None:
    request = phone.read(housing.ask(housing.wanted(*WHO)).link)
    before = changes(town)
    huge = {"response": "a" * 9_000_000}
    refused = phone.http.post(request.response_uri, data=huge)
    assert refused.status_code == 413
    assert changes(town) == before


def test_a_request_may_be_fetched_again_and_still_counts_once(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted(*WHO))
    first, second = phone.read(made.link), phone.read(made.link)
    assert first == second
    assert phone.answer(second).is_success
    assert phone.answer(first).status_code == 400
    for method in ("GET", "POST"):
        over = phone.http.request(method, made.request_uri)
        assert (over.status_code, over.json()["error"]) == (400, "invalid_request")


def test_a_post_without_a_wallet_nonce_gets_the_request_without_one(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted(*WHO))
    fetched = phone.http.post(made.request_uri)
    assert fetched.is_success
    assert "wallet_nonce" not in parse_jws(fetched.text).payload


@pytest.mark.parametrize("late", [LIFE, LIFE + 86_400])
def test_an_expired_request_takes_no_answer_and_keeps_none(
    town: Town, housing: Asking, phone: Phone, late: int
) -> None:
    made = housing.ask(housing.wanted(*WHO))
    request = phone.read(made.link)
    before, token = changes(town), phone.token(request)
    town.now += late
    assert phone.answer(request, token).json()["error"] == "invalid_request"
    assert changes(town) == before


def test_who_asked_and_what_came_is_nobody_elses_business(town: Town, housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted(*WHO))
    phone.answer(phone.read(made.link))
    answers = []
    for code in (MARKET, POLICE):
        token = Desk(town, phone.http, code).token
        for id in (made.id, "never-there"):
            refused = phone.http.get(
                f"/issuers/{code}/requests/{id}", headers={"Authorization": f"Bearer {token}"}
            )
            said = refused.json()
            assert refused.status_code == 404
            answers.append({name: said[name] for name in said if name != "reference"})
    assert all(each == answers[0] for each in answers)
    assert HOUSING not in orjson.dumps(answers).decode()
