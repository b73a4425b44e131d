"""A licence changes hands: who represented the enterprise before gets no credential of the new version."""

from collections.abc import Callable

import httpx
import pytest
from sqlmodel import select

from registry.renewing import Renewal
from registry.status_changes import Decision
from registry.store.tables import IntentState, StatusIntent
from registry.usecases import UseCases
from tests.api.conftest import Written, http, new_wallet, written
from tests.api.town import MARKET, Town, citizen_number
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile
from wallet.presenting import present

__all__ = ["http", "new_wallet", "written"]


@pytest.fixture
def claimed(
    town: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile], written: Written
) -> tuple[str, Claiming]:
    """A licence, and the wallet in which its representative (number 1) holds a credential of it."""
    licence = town.issue(MARKET, "business_licence", town.licence_row(1))
    town.anchor(MARKET)
    assert town.services is not None
    offer = town.services.sharing.offer(
        MARKET,
        licence,
        made_by="clerk",
        role="legal_representative",
        holder=("citizen_number", citizen_number(1)),
    )
    claiming = Claiming(new_wallet("hers"), http, lambda: town.now)
    assert claiming.claim(offer.link("http://localhost:8000"), offer.pin).held
    return licence, claiming


def change(town: Town, cases: UseCases, licence: str, **claims: str) -> None:
    cases.changing.renew(MARKET, licence, Renewal(Decision("changed"), claims, "r1"))
    town.anchor(MARKET)
    with town.runtime.store.write() as session:
        for intent in session.exec(select(StatusIntent)):
            intent.state = IntentState.FINAL
            session.add(intent)


def test_the_same_representative_gets_the_next_version_unasked(
    town: Town, cases: UseCases, claimed: tuple[str, Claiming]
) -> None:
    licence, claiming = claimed
    change(town, cases, licence, premises="羊城市新址 1 号")
    assert len(claiming.renew(all=True).held) == 1


def test_a_former_representative_gets_nothing_of_the_next_version(
    town: Town, cases: UseCases, claimed: tuple[str, Claiming]
) -> None:
    licence, claiming = claimed
    change(town, cases, licence, representative_name="艾山江", representative_number=citizen_number(2))
    outcome = claiming.renew(all=True)
    assert outcome.held == []
    assert outcome.lost


def test_a_former_representatives_credentials_are_withdrawn_with_the_change(
    town: Town, cases: UseCases, claimed: tuple[str, Claiming], http: httpx.Client
) -> None:
    licence, claiming = claimed
    shown = present(claiming.wallet, claiming.wallet.content.held[0], ["company_name"], now=town.now)
    changes = {"representative_name": "艾山江", "representative_number": citizen_number(2)}
    cases.changing.renew(MARKET, licence, Renewal(Decision("changed"), changes, "r1"))
    report = http.post("/verify", data={"text": shown}).json()
    assert report["verdict"] == "invalid"
    assert [each["id"] for each in report["checks"] if each["outcome"] == "fail"] == ["status"]
    assert claiming.renew(all=True).lost


def test_a_change_of_something_else_withdraws_nothing(
    town: Town, cases: UseCases, claimed: tuple[str, Claiming], http: httpx.Client
) -> None:
    licence, claiming = claimed
    shown = present(claiming.wallet, claiming.wallet.content.held[0], ["company_name"], now=town.now)
    cases.changing.renew(MARKET, licence, Renewal(Decision("changed"), {"premises": "羊城市新址"}, "r1"))
    assert http.post("/verify", data={"text": shown}).json()["verdict"] == "valid"
    assert not claiming.renew(all=True).lost
