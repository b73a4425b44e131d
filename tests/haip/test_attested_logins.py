"""A wallet says at the door whose it is: when it asks, and again when it fetches what was allowed."""

from dataclasses import replace

import httpx
import orjson
import pytest
from sqlmodel import select

from registry.signing import SigningKey
from registry.store import tables
from tests.api.town import ORIGIN, Town
from tests.door.asking import CLIENT, REDIRECT, VERIFIER, Wallet
from tests.door.people import everything
from tests.door.test_challenge import shown
from tests.haip.provider import Provider

PROVIDER = Provider(client=CLIENT)
OTHER_PHONE = replace(PROVIDER, key=SigningKey.generate())


@pytest.fixture
def wallet(town: Town, http: httpx.Client) -> Wallet:
    town.wallet_providers = (PROVIDER.trusted,)
    return Wallet(town, http).get_identity(everything(town)["resident_identity"])


def attesting(wallet: Wallet, path: str, provider: Provider = PROVIDER) -> dict[str, str]:
    wallet.count += 1
    return {
        "DPoP": wallet.proof(path),
        "OAuth-Client-Attestation": provider.attestation(),
        "OAuth-Client-Attestation-PoP": provider.pop(aud=ORIGIN, jti=f"pop {wallet.count}"),
    }


def push(wallet: Wallet, provider: Provider = PROVIDER) -> httpx.Response:
    return wallet.http.post("/par", data=wallet.request(), headers=attesting(wallet, "/par", provider))


def redeem(wallet: Wallet, code: str, provider: Provider | None = PROVIDER) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT,
        "client_id": CLIENT,
    }
    path = "/token"
    headers = {"DPoP": wallet.proof(path)} if provider is None else attesting(wallet, path, provider)
    return wallet.http.post(path, data=form, headers=headers)


def by_login(town: Town) -> list[str]:
    """Wallet keys that the authorisations of logins are attested with."""
    with town.runtime.store.read() as session:
        rows = session.exec(
            select(tables.Authorisation).where(
                tables.Authorisation.kind != tables.AuthorisationKind.PRE_AUTHORISED
            )
        ).all()
    return [orjson.loads(row.attested)["key"] if row.attested else "" for row in rows]


def test_a_login_records_whose_wallet_it_was(town: Town, wallet: Wallet) -> None:
    assert redeem(wallet, wallet.allowed(push(wallet))).is_success
    assert by_login(town) == [PROVIDER.key.public.thumbprint]


def test_a_code_goes_to_the_very_wallet_that_was_attested_when_it_asked(town: Town, wallet: Wallet) -> None:
    code = wallet.allowed(push(wallet))
    for other in (None, OTHER_PHONE):
        said = redeem(wallet, code, other)
        assert (said.status_code, said.json()["error"]) == (400, "invalid_grant")
    assert by_login(town) == []
    assert redeem(wallet, code).is_success


def test_a_wallet_may_say_so_first_when_it_fetches(town: Town, wallet: Wallet) -> None:
    assert redeem(wallet, wallet.allowed(wallet.push())).is_success
    assert by_login(town) == [PROVIDER.key.public.thumbprint]


def test_a_stranger_s_word_stops_a_request_before_it_is_kept(town: Town, wallet: Wallet) -> None:
    said = push(wallet, Provider("stranger", client=CLIENT))
    assert (said.status_code, said.json()["error"]) == (400, "invalid_client_attestation")
    said = wallet.http.post(
        "/par", data=wallet.request(client_id="another"), headers=attesting(wallet, "/par")
    )
    assert said.json()["error"] == "invalid_client_attestation"
    with town.runtime.store.read() as session:
        assert session.exec(select(tables.Login)).all() == []


def test_the_door_without_a_browser_takes_it_too(town: Town, wallet: Wallet) -> None:
    path = "/authorize-challenge"
    asked = wallet.request(response_type=None, redirect_uri=None, client_id=None)
    first = wallet.http.post(path, data=asked, headers=attesting(wallet, path)).json()
    form = {
        "auth_session": first["auth_session"],
        "presentation_during_issuance_session": shown(wallet, first),
    }
    given = wallet.http.post(path, data=form, headers=attesting(wallet, path))
    assert given.is_success, given.text
    assert redeem(wallet, given.json()["authorization_code"], None).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_no_other_clients(town: Town, wallet: Wallet) -> None:
    """Not even with the right key, and under a good attestation of another kind of wallet."""
    refresh = redeem(wallet, wallet.allowed(push(wallet))).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    other = replace(PROVIDER, client="another-wallet")
    said = wallet.http.post("/token", data=form, headers=attesting(wallet, "/token", other))
    assert (said.status_code, said.json()["error"]) == (400, "invalid_grant")
    named = form | {"client_id": "another-wallet"}
    assert wallet.http.post("/token", data=named, headers={"DPoP": wallet.proof("/token")}).status_code == 400
    assert wallet.http.post("/token", data=form, headers=attesting(wallet, "/token")).is_success
