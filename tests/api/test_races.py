"""What must hold however many do it at once (threats 2, 10)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlmodel import select

from registry import credential, status
from registry.claims import Denied
from registry.lists import served
from registry.offers import PRE_AUTHORISED
from registry.store.tables import Grant
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
