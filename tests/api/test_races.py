"""What must hold however many do it at once (threats 2, 10)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlmodel import Session, select

from registry import credential, status
from registry.claims import Denied
from registry.lists import Place, served
from registry.offers import PRE_AUTHORISED
from registry.store.tables import Credential, Grant, Offer
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, POLICE, Town
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile
from wallet.presenting import present

NewWallet = Callable[[str], WalletFile]


def test_of_racing_uses_of_one_code_exactly_one_wins(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    offer = offered(town, town.citizen())
    wallet = new_wallet("hers")
    held = Claiming(wallet, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin).held[0]
    shown = present(wallet, held, ["name"], now=town.now)
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(
            pool.map(lambda _: http.post("/verify", data={"text": shown}).json()["verdict"], range(16))
        )
    assert sorted(verdicts) == ["invalid"] * 15 + ["valid"]


def test_of_racing_wallets_exactly_one_takes_up_an_offer(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.citizen())
    code = http.get(offer.address(ORIGIN)).json()["grants"][PRE_AUTHORISED]["pre-authorized_code"]
    form = {"grant_type": PRE_AUTHORISED, "pre-authorized_code": code, "tx_code": offer.pin}
    proofs = [Wallet(town, http).proof("/token") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda dpop: http.post("/token", data=form, headers={"DPoP": dpop}), proofs))
    assert sorted(each.status_code for each in answers) == [200] + [400] * 7


def test_of_racing_guesses_of_a_pin_no_more_than_five_are_heard(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.citizen())
    code = http.get(offer.address(ORIGIN)).json()["grants"][PRE_AUTHORISED]["pre-authorized_code"]
    wrong = [pin for pin in (f"{each:06}" for each in range(13)) if pin != offer.pin][:12]
    guesses = [
        ({"grant_type": PRE_AUTHORISED, "pre-authorized_code": code, "tx_code": pin}, Wallet(town, http))
        for pin in wrong
    ]
    sent = [(form, wallet.proof("/token")) for form, wallet in guesses]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda each: http.post("/token", data=each[0], headers={"DPoP": each[1]}), sent)
        )
    assert {(each.status_code, each.json()["error"]) for each in answers} == {(400, "invalid_grant")}
    with town.runtime.store.read() as session:
        row = session.get_one(Offer, offer.id)
    assert (row.pin_tries, row.ended_at) == (5, town.now)
    late = Wallet(town, http)
    form = {"grant_type": PRE_AUTHORISED, "pre-authorized_code": code, "tx_code": offer.pin}
    refused = http.post("/token", data=form, headers={"DPoP": late.proof("/token")})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_of_racing_fetches_of_what_was_deferred_exactly_one_gets_it(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.issue(POLICE, "resident_identity", town.identity_row(3)))
    wallet = Wallet(town, http).start(offer)
    waiting = wallet.claim(offer, [wallet.key_proof(wallet.nonce())])
    body = {"transaction_id": waiting.json()["transaction_id"]}
    town.anchor(POLICE)
    proofs = [wallet.proof("/deferred_credential", wallet.access) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda dpop: wallet.post("/deferred_credential", body, dpop), proofs))
    assert sorted(each.status_code for each in answers) == [200] + [400] * 5
    assert {each.json()["error"] for each in answers if not each.is_success} == {"invalid_transaction_id"}
    assert len(town.rows(Credential)) == 1


def test_of_racing_proofs_with_one_nonce_exactly_one_counts(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http).start(offer)
    nonce = wallet.nonce()
    bodies = [
        {"credential_configuration_id": offer.configuration, "proofs": {"jwt": [wallet.key_proof(nonce)]}}
        for _ in range(6)
    ]
    proofs = [wallet.proof("/credential", wallet.access) for _ in bodies]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(wallet.post, ["/credential"] * 6, bodies, proofs))
    assert sorted(each.status_code for each in answers) == [200] + [400] * 5


def test_whatever_was_cut_while_its_certificate_was_revoked_shows_it(town: Town, http: httpx.Client) -> None:
    certificate_id = town.citizen()
    wallets = []
    for _ in range(6):
        offer = offered(town, certificate_id)
        wallets.append((Wallet(town, http).start(offer), offer))
    ready = [(wallet, offer, wallet.key_proof(wallet.nonce())) for wallet, offer in wallets]

    def revoke() -> None:
        town.revoke(POLICE, certificate_id)

    with ThreadPoolExecutor(8) as pool:
        claims = [pool.submit(wallet.claim, offer, [proof]) for wallet, offer, proof in ready[:3]]
        revoking = pool.submit(revoke)
        claims += [pool.submit(wallet.claim, offer, [proof]) for wallet, offer, proof in ready[3:]]
        answers = [claim.result().json() for claim in claims]
        revoking.result()
    with town.runtime.store.read() as session:
        newest = served(session, POLICE, 0)
    assert newest is not None or all("error" in answer for answer in answers)
    for answer in answers:
        for each in answer.get("credentials", ()):
            reference = credential.parse(each["credential"]).payload.status
            assert newest is not None
            assert status.parse_list(newest.token).get(reference.status_list.idx) == 1  # type: ignore[union-attr]


def test_a_credential_whose_served_entry_is_not_00_any_more_is_not_released(
    town: Town, http: httpx.Client
) -> None:
    certificate_id = town.citizen()
    offer = offered(town, certificate_id)
    wallet = Wallet(town, http).start(offer)
    assert town.services is not None
    sharing = town.services.sharing
    with town.runtime.store.write() as session:
        grant = session.exec(select(Grant)).one()
        cut = sharing.cutter.for_wallet(
            session, town.stored(certificate_id), grant, wallet.dpop.public, town.now
        )
    town.revoke(POLICE, certificate_id)
    with pytest.raises(Denied):
        sharing.claims._release([cut])


@pytest.mark.parametrize("entry", [0, 1, 2])
def test_every_credential_s_own_entry_is_read_from_the_served_list_before_it_leaves(
    town: Town, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, entry: int
) -> None:
    read: list[Place] = []

    def as_served(session: Session, place: Place) -> int:
        assert served(session, place.issuer, place.list) is not None
        read.append(place)
        return entry

    monkeypatch.setattr("registry.claims.read_entry", as_served)
    offer = offered(town, town.issue(POLICE, "resident_identity", town.identity_row(3)))
    wallet = Wallet(town, http).start(offer)
    waiting = wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()
    town.anchor(POLICE)
    nonce = wallet.nonce()
    answers = [
        wallet.claim(offer, [wallet.key_proof(nonce), wallet.key_proof(nonce)]),
        wallet.post("/deferred_credential", {"transaction_id": waiting["transaction_id"]}),
    ]
    given = [each["credential"] for answer in answers for each in answer.json().get("credentials", ())]
    if entry:
        assert {answer.json()["error"] for answer in answers} == {"credential_request_denied"}
        assert (given, len(read)) == ([], 2), "the first that is not 00 ends it"
    else:
        entries = [credential.parse(each).payload.status.status_list for each in given]  # type: ignore[union-attr]
        assert [(place.uri, place.idx) for place in read] == [(each.uri, each.idx) for each in entries]
        assert len(entries) == 3
