"""A client of OpenID4VCI 1.0: tokens bound by DPoP (RFC 9449), key proofs, encryption, deferral."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from registry import b64, jcs
from registry.signing import SigningKey, sign_jws
from wallet import encryption
from wallet.attesting import Attesting
from wallet.exchange import BadOffer, Refused, answer, checked_address, text, value
from wallet.issuers import PRE_AUTHORISED, Issuer, Offer, read_metadata, read_offer

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}", re.ASCII)
"""What may stand in a header (RFC 6750, section 2.1)."""
_DETAILS: Final = "openid_credential"

__all__ = [
    "PRE_AUTHORISED",
    "BadOffer",
    "Client",
    "Issuer",
    "Offer",
    "Refused",
    "Tokens",
    "Waiting",
    "answer",
    "checked_address",
    "read_metadata",
    "read_offer",
]


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """recovery_code: for a wallet that claims here for the first time.

    identifiers: `credential_identifier` -> configuration, where the issuer names them; scope: as it says.
    """

    access: str
    refresh: str | None
    recovery_code: str | None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A deferred answer: ask again after `interval` seconds."""

    transaction: str
    interval: int


class Client:
    """Speaks to one Credential Issuer for one wallet.

    dpop: the key that tokens are bound to; clock: Unix seconds. attesting: what a wallet provider vouches
    for, if one does; it is shown where an issuer takes it.
    """

    def __init__(
        self,
        http: httpx.Client,
        dpop: SigningKey,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes] = os.urandom,
        attesting: Attesting | None = None,
    ) -> None:
        self._attesting = attesting
        self._http = http
        self._dpop = dpop
        self._clock = clock
        self._randomness = randomness
        self._server_nonce: str | None = None

    def redeem(self, issuer: Issuer, offer: Offer, pin: str | None) -> Tokens:
        """Tokens for the offer's code and the PIN.

        Raises:
            BadOffer: it has no code.
            Refused: `invalid_grant`, for a wrong PIN or an offer that has ended.
        """
        if offer.code is None:
            raise BadOffer("此邀请须登录领取。", "That offer is taken up by a login.")
        form = {"grant_type": PRE_AUTHORISED, "pre-authorized_code": offer.code}
        if pin is not None:
            form["tx_code"] = pin
        return self.tokens(issuer, form)

    def refresh(self, issuer: Issuer, refresh_token: str, configurations: Sequence[str] = ()) -> Tokens:
        """A new access token. configurations: those whose `credential_identifier`s are to be named.

        Raises:
            Refused: the grant has ended.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if configurations:
            form["authorization_details"] = details(configurations)
        return self.tokens(issuer, form)

    def read(self, url: str, access: str) -> Any:
        """What stands at an address of the issuer, for who has the token.

        Raises:
            Refused: as the issuer says.
        """
        return value(self._http.get(url, headers=self._proved(url, access, "GET")))

    def write(
        self, url: str, access: str, body: Mapping[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer to a JSON object posted to an address of the issuer. Raises as `read`."""
        return answer(self.post(url, access, headers=headers, json=body))

    def put(self, url: str, access: str, content: bytes, media_type: str) -> dict[str, Any]:
        """The answer to a file put at an address of the issuer. Raises as `read`."""
        headers = {"Content-Type": media_type}
        return answer(self._sent("PUT", url, access, headers, content=content))

    def delete(self, url: str, access: str) -> None:
        """End what stands at an address of the issuer. Raises as `read`."""
        response = self._http.delete(url, headers=self._proved(url, access, "DELETE"))
        if not response.is_success:
            value(response)

    def claim(
        self,
        issuer: Issuer,
        access: str,
        configuration: str,
        keys: Sequence[SigningKey],
        identifier: str | None = None,
    ) -> list[str] | Waiting:
        """Credentials of one configuration, one for each key, or what to wait with.

        identifier: the `credential_identifier` that is meant, where the issuer named any.

        Raises:
            Refused: as the issuer says.
        """
        nonce = None if issuer.nonce is None else answer(self._http.post(issuer.nonce)).get("c_nonce")
        body: dict[str, Any] = {
            "proofs": {"jwt": self._key_proofs(issuer, configuration, keys, nonce)},
            # Ours, passed over by others: also a version that has not begun, for when there is no network.
            "coming": True,
        }
        if identifier is None:
            body["credential_configuration_id"] = configuration
        else:
            body["credential_identifier"] = identifier
        return _claimed(self._asked(issuer, issuer.credential, access, body))

    def fetch(self, issuer: Issuer, access: str, transaction: str) -> list[str] | Waiting:
        """The credentials of a deferred answer, or what to go on waiting with.

        Raises:
            Refused: as the issuer says.
        """
        if issuer.deferred is None:
            raise BadOffer("颁发方没有延后领取的地址。", "The issuer has no endpoint for what it deferred.")
        return _claimed(self._asked(issuer, issuer.deferred, access, {"transaction_id": transaction}))

    def tokens(self, issuer: Issuer, form: Mapping[str, str]) -> Tokens:
        """What the token endpoint gives for a form. Raises BadOffer, Refused."""
        said = answer(self.ask_server(issuer, issuer.token, form))
        if str(said.get("token_type", "")).lower() != "dpop":
            raise BadOffer("颁发方未绑定令牌。", "The issuer did not bind its token to the wallet's key.")
        access = text(said, "access_token")
        if not _TOKEN.fullmatch(access):
            raise BadOffer("颁发方的令牌格式不对。", "The issuer's token is none.")
        return Tokens(
            access,
            _optional(said, "refresh_token"),
            _optional(said, "recovery_code"),
            _identifiers(said.get("authorization_details")),
            _optional(said, "scope") or "",
        )

    def ask_server(self, issuer: Issuer, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Post a form to the authorisation server, attested where it takes that; a `client_id` in it is then
        the attested one."""
        if self._attesting is None or not issuer.takes_attestations:
            return self.post(url, None, data=form)
        named = {"client_id": self._attesting.provider.client_id} if "client_id" in form else {}
        return self.post(url, None, data={**form, **named}, headers=self._attesting.headers(issuer.server))

    def post(
        self, url: str, access: str | None, *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """Post with a proof of possession; once more if the server wants a nonce of its own (RFC 9449, 8)."""
        return self._sent("POST", url, access, headers or {}, **body)

    def _sent(
        self, method: str, url: str, access: str | None, more: dict[str, str], **body: Any
    ) -> httpx.Response:
        response = self._http.request(method, url, headers=self._proved(url, access, method) | more, **body)
        wants_nonce = response.status_code in (400, 401) and "use_dpop_nonce" in (
            response.text + response.headers.get("WWW-Authenticate", "")
        )
        self._server_nonce = response.headers.get("DPoP-Nonce", self._server_nonce)
        if wants_nonce:
            response = self._http.request(
                method, url, headers=self._proved(url, access, method) | more, **body
            )
        return response

    def _asked(self, issuer: Issuer, url: str, access: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request for credentials, encrypted both ways where the issuer offers that."""
        if issuer.encryption is None:
            return answer(self.post(url, access, json=body))
        opener = SigningKey.generate()
        sealed = issuer.encryption.seal(body, opener)
        headers = {"Content-Type": encryption.MEDIA_TYPE}
        return encryption.opened(self.post(url, access, content=sealed, headers=headers), opener)

    def _proved(self, url: str, access: str | None, method: str = "POST") -> dict[str, str]:
        claims = {
            "jti": b64.encode(self._randomness(16)),
            "htm": method,
            "htu": urlsplit(url)._replace(query="", fragment="").geturl(),
            "iat": self._clock(),
        }
        if self._server_nonce is not None:
            claims["nonce"] = self._server_nonce
        headers = {}
        if access is not None:
            claims["ath"] = b64.encode(hashlib.sha256(access.encode()).digest())
            headers["Authorization"] = f"DPoP {access}"
        headers["DPoP"] = sign_jws({"typ": "dpop+jwt", "jwk": self._dpop.public.jwk}, claims, self._dpop)
        return headers

    def _key_proofs(
        self, issuer: Issuer, configuration: str, keys: Sequence[SigningKey], nonce: object
    ) -> list[str]:
        """A proof for each key; with a key attestation one for all that it names (appendix F.1)."""
        claims = {"aud": issuer.issuer, "iat": self._clock()}
        if isinstance(nonce, str):
            claims["nonce"] = nonce
        attested = issuer.takes_attestations or issuer.demands_attested_keys(configuration)
        more = (
            {} if self._attesting is None or not attested else {"key_attestation": self._attesting.keys(keys)}
        )
        return [
            sign_jws({"typ": "openid4vci-proof+jwt", "jwk": key.public.jwk} | more, claims, key)
            for key in (keys[:1] if more else keys)
        ]


def details(configurations: Sequence[str]) -> str:
    """`authorization_details` that ask for these configurations (section 5.1.1)."""
    return jcs.dumps(
        [{"type": _DETAILS, "credential_configuration_id": each} for each in configurations]
    ).decode()


def _identifiers(given: object) -> dict[str, str]:
    """`credential_identifier` -> configuration, of a token response (section 6.2)."""
    found: dict[str, str] = {}
    for each in given if isinstance(given, list) else []:
        if isinstance(each, dict) and isinstance(each.get("credential_identifiers"), list):
            configuration = each.get("credential_configuration_id")
            if isinstance(configuration, str):
                found |= {id: configuration for id in each["credential_identifiers"] if isinstance(id, str)}
    return found


def _optional(members: Mapping[str, Any], name: str) -> str | None:
    return text(members, name) if members.get(name) else None


def _claimed(body: Mapping[str, Any]) -> list[str] | Waiting:
    if "transaction_id" in body:
        interval = body.get("interval", 5)
        whole = isinstance(interval, int) and not isinstance(interval, bool)
        return Waiting(text(body, "transaction_id"), min(max(1, interval), 3_600) if whole else 5)
    credentials = body.get("credentials")
    if not isinstance(credentials, list) or not credentials:
        raise BadOffer("颁发方没有给出凭证。", "The issuer gave no credential.")
    return [text(entry if isinstance(entry, dict) else {}, "credential") for entry in credentials]
