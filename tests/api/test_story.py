"""Offer, claim, present, verify: the thinnest story, over the public protocols only."""

from collections.abc import Callable

import httpx

from tests.api.town import POLICE, Town
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile
from wallet.presenting import present

NewWallet = Callable[[str], WalletFile]


def claiming(town: Town, http: httpx.Client, wallet: WalletFile) -> Claiming:
    return Claiming(wallet, http, lambda: town.now)


def test_what_a_citizen_claimed_and_shows_is_valid_and_only_once(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    certificate_id = town.citizen()
    offer = town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    wallet = new_wallet("hers")
    claimed = claiming(town, http, wallet).claim(offer.link("http://localhost:8000"), offer.pin)
    assert [each.configuration for each in claimed.held] == [offer.configuration]
    shown = present(wallet, claimed.held[0], ["name", "sex", "age_over_18"], now=town.now)
    report = http.post("/verify", data={"text": shown}).json()
    assert report["verdict"] == "valid", report
    assert set(report["claims"]) == {"name", "sex", "age_over_18"}
    again = http.post("/verify", data={"text": shown}).json()
    assert again["verdict"] == "invalid"
