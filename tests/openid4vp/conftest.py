"""A town whose departments ask, and a phone written by hand that can do everything wrong."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson
import pytest

from registry import certificate, credential, jwe, requestobject, transactiondata
from registry.dcql import Candidate, match
from registry.requesting import MadeRequest, Outcome, Requesting
from registry.requestobject import RequestObject
from registry.signing import SigningKey
from tests.api.conftest import founded, http, new_wallet, town, written  # noqa: F401
from tests.api.town import HOUSING, MARKET, POLICE, Town
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile


class Phone:
    """Two certificates of two departments: an identity and a business licence."""

    def __init__(self, town: Town, http: httpx.Client, wallet: WalletFile) -> None:  # noqa: F811
        self.town, self.http, self.wallet = town, http, wallet
        self.credentials: list[tuple[str, SigningKey]] = []
        self.last: Any = None

    def claim(self, issuer: str, certificate_id: str, **more: Any) -> None:
        assert self.town.services is not None
        offer = self.town.services.sharing.offer(
            issuer, certificate_id, made_by="clerk 7", seen="card", **more
        )
        before = len(self.wallet.content.held)
        Claiming(self.wallet, self.http, lambda: self.town.now).claim(offer.link(self.town.origin), offer.pin)
        for held in self.wallet.content.held[before:]:
            self.credentials.append((held.credential, self.wallet.key(held.key)))

    @property
    def candidates(self) -> list[Candidate]:
        return [Candidate(credential.parse(text).payload.vct, claims(text)) for text, _ in self.credentials]

    def read(self, link: str) -> RequestObject:
        """The request behind a link, fetched as the link says and checked."""
        asked = dict(parse_qsl(urlsplit(link).query, strict_parsing=True))
        if "request_uri" not in asked:
            return requestobject.read_parameters(asked).request
        assert asked["request_uri_method"] == "post"
        fetched = self.http.post(asked["request_uri"], data={"wallet_nonce": "w"})
        assert fetched.headers["content-type"].startswith(requestobject.MEDIA_TYPE), fetched.text
        return requestobject.read(
            fetched.text, now=self.town.now, client_id=asked["client_id"], wallet_nonce="w"
        ).request

    def present(
        self, request: RequestObject, index: int, names: Any, agreed: Any = (), **changed: Any
    ) -> str:
        """A presentation of these claims, to whom and for what the request says unless `changed`."""
        text, key = self.credentials[index]
        jwt, disclosures = credential.split(text)
        shown = [each for each in disclosures if certificate.parse_disclosure(each).name in names]
        given = {"aud": request.client_id, "nonce": request.nonce, "iat": self.town.now, "key": key} | changed
        return credential.present(jwt, shown, transaction_data_hashes=agreed, **given)

    def token(self, request: RequestObject) -> dict[str, list[str]]:
        """What the request asks for, of what this phone holds."""
        selection = match(request.dcql_query, self.candidates)
        assert selection is not None
        transactions = request.transaction_data or ()
        return {
            id: [
                self.present(
                    request,
                    each.index,
                    [path[0] for path in each.claims],
                    [
                        transactiondata.digest(text)
                        for text in transactions
                        if id in transactiondata.parse(text).credential_ids
                    ],
                )
                for each in chosen
            ]
            for id, chosen in selection.chosen.items()
        }

    def post(self, request: RequestObject, members: dict[str, Any]) -> httpx.Response:
        """Post an answer, in the mode that the request asks for."""
        if request.response_mode == "direct_post.jwt":
            plain = orjson.dumps(members)
            token = jwe.encrypt(plain, request.encryption_key.jwk, enc=request.encryption)
            self.last = {"response": token}
        else:
            self.last = members | (
                {"vp_token": orjson.dumps(members["vp_token"]).decode()} if "vp_token" in members else {}
            )
        return self.http.post(request.response_uri, data=self.last)

    def answer(self, request: RequestObject, token: Any = None) -> httpx.Response:
        return self.post(request, {"vp_token": token or self.token(request), "state": request.state})


def claims(text: str) -> dict[str, str]:
    return {each.name: each.value for each in map(certificate.parse_disclosure, credential.split(text)[1])}


class Asking:
    """A department that asks."""

    def __init__(self, town: Town, code: str = HOUSING) -> None:  # noqa: F811
        assert town.services is not None
        self.town, self.code = town, code
        self.requesting: Requesting = town.services.cases.requesting

    def vct(self, alias: str) -> list[str]:
        definition = self.town.definition(alias)
        return [credential.type_uri(self.town.origin, definition.type, definition.version)]

    def wanted(self, id: str, alias: str, *names: str, **more: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": self.vct(alias)}}
        if names:
            asked["claims"] = [{"path": [name]} for name in names]
        return asked | more

    def ask(self, *credentials: dict[str, Any], sets: Any = None, **more: Any) -> MadeRequest:
        query: dict[str, Any] = {"credentials": list(credentials)}
        if sets:
            query["credential_sets"] = sets
        with self.town.runtime.store.write() as session:
            return self.requesting.make(session, self.code, query, **more)

    def outcome(self, made: MadeRequest, **more: Any) -> Outcome:
        return self.requesting.outcome(made.id, asker=self.code, **more)


@pytest.fixture
def phone(
    town: Town,  # noqa: F811
    http: httpx.Client,  # noqa: F811
    new_wallet: Callable[[str], WalletFile],  # noqa: F811
) -> Phone:
    made = Phone(town, http, new_wallet("phone"))
    made.claim(POLICE, town.citizen(7))
    licence = town.issue(MARKET, "business_licence", town.licence_row(7))
    town.anchor(MARKET)
    made.claim(MARKET, licence)
    return made


@pytest.fixture
def housing(town: Town, http: httpx.Client) -> Asking:  # noqa: F811
    return Asking(town)
