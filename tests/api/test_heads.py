"""HEAD: who asks for a document's headers gets those of the document."""

import httpx
import pytest

from tests.api.test_claims import Wallet, offered
from tests.api.town import POLICE, Town
from tests.door.asking import CLIENT
from tests.door.asking import Wallet as Login


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-credential-issuer",
        "/.well-known/oauth-authorization-server",
        f"/.well-known/jwt-vc-issuer/issuers/{POLICE}",
        f"/issuers/{POLICE}/status/0",
        "/status",
        "/origins",
        "/",
    ],
)
def test_what_anybody_may_read_has_a_head(town: Town, http: httpx.Client, path: str) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http).start(offer)
    assert wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).is_success
    head, document = http.head(path), http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    changing = {"date", "content-security-policy"}
    assert {name: head.headers[name] for name in head.headers if name not in changing} == {
        name: document.headers[name] for name in document.headers if name not in changing
    }


def test_a_look_at_the_login_page_takes_the_login_from_nobody(town: Town, http: httpx.Client) -> None:
    uri = Login(town, http).push().json()["request_uri"]
    page = {"client_id": CLIENT, "request_uri": uri}
    head = http.head("/authorize", params=page)
    assert (head.status_code, head.content) == (200, b"")
    assert (head.headers["cache-control"], "set-cookie" in head.headers) == ("no-store", False)
    assert http.get("/authorize", params=page).status_code == 200, "the first browser has it"


@pytest.mark.parametrize("path", ["/token", "/openid4vp/x", "/offers/x"])
def test_what_is_used_up_or_changed_has_none(http: httpx.Client, path: str) -> None:
    assert http.head(path).status_code == 405
