"""A lost phone: one action, refused at once everywhere, and the certificate stands (threat 26)."""

from collections.abc import Callable

import httpx

from registry.list_keeping import ListKeeper
from registry.signing import SigningKey
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, POLICE, Town
from tests.refusals import refused
from wallet.claiming import Claiming, withdraw
from wallet.keyfile import WalletFile
from wallet.presenting import present

NewWallet = Callable[[str], WalletFile]


def verdict(http: httpx.Client, text: str) -> tuple[str, list[str]]:
    report = http.post("/verify", data={"text": text}).json()
    return report["verdict"], [check["id"] for check in report["checks"] if check["outcome"] == "fail"]


def shown(town: Town, wallet: WalletFile) -> str:
    return present(wallet, wallet.content.held[0], ["name"], now=town.now)


def test_a_withdrawn_wallet_is_refused_at_once_and_the_certificate_is_claimed_anew(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    certificate_id = town.citizen()
    lost, new = new_wallet("lost"), new_wallet("new")
    offer = offered(town, certificate_id)
    outcome = Claiming(lost, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    assert verdict(http, shown(town, lost)) == ("valid", [])
    assert outcome.recovery_code is not None
    assert withdraw(http, ORIGIN, outcome.recovery_code.lower().replace("-", " ")) == 1
    assert verdict(http, shown(town, lost)) == ("invalid", ["status"])
    again = offered(town, certificate_id)
    Claiming(new, http, lambda: town.now).claim(again.link(ORIGIN), again.pin)
    assert verdict(http, shown(town, new)) == ("valid", [])
    assert verdict(http, shown(town, lost)) == ("invalid", ["status"])


def test_what_a_lost_phone_could_still_use_is_dead(town: Town, http: httpx.Client) -> None:
    certificate_id = town.citizen()
    offer, open_offer = offered(town, certificate_id), offered(town, certificate_id)
    wallet = Wallet(town, http)
    tokens = wallet.token(offer).json()
    wallet.access = tokens["access_token"]
    key = SigningKey.generate()
    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce(), key)]).is_success
    withdraw(http, ORIGIN, tokens["recovery_code"])

    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()["error"] == "invalid_token"
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = http.post("/token", data=form, headers={"DPoP": wallet.proof("/token")})
    assert refused.json()["error"] == "invalid_grant"
    assert http.get(open_offer.address(ORIGIN)).status_code == 404
    later = offered(town, certificate_id)
    assert wallet.token(later).json()["error"] == "invalid_grant"

    other = Wallet(town, http).start(later)
    thief = other.claim(later, [other.key_proof(other.nonce(), key)])
    assert thief.json()["error"] == "credential_request_denied"


def test_a_deferred_answer_dies_with_its_wallet(town: Town, http: httpx.Client) -> None:
    wallet = Wallet(town, http)
    certificate_id = town.issue(POLICE, "resident_identity", town.identity_row(3))
    offer = offered(town, certificate_id)
    tokens = wallet.token(offer).json()
    wallet.access = tokens["access_token"]
    waiting = wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()
    withdraw(http, ORIGIN, tokens["recovery_code"])
    town.anchor(POLICE)
    body = {"transaction_id": waiting["transaction_id"]}
    assert wallet.post("/deferred_credential", body).json()["error"] == "invalid_token"


def test_a_clerk_who_saw_the_person_withdraws_too_and_is_recorded(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    certificate_id = town.citizen()
    lost = new_wallet("lost")
    offer = offered(town, certificate_id)
    Claiming(lost, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    assert town.services is not None
    assert town.services.sharing.withdraw_by_clerk(POLICE, certificate_id, by="clerk 7") == 1
    assert verdict(http, shown(town, lost)) == ("invalid", ["status"])
    from registry.store.tables import Wallet as Row

    assert [row.withdrawn_by for row in town.rows(Row)] == ["clerk 7"]  # type: ignore[attr-defined]


def test_a_recovery_code_counts_once_and_a_wrong_one_says_no_more(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    offer = offered(town, town.citizen())
    outcome = Claiming(new_wallet("lost"), http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    assert outcome.recovery_code is not None
    withdraw(http, ORIGIN, outcome.recovery_code)
    for code in (outcome.recovery_code, "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"):
        with refused("not-found"):
            withdraw(http, ORIGIN, code)


def test_a_second_certificate_joins_the_wallet_that_proves_its_key(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    identity = town.citizen()
    licence = town.issue(POLICE, "driving_licence", town.driving_row(7))
    town.anchor(POLICE)
    wallet = new_wallet("hers")
    claiming = Claiming(wallet, http, lambda: town.now)
    codes = []
    for certificate_id in (identity, licence):
        offer = offered(town, certificate_id)
        codes.append(claiming.claim(offer.link(ORIGIN), offer.pin).recovery_code)
    assert codes[0] is not None
    assert codes[1] is None
    assert withdraw(http, ORIGIN, codes[0]) == 2


def test_a_withdrawn_credential_stays_out_after_its_certificate_comes_back(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    certificate_id = town.citizen()
    lost, kept = new_wallet("lost"), new_wallet("kept")
    codes = []
    for wallet in (lost, kept):
        offer = offered(town, certificate_id)
        codes.append(
            Claiming(wallet, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin).recovery_code
        )
    withdraw(http, ORIGIN, codes[0] or "")
    town.suspend(POLICE, certificate_id)
    assert verdict(http, shown(town, kept)) == ("invalid", ["status"])
    town.settle()
    town.resume(POLICE, certificate_id)
    town.settle()
    town.keep_lists()
    assert verdict(http, shown(town, kept)) == ("valid", [])
    assert verdict(http, shown(town, lost)) == ("invalid", ["status"])


def test_only_one_process_keeps_the_lists(town: Town, http: httpx.Client, new_wallet: NewWallet) -> None:
    offer = offered(town, town.citizen())
    Claiming(new_wallet("hers"), http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    assert town.services is not None
    lists = town.services.sharing.lists
    town.now += 31
    one, other = (ListKeeper(town.runtime.store, lists, lambda: town.now) for _ in range(2))
    assert (one.tick(), other.tick()) == (1, 0)
    one.release()
    town.now += 31
    assert other.tick() == 1
