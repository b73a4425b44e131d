"""A department asks, a wallet answers: once, each certificate with a verdict of its own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from registry import credential, jwe
from registry.errors import NotFound
from registry.requesting import LIFE
from registry.signing import SigningKey, sign_jws
from registry.walletanswers import authority_key
from tests.api.town import MARKET, NOON, Town
from tests.openid4vp.conftest import Asking, Phone


def test_one_answer_brings_certificates_of_two_departments_each_with_its_own_verdict(
    housing: Asking, phone: Phone
) -> None:
    made = housing.ask(
        housing.wanted("who", "resident_identity", "name", "citizen_number"),
        housing.wanted("licence", "business_licence", "company_name"),
    )
    assert housing.outcome(made).state == "open"
    request = phone.read(made.link)
    assert housing.outcome(made).fetched
    answered = phone.answer(request)
    assert (answered.status_code, answered.json()) == (200, {})
    outcome = housing.outcome(made)
    assert (outcome.state, outcome.satisfied) == ("answered", True)
    assert [(each.query, each.report["verdict"], each.answers) for each in outcome.presented] == [
        ("who", "valid", True),
        ("licence", "valid", True),
    ]
    assert outcome.presented[0].report["claims"].keys() == {"name", "citizen_number"}
    assert outcome.presented[1].report["claims"].keys() == {"company_name"}


def test_an_answer_counts_once(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    assert phone.answer(request).is_success
    again = phone.http.post(request.response_uri, data=phone.last)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    assert phone.answer(request).status_code == 400


def test_only_the_department_that_asked_learns_the_answer(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    phone.answer(phone.read(made.link))
    with pytest.raises(NotFound):
        housing.requesting.outcome(made.id, asker=MARKET)


def test_a_query_by_value_is_answered_by_that_value_alone(housing: Asking, phone: Phone) -> None:
    men = {"path": ["sex"], "values": ["男"]}
    women = {"path": ["sex"], "values": ["女"]}
    for claim, satisfied in ((men, True), (women, False)):
        made = housing.ask(housing.wanted("who", "resident_identity", claims=[claim]))
        request = phone.read(made.link)
        phone.answer(request, {"who": [phone.present(request, 0, ["sex"])]})
        outcome = housing.outcome(made)
        assert outcome.presented[0].report["verdict"] == "valid"
        assert (outcome.satisfied, outcome.presented[0].answers) == (satisfied, satisfied)


def test_of_alternatives_one_is_enough(housing: Asking, phone: Phone) -> None:
    made = housing.ask(
        housing.wanted("drives", "driving_licence", "name"),
        housing.wanted("who", "resident_identity", "name"),
        housing.wanted("licence", "business_licence", "company_name"),
        sets=[{"options": [["drives"], ["who"]]}, {"options": [["licence"]], "required": False}],
    )
    phone.answer(phone.read(made.link))
    outcome = housing.outcome(made)
    assert outcome.satisfied
    assert [each.query for each in outcome.presented] == ["who"]


def test_without_claims_the_core_alone_is_shown(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity"))
    phone.answer(phone.read(made.link))
    (shown,) = housing.outcome(made).presented
    assert (shown.good, shown.report["claims"]) == (True, {})


def test_an_issuer_may_be_named_by_the_key_that_certified_it(housing: Asking, phone: Phone) -> None:
    right = authority_key(credential.parse(phone.credentials[0][0]).header.x5c[0])
    for key, answers in ((right, True), ("AAAA", False)):
        authority = {"type": "aki", "values": [key]}
        made = housing.ask(housing.wanted("who", "resident_identity", trusted_authorities=[authority]))
        request = phone.read(made.link)
        phone.answer(request, {"who": [phone.present(request, 0, [])]})
        assert housing.outcome(made).satisfied is answers


def test_what_is_wrong_with_one_certificate_says_nothing_of_the_other(
    town: Town, housing: Asking, phone: Phone
) -> None:
    made = housing.ask(
        housing.wanted("who", "resident_identity", "name"),
        housing.wanted("licence", "business_licence", "company_name"),
    )
    town.revoke(MARKET, credential.parse(phone.credentials[1][0]).payload.core.certificate_id)
    phone.answer(phone.read(made.link))
    outcome = housing.outcome(made)
    assert not outcome.satisfied
    assert [each.report["verdict"] for each in outcome.presented] == ["valid", "invalid"]


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"nonce": "another"}, ["name"]),
        ({"aud": "x509_hash:another"}, ["name"]),
        ({"iat": NOON - 301}, ["name"]),
        ({"key": None}, ["name"]),
        ({"key": SigningKey.generate()}, ["name"]),
    ],
    ids=["nonce", "audience", "old", "unbound", "another's key"],
)
def test_what_is_not_bound_to_this_request_by_its_holder_is_invalid(
    housing: Asking, phone: Phone, changed: dict[str, Any], names: list[str]
) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    assert phone.answer(request, {"who": [phone.present(request, 0, names, **changed)]}).is_success
    outcome = housing.outcome(made)
    assert (outcome.satisfied, outcome.presented[0].report["verdict"]) == (False, "invalid")
    assert [c["id"] for c in outcome.presented[0].report["checks"] if c["outcome"] == "fail"] == ["holder"]


def test_what_was_shown_to_one_is_worthless_to_another(housing: Asking, phone: Phone) -> None:
    first = phone.read(housing.ask(housing.wanted("who", "resident_identity", "name")).link)
    seen = phone.token(first)
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    phone.answer(phone.read(made.link), seen)
    assert not housing.outcome(made).satisfied


@pytest.mark.parametrize(
    ("index", "names"),
    [(1, ["company_name"]), (0, ["sex"]), (0, [])],
    ids=["type", "other claim", "no claim"],
)
def test_a_valid_certificate_that_was_not_asked_for_answers_nothing(
    housing: Asking, phone: Phone, index: int, names: list[str]
) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    phone.answer(request, {"who": [phone.present(request, index, names)]})
    (shown,) = (outcome := housing.outcome(made)).presented
    assert (outcome.satisfied, shown.answers, shown.report["verdict"]) == (False, False, "valid")
    assert shown.zh
    assert shown.en


def test_several_of_one_kind_are_taken_only_where_several_were_asked_for(
    housing: Asking, phone: Phone
) -> None:
    for multiple in (False, True):
        made = housing.ask(housing.wanted("who", "resident_identity", "name", multiple=multiple))
        request = phone.read(made.link)
        both = {"who": [phone.present(request, 0, ["name"]), phone.present(request, 0, ["name", "sex"])]}
        assert phone.answer(request, both).is_success is multiple
        assert housing.outcome(made).satisfied is multiple


def test_anything_that_is_no_answer_leaves_the_request_open(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    good = phone.token(request)
    wrong: list[dict[str, Any]] = [
        {},
        {"vp_token": good},
        {"vp_token": good, "state": "another"},
        {"state": request.state},
        *(
            {"vp_token": token, "state": request.state}
            for token in (
                {}, [], "x", None, {"who": []}, {"who": good["who"][0]}, {"who": [1]},
                good | {"other": good["who"]}, {"other": good["who"]}, {"who": good["who"] * 21},
            )
        ),
    ]  # fmt: skip
    for members in wrong:
        refused = phone.post(request, members)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    stranger = jwe.encrypt(orjson.dumps({"vp_token": good}), SigningKey.generate().public.jwk)
    for form in (
        {},
        {"response": ""},
        {"response": stranger},
        {"vp_token": orjson.dumps(good).decode(), "state": request.state},
    ):
        refused = phone.http.post(request.response_uri, data=form)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert housing.outcome(made).state == "open"
    assert phone.answer(request, good).is_success


@pytest.mark.parametrize("text", ["", "x", "a.b.c~", "~", "a" * 300_000])
def test_what_is_no_certificate_at_all_is_invalid(housing: Asking, phone: Phone, text: str) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    phone.answer(phone.read(made.link), {"who": [text]})
    (shown,) = housing.outcome(made).presented
    assert (shown.report["verdict"], shown.answers) == ("invalid", False)


def test_a_certificate_of_a_stranger_is_unknown_and_never_valid(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    stranger = SigningKey.generate()
    foreign = sign_jws(
        {"typ": "dc+sd-jwt"},
        {"iss": "https://other.example", "vct": request.dcql_query.credentials[0].vct_values[0], "name": "x"},
        stranger,
    )
    phone.answer(request, {"who": [foreign + "~"]})
    (shown,) = (outcome := housing.outcome(made)).presented
    assert (outcome.satisfied, shown.report["verdict"]) == (False, "unknown")


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_holder_who_refuses_ends_the_request(housing: Asking, phone: Phone, encrypted: bool) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    members = {"error": "access_denied", "error_description": "no", "state": request.state}
    refused = (
        phone.post(request, members) if encrypted else phone.http.post(request.response_uri, data=members)
    )
    assert refused.is_success
    outcome = housing.outcome(made)
    assert (outcome.state, outcome.error, outcome.satisfied) == ("refused", "access_denied", False)
    assert phone.answer(request).status_code == 400


def test_who_does_not_know_the_request_ends_nothing(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    assert phone.http.post(request.response_uri, data={"error": "access_denied"}).status_code == 400
    assert housing.outcome(made).state == "open"


def test_a_request_ends_after_five_minutes(town: Town, housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    token = phone.token(request)
    town.now += LIFE
    assert phone.http.get(made.request_uri).json()["error"] == "invalid_request"
    assert phone.answer(request, token).status_code == 400
    assert housing.outcome(made).state == "expired"


def test_of_racing_answers_exactly_one_counts(housing: Asking, phone: Phone) -> None:
    made = housing.ask(housing.wanted("who", "resident_identity", "name"))
    request = phone.read(made.link)
    plain = jwe.encrypt(
        orjson.dumps({"vp_token": phone.token(request), "state": request.state}),
        request.encryption_key.jwk,
    )
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: phone.http.post(request.response_uri, data={"response": plain}).status_code,
                range(8),
            )
        )
    assert sorted(answers) == [200] + [400] * 7
