"""Claiming: PINs, DPoP, key proofs, deferral, renewal. Every refusal in the form its specification names."""

import hashlib
from collections.abc import Callable
from typing import Any, Self

import httpx
import pytest

from registry import b64, claims, credential
from registry.offers import PRE_AUTHORISED, MadeOffer
from registry.renewing import Renewal
from registry.signing import SigningKey, sign_jws
from registry.status_changes import Decision
from registry.store.tables import BatchState, Credential, Deferred
from tests.api.town import NOON, ORIGIN, POLICE, Town
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile
from wallet.openid4vci import Refused
from wallet.presenting import NoSuchClaim, present

NewWallet = Callable[[str], WalletFile]


class Wallet:
    """A wallet written by hand, that can do everything wrong."""

    def __init__(self, town: Town, http: httpx.Client) -> None:
        self.town, self.http = town, http
        self.dpop = SigningKey.generate()
        self.access = ""
        self.count = 0

    def proof(
        self, path: str, access: str | None = None, key: SigningKey | None = None, **changed: Any
    ) -> str:
        self.count += 1
        htu = self.town.origin + path
        claims = {"jti": f"proof {self.count}", "htm": "POST", "htu": htu, "iat": self.town.now}
        if access:
            claims["ath"] = b64.encode(hashlib.sha256(access.encode()).digest())
        key = key or self.dpop
        return sign_jws({"typ": "dpop+jwt", "jwk": key.public.jwk}, claims | changed, key)

    def token(
        self, offer: MadeOffer, pin: str | None = None, dpop: str | None = None, **more: str
    ) -> httpx.Response:
        document = self.http.get(offer.address(self.town.origin)).json()
        form = {
            "grant_type": PRE_AUTHORISED,
            "pre-authorized_code": document["grants"][PRE_AUTHORISED]["pre-authorized_code"],
            "tx_code": pin or offer.pin,
        } | more
        return self.http.post("/token", data=form, headers={"DPoP": dpop or self.proof("/token")})

    def start(self, offer: MadeOffer) -> Self:
        self.access = self.token(offer).json()["access_token"]
        return self

    def key_proof(
        self, nonce: str | None, key: SigningKey | None = None, header: Any = None, **changed: Any
    ) -> str:
        key = key or SigningKey.generate()
        head = {"typ": "openid4vci-proof+jwt", "jwk": key.public.jwk} | (header or {})
        return sign_jws(head, {"aud": self.town.origin, "iat": self.town.now, "nonce": nonce} | changed, key)

    def nonce(self) -> str:
        return str(self.http.post("/nonce").json()["c_nonce"])

    def post(self, path: str, body: Any, dpop: str | None = None) -> httpx.Response:
        headers = {
            "Authorization": f"DPoP {self.access}",
            "DPoP": dpop or self.proof(path, self.access),
        }
        return self.http.post(path, json=body, headers=headers)

    def claim(self, offer: MadeOffer, proofs: list[str]) -> httpx.Response:
        body = {"credential_configuration_id": offer.configuration, "proofs": {"jwt": proofs}}
        return self.post("/credential", body)


@pytest.fixture
def offer(town: Town, http: httpx.Client) -> MadeOffer:
    return offered(town, town.citizen())


@pytest.fixture
def wallet(town: Town, http: httpx.Client) -> Wallet:
    return Wallet(town, http)


def offered(town: Town, certificate_id: str) -> MadeOffer:
    assert town.services is not None
    return town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")


def test_an_offer_is_dead_after_five_wrong_pins(offer: MadeOffer, wallet: Wallet) -> None:
    wrong = "000000" if offer.pin != "000000" else "111111"
    for _ in range(5):
        refused = (
            wallet.token(offer, pin=wrong) if wallet.http.get(offer.address(ORIGIN)).is_success else None
        )
        assert refused is not None
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert wallet.http.get(offer.address(ORIGIN)).status_code == 404


def test_the_right_pin_after_four_wrong_ones_still_counts(offer: MadeOffer, wallet: Wallet) -> None:
    wrong = "000000" if offer.pin != "000000" else "111111"
    for _ in range(4):
        wallet.token(offer, pin=wrong)
    assert wallet.token(offer).is_success


def test_an_offer_is_taken_up_once(town: Town, offer: MadeOffer, wallet: Wallet) -> None:
    document = wallet.http.get(offer.address(ORIGIN)).json()
    form = {
        "grant_type": PRE_AUTHORISED,
        "pre-authorized_code": document["grants"][PRE_AUTHORISED]["pre-authorized_code"],
        "tx_code": offer.pin,
    }
    answers = [
        wallet.http.post("/token", data=form, headers={"DPoP": wallet.proof("/token")}) for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [200, 400]
    assert answers[1].json()["error"] == "invalid_grant"


def test_several_keys_in_one_request_get_a_credential_each(offer: MadeOffer, wallet: Wallet) -> None:
    keys = [SigningKey.generate() for _ in range(3)]
    nonce = wallet.start(offer).nonce()
    said = wallet.claim(offer, [wallet.key_proof(nonce, key) for key in keys]).json()
    bound = [credential.parse(each["credential"]).holder_key for each in said["credentials"]]
    assert bound == [key.public for key in keys]
    places = {credential.parse(each["credential"]).payload.status for each in said["credentials"]}
    assert len(places) == 3


def test_a_nonce_counts_once(offer: MadeOffer, wallet: Wallet) -> None:
    nonce = wallet.start(offer).nonce()
    assert wallet.claim(offer, [wallet.key_proof(nonce)]).is_success
    again = wallet.claim(offer, [wallet.key_proof(nonce)])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_nonce")


def test_a_nonce_is_over_after_five_minutes(town: Town, offer: MadeOffer, wallet: Wallet) -> None:
    nonce = wallet.start(offer).nonce()
    town.now += 301
    assert wallet.claim(offer, [wallet.key_proof(nonce)]).json()["error"] == "invalid_nonce"


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "jwt"}, {}),
        ({"typ": "dpop+jwt"}, {}),
        ({}, {"aud": "https://elsewhere.example"}),
        ({}, {"iat": 1}),
        ({}, {"exp": NOON - 61}),
        ({}, {"nbf": NOON + 61}),
        ({}, {"exp": "tomorrow"}),
        ({"jwk": SigningKey.generate().public.jwk}, {}),
        ({"jwk": {"kty": "oct", "k": "c2VjcmV0"}}, {}),
        ({"crit": ["x"], "x": 1}, {}),
        ({"jwk": None, "jku": "https://elsewhere.example/keys"}, {}),
    ],
)
def test_a_key_proof_that_does_not_fit_is_an_invalid_proof(
    offer: MadeOffer, wallet: Wallet, header: Any, claims: Any
) -> None:
    nonce = wallet.start(offer).nonce()
    refused = wallet.claim(offer, [wallet.key_proof(nonce, header=header, **claims)])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_proof")


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "RS256"])
def test_no_other_algorithm_is_taken(offer: MadeOffer, wallet: Wallet, alg: str) -> None:
    nonce = wallet.start(offer).nonce()
    refused = wallet.claim(offer, [wallet.key_proof(nonce, header={"alg": alg})])
    assert refused.json()["error"] == "invalid_proof"


def test_a_proof_of_possession_counts_once(offer: MadeOffer, wallet: Wallet) -> None:
    proof = wallet.proof("/token")
    assert wallet.token(offer, dpop=proof).is_success
    again = wallet.http.post(
        "/token", data={"grant_type": "refresh_token", "refresh_token": "x"}, headers={"DPoP": proof}
    )
    assert again.json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "changed",
    [
        {"htm": "GET"},
        {"htu": "http://localhost:8000/nonce"},
        {"iat": 1},
        {"exp": 1},
        {"ath": "AAAA"},
        {"jti": ""},
    ],
)
def test_a_token_needs_a_proof_for_this_very_request(offer: MadeOffer, wallet: Wallet, changed: Any) -> None:
    wallet.start(offer)
    bad = wallet.proof("/credential", wallet.access, **changed)
    refused = wallet.post("/credential", {"credential_configuration_id": offer.configuration}, dpop=bad)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_dpop_proof")
    assert refused.headers["WWW-Authenticate"].startswith("DPoP")


def test_a_stolen_token_is_worthless_without_its_key(offer: MadeOffer, wallet: Wallet) -> None:
    wallet.start(offer)
    thief = wallet.proof("/credential", wallet.access, key=SigningKey.generate())
    refused = wallet.post("/credential", {"credential_configuration_id": offer.configuration}, dpop=thief)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_a_token_is_for_its_own_configuration(town: Town, offer: MadeOffer, wallet: Wallet) -> None:
    wallet.start(offer)
    body = {
        "credential_configuration_id": f"{POLICE}.{town.definition('driving_licence').type}",
        "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]},
    }
    assert wallet.post("/credential", body).json()["error"] == "unknown_credential_configuration"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_credential_request"),
        ({"credential_identifier": "x"}, "unknown_credential_identifier"),
        ({"credential_configuration_id": 7}, "invalid_credential_request"),
        (
            {"credential_configuration_id": "x", "credential_response_encryption": {}},
            "invalid_encryption_parameters",
        ),
    ],
)
def test_a_malformed_request_is_named_as_the_specification_does(
    offer: MadeOffer, wallet: Wallet, body: Any, error: str
) -> None:
    refused = wallet.start(offer).post("/credential", body)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


def test_a_claim_before_the_chain_is_final_is_answered_later(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    certificate_id = town.issue(POLICE, "resident_identity", town.identity_row(3))
    offer = offered(town, certificate_id)
    claiming = Claiming(new_wallet("hers"), http, lambda: town.now)
    assert claiming.claim(offer.link(ORIGIN), offer.pin).waiting == 3
    town.anchor(POLICE, BatchState.MINED)
    assert claiming.fetch().waiting == 3
    town.finish(POLICE)
    outcome = claiming.fetch()
    assert len(outcome.held) == 1
    assert outcome.waiting is None


def test_a_transaction_id_is_for_one_grant_and_one_use(town: Town, http: httpx.Client) -> None:
    first = offered(town, town.issue(POLICE, "resident_identity", town.identity_row(3)))
    second = offered(town, town.issue(POLICE, "resident_identity", town.identity_row(4)))
    hers, his = Wallet(town, http).start(first), Wallet(town, http).start(second)
    waiting = hers.claim(first, [hers.key_proof(hers.nonce())])
    assert waiting.status_code == 202
    body = {"transaction_id": waiting.json()["transaction_id"]}
    town.anchor(POLICE)
    assert his.post("/deferred_credential", body).json()["error"] == "invalid_transaction_id"
    assert hers.post("/deferred_credential", body).is_success
    assert hers.post("/deferred_credential", body).json()["error"] == "invalid_transaction_id"


def test_a_certificate_whose_last_day_passed_is_refused_in_the_specifications_words(
    town: Town, http: httpx.Client
) -> None:
    """OpenID4VCI 1.0, 8.3.1.2: so a wallet goes on with the others that a login gives it."""
    row = town.identity_row(3, last_day="2026-11-24")
    identity = town.issue(POLICE, "resident_identity", row)
    town.anchor(POLICE)
    midnight = town.stored(identity).valid_until or 0
    town.now = midnight - 5
    offer = offered(town, identity)
    wallet = Wallet(town, http).start(offer)
    town.now = midnight + 1
    refused = wallet.claim(offer, [wallet.key_proof(wallet.nonce())])
    assert (refused.status_code, refused.json()["error"]) == (400, "credential_request_denied")


def test_one_grant_fills_no_status_lists(
    town: Town, offer: MadeOffer, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_LIVING", 3)
    wallet.start(offer)
    nonce = wallet.nonce()
    assert wallet.claim(offer, [wallet.key_proof(nonce) for _ in range(2)]).is_success
    nonce = wallet.nonce()
    refused = wallet.claim(offer, [wallet.key_proof(nonce) for _ in range(2)])
    assert (refused.status_code, refused.json()["error"]) == (400, "credential_request_denied")
    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).is_success
    assert len(town.rows(Credential)) == 3


def test_claims_that_wait_do_not_pile_up(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.issue(POLICE, "resident_identity", town.identity_row(3)))
    wallet = Wallet(town, http).start(offer)
    bodies = []
    for _ in range(claims.MOST_DEFERRED + 1):
        town.now += 1
        waiting = wallet.claim(offer, [wallet.key_proof(wallet.nonce())])
        bodies.append({"transaction_id": waiting.json()["transaction_id"]})
    assert wallet.post("/deferred_credential", bodies[0]).json()["error"] == "invalid_transaction_id"
    assert [wallet.post("/deferred_credential", each).status_code for each in bodies[1::9]] == [202] * 3
    town.anchor(POLICE)
    assert wallet.post("/deferred_credential", bodies[-1]).is_success
    town.keep_lists()
    assert len(town.rows(Deferred)) == claims.MOST_DEFERRED - 1


def test_a_credential_lives_thirty_days_and_is_renewed_unasked(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    offer = offered(town, town.citizen())
    wallet = new_wallet("hers")
    claiming = Claiming(wallet, http, lambda: town.now)
    first = claiming.claim(offer.link(ORIGIN), offer.pin).held[0]
    assert credential.parse(first.credential).payload.exp == town.now + 30 * 86_400
    assert claiming.renew().held == []
    town.now += 25 * 86_400
    town.keep_lists()
    renewed = claiming.renew().held
    assert [each.credential for each in wallet.content.held] == [each.credential for each in renewed]
    assert renewed[0].key != first.key
    shown = present(wallet, renewed[0], ["name"], now=town.now)
    assert http.post("/verify", data={"text": shown}).json()["verdict"] == "valid"


def test_a_newer_version_is_fetched_unasked(town: Town, http: httpx.Client, new_wallet: NewWallet) -> None:
    certificate_id = town.citizen()
    offer = offered(town, certificate_id)
    claiming = Claiming(new_wallet("hers"), http, lambda: town.now)
    claiming.claim(offer.link(ORIGIN), offer.pin)
    assert town.services is not None
    town.services.cases.changing.renew(
        POLICE, certificate_id, Renewal(Decision("replaced_damaged"), {}, "renewal 1")
    )
    town.anchor(POLICE)
    town.settle()
    town.keep_lists()
    [renewed] = claiming.renew().held
    assert credential.parse(renewed.credential).payload.core.certificate_id.split(".")[-2] == "002"
    assert claiming.renew().held == []


def test_a_key_gets_one_credential_and_the_version_to_come_only_when_asked_for(
    town: Town, http: httpx.Client
) -> None:
    certificate_id = town.citizen()
    wallet, offer = Wallet(town, http), offered(town, certificate_id)
    wallet.start(offer)
    assert town.services is not None
    town.services.cases.changing.renew(
        POLICE, certificate_id, Renewal(Decision("extended"), {"first_day": "2026-12-24"}, "renewal 1")
    )
    town.anchor(POLICE)
    body: dict[str, Any] = {
        "credential_configuration_id": offer.configuration,
        "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]},
    }
    [given] = wallet.post("/credential", body).json()["credentials"]
    assert credential.parse(given["credential"]).payload.core.certificate_id == certificate_id
    body["proofs"] = {"jwt": [wallet.key_proof(wallet.nonce())]}
    both = wallet.post("/credential", body | {"coming": True}).json()["credentials"]
    versions = [credential.parse(each["credential"]).payload.core.certificate_id for each in both]
    assert [version.split(".")[-2] for version in versions] == ["001", "002"]


def test_a_credential_never_outlives_its_certificate(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    row = town.identity_row(3, last_day="2026-12-01", first_day="2016-12-01")
    certificate_id = town.issue(POLICE, "resident_identity", row)
    town.anchor(POLICE)
    offer = offered(town, certificate_id)
    held = Claiming(new_wallet("hers"), http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin).held[0]
    assert credential.parse(held.credential).payload.exp == town.stored(certificate_id).valid_until


def test_a_wallet_shows_only_claims_it_has(town: Town, http: httpx.Client, new_wallet: NewWallet) -> None:
    offer = offered(town, town.citizen())
    wallet = new_wallet("hers")
    held = Claiming(wallet, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin).held[0]
    with pytest.raises(NoSuchClaim):
        present(wallet, held, ["name", "income"], now=town.now)


def test_what_was_revoked_is_neither_offered_nor_given(town: Town, http: httpx.Client) -> None:
    certificate_id = town.citizen()
    offer = offered(town, certificate_id)
    wallet = Wallet(town, http).start(offer)
    town.revoke(POLICE, certificate_id)
    refused = wallet.claim(offer, [wallet.key_proof(wallet.nonce())])
    assert (refused.status_code, refused.json()["error"]) == (400, "credential_request_denied")


def test_an_unknown_grant_type_and_a_missing_member_are_named(http: httpx.Client, wallet: Wallet) -> None:
    proof = {"DPoP": wallet.proof("/token")}
    assert http.post("/token", data={"grant_type": "password"}, headers=proof).json()["error"] == (
        "unsupported_grant_type"
    )
    assert http.post("/token", data={}).json()["error"] == "invalid_request"
    missing = http.post(
        "/token", data={"grant_type": PRE_AUTHORISED}, headers={"DPoP": wallet.proof("/token")}
    )
    assert missing.json()["error"] == "invalid_request"
    assert http.post("/token", data={"grant_type": PRE_AUTHORISED}).json()["error"] == "invalid_dpop_proof"


def test_a_refusal_at_the_wallet_is_one_clear_word(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    offer = offered(town, town.citizen())
    with pytest.raises(Refused, match="invalid_grant"):
        Claiming(new_wallet("hers"), http, lambda: town.now).claim(offer.link(ORIGIN), "999999x")
