"""A wallet written by hand that logs in, and can do everything wrong."""

from typing import Any

import httpx

from registry import b64, credential, door, jcs, jwe
from registry.credential import CODE_AUDIENCE
from registry.identity import Identity, identity_of
from registry.offers import MadeOffer
from registry.requestobject import RequestObject
from registry.signing import SigningKey
from registry.store.tables import Login
from tests.api.test_claims import Wallet as Claiming
from tests.api.test_claims import offered
from tests.api.town import Town
from wallet import openid4vp

REDIRECT = "https://wallet.example/cb"
CLIENT = "wallet of the tests"
VERIFIER = b64.encode(bytes(range(32)))


class Wallet(Claiming):
    """verifier: PKCE's. identity: its credential, with the key it is bound to."""

    def __init__(self, town: Town, http: httpx.Client) -> None:
        super().__init__(town, http)
        self.key = SigningKey.generate()
        self.identity = ""
        self.refresh = ""

    def get_identity(self, certificate_id: str) -> "Wallet":
        """Claim the identity certificate, as offered at a window."""
        self.first_claim(offered(self.town, certificate_id))
        return self

    def first_claim(self, offer: MadeOffer) -> str:
        """Claim the identity certificate; the new wallet's recovery code."""
        tokens = self.token(offer).json()
        self.access = tokens["access_token"]
        answer = self.claim(offer, [self.key_proof(self.nonce(), self.key)])
        assert answer.is_success, answer.text
        self.identity = answer.json()["credentials"][0]["credential"]
        return str(tokens["recovery_code"])

    def request(self, **changed: Any) -> dict[str, Any]:
        """An authorisation request; a parameter that is None is left out."""
        form = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "code_challenge": door.challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            "state": "s-1",
            "scope": "certificates holder",
        } | changed
        return {name: value for name, value in form.items() if value is not None}

    def push(self, dpop: str | None = "", **changed: Any) -> httpx.Response:
        headers = {} if dpop is None else {"DPoP": dpop or self.proof("/par")}
        return self.http.post("/par", data=self.request(**changed), headers=headers)

    def redeem(self, code: str, **changed: Any) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": REDIRECT,
            "client_id": CLIENT,
        } | changed
        form = {name: value for name, value in form.items() if value is not None}
        return self.http.post("/token", data=form, headers={"DPoP": self.proof("/token")})

    def log_in(self, **changed: Any) -> "Wallet":
        """Log in, and keep the tokens."""
        answer = self.redeem(self.allowed(self.push(**changed))).json()
        self.access, self.refresh = answer["access_token"], answer["refresh_token"]
        return self

    def renew(self) -> None:
        """A new access token for the refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh}
        answer = self.http.post("/token", data=form, headers={"DPoP": self.proof("/token")})
        self.access = answer.json()["access_token"]

    def get(self, path: str) -> httpx.Response:
        proof = self.proof(path, self.access, htm="GET")
        return self.http.get(path, headers={"Authorization": f"DPoP {self.access}", "DPoP": proof})

    def present(self) -> str:
        """Its identity credential, shown as a proof code."""
        jwt, _ = credential.split(self.identity)
        self.count += 1
        return credential.present(
            jwt,
            [],
            key=self.key,
            aud=CODE_AUDIENCE,
            nonce=b64.encode(bytes([self.count] * 16)),
            iat=self.town.now,
        )

    def answer(self, link: str, made_for: str | None = None) -> dict[str, str]:
        """Show the identity credential to who asks for it; what the verifier says to that.

        made_for: the link of another request, whose presentation is shown instead.
        """
        request, other = (
            openid4vp.read_request(self.http, each, now=self.town.now).request
            for each in (link, made_for or link)
        )
        [query] = request.dcql_query.to_dict()["credentials"]
        jwt, _ = credential.split(self.identity)
        shown = credential.present(
            jwt, [], key=self.key, aud=other.client_id, nonce=other.nonce, iat=self.town.now
        )
        return self._say(request, {"vp_token": {query["id"]: [shown]}})

    def refuse(self, link: str) -> dict[str, str]:
        """Say no to who asks."""
        request = openid4vp.read_request(self.http, link, now=self.town.now).request
        return self._say(request, {"error": "access_denied"})

    def _say(self, request: RequestObject, members: dict[str, Any]) -> dict[str, str]:
        said = jcs.dumps(members | {"state": request.state})
        sealed = jwe.encrypt(said, request.encryption_key.jwk, enc=request.encryption)
        answer = self.http.post(request.response_uri, data={"response": sealed})
        assert answer.is_success, answer.text
        found: dict[str, str] = answer.json()
        return found

    def proven(self) -> Identity:
        """What a valid presentation of its identity credential would prove."""
        services = self.town.services
        assert services is not None
        with services.store.read() as session:
            found = identity_of(
                session,
                credential.parse(self.identity),
                self.town.definition("resident_identity").type,
                self.town.trust(),
                self.town.now,
            )
        assert found is not None
        return found

    def offered(self) -> set[str]:
        """The certificates that a login would ask to allow."""
        services = self.town.services
        assert services is not None
        handle = self.push().json()["request_uri"].rpartition(":")[2]
        type_code = self.town.definition("resident_identity").type
        with services.store.write() as session:
            login = door.enter(
                session, handle, client=CLIENT, browser=None, new_browser="b", now=self.town.now
            )
            door.prove(session, login, self.proven())
            given = door.offered(session, login, services.runtime, type_code, self.town.now)
            return {each.certificate.certificate_id for each in given.certificates}

    def allowed(self, pushed: httpx.Response) -> str:
        """The code for a pushed request, proven and allowed without a page."""
        services = self.town.services
        assert services is not None
        handle = pushed.json()["request_uri"].rpartition(":")[2]
        type_code = self.town.definition("resident_identity").type
        with services.store.write() as session:
            login: Login = door.enter(
                session, handle, client=CLIENT, browser=None, new_browser="b", now=self.town.now
            )
            door.prove(session, login, self.proven())
            given = door.offered(session, login, services.runtime, type_code, self.town.now)
            chosen = [each.certificate.lineage for each in given.certificates]
            return door.allow(
                session, login, chosen, now=self.town.now, randomness=services.sharing.randomness
            )
