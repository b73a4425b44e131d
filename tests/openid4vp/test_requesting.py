"""Requests as departments make them: by what name, in what mode, for which device, and for how long."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from sqlmodel import select

from registry import requesting, requestobject, transactiondata
from registry.dcql import BadQuery, match
from registry.errors import NotFound
from registry.requesting import KEPT, LIFE, Requesting
from registry.requestobject import BadRequestObject
from registry.store.tables import Origin, PresentationRequest
from registry.transactiondata import BadTransactionData
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, ORIGIN, Town
from tests.openid4vp.conftest import Asking, Phone

WHO: tuple[str, ...] = ("who", "resident_identity", "name")


def differently(housing: Asking, **changed: Any) -> Asking:
    """The town with other settings."""
    assert housing.town.services is not None
    runtime = housing.town.runtime
    other = replace(runtime, settings=runtime.settings.model_copy(update=changed))
    housing.requesting = Requesting.of(other, housing.town.trust, housing.requesting.signers)
    cases = replace(housing.town.services.cases, requesting=housing.requesting)
    object.__setattr__(housing.town.services, "cases", cases)
    return housing


@pytest.mark.parametrize("mode", ["direct_post.jwt", "direct_post"])
@pytest.mark.parametrize("prefix", ["x509_hash", "x509_san_dns", "redirect_uri"])
def test_every_way_to_ask_is_answered(housing: Asking, phone: Phone, prefix: Any, mode: str) -> None:
    differently(housing, vp_client_id=prefix, vp_response_mode=mode)
    made = housing.ask(housing.wanted(*WHO))
    request = phone.read(made.link)
    assert (request.prefix, request.response_mode) == (prefix, mode)
    assert phone.answer(request).is_success
    assert housing.outcome(made).satisfied


def test_by_default_a_request_is_what_the_profile_demands(housing: Asking, phone: Phone) -> None:
    request = phone.read(housing.ask(housing.wanted(*WHO)).link)
    assert (request.prefix, request.response_mode) == ("x509_hash", "direct_post.jwt")
    metadata = orjson.loads(orjson.dumps(request.members()))["client_metadata"]
    assert metadata["vp_formats_supported"] == {
        "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}
    }
    assert set(metadata["encrypted_response_enc_values_supported"]) == {"A128GCM", "A256GCM"}
    (key,) = metadata["jwks"]["keys"]
    assert (key["alg"], key["use"], key["crv"]) == ("ECDH-ES", "enc", "P-256")


def test_each_request_has_a_key_a_nonce_and_a_state_of_its_own(housing: Asking, phone: Phone) -> None:
    first, second = (phone.read(housing.ask(housing.wanted(*WHO)).link) for _ in range(2))
    assert first.encryption_key != second.encryption_key
    assert first.nonce != second.nonce
    assert first.state != second.state


def test_an_unsigned_request_is_behind_no_address(housing: Asking, phone: Phone) -> None:
    differently(housing, vp_client_id="redirect_uri")
    made = housing.ask(housing.wanted(*WHO))
    assert "request_uri" not in made.link
    assert phone.http.get(made.request_uri).status_code == 404


def test_a_request_is_fetched_by_get_too_and_then_has_no_wallet_nonce(
    town: Town, housing: Asking, phone: Phone
) -> None:
    made = housing.ask(housing.wanted(*WHO))
    fetched = phone.http.get(made.request_uri)
    assert fetched.headers["cache-control"] == "no-store"
    request = requestobject.read(fetched.text, now=town.now).request
    assert request.wallet_nonce is requestobject.UNSET
    assert phone.answer(request).is_success


@pytest.mark.parametrize(
    "form",
    [
        {"wallet_metadata": orjson.dumps({"vp_formats_supported": {"mso_mdoc": {}}}).decode()},
        {"wallet_metadata": "x"},
        {"wallet_metadata": "[]"},
        {"wallet_nonce": "n" * 513},
    ],
)
def test_a_wallet_that_cannot_answer_is_told_so(housing: Asking, phone: Phone, form: Any) -> None:
    made = housing.ask(housing.wanted(*WHO))
    refused = phone.http.post(made.request_uri, data=form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    able = {"vp_formats_supported": {"dc+sd-jwt": {}}, "client_id_prefixes_supported": ["x509_hash"]}
    assert phone.http.post(made.request_uri, data={"wallet_metadata": orjson.dumps(able).decode()}).is_success


def test_nobody_is_told_whether_a_request_was_ever_there(phone: Phone) -> None:
    no = {"error": "access_denied"}
    for method, path, form in (("GET", "", None), ("POST", "", None), ("POST", "/response", no)):
        refused = phone.http.request(method, f"/openid4vp/unknown{path}", data=form)
        assert (refused.status_code, refused.json()["error"]) == (404, "invalid_request")


def test_on_the_same_device_only_who_comes_back_with_the_code_learns_the_answer(
    housing: Asking, phone: Phone
) -> None:
    made = housing.ask(housing.wanted(*WHO), same_device_return="https://housing.example/matters?step=2")
    answered = phone.answer(phone.read(made.link)).json()
    back = urlsplit(answered["redirect_uri"])
    assert (back.netloc, back.path) == ("housing.example", "/matters")
    query = dict(parse_qsl(back.query))
    assert query.keys() == {"step", "response_code"}
    withheld = housing.outcome(made)
    assert (withheld.state, withheld.satisfied, withheld.presented) == ("answered", False, ())
    with pytest.raises(NotFound):
        housing.outcome(made, response_code="wrong")
    assert housing.outcome(made, response_code=query["response_code"]).satisfied
    assert housing.requesting.by_code(query["response_code"]).id == made.id
    with pytest.raises(NotFound):
        housing.requesting.by_code("wrong")


def test_what_was_agreed_to_is_part_of_the_answer(housing: Asking, phone: Phone) -> None:
    text = transactiondata.encode("urn:zt:transfer", ["who"], {"title": "不动产转移"})
    made = housing.ask(housing.wanted(*WHO), transaction_data=[text])
    request = phone.read(made.link)
    assert request.transaction_data == (text,)
    phone.answer(request)
    outcome = housing.outcome(made)
    assert (outcome.satisfied, outcome.presented[0].agreed) == (True, (0,))


@pytest.mark.parametrize("digests", [[], ["another"], ["this", "another"]])
def test_without_agreement_or_with_another_nothing_is_satisfied(
    housing: Asking, phone: Phone, digests: list[str]
) -> None:
    text = transactiondata.encode("urn:zt:transfer", ["who"], {"title": "不动产转移"})
    named = {"this": transactiondata.digest(text), "another": transactiondata.digest("x")}
    made = housing.ask(housing.wanted(*WHO), transaction_data=[text])
    request = phone.read(made.link)
    agreed = [named[each] for each in digests]
    phone.answer(request, {"who": [phone.present(request, 0, ["name"], agreed)]})
    outcome = housing.outcome(made)
    assert (outcome.satisfied, outcome.presented[0].report["verdict"]) == (False, "valid")
    assert outcome.presented[0].answers is not ("another" in digests)


def test_a_query_or_a_transaction_that_is_none_makes_no_request(town: Town, housing: Asking) -> None:
    with pytest.raises(BadQuery):
        housing.ask()
    with pytest.raises(BadTransactionData):
        other = transactiondata.encode("t", ["other"], {})
        housing.ask(housing.wanted(*WHO), transaction_data=[other])
    assert town.rows(PresentationRequest) == []


def test_a_host_that_no_certificate_names_cannot_be_the_name(town: Town, housing: Asking) -> None:
    differently(housing, vp_client_id="x509_san_dns")
    with town.runtime.store.write() as session:
        session.add(Origin(index=1, origin="http://127.0.0.1:9", since=town.now))
    with pytest.raises(BadRequestObject):
        housing.ask(housing.wanted(*WHO))


def test_what_is_stored_says_nothing_and_fits_no_other_request(
    town: Town, housing: Asking, phone: Phone
) -> None:
    secret = {"path": ["citizen_number"], "values": ["440106199001010078"]}
    made, other = (housing.ask(housing.wanted(*WHO[:2], claims=[secret])) for _ in range(2))
    with town.runtime.store.write() as session:
        first, second = (session.get(PresentationRequest, each.id) for each in (made, other))
        assert first is not None
        assert second is not None
        assert b"440106199001010078" not in first.sealed
        second.sealed = first.sealed
        session.add(second)
    assert phone.http.get(made.request_uri).is_success
    assert phone.http.get(other.request_uri).status_code == 500


def test_outcomes_are_forgotten_after_a_day(town: Town, housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted(*WHO))
    phone.answer(phone.read(made.link))
    town.now += LIFE + KEPT - 1
    assert housing.outcome(made).satisfied
    town.now += 1
    with pytest.raises(NotFound):
        housing.outcome(made)
    with town.runtime.store.write() as session:
        requesting.forget_expired(session, town.now + 1)
        assert session.exec(select(PresentationRequest)).all() == []


def test_a_department_asks_by_the_api_and_reads_its_own_answers_only(town: Town, phone: Phone) -> None:
    housing, market = Desk(town, phone.http, HOUSING), Desk(town, phone.http, MARKET)
    body = {
        "certificates": [
            {"type": "resident_identity", "claims": ["name"]},
            {"type": "business_licence", "claims": ["company_name", "capital_over_1000000"]},
        ],
        "clerk": "clerk 3",
        "matter": "transfer",
        "transactions": [{"type": "urn:t", "credential_ids": ["business_licence"], "members": {"n": 1}}],
    }
    asked = housing.post("/requests", body)
    assert asked.status_code == 201, asked.text
    made = asked.json()
    assert made["request_uri"].startswith(ORIGIN)
    phone.answer(phone.read(made["link"]))
    found = phone.http.get(
        f"/issuers/{HOUSING}/requests/{made['id']}", headers={"Authorization": f"Bearer {housing.token}"}
    ).json()
    assert (found["state"], found["satisfied"]) == ("answered", True)
    assert [each["report"]["verdict"] for each in found["certificates"]] == ["valid", "valid"]
    assert found["certificates"][1]["agreed"] == [0]
    for path, token, status in (
        (f"/issuers/{MARKET}/requests/{made['id']}", market.token, 404),
        (f"/issuers/{HOUSING}/requests/{made['id']}", market.token, 404),
        (f"/issuers/{HOUSING}/requests/{made['id']}", "x", 401),
    ):
        refused = phone.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert refused.status_code == status


def test_a_department_may_ask_for_one_of_several_and_for_a_value(town: Town, phone: Phone) -> None:
    desk = Desk(town, phone.http, HOUSING)
    body = {
        "certificates": [{"type": "business_licence"}],
        "any_of": [
            [
                {"type": "driving_licence"},
                {"type": "resident_identity", "claims": ["name"], "values": {"sex": ["男", "女"]}},
            ]
        ],
    }
    request = phone.read(desk.post("/requests", body).json()["link"])
    assert [each.id for each in request.dcql_query.credentials] == [
        "business_licence", "driving_licence", "resident_identity",
    ]  # fmt: skip
    assert phone.token(request).keys() == {"business_licence", "resident_identity"}
    body["any_of"][0][1]["values"]["sex"] = ["女"]  # type: ignore[index]
    other = phone.read(desk.post("/requests", body).json()["link"])
    assert match(other.dcql_query, phone.candidates) is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"certificates": [{"type": "resident_identity"}], "query": {"credentials": []}}, 422),
        ({"any_of": [[]]}, 422),
        ({"any_of": [[{"type": "resident_identity", "values": {"no such": ["x"]}}]]}, 422),
        ({"certificates": [{"type": "no such"}]}, 404),
        ({"certificates": [{"type": "resident_identity", "claims": ["no such"]}]}, 422),
        ({"query": {"credentials": []}}, 400),
        ({"certificates": [{"type": "resident_identity"}], "return_to": "javascript:alert(1)"}, 422),
        ({"certificates": [{"type": "resident_identity"}], "more": 1}, 422),
    ],
)
def test_a_department_that_asks_for_nothing_sensible_is_told_so(
    town: Town, phone: Phone, body: Any, status: int
) -> None:
    refused = Desk(town, phone.http, HOUSING).post("/requests", body)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
