"""Logging in with the identity credential, without a browser: everything that is the holder's, by one action.

OAuth 2.0 for First-Party Applications: the authorisation challenge endpoint asks for the identity credential
by OpenID4VP, and what the verifier answers to it brings the code (PKCE, RFC 7636), bound to the DPoP key.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from registry import b64
from registry.errors import RegistryError
from wallet.answering import Answering, Asked, NothingFits
from wallet.claiming import Claiming, Outcome, PinNeeded
from wallet.exchange import BadOffer, answer, refusal, text
from wallet.issuers import Issuer, read_metadata, read_offer
from wallet.openid4vci import Client, Refused, Tokens, details
from wallet.openid4vp import DENIED

_SCOPE: Final = "certificates holder"
"""Everything that every issuer holds, and what is the holder's own: wallets, withdrawing one."""
CLIENT: Final = "zhengtong-wallet"
"""What this wallet calls itself where it logs in; nobody checks that."""
_OVER: Final = frozenset({"invalid_grant", "invalid_token", "insufficient_scope"})


class LoginNeeded(RegistryError):
    """No login of this wallet stands at that registry."""

    kind = "login-needed"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__("请先登录：wallet login", "Log in first: wallet login")


class NoIdentity(RegistryError):
    """The wallet has no identity credential to log in with."""

    kind = "no-identity"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "登录须用身份证照，请先在窗口领取。",
            "Logging in takes the identity certificate: claim it at a window first.",
        )


class NotTaken(RegistryError):
    """The registry takes the wallet's identity credential as no login (any more)."""

    kind = "login-not-taken"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "登录未被接受：钱包里的身份证照凭证已停用，或证照已不是有效状态。请到窗口重新领取。",
            "The login was not taken: this wallet's identity credential was withdrawn, or its certificate "
            "does not stand. Claim it at a window again.",
        )


@dataclass(frozen=True, slots=True, repr=False)
class _Open:
    """A login that waits for the identity credential.

    session: its auth_session; verifier: PKCE's; request: link of the request by OpenID4VP.
    """

    session: str
    verifier: str
    request: str


@dataclass(frozen=True, slots=True)
class Door:
    """A wallet, with its way to issuers, before a registry's door."""

    claiming: Claiming
    randomness: Callable[[int], bytes] = os.urandom

    def log_in(self, issuer: str) -> Outcome:
        """Show the identity credential, and claim everything that every issuer there holds for the holder.

        An earlier login there is forgotten.

        Raises:
            BadOffer: the registry has no such login, or asks for more than the identity credential.
            NoIdentity: the wallet has no identity credential of that registry.
            NotTaken: the registry does not take it.
            Refused: as the registry says.
        """
        outcome = self._claim(read_metadata(self.claiming.http, issuer), {"scope": _SCOPE}, login=True)
        self._forget_earlier(issuer)
        return outcome

    def take_up(self, link: str) -> Outcome:
        """Claim what an offer names by showing the identity credential, instead of its PIN.

        Raises:
            PinNeeded: that offer is for who knows its PIN.
            BadOffer, NoIdentity, NotTaken, Refused: as `log_in`; also: the offer is somebody else's.
        """
        offer = read_offer(self.claiming.http, link)
        if offer.state is None:
            raise PinNeeded
        issuer = read_metadata(self.claiming.http, offer.issuer, offer.server)
        asked = {"issuer_state": offer.state, "authorization_details": details(offer.configurations)}
        return self._claim(issuer, asked, login=False)

    def _claim(self, metadata: Issuer, asked: Mapping[str, str], *, login: bool) -> Outcome:
        """Log in for what is `asked`, and claim all that this gives."""
        client = self.claiming.client(metadata)
        opened = self._begin(client, metadata, asked)
        tokens = self._end(client, metadata, opened, self._present(metadata, opened.request))
        configurations = [each for each in tokens.scope.split() if each in metadata.configurations]
        if configurations and not tokens.identifiers and tokens.refresh is not None:
            # Only now it is known what to name: there may be several certificates of one configuration.
            named = client.refresh(metadata, tokens.refresh, configurations)
            tokens = replace(tokens, access=named.access, identifiers=named.identifiers)
        return self.claiming.take(client, metadata, tokens, configurations, login=login)

    def wallets(self, issuer: str) -> list[dict[str, Any]]:
        """The holder's wallets at a registry: `id`, `this`, `created`, `credentials`, `clients`.

        Raises:
            LoginNeeded: no login stands.
        """
        said = self.asked(issuer, lambda client, access: client.read(f"{issuer}/holder/wallets", access))
        return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []

    def withdraw(self, issuer: str, wallet: str) -> int:
        """Withdraw every credential of another wallet of the holder; how many.

        Raises:
            LoginNeeded: no login stands.
            Refused: `not-found`: the holder has no such wallet.
        """
        said = self.asked(
            issuer,
            lambda client, access: client.write(f"{issuer}/holder/withdraw", access, {"wallet": wallet}),
        )
        ended = said.get("credentials")
        return ended if isinstance(ended, int) else 0

    def _begin(self, client: Client, issuer: Issuer, asked: Mapping[str, str]) -> _Open:
        if issuer.challenge is None:
            raise BadOffer("该登记系统不支持钱包登录。", "That registry has no login for wallets.")
        verifier = b64.encode(self.randomness(32))
        form = {
            **asked,
            "client_id": CLIENT,
            "code_challenge": b64.encode(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        response = client.ask_server(issuer, issuer.challenge, form)
        said = refusal(response)
        if said.get("error") != "insufficient_authorization":
            answer(response)
            raise BadOffer("登录没有要求出示身份证照。", "The login asks for no identity certificate.")
        return _Open(text(said, "auth_session"), verifier, text(said, "presentation"))

    def _present(self, issuer: Issuer, request: str) -> str:
        """What the registry gives for the identity credential, shown with none of its claims.

        Whoever answers at that address could hand on somebody else's request: only the registry's own is
        answered, and only with what a login needs.
        """
        by = self.claiming
        answering = Answering(by.wallet, by.http, by.clock, self.randomness)
        try:
            asked = answering.consider(answering.read(request))
        except NothingFits as nothing:
            raise NoIdentity from nothing
        if not _is_login(asked, issuer):
            raise BadOffer(
                "登录要求出示身份证照以外的内容，已拒绝。",
                "The login asks for more than the identity certificate: refused.",
            )
        return answering.log_in(asked)

    def _end(self, client: Client, issuer: Issuer, login: _Open, presented: str) -> Tokens:
        assert issuer.challenge is not None
        form = {
            "client_id": CLIENT,
            "auth_session": login.session,
            "presentation_during_issuance_session": presented,
        }
        given = _taken(client.ask_server(issuer, issuer.challenge, form))
        return client.tokens(
            issuer,
            {
                "grant_type": "authorization_code",
                "code": text(given, "authorization_code"),
                "code_verifier": login.verifier,
                "client_id": CLIENT,
            },
        )

    def asked(self, issuer: str, ask: Callable[[Client, str], Any]) -> Any:
        """What the newest login's token is answered. Raises LoginNeeded; Refused, as the registry says."""
        logins = [
            each for each in self.claiming.wallet.content.grants if each.login and each.issuer == issuer
        ]
        if not logins:
            raise LoginNeeded
        metadata = read_metadata(self.claiming.http, issuer)
        client = self.claiming.client(metadata)
        try:
            return ask(client, client.refresh(metadata, logins[-1].refresh_token).access)
        except Refused as refused:
            if refused.code not in _OVER:
                raise
            raise LoginNeeded from refused

    def _forget_earlier(self, issuer: str) -> None:
        content = self.claiming.wallet.content
        logins = [each for each in content.grants if each.login and each.issuer == issuer]
        content.grants = [each for each in content.grants if each not in logins[:-1]]
        self.claiming.wallet.save()


def _taken(response: httpx.Response) -> dict[str, Any]:
    try:
        return answer(response)
    except Refused as refused:
        if refused.code != DENIED:
            raise
        raise NotTaken from refused


def _is_login(asked: Asked, issuer: Issuer) -> bool:
    to, at = httpx.URL(asked.read.request.response_uri), httpx.URL(issuer.server)
    return (
        (to.scheme, to.host, to.port) == (at.scheme, at.host, at.port)
        and len(asked.showings) == 1
        and asked.showings[0].held.issuer == issuer.issuer
        and not asked.showings[0].claims
        and not asked.optional
        and not asked.agreeing
    )
