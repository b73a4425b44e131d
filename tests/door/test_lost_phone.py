"""A lost phone, from another wallet, a browser, a window: third parties refuse it at once, the certificates
stand (threat 26)."""

from collections.abc import Callable
from html import unescape

import httpx
import pytest

from registry import clients, credential, status
from registry.lifecycle import Status
from registry.offers import MadeOffer
from registry.standing import standing
from tests.api.test_claims import offered
from tests.api.test_withdrawing import verdict
from tests.api.town import POLICE, Town
from tests.door.asking import Wallet
from tests.door.people import everything
from tests.door.test_challenge import begun, challenge, shown
from tests.door.test_codes import configuration, refusal

Way = Callable[["Loss"], int]


class Loss:
    """A phone with two credentials that is lost, and the tablet of the same person."""

    def __init__(self, town: Town, http: httpx.Client) -> None:
        self.town, self.http, self.held = town, http, everything(town)
        offer: MadeOffer = offered(town, self.held["resident_identity"])
        self.phone, self.tablet = Wallet(town, http), Wallet(town, http)
        self.recovery_code = self.phone.first_claim(offer)
        self.tablet.get_identity(self.held["resident_identity"]).log_in(scope="holder")
        self.phone.log_in()
        self.driving = self.claimed(self.phone)

    def claimed(self, wallet: Wallet) -> str:
        name = configuration(self.town, POLICE, "driving_licence")
        body = {"credential_configuration_id": name, "proofs": {"jwt": [wallet.key_proof(wallet.nonce())]}}
        answer = wallet.post("/credential", body)
        assert answer.is_success, answer.text
        return str(answer.json()["credentials"][0]["credential"])

    def third_party(self, text: str) -> Status:
        """What somebody reads who knows nothing but the status list that the credential names."""
        entry = credential.parse(text).payload.status.status_list  # type: ignore[union-attr]
        return status.parse_list(self.http.get(entry.uri).text).get(entry.idx)


def from_another_wallet(loss: Loss) -> int:
    [lost] = [each for each in loss.tablet.get("/holder/wallets").json() if not each["this"]]
    return int(loss.tablet.post("/holder/withdraw", {"wallet": lost["id"]}).json()["credentials"])


def from_a_browser(loss: Loss) -> int:
    assert "恢复码" in loss.http.get("/lost").text
    page = loss.http.post("/lost", data={"recovery_code": loss.recovery_code.lower().replace("-", " ")})
    assert page.status_code == 200
    return int(unescape(page.text).split("失效的凭证数：")[1].partition("。")[0])


def at_a_window(loss: Loss) -> int:
    """The clerk cannot tell the phone from the tablet by the certificate that both hold: by another one."""
    store, runtime = loss.town.runtime.store, loss.town.runtime
    token = clients.give_token(
        store, POLICE, dpop_thumbprint=None, now=loss.town.now, randomness=runtime.randomness
    )
    answer = loss.http.post(
        f"/issuers/{POLICE}/certificates/{loss.held['driving_licence']}/withdrawal",
        json={"by": "clerk 7"},
        headers={"Authorization": f"Bearer {token}"},
    )
    return int(answer.json()["credentials"])


@pytest.mark.parametrize("way", [from_another_wallet, from_a_browser, at_a_window])
def test_one_action_ends_every_credential_of_the_phone_and_no_certificate(
    town: Town, http: httpx.Client, way: Way
) -> None:
    loss = Loss(town, http)
    stolen = loss.phone.present()
    assert way(loss) == 2
    assert verdict(http, stolen) == ("invalid", ["status"])
    assert [loss.third_party(each) for each in (loss.phone.identity, loss.driving)] == [Status.REVOKED] * 2
    assert verdict(http, loss.tablet.present()) == ("valid", [])
    with town.runtime.store.read() as session:
        for each in loss.held.values():
            assert standing(session, town.stored(each)) == 0
    assert loss.third_party(loss.claimed(loss.tablet.log_in())) is Status.VALID, "claimed anew"


def test_the_lost_phone_gets_nothing_more(town: Town, http: httpx.Client) -> None:
    loss = Loss(town, http)
    asked = begun(loss.phone)
    from_another_wallet(loss)
    assert refusal(loss.phone.get("/holder/wallets")) == (401, "invalid_token")
    form = {"grant_type": "refresh_token", "refresh_token": loss.phone.refresh}
    headers = {"DPoP": loss.phone.proof("/token")}
    assert refusal(http.post("/token", data=form, headers=headers)) == (400, "invalid_grant")
    code = shown(loss.phone, asked)
    again = challenge(
        loss.phone, auth_session=asked["auth_session"], presentation_during_issuance_session=code
    )
    assert refusal(again) == (400, "access_denied"), "a login it had begun before"


def test_a_wrong_recovery_code_is_refused_in_plain_words(town: Town, http: httpx.Client) -> None:
    Loss(town, http)
    page = http.post("/lost", data={"recovery_code": "00000-00000-00000-00000-00000"})
    assert page.status_code == 404
    assert "恢复码无效" in page.text
