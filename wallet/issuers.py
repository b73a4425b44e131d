"""Credential offers, and the metadata of who made them (OpenID4VCI 1.0, sections 4 and 12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from registry.errors import RegistryError
from wallet.encryption import Encryption, encryption_of
from wallet.exchange import BadOffer, Refused, answer, checked_address, text

PRE_AUTHORISED: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
_BY_LOGIN: Final = "authorization_code"
_ATTESTED: Final = "attest_jwt_client_auth"


@dataclass(frozen=True, slots=True)
class Offer:
    """A credential offer.

    code: redeemed as it is, or with a PIN where it `needs_pin`; None where only a login takes the offer up.
    server: which of the issuer's authorisation servers takes it, if the offer says. state: binds a login to
    this offer (`issuer_state`), where one may take it up.
    """

    issuer: str
    configurations: tuple[str, ...]
    code: str | None = field(repr=False)
    needs_pin: bool
    server: str | None = None
    state: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A Credential Issuer and its authorisation server.

    issuer, server: their identifiers. nonce, deferred: None where the issuer has no such endpoint.
    encryption: how its requests and responses are encrypted, None where they are not. challenge: where a
    wallet logs in without a browser, None where it cannot. takes_attestations: of wallets.
    """

    issuer: str
    server: str
    token: str
    credential: str
    nonce: str | None
    deferred: str | None
    configurations: Mapping[str, Any]
    encryption: Encryption | None
    challenge: str | None
    takes_attestations: bool

    def demands_attested_keys(self, configuration: str) -> bool:
        """Whether a configuration's key proofs must bring a key attestation."""
        found: object = self.configurations.get(configuration)
        for name in ("proof_types_supported", "jwt"):
            found = found.get(name) if isinstance(found, dict) else None
        return isinstance(found, dict) and "key_attestations_required" in found


class OfferEnded(RegistryError):
    """Nobody keeps the offer that was told by reference, any more."""

    kind = "offer-ended"
    mender = "issuer"

    def __init__(self) -> None:
        super().__init__(
            "该领取邀请已失效（已领取、已过期，或输错次数过多），请窗口重新发出邀请。",
            "The offer has ended (claimed, expired, or tried too often): ask at the window for a new one.",
        )


def read_offer(http: httpx.Client, link: str) -> Offer:
    """The offer in an `openid-credential-offer://` link, by value or by reference.

    Raises:
        BadOffer: the link is none, or its offer cannot be taken up in any way that is known here.
        OfferEnded: it leads to an offer that is no more.
    """
    parameters = parse_qs(urlsplit(link.strip()).query)
    if "credential_offer_uri" in parameters:
        offer = _referred(http, parameters["credential_offer_uri"][0])
    elif "credential_offer" in parameters:
        offer = _json(parameters["credential_offer"][0])
    else:
        raise BadOffer("这不是领取邀请。", "This is no credential offer.")
    configurations = offer.get("credential_configuration_ids")
    by_code, by_login = (_grant(offer, each) for each in (PRE_AUTHORISED, _BY_LOGIN))
    if not isinstance(configurations, list) or (by_code is None and by_login is None):
        raise BadOffer("邀请缺少领取方式。", "The offer has no grant that is known here.")
    return Offer(
        text(offer, "credential_issuer"),
        tuple(map(str, configurations)),
        None if by_code is None else text(by_code, "pre-authorized_code"),
        by_code is not None and "tx_code" in by_code,
        _named(by_login if by_code is None else by_code, "authorization_server"),
        _named(by_login, "issuer_state"),
    )


def _referred(http: httpx.Client, address: str) -> dict[str, Any]:
    try:
        return answer(http.get(checked_address(http, address)))
    except Refused as refused:
        if refused.http_status not in (404, 410):
            raise
        raise OfferEnded from refused


def _named(grant: Mapping[str, Any] | None, name: str) -> str | None:
    return None if grant is None or name not in grant else text(grant, name)


def _grant(offer: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    grants = offer.get("grants")
    found = grants.get(name) if isinstance(grants, dict) else None
    return found if isinstance(found, dict) else None


def read_metadata(http: httpx.Client, issuer: str, server: str | None = None) -> Issuer:
    """A Credential Issuer's metadata and its authorisation server's.

    server: the one that an offer names; it must be among the issuer's.

    Raises:
        BadOffer: they are not of this issuer, or miss an endpoint.
    """
    metadata = _issuer_metadata(http, issuer)
    servers = metadata.get("authorization_servers", [issuer])
    found = servers if isinstance(servers, list) else []
    chosen = (found[0] if found else None) if server is None else server
    if not isinstance(chosen, str) or chosen not in found:
        raise BadOffer("元数据缺少授权服务器。", "The metadata names no authorisation server.")
    authorisation = answer(http.get(_well_known(http, chosen, "oauth-authorization-server")))
    if authorisation.get("issuer") != chosen:
        raise BadOffer("元数据不属于该授权服务器。", "The metadata belongs to another authorisation server.")
    configurations = metadata.get("credential_configurations_supported")
    return Issuer(
        issuer=issuer,
        server=chosen,
        token=checked_address(http, text(authorisation, "token_endpoint")),
        credential=checked_address(http, text(metadata, "credential_endpoint")),
        nonce=_endpoint(http, metadata, "nonce_endpoint"),
        deferred=_endpoint(http, metadata, "deferred_credential_endpoint"),
        configurations=configurations if isinstance(configurations, dict) else {},
        encryption=encryption_of(metadata),
        challenge=_endpoint(http, authorisation, "authorization_challenge_endpoint"),
        takes_attestations=_ATTESTED in _names(authorisation, "token_endpoint_auth_methods_supported"),
    )


def _issuer_metadata(http: httpx.Client, issuer: str) -> dict[str, Any]:
    """Unsigned, which every issuer has: a signature says no more of an unknown issuer than TLS does."""
    address = _well_known(http, issuer, "openid-credential-issuer")
    metadata = answer(http.get(address, headers={"Accept": "application/json"}))
    if metadata.get("credential_issuer") != issuer:
        raise BadOffer("元数据不属于该颁发方。", "The metadata belongs to another issuer.")
    return metadata


def _names(metadata: Mapping[str, Any], name: str) -> list[Any]:
    value = metadata.get(name)
    return value if isinstance(value, list) else []


def _endpoint(http: httpx.Client, metadata: Mapping[str, Any], name: str) -> str | None:
    return checked_address(http, text(metadata, name)) if name in metadata else None


def _well_known(http: httpx.Client, issuer: str, name: str) -> str:
    parts = urlsplit(checked_address(http, issuer))
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def _json(offer: str) -> dict[str, Any]:
    return answer(httpx.Response(200, text=offer))
