"""A department that asks for what nobody could read or answer: told so at once, and nothing is made."""

import json
from typing import Any

import httpx
import pytest

from registry.store.tables import PresentationRequest
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, Town
from tests.openid4vp.conftest import Asking, Phone
from tests.openid4vp.test_requesting import WHO

HALF = "\ud800"
"""Half a character: JSON can escape it, no text can hold it."""


def asked(**changed: Any) -> dict[str, Any]:
    credential = {"id": "p", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:t"]}, **changed}
    return {"query": {"credentials": [credential]}}


def agreeing(value: object) -> dict[str, Any]:
    transaction = {"type": "urn:t", "credential_ids": ["p"], "members": {"n": value}}
    return asked() | {"transactions": [transaction]}


def nested(levels: int) -> Any:
    return {"deeper": nested(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (asked(meta={"vct_values": [HALF]}), 400),
        (asked(meta={"vct_values": ["urn:t"], "more": 2**70}), 400),
        (asked(meta={"vct_values": ["urn:t"], "more": nested(12)}), 400),
        (asked(meta={"vct_values": ["urn:t"], "more": nested(900)}), 400),
        (asked(claims=[{"path": [HALF]}]), 400),
        (asked(claims=[{"path": ["name"], "values": [2**70]}]), 400),
        (asked(claims=[{"path": ["name"], "values": ["x" * 4_096] * 17}]), 400),
        ({"certificates": [{"type": "resident_identity", "values": {"name": [HALF]}}]}, 400),
        (agreeing(HALF), 400),
        (agreeing(2**60), 400),
        (agreeing("x" * 60_000), 400),
        (asked() | {"clerk": "clerk\0"}, 422),
        (asked() | {"matter": "one\nother"}, 422),
        (asked() | {"return_to": "https://[::1"}, 422),
        (asked() | {"return_to": "https://:80/"}, 422),
        (asked() | {"return_to": "https://page.example:99999/"}, 422),
        (asked() | {"return_to": "https://page.example/\u2028"}, 422),
        (asked() | {"return_to": "https://page.example/é"}, 422),
    ],
)
def test_what_no_wallet_could_read_is_never_asked(
    town: Town,
    http: httpx.Client,
    body: dict[str, Any],
    status: int,
) -> None:
    desk = Desk(town, http, HOUSING)
    headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json"}
    refused = http.post(f"/issuers/{HOUSING}/requests", content=json.dumps(body), headers=headers)
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert town.rows(PresentationRequest) == []


def test_the_deepest_and_longest_that_may_be_asked_is_read_by_our_wallet(
    housing: Asking, phone: Phone
) -> None:
    deepest = {"vct_values": housing.vct("resident_identity"), "more": nested(11)}
    claim = {"path": ["name"], "values": ["买买提·艾力\u4e07", *["x" * 4_096] * 15]}
    made = housing.ask(housing.wanted("who", "resident_identity", meta=deepest, claims=[claim]))
    assert phone.answer(phone.read(made.link)).is_success
    assert housing.outcome(made).satisfied


def test_another_department_s_answer_is_worth_nothing_when_shown_on(
    town: Town, housing: Asking, phone: Phone
) -> None:
    """A department that was shown a certificate cannot pass for its holder elsewhere."""
    seen = phone.token(phone.read(housing.ask(housing.wanted(*WHO)).link))
    market = Asking(town, MARKET)
    made = market.ask(market.wanted(*WHO))
    assert phone.answer(phone.read(made.link), seen).is_success
    (shown,) = (outcome := market.outcome(made)).presented
    assert (outcome.satisfied, shown.report["verdict"]) == (False, "invalid")
