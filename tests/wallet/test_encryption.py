"""Between wallet and issuer credentials travel encrypted, where the issuer's metadata offers that."""

import json
from collections.abc import Callable

import httpx
import pytest

from registry import jwe
from registry.signing import SigningKey
from registry.store.tables import BatchState
from tests.api.town import POLICE, Town
from wallet.claiming import Claiming
from wallet.encryption import encryption_of
from wallet.exchange import BadOffer
from wallet.keyfile import WalletFile

PATHS = ("/credential", "/deferred_credential")
Tamper = Callable[[httpx.Response], httpx.Response]


class Wire(httpx.BaseTransport):
    """The way to the town. seen: requests and answers about credentials. tamper: of every such answer."""

    def __init__(self, town: httpx.Client, tamper: Tamper = lambda answer: answer) -> None:
        self.town, self.tamper = town, tamper
        self.seen: list[tuple[httpx.Request, httpx.Response]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.town._transport.handle_request(request)
        answer.read()
        if request.url.path in PATHS:
            answer = self.tamper(answer)
            self.seen.append((request, answer))
        return answer


def offered(town: Town, certificate_id: str) -> tuple[str, str]:
    assert town.services is not None
    offer = town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    return offer.link(town.origin), offer.pin


def test_a_credential_is_asked_for_and_given_under_encryption(
    town: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile]
) -> None:
    wire = Wire(http)
    claiming = Claiming(new_wallet("phone"), httpx.Client(transport=wire), lambda: town.now)
    assert len(claiming.claim(*offered(town, town.citizen())).held) == 1
    ((request, answer),) = wire.seen
    assert request.headers["Content-Type"] == answer.headers["Content-Type"] == "application/jwt"
    assert b"~" not in answer.content


def test_what_was_deferred_comes_encrypted_too(
    town: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile]
) -> None:
    wire = Wire(http)
    claiming = Claiming(new_wallet("phone"), httpx.Client(transport=wire), lambda: town.now)
    certificate_id = town.issue(POLICE, "resident_identity", town.identity_row(3))
    town.anchor(POLICE, BatchState.MINED)
    assert claiming.claim(*offered(town, certificate_id)).waiting is not None
    town.finish(POLICE)
    assert len(claiming.fetch().held) == 1
    assert [request.url.path for request, _ in wire.seen] == list(PATHS)
    assert {answer.headers["Content-Type"] for _, answer in wire.seen} == {"application/jwt"}


def in_the_clear(_: httpx.Response) -> httpx.Response:
    return httpx.Response(200, json={"credentials": [{"credential": "a~"}]})


def to_another_key(_: httpx.Response) -> httpx.Response:
    said = json.dumps({"credentials": [{"credential": "a~"}]}).encode()
    return httpx.Response(
        200,
        text=jwe.encrypt(said, SigningKey.generate().public.jwk),
        headers={"Content-Type": "application/jwt"},
    )


@pytest.mark.parametrize("tamper", [in_the_clear, to_another_key])
def test_an_answer_that_is_not_encrypted_to_this_wallet_is_refused(
    town: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile], tamper: Tamper
) -> None:
    wallet = new_wallet("phone")
    claiming = Claiming(wallet, httpx.Client(transport=Wire(http, tamper)), lambda: town.now)
    with pytest.raises(BadOffer, match="not encrypted"):
        claiming.claim(*offered(town, town.citizen()))
    assert wallet.content.held == []


def test_an_issuer_is_asked_in_the_clear_only_if_it_offers_no_encryption_known_here() -> None:
    key = SigningKey.generate().public.jwk
    both = {
        "credential_request_encryption": {"jwks": {"keys": [key]}, "enc_values_supported": ["A128GCM"]},
        "credential_response_encryption": {
            "alg_values_supported": ["ECDH-ES"],
            "enc_values_supported": ["A128GCM", "A256GCM"],
        },
    }
    found = encryption_of(both)
    assert found is not None
    assert (found.request_enc, found.response_enc) == ("A128GCM", "A256GCM")
    assert encryption_of({}) is None
    for member, said in both.items():
        assert encryption_of({name: both[name] for name in both if name != member}) is None
        foreign = both | {member: said | {"enc_values_supported": ["A256CBC-HS512"]}}
        assert encryption_of(foreign) is None
        demanded = foreign | {member: foreign[member] | {"encryption_required": True}}
        with pytest.raises(BadOffer, match="encryption"):
            encryption_of(demanded)
