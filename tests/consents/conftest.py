"""A citizen with a wallet that is logged in, and a department that wants to know where she lives."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.consents import consents
from registry.consents.consents import Wish
from registry.store.tables import Consent
from tests.api.conftest import founded, http, new_wallet, town, written  # noqa: F401
from tests.api.town import HOUSING, ORIGIN, POLICE, YEAR, Town, citizen_number
from wallet.claiming import Claiming
from wallet.consenting import Consenting
from wallet.keyfile import WalletFile
from wallet.logging_in import Door


def wish(town: Town, number: int, **changed: Any) -> Wish:  # noqa: F811
    """Housing asks where citizen `number` lives, for a housing allowance."""
    given: dict[str, Any] = {
        "asker": HOUSING,
        "clerk": "clerk 3",
        "matter": "housing_allowance",
        "holder": town.runtime.sealed.holder_index("citizen_number", citizen_number(number)),
        "type": town.definition("resident_identity").type,
        "ask": "claims",
        "claims": ("address",),
        "rule": "housing-allowance-1",
        "purpose": ("住房补贴", "housing allowance"),
        "basis": ("住房保障办法第九条", "Housing Rules, art. 9"),
        "until": town.now + YEAR,
    }
    return Wish(**given | changed)


def ask(town: Town, number: int, **changed: Any) -> Consent:  # noqa: F811
    with town.runtime.store.write() as session:
        return consents.ask(
            session,
            town.runtime.sealed,
            town.runtime.catalogue,
            wish(town, number, **changed),
            working=town.runtime.working_days,
            now=town.now,
            randomness=town.runtime.randomness,
        )


def word(town: Town, id: str) -> str:  # noqa: F811
    with town.runtime.store.read() as session:
        return consents.word(consents.of_asker(session, id, HOUSING), town.now)


def logged_in(
    town: Town,  # noqa: F811
    http: httpx.Client,  # noqa: F811
    wallet: WalletFile,
    number: int,
) -> Consenting:
    """A phone with the citizen's identity credential, logged in."""
    assert town.services is not None
    offer = town.services.sharing.offer(POLICE, town.citizen(number), made_by="clerk 7", seen="card")
    claiming = Claiming(wallet, http, lambda: town.now)
    claiming.claim(offer.link(town.origin), offer.pin)
    door = Door(claiming)
    door.log_in(ORIGIN)
    return Consenting(door, ORIGIN)


@pytest.fixture
def phone(
    town: Town,  # noqa: F811
    http: httpx.Client,  # noqa: F811
    new_wallet: Callable[[str], WalletFile],  # noqa: F811
) -> Consenting:
    """Citizen 7's."""
    return logged_in(town, http, new_wallet("phone"), 7)
