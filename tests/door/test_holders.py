"""The scope `holder`: what is one's own, for as long as the identity credential of the login stands."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from registry.identity import is_alive
from tests.api.test_withdrawing import verdict
from tests.api.town import MARKET, POLICE, Town
from tests.door.asking import CLIENT, Wallet
from tests.door.people import everything


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    """A wallet that is logged in for what is its holder's."""
    wallet = Wallet(town, http).get_identity(held["resident_identity"])
    return wallet.log_in()


def get(wallet: Wallet, path: str) -> Any:
    answer = wallet.get(path)
    assert answer.is_success, answer.text
    return answer.json()


def test_a_person_sees_what_every_issuer_holds_for_her(
    town: Town, wallet: Wallet, held: dict[str, str]
) -> None:
    town.revoke(POLICE, held["driving_licence"])
    answer = wallet.get("/holder/certificates")
    assert answer.headers["cache-control"] == "no-store"
    found = {each["certificate_id"]: each for each in answer.json()}
    assert set(found) == set(held.values())
    assert found[held["driving_licence"]]["status"] == "revoked"
    assert found[held["driving_licence"]]["configuration"] is None
    food = found[held["food_business_licence"]]
    assert (food["status"], food["issuer"], food["type_name"]["zh"]) == ("valid", MARKET, "食品经营许可证")
    assert food["configuration"] == f"{MARKET}.{town.definition('food_business_licence').type}"


def test_nobody_else_is_in_it(town: Town, http: httpx.Client, wallet: Wallet) -> None:
    other = everything(town, 8)
    neighbour = Wallet(town, http).get_identity(other["resident_identity"]).log_in()
    found = {each["certificate_id"] for each in get(wallet, "/holder/certificates")}
    assert found.isdisjoint(other.values())
    [own] = get(neighbour, "/holder/wallets")
    refused = wallet.post("/holder/withdraw", {"wallet": own["id"]})
    assert refused.status_code == 404
    assert get(neighbour, "/holder/wallets") == [own]


def test_a_lost_phone_is_withdrawn_from_another_wallet(
    town: Town, http: httpx.Client, wallet: Wallet, held: dict[str, str]
) -> None:
    lost = Wallet(town, http).get_identity(held["resident_identity"]).log_in()
    shown = lost.present()
    assert verdict(http, shown) == ("valid", [])
    theirs, mine = sorted(get(wallet, "/holder/wallets"), key=lambda each: each["this"])
    assert (mine["this"], theirs["this"], theirs["clients"]) == (True, False, [CLIENT])
    assert wallet.post("/holder/withdraw", {"wallet": theirs["id"]}).json() == {"credentials": 1}
    assert verdict(http, shown) == ("invalid", ["status"])
    assert lost.get("/holder/certificates").json()["error"] == "invalid_token"
    assert [each["id"] for each in get(wallet, "/holder/wallets")] == [mine["id"]]
    assert verdict(http, wallet.present()) == ("valid", [])


def test_a_wallet_withdraws_itself(wallet: Wallet) -> None:
    assert wallet.post("/holder/withdraw", {}).json() == {"credentials": 1}
    assert wallet.get("/holder/wallets").status_code == 401


@pytest.mark.parametrize("what", ["suspended", "revoked", "expired"])
def test_the_token_dies_with_the_identity_credential(
    town: Town, wallet: Wallet, held: dict[str, str], what: str
) -> None:
    identity = held["resident_identity"]
    if what == "suspended":
        town.suspend(POLICE, identity)
    elif what == "revoked":
        town.revoke(POLICE, identity)
    else:
        town.now += 30 * 86_400 - 300
        wallet.renew()
        assert wallet.get("/holder/wallets").is_success
        town.now += 300
    answer = wallet.get("/holder/wallets")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_compromised_key_logs_nobody_in(town: Town, wallet: Wallet) -> None:
    trust = town.trust()
    credential = wallet.proven().credential
    police = trust.issuers[POLICE]
    keys = {name: replace(key, compromised=town.now) for name, key in police.keys.items()}
    stolen = replace(trust, issuers={**trust.issuers, POLICE: replace(police, keys=keys)})
    with town.runtime.store.read() as session:
        assert is_alive(session, credential, trust, town.now)
        assert not is_alive(session, credential, stolen, town.now)


def test_a_token_for_certificates_opens_nothing_of_the_holders(
    town: Town, http: httpx.Client, held: dict[str, str]
) -> None:
    wallet = Wallet(town, http).get_identity(held["resident_identity"])
    answer = wallet.get("/holder/wallets")
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
