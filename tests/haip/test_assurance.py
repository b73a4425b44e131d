"""What wallet providers attest is verified when it is sent, and recorded with the credential."""

from typing import Any

import httpx
import orjson
import pytest
from sqlmodel import select

from registry.offers import MadeOffer
from registry.signing import SigningKey, sign_jws
from registry.store import tables
from registry.trust import Window
from tests.api.test_claims import Wallet, offered
from tests.api.town import NOON, ORIGIN, POLICE, Town
from tests.haip.provider import Provider

PROVIDER = Provider()
STRANGER = Provider("stranger")


@pytest.fixture
def town(town: Town) -> Town:
    """Where the wallet provider counts."""
    town.wallet_providers = (PROVIDER.trusted,)
    return town


@pytest.fixture
def offer(town: Town, http: httpx.Client) -> MadeOffer:
    return offered(town, town.citizen())


@pytest.fixture
def wallet(town: Town, http: httpx.Client, offer: MadeOffer) -> Wallet:
    return Wallet(town, http).start(offer)


def proof(
    wallet: Wallet, key: SigningKey, attestation: str, *, nonce: str | None = None, **header: Any
) -> str:
    head = {"typ": "openid4vci-proof+jwt", "key_attestation": attestation} | header
    claims = {"aud": ORIGIN, "iat": wallet.town.now, "nonce": nonce or wallet.nonce()}
    return sign_jws(head, claims, key)


def claim(wallet: Wallet, offer: MadeOffer, **proofs: list[str]) -> httpx.Response:
    body = {"credential_configuration_id": offer.configuration, "proofs": proofs}
    return wallet.post("/credential", body)


def recorded(town: Town) -> dict[str, str]:
    """Assurance by the thumbprint of the key that a credential is bound to."""
    with town.runtime.store.read() as session:
        rows = session.exec(select(tables.Credential)).all()
    return {row.cnf or "": row.assurance for row in rows}


def refused(said: httpx.Response) -> str:
    assert said.status_code == 400
    return str(said.json()["error"])


def test_each_attested_key_gets_a_credential_and_its_assurance_is_recorded(
    town: Town, wallet: Wallet, offer: MadeOffer
) -> None:
    keys = [SigningKey.generate() for _ in range(3)]
    said = claim(wallet, offer, jwt=[proof(wallet, keys[1], PROVIDER.key_attestation(*keys))])
    assert len(said.json()["credentials"]) == 3
    assert set(recorded(town)) == {key.public.thumbprint for key in keys}
    assert {orjson.loads(each)["key_storage"][0] for each in recorded(town).values()} == {"software"}


def test_a_proof_of_type_attestation_needs_no_other(town: Town, wallet: Wallet, offer: MadeOffer) -> None:
    key = SigningKey.generate()
    attestation = PROVIDER.key_attestation(key, nonce=wallet.nonce())
    assert len(claim(wallet, offer, attestation=[attestation]).json()["credentials"]) == 1
    assert orjson.loads(recorded(town)[key.public.thumbprint])["provider"] == "sample"
    assert refused(claim(wallet, offer, attestation=[attestation])) == "invalid_nonce", "a nonce counts once"
    assert refused(claim(wallet, offer, attestation=[PROVIDER.key_attestation(key)])) == "invalid_nonce"


def test_without_an_attestation_nothing_is_recorded(town: Town, wallet: Wallet, offer: MadeOffer) -> None:
    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).status_code == 200
    assert list(recorded(town).values()) == [""]


def test_an_attestation_that_does_not_stand_is_refused_not_ignored(
    town: Town, wallet: Wallet, offer: MadeOffer
) -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    good = PROVIDER.key_attestation(key)
    assert (
        refused(claim(wallet, offer, jwt=[proof(wallet, key, STRANGER.key_attestation(key))]))
        == "invalid_proof"
    )
    assert refused(claim(wallet, offer, jwt=[proof(wallet, other, good)])) == "invalid_proof"
    named = proof(wallet, other, good, jwk=other.public.jwk)
    assert refused(claim(wallet, offer, jwt=[named])) == "invalid_proof", "not one of the attested keys"
    assert refused(claim(wallet, offer, jwt=[proof(wallet, key, 7)])) == "invalid_proof"  # type: ignore[arg-type]
    many = [SigningKey.generate() for _ in range(21)]
    crowd = proof(wallet, many[0], PROVIDER.key_attestation(*many))
    assert refused(claim(wallet, offer, jwt=[crowd])) == "invalid_credential_request"
    nonce = wallet.nonce()
    twice = [proof(wallet, key, good, nonce=nonce), proof(wallet, key, good, nonce=nonce)]
    assert refused(claim(wallet, offer, jwt=twice)) == "invalid_proof"
    assert recorded(town) == {}


def test_a_deferred_credential_keeps_its_assurance(town: Town, http: httpx.Client) -> None:
    certificate_id = town.issue(POLICE, "resident_identity", town.identity_row(8))
    town.anchor(POLICE, "sent")
    offer = offered(town, certificate_id)
    wallet = Wallet(town, http).start(offer)
    key = SigningKey.generate()
    waiting = claim(wallet, offer, jwt=[proof(wallet, key, PROVIDER.key_attestation(key))])
    assert waiting.status_code == 202
    town.finish(POLICE)
    body = {"transaction_id": waiting.json()["transaction_id"]}
    assert wallet.post("/deferred_credential", body).status_code == 200
    assert orjson.loads(recorded(town)[key.public.thumbprint])["provider"] == "sample"


def test_a_provider_that_was_ended_attests_nothing_more(town: Town, wallet: Wallet, offer: MadeOffer) -> None:
    ended = PROVIDER.trusted
    town.wallet_providers = (
        type(ended)(ended.id, ended.zh, ended.en, ended.certificate, (Window(NOON - 9, NOON),)),
    )
    key = SigningKey.generate()
    said = claim(wallet, offer, jwt=[proof(wallet, key, PROVIDER.key_attestation(key))])
    assert refused(said) == "invalid_proof"
