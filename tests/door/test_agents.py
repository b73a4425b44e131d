"""Whom a legal representative lets claim for the enterprise, and that it ends with whatever it rests on."""

from typing import Any

import httpx
import pytest

from registry import credential, status
from registry.lifecycle import Status
from registry.renewing import Renewal
from registry.status_changes import Decision
from tests.api.town import MARKET, Town, citizen_number
from tests.door.asking import Wallet
from tests.door.people import everything
from tests.door.test_codes import configuration

DAY = 86_400


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town, 7)


@pytest.fixture
def representative(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    return Wallet(town, http).get_identity(held["resident_identity"]).log_in()


@pytest.fixture
def agent(town: Town, http: httpx.Client) -> Wallet:
    """Citizen 2, who has nothing but an identity certificate."""
    return Wallet(town, http).get_identity(town.citizen(2))


def appoint(wallet: Wallet, licence: str, number: int = 2, days: int = 30, **more: Any) -> httpx.Response:
    body = {
        "licence": licence,
        "agent": {"id_type": "citizen_number", "identifier": citizen_number(number)},
        "until": wallet.town.now + days * DAY,
    }
    return wallet.post("/holder/agents", body | more)


def dismiss(wallet: Wallet, id: str) -> httpx.Response:
    path = f"/holder/agents/{id}"
    proof = wallet.proof(path, wallet.access, htm="DELETE")
    return wallet.http.delete(path, headers={"Authorization": f"DPoP {wallet.access}", "DPoP": proof})


def claimed(town: Town, wallet: Wallet) -> str:
    """The enterprise's food licence, in this wallet."""
    name = configuration(town, MARKET, "food_business_licence")
    body = {"credential_configuration_id": name, "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]}}
    answer = wallet.post("/credential", body)
    assert answer.is_success, answer.text
    return str(answer.json()["credentials"][0]["credential"])


def entry(wallet: Wallet, text: str) -> Status:
    place = credential.parse(text).payload.status.status_list  # type: ignore[union-attr]
    return status.parse_list(wallet.http.get(place.uri).text).get(place.idx)


def scopes(wallet: Wallet) -> set[str]:
    answer = wallet.redeem(wallet.allowed(wallet.push())).json()
    wallet.access, wallet.refresh = answer["access_token"], answer["refresh_token"]
    return set(answer["scope"].split()) - {"holder"}


def test_an_agent_claims_the_enterprises_certificates_and_nothing_of_the_representatives(
    town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    assert scopes(agent) == set()
    made = appoint(representative, held["business_licence"])
    assert made.status_code == 201, made.text
    assert scopes(agent) == {
        configuration(town, MARKET, "business_licence"),
        configuration(town, MARKET, "food_business_licence"),
    }
    assert entry(agent, claimed(town, agent)) is Status.VALID
    assert representative.get("/holder/agents").json() == [made.json()]
    assert agent.get("/holder/agents").json() == []


def test_only_the_representative_appoints_and_an_agent_passes_nothing_on(
    representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    agent.log_in()
    assert appoint(agent, held["business_licence"], 3).status_code == 404
    made = appoint(representative, held["business_licence"]).json()
    agent.log_in()
    assert appoint(agent, held["business_licence"], 3).status_code == 404
    assert dismiss(agent, made["id"]).status_code == 404
    assert appoint(representative, held["food_business_licence"]).status_code == 404
    assert appoint(representative, held["resident_identity"]).status_code == 404
    assert appoint(representative, held["birth"]).status_code == 404, "nor for a child"


@pytest.mark.parametrize("changed", [{"days": 400}, {"days": 0}, {"number": 7}])
def test_not_for_ever_not_for_the_past_and_not_oneself(
    representative: Wallet, held: dict[str, str], changed: dict[str, int]
) -> None:
    assert appoint(representative, held["business_licence"], **changed).status_code == 409


def test_dismissed_the_agent_has_nothing_of_it_and_the_certificates_stand(
    town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    made = appoint(representative, held["business_licence"]).json()
    scopes(agent)
    text, own = claimed(town, agent), claimed(town, representative)
    assert dismiss(representative, made["id"]).status_code == 204
    assert (entry(agent, text), entry(agent, own)) == (Status.REVOKED, Status.VALID)
    assert scopes(agent) == set()
    assert representative.get("/holder/agents").json() == []
    assert dismiss(representative, made["id"]).status_code == 404


def test_it_ends_on_its_day(town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]) -> None:
    appoint(representative, held["business_licence"], days=20)
    scopes(agent)
    text = claimed(town, agent)
    town.now += 20 * DAY
    town.keep_lists()
    assert entry(agent, text) is Status.REVOKED
    assert scopes(agent) == set()


def test_who_was_appointed_twice_keeps_it_until_the_later_end(
    town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    first = appoint(representative, held["business_licence"]).json()
    appoint(representative, held["business_licence"])
    scopes(agent)
    text = claimed(town, agent)
    dismiss(representative, first["id"])
    assert entry(agent, text) is Status.VALID


def test_a_new_representative_ends_what_the_former_one_gave(
    town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    assert town.services is not None
    appoint(representative, held["business_licence"])
    scopes(agent)
    text = claimed(town, agent)
    changes = {"representative_name": "艾山江", "representative_number": citizen_number(3)}
    renewal = Renewal(Decision("changed"), changes, "r1")
    town.services.cases.changing.renew(MARKET, held["business_licence"], renewal)
    assert entry(agent, text) is Status.REVOKED
    assert scopes(agent) == set()


def test_a_licence_that_moved_house_changes_nothing(
    town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    assert town.services is not None
    appoint(representative, held["business_licence"])
    scopes(agent)
    text = claimed(town, agent)
    renewal = Renewal(Decision("changed"), {"premises": "羊城市天河路 1 号"}, "r1")
    town.services.cases.changing.renew(MARKET, held["business_licence"], renewal)
    assert entry(agent, text) is Status.VALID


def test_a_suspended_licence_ends_it(
    town: Town, representative: Wallet, agent: Wallet, held: dict[str, str]
) -> None:
    appoint(representative, held["business_licence"])
    scopes(agent)
    text = claimed(town, agent)
    town.suspend(MARKET, held["business_licence"])
    assert entry(agent, text) is Status.REVOKED
