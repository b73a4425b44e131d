"""`@openid4vc/openid4vp` 0.4 with `dcql` and `@sd-jwt/sd-jwt-vc`: a foreign wallet answers our requests,
and a foreign verifier gets its answer from our wallet."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from registry import asking
from registry.requesting import MadeRequest, Outcome
from tests.api.town import HOUSING, MARKET, POLICE
from tests.interop.conftest import Interop
from wallet.answering import Answering
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile


def offers(https: Interop, number: int) -> list[dict[str, str]]:
    """Offers of an identity and of the licence of the enterprise that this person represents."""
    town = https.town
    identity = town.citizen(number)
    licence = town.issue(MARKET, "business_licence", town.licence_row(number))
    town.anchor(MARKET)
    made = [https.offer(identity, POLICE), https.offer(licence, MARKET, role="legal_representative")]
    return [{"link": link, "pin": pin} for link, pin in made]


def request(https: Interop, wanted: list[tuple[str, list[str]]], **more: Any) -> MadeRequest:
    cases = https.town.services.cases  # type: ignore[union-attr]
    with https.town.runtime.store.write() as session:
        query = asking.query_for(session, https.town.runtime.catalogue, wanted)
        return cases.requesting.make(session, HOUSING, query, **more)


def outcome(https: Interop, made: MadeRequest) -> Outcome:
    return https.town.services.cases.requesting.outcome(made.id, asker=HOUSING)  # type: ignore[union-attr]


@pytest.mark.parametrize("post", [False, True], ids=["GET", "POST with a wallet nonce"])
def test_a_foreign_wallet_shows_two_certificates_of_two_departments_in_one_answer(
    https_town: Interop, post: bool
) -> None:
    held = offers(https_town, 21 + post)
    wanted = [("resident_identity", ["name", "age_over_18"]), ("business_licence", ["company_name"])]
    made = request(https_town, wanted)
    said = https_town.node("present.mjs", offers=held, request=made.link, post=post)
    assert "ok" in said, said
    assert said["ok"]["status"] == 200, said
    assert said["ok"]["client"]["prefix"] == "x509_hash"
    assert said["ok"]["encrypted"]
    found = outcome(https_town, made)
    assert found.satisfied
    assert {each.report["verdict"] for each in found.presented} == {"valid"}
    assert {name for each in found.presented for name in each.report["claims"]} == {
        "name",
        "age_over_18",
        "company_name",
    }


@pytest.fixture
def wallet(https_town: Interop, tmp_path: Path) -> WalletFile:
    """Ours, with an identity and a licence."""
    made = WalletFile.create(tmp_path / "wallet.json", "phrase", cost=2**4)
    with https_town.http() as http:
        for offer in offers(https_town, 25):
            Claiming(made, http, lambda: int(time.time())).claim(offer["link"], offer["pin"])
    return made


@pytest.mark.parametrize("mode", ["direct_post.jwt", "direct_post"])
def test_a_foreign_verifier_gets_its_answer_from_our_wallet(
    https_town: Interop, wallet: WalletFile, mode: str
) -> None:
    wanted = [("resident_identity", ["name", "age_over_18"]), ("business_licence", ["company_name"])]
    with https_town.town.runtime.store.read() as session:
        query = asking.query_for(session, https_town.town.runtime.catalogue, wanted).to_dict()
    certificate, key = https_town.certificate()
    task = {"key": str(key), "certificate": str(certificate), "query": query, "mode": mode}
    with https_town.talking("verify.mjs", **task) as said:
        link = said()["link"]
        (address,) = parse_qs(urlsplit(link).query)["request_uri"]
        with https_town.http(address.removesuffix("/request")) as http:
            answering = Answering(wallet, http, lambda: int(time.time()))
            answering.send(answering.consider(answering.read(link)))
        answer = said()
    assert "claims" in answer, answer
    assert answer["encrypted"] == (mode == "direct_post.jwt")
    shown = [
        set(claims) & {"name", "age_over_18", "birth_date", "company_name"}
        for claims in answer["claims"].values()
    ]
    assert sorted(shown, key=len) == [{"company_name"}, {"name", "age_over_18"}]
