"""An offer's PIN has six digits: five tries in all, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from registry.offers import PIN_TRIES, PRE_AUTHORISED
from registry.store.tables import Grant, Offer
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, Town


def test_many_guesses_at_once_are_five_and_the_right_pin_comes_too_late(
    town: Town, http: httpx.Client
) -> None:
    offer = offered(town, town.citizen())
    grants = http.get(offer.address(ORIGIN)).json()["grants"]
    code = grants[PRE_AUTHORISED]["pre-authorized_code"]
    guesses = [f"{(int(offer.pin) + step) % 1_000_000:06}" for step in range(1, 25)]
    proofs = [Wallet(town, http).proof("/token") for _ in range(len(guesses) + 1)]

    def guess(pin: str, proof: str) -> httpx.Response:
        form = {"grant_type": PRE_AUTHORISED, "pre-authorized_code": code, "tx_code": pin}
        return http.post("/token", data=form, headers={"DPoP": proof})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, guesses, proofs))
    answers.append(guess(offer.pin, proofs[-1]))
    assert {(each.status_code, each.json()["error"]) for each in answers} == {(400, "invalid_grant")}
    assert [row.pin_tries for row in town.rows(Offer)] == [PIN_TRIES]  # type: ignore[attr-defined]
    assert not town.rows(Grant)
