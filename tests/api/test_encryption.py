"""Encrypted requests and responses, and what is told afterwards (OpenID4VCI 1.0, sections 8 to 11)."""

from typing import Any

import httpx
import orjson
import pytest

from registry import credential, jwe
from registry.sharing import Sharing
from registry.signing import PublicKey, SigningKey
from tests.api.test_claims import Wallet, offered
from tests.api.town import POLICE, Town

JWT = "application/jwt"


class Secretive(Wallet):
    """A wallet that encrypts what it sends and wants its answers encrypted."""

    key = SigningKey.generate()

    def wanted(self, **changed: Any) -> dict[str, Any]:
        jwk = self.key.public.jwk | {"alg": "ECDH-ES", "kid": "mine", "use": "enc"}
        return {"jwk": jwk, "enc": "A128GCM"} | changed

    def send(self, path: str, body: Any, key: PublicKey | None = None) -> httpx.Response:
        """An encrypted request, to the key that the metadata names."""
        said = self.http.get("/.well-known/openid-credential-issuer").json()["credential_request_encryption"]
        jwk = said["jwks"]["keys"][0] if key is None else key.jwk
        headers = {
            "Authorization": f"DPoP {self.access}",
            "DPoP": self.proof(path, self.access),
            "Content-Type": JWT,
        }
        token = jwe.encrypt(orjson.dumps(body), jwk, enc=said["enc_values_supported"][0])
        return self.http.post(path, content=token, headers=headers)

    def read(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.headers["Content-Type"] == JWT, answer.text
        assert jwe.header(answer.text)["kid"] == "mine"
        said: dict[str, Any] = orjson.loads(jwe.decrypt(answer.text, self.key))
        return said

    def request(self, configuration: str, **more: Any) -> dict[str, Any]:
        proofs = {"jwt": [self.key_proof(self.nonce())]}
        return {"credential_configuration_id": configuration, "proofs": proofs} | more


@pytest.fixture
def wallet(town: Town, http: httpx.Client) -> Secretive:
    return Secretive(town, http)


def test_encryption_is_offered_and_never_demanded(http: httpx.Client) -> None:
    said = http.get("/.well-known/openid-credential-issuer").json()
    assert said["credential_response_encryption"] == {
        "alg_values_supported": ["ECDH-ES"],
        "enc_values_supported": ["A256GCM", "A128GCM"],
        "encryption_required": False,
    }
    asked = said["credential_request_encryption"]
    assert not asked["encryption_required"]
    [key] = asked["jwks"]["keys"]
    assert key["alg"] == "ECDH-ES"
    assert key["kid"] == PublicKey.from_jwk(key).thumbprint
    assert "d" not in key


def test_request_and_response_are_encrypted(town: Town, wallet: Secretive) -> None:
    offer = offered(town, town.citizen())
    wallet.start(offer)
    body = wallet.request(offer.configuration, credential_response_encryption=wallet.wanted())
    said = wallet.read(wallet.send("/credential", body))
    assert credential.parse(said["credentials"][0]["credential"])
    assert wallet.post(
        "/notification", {"notification_id": said["notification_id"], "event": "credential_accepted"}
    ).is_success


def test_an_encrypted_request_is_answered_plainly_where_nothing_else_was_wanted(
    town: Town, wallet: Secretive
) -> None:
    offer = offered(town, town.citizen())
    said = wallet.start(offer).send("/credential", wallet.request(offer.configuration))
    assert len(said.json()["credentials"]) == 1


def test_a_request_in_the_clear_may_ask_for_an_encrypted_response(town: Town, wallet: Secretive) -> None:
    offer = offered(town, town.citizen())
    body = wallet.start(offer).request(offer.configuration, credential_response_encryption=wallet.wanted())
    assert len(wallet.read(wallet.post("/credential", body))["credentials"]) == 1


def test_what_was_deferred_is_encrypted_to_the_key_of_the_later_request(
    town: Town, wallet: Secretive
) -> None:
    offer = offered(town, town.issue(POLICE, "resident_identity", town.identity_row(3)))
    wallet.start(offer)
    waiting = wallet.send(
        "/credential",
        wallet.request(offer.configuration, credential_response_encryption=wallet.wanted()),
    )
    assert waiting.status_code == 202
    body = {"transaction_id": wallet.read(waiting)["transaction_id"]}
    wallet.key = SigningKey.generate()
    still = wallet.send("/deferred_credential", body | {"credential_response_encryption": wallet.wanted()})
    assert still.status_code == 202
    assert wallet.read(still)["transaction_id"] == body["transaction_id"]
    town.anchor(POLICE)
    given = wallet.post("/deferred_credential", body | {"credential_response_encryption": wallet.wanted()})
    assert list(wallet.read(given)) == ["credentials"]


@pytest.mark.parametrize(
    "changed",
    [
        {"jwk": None},
        {"jwk": {"kty": "oct", "k": "x", "alg": "ECDH-ES"}},
        {"jwk": SigningKey.generate().public.jwk},
        {"jwk": SigningKey.generate().public.jwk | {"alg": "ECDH-ES", "use": "sig"}},
        {"jwk": SigningKey.generate().public.jwk | {"alg": "ECDH-ES", "d": "x"}},
        {"jwk": SigningKey.generate().public.jwk | {"alg": "RSA-OAEP"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "alg": "ECDH-ES"}},
        {"enc": "A128CBC-HS256"},
        {"enc": None},
        {"zip": "DEF"},
    ],
)
def test_parameters_that_do_not_fit_are_refused_plainly_and_use_nothing_up(
    town: Town, wallet: Secretive, changed: dict[str, Any]
) -> None:
    offer = offered(town, town.citizen())
    body = wallet.start(offer).request(offer.configuration)
    refused = wallet.post("/credential", body | {"credential_response_encryption": wallet.wanted(**changed)})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_encryption_parameters")
    assert wallet.post("/credential", body).is_success


def test_a_request_encrypted_to_somebody_else_is_refused(town: Town, wallet: Secretive) -> None:
    offer = offered(town, town.citizen())
    body = wallet.start(offer).request(offer.configuration)
    refused = wallet.send("/credential", body, SigningKey.generate().public)
    assert refused.json()["error"] == "invalid_encryption_parameters"


def test_an_error_is_never_encrypted(town: Town, wallet: Secretive) -> None:
    offer = offered(town, town.citizen())
    body = wallet.start(offer).request("another", credential_response_encryption=wallet.wanted())
    refused = wallet.send("/credential", body)
    assert refused.json()["error"] == "unknown_credential_configuration"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "invalid_credential_request"),
        (b"[", "invalid_credential_request"),
        (b"[]", "invalid_credential_request"),
        (b"\xff", "invalid_credential_request"),
        (b'{"proofs":7}', "invalid_credential_request"),
        (b'{"credential_identifier":"x","credential_identifier":"x"}', "invalid_credential_request"),
        (b'{"proofs":{"jwt":["x"],"jwt":["x"]}}', "invalid_credential_request"),
        (b" " * 600_000, "invalid_credential_request"),
    ],
)
def test_a_body_that_is_no_request_is_named_so(
    town: Town, wallet: Secretive, content: bytes, error: str
) -> None:
    wallet.start(offered(town, town.citizen()))
    headers = {
        "Authorization": f"DPoP {wallet.access}",
        "DPoP": wallet.proof("/credential", wallet.access),
        "Content-Type": "application/json",
    }
    refused = wallet.http.post("/credential", content=content, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


def test_a_notification_is_taken_as_often_as_it_comes(town: Town, wallet: Secretive) -> None:
    offer = offered(town, town.citizen())
    wallet.start(offer)
    ids = [
        wallet.post("/credential", wallet.request(offer.configuration)).json()["notification_id"]
        for _ in range(2)
    ]
    assert ids[0] != ids[1]
    for event in ("credential_accepted", "credential_failure", "credential_deleted"):
        body = {"notification_id": ids[0], "event": event, "event_description": "disk full"}
        assert [wallet.post("/notification", body).status_code for _ in range(2)] == [204, 204]
    other = Wallet(town, wallet.http).start(offered(town, town.citizen(9)))
    body = {"notification_id": ids[0], "event": "credential_accepted"}
    assert other.post("/notification", body).json()["error"] == "invalid_notification_id"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"notification_id": "x", "event": "credential_accepted"}, "invalid_notification_id"),
        ({"notification_id": "\u7532", "event": "credential_accepted"}, "invalid_notification_id"),
        ({"notification_id": "x", "event": "credential_eaten"}, "invalid_notification_request"),
        ({"notification_id": "x"}, "invalid_notification_request"),
        ({"event": "credential_accepted"}, "invalid_notification_request"),
        (
            {"notification_id": "x", "event": "credential_failure", "event_description": "\u7532"},
            "invalid_notification_request",
        ),
    ],
)
def test_a_notification_that_does_not_fit_is_named_as_the_specification_does(
    town: Town, wallet: Secretive, body: dict[str, str], error: str
) -> None:
    refused = wallet.start(offered(town, town.citizen())).post("/notification", body)
    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert refused.json()["error_description"].isascii()


def test_every_process_opens_what_was_encrypted_to_another(town: Town) -> None:
    keys = {Sharing.of(town.runtime, town.trust).request_key.public for _ in range(2)}
    assert len(keys) == 1
