"""Newer versions of what a wallet holds: the credential's status list says that its certificate has one."""

import httpx
from msgspec import UNSET

from registry import credential
from registry.credential import StatusReference
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.status import parse_list
from wallet.exchange import checked_address
from wallet.keyfile import Grant, Unit, WalletFile
from wallet.receiving import held_by


def has_successor(http: httpx.Client, wallet: WalletFile, grant: Grant, unit: Unit) -> bool:
    """Whether what a unit of a grant gave has a newer version; a list that cannot be had says nothing."""
    entries = [credential.parse(each.credential).payload.status for each in held_by(wallet, grant, unit)]
    return any(entry is not UNSET and _is_superseded(http, entry.status_list) for entry in entries)


def _is_superseded(http: httpx.Client, entry: StatusReference) -> bool:
    try:
        served = http.get(checked_address(http, entry.uri)).raise_for_status()
        return parse_list(served.text).get(entry.idx) is Status.SUPERSEDED
    except (httpx.HTTPError, RegistryError):
        return False
