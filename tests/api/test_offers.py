"""Offers: by value as by reference, made anew in one action, and by whom the person was seen."""

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from registry import door, pictures
from registry.cli.main import assemble
from registry.offers import PRE_AUTHORISED, MadeOffer
from registry.store.tables import Offer
from tests.api.test_claims import Wallet, offered
from tests.api.test_departments import Desk
from tests.api.town import MARKET, ORIGIN, POLICE, Town
from tests.door.asking import Wallet as LoginWallet
from tests.door.people import everything
from wallet.openid4vci import read_offer


@pytest.fixture
def police(town: Town, http: httpx.Client) -> Iterator[Desk]:
    yield Desk(town, http, POLICE)


def killed(town: Town, http: httpx.Client, offer: MadeOffer) -> None:
    wrong = "000000" if offer.pin != "000000" else "111111"
    wallet = Wallet(town, http)
    for _ in range(5):
        wallet.token(offer, pin=wrong)
    assert http.get(offer.address(ORIGIN)).status_code == 404


def test_an_offer_by_value_says_what_its_address_says(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.citizen())
    [text] = parse_qs(urlsplit(offer.value(ORIGIN)).query)["credential_offer"]
    assert orjson.loads(text) == http.get(offer.address(ORIGIN)).json()
    assert read_offer(http, offer.value(ORIGIN)) == read_offer(http, offer.link(ORIGIN))


def test_a_department_gets_the_link_as_a_qr_too(town: Town, police: Desk) -> None:
    body = {"by": "clerk 7", "seen": "card"}
    made = police.post(f"/certificates/{town.citizen()}/offers", body).json()
    assert pictures.read(base64.b64decode(made["qr"])) == (made["link"],)


def test_a_window_offers_on_the_command_line(town: Town, http: httpx.Client, tmp_path: Path) -> None:
    picture = tmp_path / "offer.png"

    def run(*arguments: str) -> dict[str, str]:
        environment = {"ZT_DATA": str(town.runtime.settings.data), "ZT_API_PASSPHRASE": "api's"}
        done = CliRunner().invoke(
            assemble(), ["offer", "--issuer", POLICE, "--json", *arguments], env=environment
        )
        assert done.exit_code == 0, done.output
        said: dict[str, str] = orjson.loads(done.stdout)
        return said

    seen = ("--by", "clerk 7", "--seen", "card")
    first = run(town.citizen(), *seen, "--out", str(picture))
    assert pictures.read(picture.read_bytes()) == (first["link"],)
    second = run("--again", first["id"], "--by", "clerk 8", "--value", "--out", str(picture))
    [link] = pictures.read(picture.read_bytes())
    assert read_offer(http, link).configurations == (first["configuration"],)
    assert http.get(parse_qs(urlsplit(first["link"]).query)["credential_offer_uri"][0]).status_code == 404
    assert second["pin"] != first["pin"]


def test_a_dead_offer_is_made_anew_in_one_action(town: Town, http: httpx.Client, police: Desk) -> None:
    certificate_id = town.citizen()
    made = police.post(f"/certificates/{certificate_id}/offers", {"by": "clerk 7", "seen": "card"}).json()
    handle = parse_qs(urlsplit(made["link"]).query)["credential_offer_uri"][0].rsplit("/", 1)[1]
    first = MadeOffer(made["id"], handle, made["pin"], made["configuration"], made["expires"])
    killed(town, http, first)
    again = police.post(f"/offers/{made['id']}/again", {"by": "clerk 8"})
    assert again.status_code == 201
    assert read_offer(http, again.json()["link"]) != read_offer(http, made["value"])
    with town.runtime.store.read() as session:
        row = session.get_one(Offer, again.json()["id"])
    assert (row.made_by, row.seen, row.created) == ("clerk 8", "card", town.now)


def test_an_offer_made_anew_replaces_the_one_before(town: Town, http: httpx.Client) -> None:
    assert town.services is not None
    first = offered(town, town.citizen())
    second = town.services.sharing.offer_again(POLICE, first.id, made_by="clerk 8")
    assert http.get(first.address(ORIGIN)).status_code == 404
    assert Wallet(town, http).token(second).is_success


def test_an_offer_is_made_anew_by_its_own_department_and_only_until_it_is_taken_up(
    town: Town, http: httpx.Client, police: Desk
) -> None:
    offer = offered(town, town.citizen())
    assert Desk(town, http, MARKET).post(f"/offers/{offer.id}/again").status_code == 404
    assert police.post("/offers/nothing/again").status_code == 404
    Wallet(town, http).start(offer)
    assert police.post(f"/offers/{offer.id}/again").status_code == 409


def test_nothing_revoked_is_offered_again(town: Town, http: httpx.Client, police: Desk) -> None:
    certificate_id = town.citizen()
    offer = offered(town, certificate_id)
    town.revoke(POLICE, certificate_id)
    assert police.post(f"/offers/{offer.id}/again").status_code == 409


@pytest.mark.parametrize("body", [{}, {"by": "clerk 7"}, {"seen": "card"}, {"by": " ", "seen": " "}])
def test_an_identity_certificate_is_offered_to_a_person_who_was_seen(
    town: Town, police: Desk, body: dict[str, str]
) -> None:
    certificate_id = town.citizen()
    refused = police.post(f"/certificates/{certificate_id}/offers", body)
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "person-unseen")
    assert not town.rows(Offer)


def test_other_certificates_need_no_such_word(town: Town, police: Desk) -> None:
    licence = town.issue(POLICE, "driving_licence", town.driving_row(7))
    town.anchor(POLICE)
    assert police.post(f"/certificates/{licence}/offers").status_code == 201


def test_an_offer_may_be_taken_up_by_logging_in_and_then_gives_that_one_certificate(
    town: Town, http: httpx.Client
) -> None:
    held = everything(town)
    offer = offered(town, held["driving_licence"])
    grants = http.get(offer.address(ORIGIN)).json()["grants"]
    state = grants["authorization_code"]["issuer_state"]
    neighbour = LoginWallet(town, http).get_identity(everything(town, 8)["resident_identity"])
    with pytest.raises(door.NothingToGive):
        neighbour.allowed(neighbour.push(scope=None, issuer_state=state))
    wallet = LoginWallet(town, http).get_identity(held["resident_identity"])
    wallet.log_in(scope=None, issuer_state=state)
    body = {
        "credential_configuration_id": offer.configuration,
        "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]},
    }
    assert len(wallet.post("/credential", body).json()["credentials"]) == 1
    assert http.get(offer.address(ORIGIN)).status_code == 404
    assert wallet.push(scope=None, issuer_state=state).json()["error"] == "invalid_request"


def test_an_identity_certificate_is_taken_up_with_the_pin_only(town: Town, http: httpx.Client) -> None:
    grants = http.get(offered(town, town.citizen()).address(ORIGIN)).json()["grants"]
    assert list(grants) == [PRE_AUTHORISED]
