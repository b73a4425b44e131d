"""What a wallet does with an issuer: claim an offer, fetch what was deferred, renew before things expire."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import httpx

from registry.errors import RegistryError
from registry.signing import SigningKey
from wallet.attesting import Attesting, Provider
from wallet.due import ends_soon, grants_due, is_due
from wallet.exchange import BadOffer, Refused, answer, checked_address
from wallet.issuers import Issuer, read_metadata, read_offer
from wallet.keyfile import Grant, Held, Unit, WalletFile
from wallet.knowing import pin_root
from wallet.openid4vci import Client, Tokens, Waiting
from wallet.receiving import receive
from wallet.successors import has_successor
from wallet.type_names import learn

_MOST: Final = 1_000
"""Certificates that one grant may give."""
_GONE: Final = frozenset({"invalid_grant", "invalid_token"})
_NOT_THIS_ONE: Final = frozenset(
    {"credential_request_denied", "unknown_credential_identifier", "unknown_credential_configuration"}
)


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
    recovery_code: to be written down now, for a first claim. lost: configurations that were refused for good;
    refusal: the last of those refusals. failure: what kept an issuer from being asked, for now.
    """

    held: list[Held]
    waiting: int | None = None
    recovery_code: str | None = None
    lost: tuple[str, ...] = ()
    refusal: Refused | None = None
    failure: RegistryError | httpx.HTTPError | None = None

    def and_then(self, later: "Outcome") -> "Outcome":
        """Both together; the shorter wait."""
        waits = [each for each in (self.waiting, later.waiting) if each is not None]
        return Outcome(
            self.held + later.held,
            min(waits, default=None),
            self.recovery_code or later.recovery_code,
            self.lost + later.lost,
            later.refusal or self.refusal,
            later.failure or self.failure,
        )


@dataclass(frozen=True, slots=True)
class Claiming:
    """A wallet and its way to issuers. clock: Unix seconds. provider: who vouches for it, if anybody does."""

    wallet: WalletFile
    http: httpx.Client
    clock: Callable[[], int]
    provider: Provider | None = None

    def claim(self, link: str, pin: str | None = None) -> Outcome:
        """Take up an offer. What the chain is not ready for yet is fetched later (`fetch`).

        Raises:
            BadOffer, PinNeeded, Refused: as they say.
        """
        offer = read_offer(self.http, link)
        if offer.code is None or (offer.needs_pin and not pin):
            raise PinNeeded
        issuer = read_metadata(self.http, offer.issuer, offer.server)
        client = self.client(issuer)
        tokens = client.redeem(issuer, offer, pin if offer.needs_pin else None)
        outcome = self.take(client, issuer, tokens, offer.configurations)
        if outcome.refusal is not None and not outcome.held and outcome.waiting is None:
            raise outcome.refusal
        return outcome

    def take(
        self,
        client: Client,
        issuer: Issuer,
        tokens: Tokens,
        configurations: Iterable[str],
        *,
        login: bool = False,
    ) -> Outcome:
        """Keep what an offer or a login gave, and claim all of it.

        Raises:
            BadOffer: that is more than anybody has.
        """
        configurations = list(dict.fromkeys(configurations))
        if len(configurations) + len(tokens.identifiers) > _MOST:
            raise BadOffer("颁发方给出的证照数目过多。", "The issuer names too many certificates.")
        grant = self._keep(issuer, tokens, configurations, login)
        outcome = self._claim_all(client, issuer, grant, tokens.access, grant.units)
        self._drop_spent()
        pin_root(self.http, self.wallet, issuer.issuer)
        learn(self.http, self.wallet)
        return replace(outcome, recovery_code=tokens.recovery_code)

    def fetch(self) -> Outcome:
        """Ask for everything that was deferred."""
        return self._each_grant(self._fetch, (grant for grant in self.wallet.content.grants if grant.pending))

    def renew(self, *, all: bool = False) -> Outcome:
        """Renew what ends within ten days or has a newer version (or everything), and fetch what was
        deferred."""
        work = partial(self._renew, all=all)
        return self._each_grant(work, self.wallet.content.grants)

    def renew_unasked(self) -> bool:
        """Renew what ends within ten days, and fetch what was deferred, at most once an hour.

        False if that was due and some of it was not to be had, for now or for good. It never fails.
        """
        if not is_due(self.wallet, self.clock()):
            return True
        self.wallet.content.tried = self.clock()
        self.wallet.save()
        try:
            outcome = self._each_grant(self._renew, grants_due(self.wallet, self.clock()))
        except (httpx.HTTPError, RegistryError):
            return False
        return not outcome.lost and outcome.failure is None

    def client(self, issuer: Issuer) -> Client:
        """A client for one issuer, with this wallet's key there."""
        attesting = (
            None
            if self.provider is None
            else Attesting(self.provider, self.wallet.instance_key(issuer.issuer), self.clock)
        )
        return Client(self.http, self.wallet.dpop_key(issuer.issuer), self.clock, attesting=attesting)

    def _keep(self, issuer: Issuer, tokens: Tokens, configurations: Iterable[str], login: bool) -> Grant:
        content = self.wallet.content
        grant = Grant(
            issuer=issuer.issuer,
            refresh_token=tokens.refresh or "",
            configurations=list(configurations),
            identifiers=dict(tokens.identifiers),
            access="" if tokens.refresh else tokens.access,
            login=login,
        )
        content.grants.append(grant)
        if tokens.recovery_code is not None:
            content.recovery[issuer.issuer] = tokens.recovery_code
        content.origins[issuer.issuer] = self._origins(issuer.issuer)
        self.wallet.save()
        return grant

    def _drop_spent(self) -> None:
        """Forget grants that can neither be renewed nor fetched from."""
        content = self.wallet.content
        left = [each for each in content.grants if each.refresh_token or each.pending]
        if len(left) != len(content.grants):
            content.grants = left
            self.wallet.save()

    def _origins(self, issuer: str) -> list[str]:
        """The registry's origins, for proof codes; another registry's issuer has none to tell."""
        try:
            said = answer(self.http.get(checked_address(self.http, f"{issuer}/origins"))).get("origins")
        except Refused:
            return [issuer]
        return [str(each) for each in said] if isinstance(said, list) else [issuer]

    def _each_grant(
        self, work: "Callable[[Client, Issuer, Grant, str], Outcome]", grants: Iterable[Grant]
    ) -> Outcome:
        """Do the same with each grant. One issuer that fails does not keep the others from being asked.

        Raises:
            RegistryError, httpx.HTTPError: the last failure, where nothing else came of it.
        """
        found = Outcome([])
        for grant in list(grants):
            try:
                found = found.and_then(self._with_grant(work, grant))
            except (RegistryError, httpx.HTTPError) as failure:
                found = replace(found, failure=failure)
        self._drop_spent()
        learn(self.http, self.wallet)
        if found.failure is not None and not found.held and not found.lost and found.waiting is None:
            raise found.failure
        return found

    def _with_grant(self, work: "Callable[[Client, Issuer, Grant, str], Outcome]", grant: Grant) -> Outcome:
        issuer = read_metadata(self.http, grant.issuer)
        client = self.client(issuer)
        try:
            access = grant.access
            if grant.refresh_token:
                access = client.refresh(issuer, grant.refresh_token).access
            return work(client, issuer, grant, access)
        except Refused as refusal:
            if refusal.code not in _GONE:
                raise
            if refusal.code == "invalid_grant" or not grant.refresh_token:
                self.wallet.content.grants.remove(grant)
                self.wallet.save()
            return Outcome([], lost=tuple(grant.configurations))

    def _renew(
        self, client: Client, issuer: Issuer, grant: Grant, access: str, *, all: bool = False
    ) -> Outcome:
        due = [
            unit
            for unit in grant.units
            if grant.refresh_token
            and unit.name not in grant.pending
            and (
                all
                or ends_soon(self.wallet, grant, unit, self.clock())
                or has_successor(self.http, self.wallet, grant, unit)
            )
        ]
        renewed = self._claim_all(client, issuer, grant, access, due)
        return renewed.and_then(self._fetch(client, issuer, grant, access))

    def _claim_all(
        self, client: Client, issuer: Issuer, grant: Grant, access: str, units: Iterable[Unit]
    ) -> Outcome:
        """Claim one after the other; what is refused does not keep the others from being claimed."""
        found = Outcome([])
        for unit in units:
            key = self.wallet.new_key()
            try:
                answered = client.claim(issuer, access, unit.configuration, [key], unit.identifier)
            except Refused as refusal:
                if refusal.code not in _NOT_THIS_ONE:
                    raise
                found = found.and_then(Outcome([], lost=(unit.configuration,), refusal=refusal))
                self.wallet.drop_key(key)
                continue
            found = found.and_then(self._answered(grant, unit, answered, key))
        return found

    def _fetch(self, client: Client, issuer: Issuer, grant: Grant, access: str) -> Outcome:
        found = Outcome([])
        units = {unit.name: unit for unit in grant.units}
        for name, (transaction, thumbprint) in list(grant.pending.items()):
            unit = units[name]
            try:
                answered = client.fetch(issuer, access, transaction)
            except Refused as refusal:
                if refusal.code != "invalid_transaction_id":
                    raise
                # Answered before, to a wallet that never saw it: claim anew.
                del grant.pending[name]
                self.wallet.save()
                found = found.and_then(self._claim_all(client, issuer, grant, access, [unit]))
                continue
            found = found.and_then(self._answered(grant, unit, answered, self.wallet.key(thumbprint)))
        return found

    def _answered(self, grant: Grant, unit: Unit, answered: list[str] | Waiting, key: SigningKey) -> Outcome:
        if isinstance(answered, Waiting):
            grant.pending[unit.name] = (answered.transaction, key.public.thumbprint)
            self.wallet.save()
            return Outcome([], answered.interval)
        received = receive(self.wallet, grant, unit, answered, key, self.clock())
        if grant.pending.pop(unit.name, None) is not None:
            self.wallet.save()
        return Outcome(received)


def withdraw(http: httpx.Client, issuer: str, recovery_code: str) -> int:
    """Withdraw every credential of the wallet whose recovery code this is; how many. No wallet is needed.

    Raises:
        Refused: no wallet in use has that code.
    """
    said = answer(
        http.post(checked_address(http, f"{issuer}/withdrawals"), json={"recovery_code": recovery_code})
    )
    return int(said.get("credentials", 0))
