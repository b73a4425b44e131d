"""Authorisations: several certificates by one login, each by its identifier, all dead with the wallet."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import pytest
from sqlmodel import select

from registry import credential
from registry.authorisations import Granting, Tokens, open_authorisation
from registry.signing import SigningKey, sign_jws
from registry.store.tables import AuthorisationKind, HolderIndex
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, POLICE, Town


def configuration(town: Town, alias: str) -> str:
    return f"{POLICE}.{town.definition(alias).type}"


def details(*configurations: str, **more: Any) -> str:
    entries = [
        {"type": "openid_credential", "credential_configuration_id": each} | more for each in configurations
    ]
    return orjson.dumps(entries).decode()


def holding(town: Town, certificate_id: str) -> Granting:
    """What a login gives of a certificate to the one person in it."""
    row = town.stored(certificate_id)
    with town.runtime.store.read() as session:
        [found] = [each for each in session.exec(select(HolderIndex)) if each.certificate == row.id]
    return Granting(row.id or 0, found.role, found.holder)


class Door:
    """A citizen with two certificates, let in by one login."""

    def __init__(self, town: Town, http: httpx.Client) -> None:
        self.town = town
        self.wallet = Wallet(town, http)
        self.identity = town.citizen(7)
        self.driving = town.issue(POLICE, "driving_licence", town.driving_row(7))
        town.anchor(POLICE)

    def open(self, *certificates: str, wanted: Sequence[str] | None = None, **more: Any) -> Tokens:
        given = [holding(self.town, each) for each in certificates or (self.identity, self.driving)]
        with self.town.runtime.store.write() as session:
            tokens = open_authorisation(
                session,
                **{
                    "wallet": None,
                    "kind": AuthorisationKind.CODE,
                    "certificates": given,
                    "holder": given[0].holder,
                    "identity_credential": None,
                    "dpop_thumbprint": self.wallet.dpop.public.thumbprint,
                    "now": self.town.now,
                    "randomness": self.town.runtime.randomness,
                    "wanted": wanted,
                }
                | more,
            )
        self.wallet.access = tokens.access
        return tokens

    def claim(self, **named: str) -> httpx.Response:
        proof = self.wallet.key_proof(self.wallet.nonce())
        return self.wallet.post("/credential", named | {"proofs": {"jwt": [proof]}})


@pytest.fixture
def door(town: Town, http: httpx.Client) -> Door:
    return Door(town, http)


def certificates_in(answer: httpx.Response) -> list[str]:
    assert answer.is_success, answer.text
    return [
        credential.parse(each["credential"]).payload.core.certificate_id
        for each in answer.json()["credentials"]
    ]


def test_one_login_gives_every_certificate_by_its_configuration(town: Town, door: Door) -> None:
    tokens = door.open()
    wanted = {door.identity: "resident_identity", door.driving: "driving_licence"}
    assert set(tokens.scope.split()) == {configuration(town, each) for each in wanted.values()}
    for certificate_id, alias in wanted.items():
        said = door.claim(credential_configuration_id=configuration(town, alias))
        assert certificates_in(said) == [certificate_id]


def test_who_sends_authorization_details_names_certificates_by_opaque_identifiers(
    town: Town, http: httpx.Client
) -> None:
    certificate_id = town.citizen()
    offer = offered(town, certificate_id)
    wallet = Wallet(town, http)
    said = wallet.token(offer, authorization_details=details(offer.configuration)).json()
    wallet.access = said["access_token"]
    [entry] = said["authorization_details"]
    assert (entry["type"], entry["credential_configuration_id"]) == ("openid_credential", offer.configuration)
    [identifier] = entry["credential_identifiers"]
    serial = certificate_id.split(".")[-3]
    assert serial not in identifier
    again = wallet.token(offered(town, certificate_id), authorization_details=details(offer.configuration))
    assert again.json()["authorization_details"][0]["credential_identifiers"] != [identifier]
    body = {"credential_identifier": identifier, "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]}}
    assert len(certificates_in(wallet.post("/credential", body))) == 1


def test_who_sends_none_is_told_none(town: Town, http: httpx.Client) -> None:
    said = Wallet(town, http).token(offered(town, town.citizen())).json()
    assert "authorization_details" not in said


def test_of_two_certificates_who_names_no_identifier_gets_the_newest(town: Town, door: Door) -> None:
    second = town.issue(POLICE, "driving_licence", town.driving_row(8))
    town.anchor(POLICE)
    name = configuration(town, "driving_licence")
    tokens = door.open(door.driving, second, wanted=[name])
    assert tokens.identifiers is not None
    given = [certificates_in(door.claim(credential_identifier=each)) for each in tokens.identifiers[name]]
    assert given == [[door.driving], [second]]
    assert certificates_in(door.claim(credential_configuration_id=name)) == [second]


def test_an_identifier_is_for_its_own_authorisation(town: Town, http: httpx.Client, door: Door) -> None:
    tokens = door.open(wanted=[configuration(town, "driving_licence")])
    assert tokens.identifiers is not None
    [hers] = tokens.identifiers[configuration(town, "driving_licence")]
    other = Wallet(town, http).start(offered(town, town.citizen(9)))
    body = {"credential_identifier": hers, "proofs": {"jwt": [other.key_proof(other.nonce())]}}
    refused = other.post("/credential", body)
    assert (refused.status_code, refused.json()["error"]) == (400, "unknown_credential_identifier")


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "7", '["x"]', '[{"type":"other"}]', '[{"type":"openid_credential"}]', details("x"),
     details("x", locations=["https://elsewhere.example"])],
)  # fmt: skip
def test_details_that_do_not_fit_are_refused_and_the_offer_lives(
    town: Town, http: httpx.Client, text: str
) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http)
    refused = wallet.token(offer, authorization_details=text)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_authorization_details")
    assert wallet.token(offer).is_success


def test_a_refreshed_token_gives_the_same_identifiers(town: Town, door: Door) -> None:
    name = configuration(town, "driving_licence")
    tokens = door.open(wanted=[name])
    assert tokens.identifiers is not None
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh,
        "authorization_details": details(name),
    }
    said = door.wallet.http.post("/token", data=form, headers={"DPoP": door.wallet.proof("/token")}).json()
    assert said["authorization_details"][0]["credential_identifiers"] == tokens.identifiers[name]


def test_several_configurations_are_asked_for_at_once_and_each_is_answered(town: Town, door: Door) -> None:
    names = [configuration(town, "driving_licence"), configuration(town, "resident_identity")]
    tokens = door.open()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh,
        "authorization_details": details(*names, names[0], claims=[{"path": ["name"]}]),
    }
    said = door.wallet.http.post("/token", data=form, headers={"DPoP": door.wallet.proof("/token")}).json()
    assert [each["credential_configuration_id"] for each in said["authorization_details"]] == names
    door.wallet.access = said["access_token"]
    for each, certificate_id in zip(
        said["authorization_details"], (door.driving, door.identity), strict=True
    ):
        [identifier] = each["credential_identifiers"]
        assert certificates_in(door.claim(credential_identifier=identifier)) == [certificate_id]


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ({"credential_identifier": "x"}, "unknown_credential_identifier"),
        ({"credential_identifier": ""}, "unknown_credential_identifier"),
        ({"credential_configuration_id": "x"}, "unknown_credential_configuration"),
        ({"credential_configuration_id": ""}, "invalid_credential_request"),
        ({}, "invalid_credential_request"),
    ],
)
def test_what_is_not_there_is_told_apart_from_what_was_not_named(
    door: Door, named: dict[str, str], error: str
) -> None:
    door.open()
    refused = door.claim(**named)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


def test_a_withdrawn_wallet_loses_every_grant_of_its_authorisations(town: Town, door: Door) -> None:
    tokens = door.open()
    assert tokens.recovery_code is not None
    door.claim(credential_configuration_id=configuration(town, "resident_identity"))
    assert town.services is not None
    assert town.services.sharing.withdraw_by_code(tokens.recovery_code) == 1
    refused = door.claim(credential_configuration_id=configuration(town, "driving_licence"))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_a_revoked_certificate_leaves_the_others_of_the_login(town: Town, door: Door) -> None:
    door.open()
    town.revoke(POLICE, door.driving)
    refused = door.claim(credential_configuration_id=configuration(town, "driving_licence"))
    assert (refused.status_code, refused.json()["error"]) == (400, "credential_request_denied")
    assert certificates_in(door.claim(credential_configuration_id=configuration(town, "resident_identity")))


@pytest.mark.parametrize("header", [{"kid": "did:example:1"}, {"x5c": ["MII="]}])
def test_a_key_proof_names_its_key_once(town: Town, door: Door, header: dict[str, Any]) -> None:
    door.open()
    proof = door.wallet.key_proof(door.wallet.nonce(), SigningKey.generate(), header)
    body = {
        "credential_configuration_id": configuration(town, "driving_licence"),
        "proofs": {"jwt": [proof]},
    }
    assert door.wallet.post("/credential", body).json()["error"] == "invalid_proof"


@pytest.mark.parametrize(
    ("proofs", "error"),
    [
        (None, "invalid_proof"),
        ({}, "invalid_proof"),
        ({"jwt": []}, "invalid_proof"),
        ({"di_vp": [{"type": ["VerifiablePresentation"]}]}, "invalid_proof"),
        ({"jwt": [{}]}, "invalid_proof"),
        ({"jwt": ["x"], "attestation": ["x"]}, "invalid_proof"),
        ({"jwt": ["x"] * 21}, "invalid_credential_request"),
        ({"jwt": "x"}, "invalid_credential_request"),
    ],
)
def test_proofs_are_of_one_type_that_is_taken(town: Town, door: Door, proofs: Any, error: str) -> None:
    door.open()
    body = {"credential_configuration_id": configuration(town, "driving_licence"), "proofs": proofs}
    refused = door.wallet.post("/credential", body)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


def test_a_proof_without_a_nonce_is_invalid_as_a_proof(town: Town, door: Door) -> None:
    door.open()
    key = SigningKey.generate()
    header = {"typ": "openid4vci-proof+jwt", "jwk": key.public.jwk}
    proof = sign_jws(header, {"aud": ORIGIN, "iat": town.now}, key)
    body = {
        "credential_configuration_id": configuration(town, "driving_licence"),
        "proofs": {"jwt": [proof]},
    }
    assert door.wallet.post("/credential", body).json()["error"] == "invalid_proof"


def test_identifier_and_configuration_are_never_sent_together(town: Town, door: Door) -> None:
    door.open()
    refused = door.claim(credential_identifier="x", credential_configuration_id="y")
    assert refused.json()["error"] == "invalid_credential_request"
