"""What a wallet does with an issuer: claim an offer, fetch what was deferred, renew before things expire."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import httpx
from msgspec import UNSET

from registry import credential
from registry.credential import StatusReference
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.signing import SigningKey
from registry.status import parse_list
from wallet.keyfile import Grant, Held, WalletFile
from wallet.openid4vci import (
    BadOffer,
    Client,
    Issuer,
    Refused,
    Tokens,
    Waiting,
    answer,
    checked_address,
    read_metadata,
    read_offer,
)

RENEW_BEFORE: Final = 10 * 86_400
"""Seconds before its end from which a credential is renewed."""
_GONE: Final = frozenset({"invalid_grant", "invalid_token", "credential_request_denied"})


class PinNeeded(RegistryError):
    """The offer asks for the PIN that was told at the window."""

    kind = "pin-needed"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "请输入窗口告知的六位领取码（--pin）。", "Give the six digits told at the window (--pin)."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What a claim or a renewal brought.

    held: new credentials. waiting: seconds after which to ask again, None if nothing is pending.
    recovery_code: to be written down now, for a first claim. lost: configurations that were refused for good.
    """

    held: list[Held]
    waiting: int | None = None
    recovery_code: str | None = None
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claiming:
    """A wallet and its way to issuers. clock: Unix seconds."""

    wallet: WalletFile
    http: httpx.Client
    clock: Callable[[], int]

    def claim(self, link: str, pin: str | None = None) -> Outcome:
        """Take up an offer. What the chain is not ready for yet is fetched later (`fetch`).

        Raises:
            BadOffer, PinNeeded, Refused: as they say.
        """
        offer = read_offer(self.http, link)
        if offer.needs_pin and not pin:
            raise PinNeeded
        issuer = read_metadata(self.http, offer.issuer)
        client = self._client(issuer)
        tokens = client.redeem(issuer, offer, pin if offer.needs_pin else None)
        grant = self._keep(issuer, tokens, offer.configurations)
        outcome = self._claim_all(client, issuer, grant, tokens.access, offer.configurations)
        return Outcome(outcome.held, outcome.waiting, tokens.recovery_code)

    def fetch(self) -> Outcome:
        """Ask for everything that was deferred."""
        return self._each_grant(self._fetch, (grant for grant in self.wallet.content.grants if grant.pending))

    def renew(self, *, all: bool = False) -> Outcome:
        """Renew what ends within ten days or has a newer version (or everything), and fetch what was
        deferred."""
        return self._each_grant(
            lambda client, issuer, grant, access: self._renew(client, issuer, grant, access, all),
            self.wallet.content.grants,
        )

    def _client(self, issuer: Issuer) -> Client:
        return Client(self.http, self.wallet.dpop_key(issuer.issuer), self.clock)

    def _keep(self, issuer: Issuer, tokens: Tokens, configurations: Iterable[str]) -> Grant:
        if tokens.refresh is None:
            raise BadOffer("颁发方未给出更新令牌。", "The issuer gave no refresh token.")
        content = self.wallet.content
        grant = Grant(issuer=issuer.issuer, refresh_token=tokens.refresh, configurations=list(configurations))
        content.grants.append(grant)
        if tokens.recovery_code is not None:
            content.recovery[issuer.issuer] = tokens.recovery_code
        content.origins[issuer.issuer] = self._origins(issuer.issuer)
        self.wallet.save()
        return grant

    def _origins(self, issuer: str) -> list[str]:
        """The registry's origins, for proof codes; another registry's issuer has none to tell."""
        try:
            said = answer(self.http.get(checked_address(f"{issuer}/origins"))).get("origins")
        except Refused:
            return [issuer]
        return [str(each) for each in said] if isinstance(said, list) else [issuer]

    def _each_grant(
        self, work: "Callable[[Client, Issuer, Grant, str], Outcome]", grants: Iterable[Grant]
    ) -> Outcome:
        held: list[Held] = []
        waits: list[int] = []
        lost: list[str] = []
        for grant in list(grants):
            issuer = read_metadata(self.http, grant.issuer)
            client = self._client(issuer)
            try:
                access = client.refresh(issuer, grant.refresh_token).access
                outcome = work(client, issuer, grant, access)
            except Refused as refusal:
                if refusal.code not in _GONE:
                    raise
                lost += grant.configurations
                if refusal.code == "invalid_grant":
                    self.wallet.content.grants.remove(grant)
                    self.wallet.save()
                continue
            held += outcome.held
            waits += [] if outcome.waiting is None else [outcome.waiting]
        return Outcome(held, min(waits) if waits else None, None, tuple(lost))

    def _renew(self, client: Client, issuer: Issuer, grant: Grant, access: str, all: bool) -> Outcome:
        due = [
            configuration
            for configuration in grant.configurations
            if configuration not in grant.pending
            and (all or self._ends_soon(grant, configuration) or self._has_successor(grant, configuration))
        ]
        renewed = self._claim_all(client, issuer, grant, access, due)
        fetched = self._fetch(client, issuer, grant, access)
        return Outcome([*renewed.held, *fetched.held], renewed.waiting or fetched.waiting)

    def _ends_soon(self, grant: Grant, configuration: str) -> bool:
        ends = [
            credential.parse(each.credential).payload.exp
            for each in self.wallet.content.held
            if (each.issuer, each.configuration) == (grant.issuer, configuration)
        ]
        return not ends or max(ends) < self.clock() + RENEW_BEFORE

    def _has_successor(self, grant: Grant, configuration: str) -> bool:
        """Whether a credential's status list says that its certificate has a newer version."""
        entries = [
            credential.parse(each.credential).payload.status
            for each in self.wallet.content.held
            if (each.issuer, each.configuration) == (grant.issuer, configuration)
        ]
        return any(entry is not UNSET and self._is_superseded(entry.status_list) for entry in entries)

    def _is_superseded(self, entry: StatusReference) -> bool:
        """By its list; one that cannot be had or read says nothing."""
        try:
            served = self.http.get(checked_address(entry.uri)).raise_for_status()
            return parse_list(served.text).get(entry.idx) is Status.SUPERSEDED
        except (httpx.HTTPError, RegistryError):
            return False

    def _claim_all(
        self, client: Client, issuer: Issuer, grant: Grant, access: str, configurations: Iterable[str]
    ) -> Outcome:
        held: list[Held] = []
        waiting = None
        for configuration in configurations:
            key = self.wallet.new_key()
            answered = client.claim(issuer, access, configuration, [key])
            if isinstance(answered, Waiting):
                grant.pending[configuration] = (answered.transaction, key.public.thumbprint)
                waiting = answered.interval
                self.wallet.save()
            else:
                held += self._receive(grant, configuration, answered, key)
        return Outcome(held, waiting)

    def _fetch(self, client: Client, issuer: Issuer, grant: Grant, access: str) -> Outcome:
        held: list[Held] = []
        waiting = None
        for configuration, (transaction, thumbprint) in list(grant.pending.items()):
            try:
                answered = client.fetch(issuer, access, transaction)
            except Refused as refusal:
                if refusal.code != "invalid_transaction_id":
                    raise
                # Answered before, to a wallet that never saw it: claim anew.
                del grant.pending[configuration]
                held += self._claim_all(client, issuer, grant, access, [configuration]).held
                continue
            if isinstance(answered, Waiting):
                waiting = answered.interval
            else:
                del grant.pending[configuration]
                held += self._receive(grant, configuration, answered, self.wallet.key(thumbprint))
        return Outcome(held, waiting)

    def _receive(self, grant: Grant, configuration: str, texts: Iterable[str], key: SigningKey) -> list[Held]:
        """Keep new credentials instead of the old ones of that configuration, with their keys.

        Raises:
            BadOffer: a credential that this wallet's key does not fit.
        """
        received = []
        for text in texts:
            if credential.parse(text).holder_key != key.public:
                raise BadOffer(
                    "凭证没有绑定本钱包的密钥。", "The credential is not bound to this wallet's key."
                )
            received.append(
                Held(
                    issuer=grant.issuer,
                    configuration=configuration,
                    credential=text,
                    key=key.public.thumbprint,
                    received=self.clock(),
                )
            )
        content = self.wallet.content
        certificates = {_serial(each) for each in received}
        old = [
            each
            for each in content.held
            if (each.issuer, each.configuration) == (grant.issuer, configuration)
            and _serial(each) in certificates
        ]
        content.held = [each for each in content.held if each not in old] + received
        for thumbprint in {each.key for each in old} - {each.key for each in content.held}:
            del content.keys[thumbprint]
        self.wallet.save()
        return received


def withdraw(http: httpx.Client, issuer: str, recovery_code: str) -> int:
    """Withdraw every credential of the wallet whose recovery code this is; how many. No wallet is needed.

    Raises:
        Refused: no wallet in use has that code.
    """
    said = answer(http.post(checked_address(f"{issuer}/withdrawals"), json={"recovery_code": recovery_code}))
    return int(said.get("credentials", 0))


def _serial(held: Held) -> str:
    """What the versions of one certificate have in common: type and serial of its identifier."""
    parts = credential.parse(held.credential).payload.core.certificate_id.split(".")
    return ".".join((parts[-5], parts[-3]))
