"""Attestations are demanded where a setting says so, and the metadata says so first; else they are not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import orjson
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

import api
from registry.errors import NotFound
from registry.offers import MadeOffer
from registry.runtime import Runtime
from registry.signing import SigningKey
from registry.store import tables
from tests.api.conftest import settings_in
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, Town
from tests.haip.provider import Provider
from tests.haip.test_assurance import claim, proof, recorded, refused

PROVIDER = Provider()
NewTown = Callable[..., tuple[Town, httpx.Client]]


@pytest.fixture
def new_town(founded: Path, tmp_path: Path) -> Iterator[NewTown]:
    """Towns with other settings, where the wallet provider counts."""
    opened: list[Runtime] = []

    def make(**changed: Any) -> tuple[Town, httpx.Client]:
        folder = tmp_path / f"town{len(opened)}"
        copytree(founded, folder)
        made: list[Town] = []
        settings = settings_in(folder).model_copy(update=changed)
        opened.append(Runtime.open(settings, "api", clock=lambda: made[0].now))
        town = Town(opened[-1], wallet_providers=(PROVIDER.trusted,))
        made.append(town)
        app = api.create_app(town.runtime, town.trust)
        town.services = app.state.services
        return town, TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)

    yield make
    for runtime in opened:
        runtime.close()


def taken_up(town: Town, http: httpx.Client) -> tuple[Wallet, MadeOffer]:
    offer = offered(town, town.citizen())
    return Wallet(town, http).start(offer), offer


def ask_token(wallet: Wallet, offer: MadeOffer, form: dict[str, str], **headers: str) -> httpx.Response:
    document = wallet.http.get(offer.address(ORIGIN)).json()
    ((grant_type, grant),) = (
        (name, each) for name, each in document["grants"].items() if "pre-authorized_code" in each
    )
    given = {
        "grant_type": grant_type,
        "pre-authorized_code": grant["pre-authorized_code"],
        "tx_code": offer.pin,
    }
    return wallet.http.post("/token", data=given | form, headers={"DPoP": wallet.proof("/token")} | headers)


def attesting(jti: str = "one", provider: Provider = PROVIDER) -> dict[str, str]:
    return {
        "OAuth-Client-Attestation": provider.attestation(),
        "OAuth-Client-Attestation-PoP": provider.pop(aud=ORIGIN, jti=jti),
    }


def authorisations(town: Town) -> list[tuple[str, str]]:
    with town.runtime.store.read() as session:
        rows = session.exec(select(tables.Authorisation)).all()
    return [(row.client, orjson.loads(row.attested)["provider"] if row.attested else "") for row in rows]


def proof_types(http: httpx.Client, offer: MadeOffer) -> dict[str, Any]:
    document = http.get("/.well-known/openid-credential-issuer").json()
    found: dict[str, Any] = document["credential_configurations_supported"][offer.configuration]
    types: dict[str, Any] = found["proof_types_supported"]
    return types


def test_by_default_nothing_is_demanded_and_the_metadata_demands_nothing(new_town: NewTown) -> None:
    town, http = new_town()
    wallet, offer = taken_up(town, http)
    assert proof_types(http, offer).keys() == {"jwt", "attestation"}
    assert "key_attestations_required" not in orjson.dumps(proof_types(http, offer)).decode()
    server = http.get("/.well-known/oauth-authorization-server").json()
    assert server["token_endpoint_auth_methods_supported"] == ["none", "attest_jwt_client_auth"]
    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).status_code == 200
    assert (list(recorded(town).values()), authorisations(town)) == ([""], [("", "")])


def test_where_nobody_can_attest_the_proof_type_is_not_named(new_town: NewTown) -> None:
    town, http = new_town()
    _, offer = taken_up(town, http)
    town.wallet_providers = ()
    assert proof_types(http, offer).keys() == {"jwt"}


@pytest.mark.parametrize("storage", [[], ["software"]])
def test_a_type_that_needs_attested_keys_takes_no_others(new_town: NewTown, storage: list[str]) -> None:
    town, http = new_town(attested_types={"resident_identity": storage})
    wallet, offer = taken_up(town, http)
    wanted = {"key_storage": storage} if storage else {}
    assert {each["key_attestations_required"] == wanted for each in proof_types(http, offer).values()} == {
        True
    }
    assert refused(wallet.claim(offer, [wallet.key_proof(wallet.nonce())])) == "invalid_proof"
    assert recorded(town) == {}
    key, nonce = SigningKey.generate(), wallet.nonce()
    mixed = [
        proof(wallet, key, PROVIDER.key_attestation(key), nonce=nonce),
        wallet.key_proof(nonce),
    ]
    assert refused(claim(wallet, offer, jwt=mixed)) == "invalid_proof", "each key, not only the first"
    attested = proof(wallet, key, PROVIDER.key_attestation(key))
    assert claim(wallet, offer, jwt=[attested]).status_code == 200
    assert orjson.loads(recorded(town)[key.public.thumbprint])["provider"] == "sample"


def test_a_key_that_is_kept_worse_than_demanded_is_refused(new_town: NewTown) -> None:
    town, http = new_town(attested_types={"resident_identity": ["iso_18045_high"]})
    wallet, offer = taken_up(town, http)
    key = SigningKey.generate()
    assert refused(claim(wallet, offer, jwt=[proof(wallet, key, PROVIDER.key_attestation(key))])) == (
        "invalid_proof"
    )
    alone = PROVIDER.key_attestation(key, nonce=wallet.nonce())
    assert refused(claim(wallet, offer, attestation=[alone])) == "invalid_proof"
    better = PROVIDER.key_attestation(key, key_storage=["iso_18045_high"])
    assert claim(wallet, offer, jwt=[proof(wallet, key, better)]).status_code == 200


def test_another_type_demands_nothing(new_town: NewTown) -> None:
    town, http = new_town(attested_types={"driving_licence": []})
    wallet, offer = taken_up(town, http)
    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).status_code == 200


def test_a_type_that_nobody_knows_is_noticed_at_once(new_town: NewTown) -> None:
    with pytest.raises(NotFound):
        new_town(attested_types={"driving_license": []})


def test_a_wallet_s_attestation_is_recorded_with_what_it_was_given(new_town: NewTown) -> None:
    town, http = new_town()
    offer = offered(town, town.citizen())
    assert ask_token(Wallet(town, http), offer, {}, **attesting()).status_code == 200
    assert authorisations(town) == [(PROVIDER.client, "sample")]


def test_where_wallets_must_be_attested_no_other_gets_tokens(new_town: NewTown) -> None:
    town, http = new_town(require_wallet_attestation=True)
    server = http.get("/.well-known/oauth-authorization-server").json()
    assert server["token_endpoint_auth_methods_supported"] == ["attest_jwt_client_auth"]
    assert server["pre-authorized_grant_anonymous_access_supported"] is False
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http)
    said = ask_token(wallet, offer, {})
    assert (said.status_code, said.json()["error"]) == (401, "invalid_client")
    assert authorisations(town) == []
    given = ask_token(wallet, offer, {}, **attesting())
    assert given.status_code == 200, "the offer was not used up by what was refused"
    refresh = {"grant_type": "refresh_token", "refresh_token": given.json()["refresh_token"]}
    again = http.post("/token", data=refresh, headers={"DPoP": wallet.proof("/token")})
    assert again.json()["error"] == "invalid_client"
    headers = {"DPoP": wallet.proof("/token")} | attesting("two")
    assert http.post("/token", data=refresh, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("form", "changed"),
    [
        ({}, {"OAuth-Client-Attestation-PoP": PROVIDER.pop(aud="https://elsewhere.example")}),
        ({}, {"OAuth-Client-Attestation": Provider("stranger").attestation()}),
        ({}, {"OAuth-Client-Attestation-PoP": ""}),
        ({"client_id": "another-wallet"}, {}),
    ],
)
def test_an_attestation_that_does_not_stand_is_refused_though_none_is_demanded(
    new_town: NewTown, form: dict[str, str], changed: dict[str, str]
) -> None:
    town, http = new_town()
    offer = offered(town, town.citizen())
    said = ask_token(Wallet(town, http), offer, form, **(attesting() | changed))
    assert (said.status_code, said.json()["error"]) == (400, "invalid_client_attestation")
    assert authorisations(town) == []


def test_half_an_attestation_is_none(new_town: NewTown) -> None:
    town, http = new_town()
    offer = offered(town, town.citizen())
    for name, value in attesting().items():
        said = ask_token(Wallet(town, http), offer, {}, **{name: value})
        assert said.json()["error"] == "invalid_client_attestation"
