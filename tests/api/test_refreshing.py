"""Refresh tokens: what they go on giving unasked, and what ends them (RFC 6749, 6; RFC 9700, 4.14)."""

from dataclasses import replace

import httpx
import pytest

from registry import credential, identity, status
from registry.lists import served
from registry.renewing import Renewal
from registry.signing import SigningKey
from registry.status_changes import Decision
from tests.api.test_claims import offered
from tests.api.town import POLICE, Town, citizen_number
from tests.door.asking import Wallet
from tests.door.people import everything

MONTH = 30 * 86_400


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str]) -> Wallet:
    """A wallet that claimed by one login what every issuer holds."""
    return Wallet(town, http).get_identity(held["resident_identity"]).log_in()


def refreshed(wallet: Wallet, **more: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": wallet.refresh} | more
    return wallet.http.post("/token", data=form, headers={"DPoP": wallet.proof("/token")})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def driving(town: Town) -> str:
    return f"{POLICE}.{town.definition('driving_licence').type}"


def claimed(town: Town, wallet: Wallet) -> httpx.Response:
    proofs = {"jwt": [wallet.key_proof(wallet.nonce())]}
    return wallet.post("/credential", {"credential_configuration_id": driving(town), "proofs": proofs})


def test_what_came_by_a_login_is_renewed_for_longer_than_a_credential_lives(
    town: Town, wallet: Wallet
) -> None:
    for _ in range(4):
        town.now += MONTH
        town.keep_lists()
        wallet.renew()
        assert claimed(town, wallet).is_success


def test_it_goes_on_with_a_new_version_of_the_identity_certificate(
    town: Town, wallet: Wallet, held: dict[str, str]
) -> None:
    assert town.services is not None
    renewal = Renewal(Decision("replaced_damaged"), {}, "renewal 1")
    town.services.cases.changing.renew(POLICE, held["resident_identity"], renewal)
    town.anchor(POLICE)
    town.settle()
    wallet.renew()
    assert claimed(town, wallet).is_success


def test_it_ends_with_the_identity_certificate(town: Town, wallet: Wallet, held: dict[str, str]) -> None:
    town.revoke(POLICE, held["resident_identity"])
    assert refusal(claimed(town, wallet)) == (401, "invalid_token")
    assert refusal(refreshed(wallet)) == (400, "invalid_grant")


def test_it_ends_when_the_identity_certificate_turns_out_to_be_somebody_elses(
    town: Town, http: httpx.Client, wallet: Wallet, held: dict[str, str]
) -> None:
    assert town.services is not None
    key = SigningKey.generate()
    proofs = {"jwt": [wallet.key_proof(wallet.nonce(), key)]}
    body = {"credential_configuration_id": driving(town), "proofs": proofs}
    given = wallet.post("/credential", body).json()["credentials"][0]["credential"]
    corrected = {"citizen_number": citizen_number(9)}
    town.services.cases.changing.renew(
        POLICE, held["resident_identity"], Renewal(Decision("corrected"), corrected, "renewal 1")
    )
    town.anchor(POLICE)
    town.settle()
    assert refusal(refreshed(wallet)) == (400, "invalid_grant")
    reference = credential.parse(given).payload.status.status_list  # type: ignore[union-attr]
    with town.runtime.store.read() as session:
        newest = served(session, POLICE, 0)
    assert newest is not None and status.parse_list(newest.token).get(reference.idx) == 1


def test_it_rests_while_the_identity_certificate_is_suspended(
    town: Town, wallet: Wallet, held: dict[str, str]
) -> None:
    town.suspend(POLICE, held["resident_identity"])
    assert refusal(refreshed(wallet)) == (400, "invalid_grant")
    town.settle()
    town.resume(POLICE, held["resident_identity"])
    town.settle()
    assert refreshed(wallet).is_success


def test_a_login_by_a_key_that_was_stolen_gives_nothing_more(town: Town, wallet: Wallet) -> None:
    trust, proven = town.trust(), wallet.proven()
    police = trust.issuers[POLICE]
    keys = {name: replace(key, compromised=town.now) for name, key in police.keys.items()}
    stolen = replace(trust, issuers={**trust.issuers, POLICE: replace(police, keys=keys)})
    with town.runtime.store.read() as session:
        assert identity.stands(session, proven.credential, proven.holder, trust, town.now)
        assert not identity.stands(session, proven.credential, proven.holder, stolen, town.now)


def test_it_is_bound_to_its_key_and_stays_good_for_it(wallet: Wallet) -> None:
    own, wallet.dpop = wallet.dpop, SigningKey.generate()
    assert refusal(refreshed(wallet)) == (400, "invalid_grant")
    wallet.dpop = own
    answers = [refreshed(wallet) for _ in range(3)]
    assert all(each.is_success and "refresh_token" not in each.json() for each in answers)


def test_it_ends_when_it_was_not_used_for_long(town: Town, http: httpx.Client) -> None:
    wallet = Wallet(town, http)
    wallet.refresh = wallet.token(offered(town, town.citizen(9))).json()["refresh_token"]
    town.now += 399 * 86_400
    assert refreshed(wallet).is_success
    town.now += 400 * 86_400
    assert refusal(refreshed(wallet)) == (400, "invalid_grant")


def test_it_ends_when_its_last_certificate_does(town: Town, http: httpx.Client, held: dict[str, str]) -> None:
    wallet = Wallet(town, http).get_identity(held["resident_identity"]).log_in(scope=driving(town))
    assert refreshed(wallet, scope=driving(town)).json()["scope"] == driving(town)
    town.revoke(POLICE, held["driving_licence"])
    refused = claimed(town, wallet)
    assert refused.status_code in (400, 401) and refused.json()["error"] != "invalid_nonce"


def test_no_refresh_asks_for_more_than_was_given(
    town: Town, http: httpx.Client, held: dict[str, str]
) -> None:
    wallet = Wallet(town, http).get_identity(held["resident_identity"]).log_in(scope=driving(town))
    assert refusal(refreshed(wallet, scope=f"{driving(town)} holder")) == (400, "invalid_scope")
    assert refreshed(wallet).is_success


def test_a_refresh_token_is_no_access_token_nor_the_other_way(town: Town, wallet: Wallet) -> None:
    wallet.access, wallet.refresh = wallet.refresh, wallet.access
    assert refusal(claimed(town, wallet)) == (401, "invalid_token")
    assert refusal(refreshed(wallet)) == (400, "invalid_grant")
