"""A client of OpenID4VCI 1.0: offers, metadata, tokens bound by DPoP (RFC 9449), key proofs, deferral."""

import hashlib
import ipaddress
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from registry import b64
from registry.errors import RegistryError
from registry.signing import SigningKey, sign_jws

PRE_AUTHORISED: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
_LARGEST: Final = 4 << 20


class Refused(RegistryError):
    """The issuer, or whoever answers in its place, refused. code: its OAuth or OpenID4VCI error, if any."""

    kind = "refused-by-issuer"
    mender = "holder"

    def __init__(self, code: str, status: int = 0) -> None:
        super().__init__(f"颁发方拒绝：{code}。", f"The issuer refuses: {code}.")
        self.code = code
        self.http_status = status


class BadOffer(RegistryError):
    """The offer, or what it leads to, is not as OpenID4VCI has it."""

    kind = "bad-offer"
    mender = "issuer"


@dataclass(frozen=True, slots=True)
class Offer:
    """A credential offer. needs_pin: a transaction code was told by another way."""

    issuer: str
    configurations: tuple[str, ...]
    code: str = field(repr=False)
    needs_pin: bool


@dataclass(frozen=True, slots=True)
class Issuer:
    """The endpoints of a Credential Issuer and its authorisation server."""

    issuer: str
    token: str
    nonce: str
    credential: str
    deferred: str
    configurations: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """recovery_code: for a wallet that claims here for the first time."""

    access: str
    refresh: str | None
    recovery_code: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A deferred answer: ask again after `interval` seconds."""

    transaction: str
    interval: int


class Client:
    """Speaks to one Credential Issuer for one wallet.

    dpop: the key that tokens are bound to; clock: Unix seconds.
    """

    def __init__(
        self,
        http: httpx.Client,
        dpop: SigningKey,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._http = http
        self._dpop = dpop
        self._clock = clock
        self._randomness = randomness
        self._server_nonce: str | None = None

    def redeem(self, issuer: Issuer, offer: Offer, pin: str | None) -> Tokens:
        """Tokens for the offer's code and the PIN.

        Raises:
            Refused: `invalid_grant`, for a wrong PIN or an offer that has ended.
        """
        form = {"grant_type": PRE_AUTHORISED, "pre-authorized_code": offer.code}
        if pin is not None:
            form["tx_code"] = pin
        return self._tokens(issuer, form)

    def refresh(self, issuer: Issuer, refresh_token: str) -> Tokens:
        """A new access token.

        Raises:
            Refused: the grant has ended.
        """
        return self._tokens(issuer, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def claim(
        self, issuer: Issuer, access: str, configuration: str, keys: Sequence[SigningKey]
    ) -> list[str] | Waiting:
        """Credentials of one configuration, one for each key, or what to wait with.

        Raises:
            Refused: as the issuer says.
        """
        nonce = self._answer(self._http.post(issuer.nonce)).get("c_nonce")
        body = {
            "credential_configuration_id": configuration,
            "proofs": {"jwt": [self._key_proof(key, issuer.issuer, nonce) for key in keys]},
        }
        return _claimed(self._post(issuer.credential, access, json=body))

    def fetch(self, issuer: Issuer, access: str, transaction: str) -> list[str] | Waiting:
        """The credentials of a deferred answer, or what to go on waiting with.

        Raises:
            Refused: as the issuer says.
        """
        return _claimed(self._post(issuer.deferred, access, json={"transaction_id": transaction}))

    def _tokens(self, issuer: Issuer, form: Mapping[str, str]) -> Tokens:
        answer = self._post(issuer.token, None, data=form)
        if str(answer.get("token_type", "")).lower() != "dpop":
            raise BadOffer("颁发方未绑定令牌。", "The issuer did not bind its token to the wallet's key.")
        return Tokens(_text(answer, "access_token"), answer.get("refresh_token"), answer.get("recovery_code"))

    def _post(self, url: str, access: str | None, **body: Any) -> dict[str, Any]:
        """Post with a proof of possession; once more if the server wants a nonce of its own (RFC 9449, 8)."""
        response = self._http.post(url, headers=self._proved(url, access), **body)
        wants_nonce = response.status_code in (400, 401) and "use_dpop_nonce" in (
            response.text + response.headers.get("WWW-Authenticate", "")
        )
        self._server_nonce = response.headers.get("DPoP-Nonce", self._server_nonce)
        if wants_nonce:
            response = self._http.post(url, headers=self._proved(url, access), **body)
        return self._answer(response)

    def _proved(self, url: str, access: str | None) -> dict[str, str]:
        claims = {
            "jti": b64.encode(self._randomness(16)),
            "htm": "POST",
            "htu": url,
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

    def _key_proof(self, key: SigningKey, issuer: str, nonce: object) -> str:
        claims = {"aud": issuer, "iat": self._clock()}
        if isinstance(nonce, str):
            claims["nonce"] = nonce
        return sign_jws({"typ": "openid4vci-proof+jwt", "jwk": key.public.jwk}, claims, key)

    @staticmethod
    def _answer(response: httpx.Response) -> dict[str, Any]:
        return answer(response)


def answer(response: httpx.Response) -> dict[str, Any]:
    """A JSON object that was answered.

    Raises:
        Refused: the answer is an error, or no JSON object.
    """
    try:
        body = response.json() if len(response.content) <= _LARGEST else None
    except (ValueError, RecursionError):
        body = None
    if response.is_success and isinstance(body, dict):
        return body
    code = body.get("error") or str(body.get("type", "")).rpartition(":")[2] if isinstance(body, dict) else ""
    raise Refused(str(code)[:80] or f"HTTP {response.status_code}", response.status_code)


def read_offer(http: httpx.Client, link: str) -> Offer:
    """The offer in an `openid-credential-offer://` link, by value or by reference.

    Raises:
        BadOffer: the link is none, or its offer has no pre-authorised code.
    """
    parameters = parse_qs(urlsplit(link.strip()).query)
    if "credential_offer_uri" in parameters:
        offer = answer(http.get(checked_address(parameters["credential_offer_uri"][0])))
    elif "credential_offer" in parameters:
        offer = _json(parameters["credential_offer"][0])
    else:
        raise BadOffer("这不是领取邀请。", "This is no credential offer.")
    grants = offer.get("grants")
    grant = grants.get(PRE_AUTHORISED) if isinstance(grants, dict) else None
    configurations = offer.get("credential_configuration_ids")
    if not isinstance(grant, dict) or not isinstance(configurations, list):
        raise BadOffer("邀请缺少预授权码。", "The offer has no pre-authorised code.")
    return Offer(
        _text(offer, "credential_issuer"),
        tuple(map(str, configurations)),
        _text(grant, "pre-authorized_code"),
        "tx_code" in grant,
    )


def read_metadata(http: httpx.Client, issuer: str) -> Issuer:
    """A Credential Issuer's metadata and its authorisation server's.

    Raises:
        BadOffer: they are not of this issuer, or miss an endpoint.
    """
    metadata = answer(
        http.get(_well_known(issuer, "openid-credential-issuer"), headers={"Accept": "application/json"})
    )
    if metadata.get("credential_issuer") != issuer:
        raise BadOffer("元数据不属于该颁发方。", "The metadata belongs to another issuer.")
    servers = metadata.get("authorization_servers", [issuer])
    server = servers[0] if isinstance(servers, list) and servers else None
    if not isinstance(server, str):
        raise BadOffer("元数据缺少授权服务器。", "The metadata names no authorisation server.")
    authorisation = answer(http.get(_well_known(server, "oauth-authorization-server")))
    if authorisation.get("issuer") != server:
        raise BadOffer("元数据不属于该授权服务器。", "The metadata belongs to another authorisation server.")
    return Issuer(
        issuer,
        checked_address(_text(authorisation, "token_endpoint")),
        checked_address(_text(metadata, "nonce_endpoint")),
        checked_address(_text(metadata, "credential_endpoint")),
        checked_address(_text(metadata, "deferred_credential_endpoint")),
        metadata.get("credential_configurations_supported", {}),
    )


def checked_address(url: str) -> str:
    """An address that may be asked: https, or http on this very machine.

    Raises:
        BadOffer: it is another one.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadOffer("这不是网址。", "This is no address.") from None
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and _is_local(parts.hostname))):
        return url
    raise BadOffer("地址不是 https。", "The address is not https.")


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _well_known(issuer: str, name: str) -> str:
    parts = urlsplit(checked_address(issuer))
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def _json(text: str) -> dict[str, Any]:
    return answer(httpx.Response(200, text=text))


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise BadOffer(f"缺少 {name}。", f"{name} is missing.")
    return value


def _claimed(body: Mapping[str, Any]) -> list[str] | Waiting:
    if "transaction_id" in body:
        interval = body.get("interval", 5)
        whole = isinstance(interval, int) and not isinstance(interval, bool)
        return Waiting(_text(body, "transaction_id"), min(max(1, interval), 3_600) if whole else 5)
    credentials = body.get("credentials")
    if not isinstance(credentials, list) or not credentials:
        raise BadOffer("颁发方没有给出凭证。", "The issuer gave no credential.")
    return [_text(entry if isinstance(entry, dict) else {}, "credential") for entry in credentials]
