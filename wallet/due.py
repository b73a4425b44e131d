"""What of a wallet is to be renewed or fetched, as far as can be said without asking anybody."""

from typing import Final

from registry import credential
from wallet.keyfile import Grant, Unit, WalletFile
from wallet.receiving import held_by

RENEW_BEFORE: Final = 10 * 86_400
"""Seconds before its end from which a credential is renewed."""
TRY_AGAIN: Final = 3_600
"""Seconds between two tries that nobody asked for."""


def is_due(wallet: WalletFile, now: int) -> bool:
    """Whether it is time to renew unasked."""
    return now >= wallet.content.tried + TRY_AGAIN and bool(grants_due(wallet, now))


def grants_due(wallet: WalletFile, now: int) -> list[Grant]:
    """Grants of which something is to be fetched or renewed."""
    return [
        grant
        for grant in wallet.content.grants
        if grant.pending
        or (grant.refresh_token and any(ends_soon(wallet, grant, unit, now) for unit in grant.units))
    ]


def ends_soon(wallet: WalletFile, grant: Grant, unit: Unit, now: int) -> bool:
    """Whether none of what a unit of a grant gave stands for ten more days."""
    ends = [credential.parse(each.credential).payload.exp for each in held_by(wallet, grant, unit)]
    return not ends or max(ends) < now + RENEW_BEFORE
