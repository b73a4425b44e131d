"""The identity credential is the login: one action claims what every issuer holds, and ends a lost phone."""

from collections.abc import Callable

import httpx
import pytest

from registry import credential
from tests.api.town import MARKET, ORIGIN, POLICE, Town
from tests.door.conftest import more_types  # noqa: F401
from tests.door.people import everything
from tests.wallet.asking import Verifier
from wallet.claiming import Claiming, PinNeeded
from wallet.exchange import BadOffer, Refused
from wallet.keyfile import WalletFile
from wallet.logging_in import Door, LoginNeeded, NoIdentity, NotTaken

NewWallet = Callable[[str], WalletFile]


@pytest.fixture
def held(town: Town) -> dict[str, str]:
    return everything(town)


def with_identity(town: Town, http: httpx.Client, wallet: WalletFile, certificate_id: str) -> WalletFile:
    assert town.services is not None
    offer = town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    Claiming(wallet, http, lambda: town.now).claim(offer.link(town.origin), offer.pin)
    return wallet


@pytest.fixture
def wallet(town: Town, http: httpx.Client, held: dict[str, str], new_wallet: NewWallet) -> WalletFile:
    return with_identity(town, http, new_wallet("phone"), held["resident_identity"])


@pytest.fixture
def door(town: Town, http: httpx.Client, wallet: WalletFile) -> Door:
    return Door(Claiming(wallet, http, lambda: town.now))


def identifiers(wallet: WalletFile) -> list[str]:
    return sorted(
        credential.parse(each.credential).payload.core.certificate_id for each in wallet.content.held
    )


def test_one_login_claims_what_every_issuer_holds(
    door: Door, wallet: WalletFile, held: dict[str, str]
) -> None:
    outcome = door.log_in(ORIGIN)
    assert len(outcome.held) == len(held) - 1
    assert outcome.lost == ()
    assert identifiers(wallet) == sorted(held.values())


def test_two_certificates_of_one_kind_are_both_claimed(
    town: Town, door: Door, wallet: WalletFile, held: dict[str, str]
) -> None:
    mine = {name: value for name, value in town.licence_row(7).items() if name.startswith("representative")}
    other = town.issue(MARKET, "business_licence", town.licence_row(8) | mine)
    town.anchor(MARKET)
    door.log_in(ORIGIN)
    assert other in identifiers(wallet)
    assert held["business_licence"] in identifiers(wallet)


def test_what_a_login_gave_is_renewed_like_anything_else(town: Town, door: Door, wallet: WalletFile) -> None:
    door.log_in(ORIGIN)
    claiming = Claiming(wallet, door.claiming.http, lambda: town.now)
    assert claiming.renew().held == []
    before = identifiers(wallet)
    town.now += 25 * 86_400
    town.keep_lists()
    assert len(claiming.renew().held) == len(before)
    assert identifiers(wallet) == before


def test_logging_in_again_leaves_one_login_and_one_credential_of_each(
    town: Town, door: Door, wallet: WalletFile, held: dict[str, str]
) -> None:
    door.log_in(ORIGIN)
    door.log_in(ORIGIN)
    assert identifiers(wallet) == sorted(held.values())
    assert [grant.login for grant in wallet.content.grants] == [False, True]


def test_an_offer_is_taken_up_with_the_identity_credential_instead_of_its_pin(
    town: Town,
    http: httpx.Client,
    door: Door,
    wallet: WalletFile,
    held: dict[str, str],
    new_wallet: NewWallet,
) -> None:
    assert town.services is not None
    offer = town.services.sharing.offer(POLICE, held["driving_licence"], made_by="clerk 7", seen="card")
    with pytest.raises(NoIdentity):
        Door(Claiming(new_wallet("empty"), http, lambda: town.now)).take_up(offer.link(ORIGIN))
    assert len(door.take_up(offer.link(ORIGIN)).held) == 1
    assert identifiers(wallet) == sorted([held["resident_identity"], held["driving_licence"]])
    assert not any(grant.login for grant in wallet.content.grants)


def test_the_identity_itself_is_claimed_by_its_pin_alone(
    town: Town, door: Door, held: dict[str, str]
) -> None:
    assert town.services is not None
    offer = town.services.sharing.offer(POLICE, held["resident_identity"], made_by="clerk 7", seen="card")
    with pytest.raises(PinNeeded):
        door.take_up(offer.link(ORIGIN))


def test_without_an_identity_credential_there_is_no_login(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    with pytest.raises(NoIdentity):
        Door(Claiming(new_wallet("empty"), http, lambda: town.now)).log_in(ORIGIN)


def test_a_lost_phone_is_withdrawn_from_another_wallet(
    town: Town,
    http: httpx.Client,
    door: Door,
    wallet: WalletFile,
    held: dict[str, str],
    new_wallet: NewWallet,
) -> None:
    door.log_in(ORIGIN)
    new = with_identity(town, http, new_wallet("new phone"), held["resident_identity"])
    other = Door(Claiming(new, http, lambda: town.now))
    with pytest.raises(LoginNeeded):
        other.wallets(ORIGIN)
    other.log_in(ORIGIN)
    (lost,) = [each["id"] for each in other.wallets(ORIGIN) if not each["this"]]
    assert other.withdraw(ORIGIN, lost) == len(held)
    renewed = Claiming(wallet, http, lambda: town.now).renew(all=True)
    assert renewed.held == []
    assert wallet.content.grants == []
    with pytest.raises(LoginNeeded):
        door.wallets(ORIGIN)
    with pytest.raises(NotTaken):
        door.log_in(ORIGIN)
    assert len(Claiming(new, http, lambda: town.now).renew(all=True).held) == len(held)
    with pytest.raises(Refused):
        other.withdraw(ORIGIN, lost)


class Between(httpx.BaseTransport):
    """Somebody who answers in the registry's place."""

    def __init__(self, town: httpx.Client, path: str, change: Callable[[dict[str, str]], None]) -> None:
        self.town, self.path, self.change = town, path, change
        self.posted: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.posted.append(request.url.path)
        answer = self.town._transport.handle_request(request)
        if request.url.path != self.path:
            return answer
        said = httpx.Response(answer.status_code, content=answer.read()).json()
        self.change(said)
        return httpx.Response(answer.status_code, json=said)


def handed_on(by: str, town: Town) -> str:
    """A request that the registry did not make for this login."""
    definition = town.definition("resident_identity")
    vct = credential.type_uri(ORIGIN, definition.type, definition.version)
    one = {"id": "id", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}}
    if by == "a stranger":
        return Verifier({"credentials": [one]}, now=town.now).link(by="value")
    assert town.services is not None
    query = {"credentials": [one | {"claims": [{"path": ["name"]}]}]}
    with town.services.store.write() as session:
        return town.services.cases.requesting.make(session, POLICE, query).link


@pytest.mark.parametrize("by", ["a stranger", "a department here"])
def test_a_request_of_somebody_else_that_is_handed_on_is_not_answered(
    town: Town, http: httpx.Client, wallet: WalletFile, by: str
) -> None:
    link = handed_on(by, town)

    def hand_on(said: dict[str, str]) -> None:
        if "presentation" in said:
            said["presentation"] = link

    between = Between(http, "/authorize-challenge", hand_on)
    with pytest.raises(BadOffer, match="more than the identity certificate"):
        Door(Claiming(wallet, httpx.Client(transport=between), lambda: town.now)).log_in(ORIGIN)
    assert between.posted.count("/token") == 0
