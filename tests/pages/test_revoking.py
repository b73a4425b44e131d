"""“Revoke it and look again”, on the real use cases of an API process."""

import json

import httpx
import pytest

from tests.api.conftest import founded, http, town, written
from tests.api.town import MARKET, Town

__all__ = ["founded", "http", "town", "written"]

PART = {"X-Part": "1", "Accept-Language": "en"}


@pytest.fixture(autouse=True)
def sample_town(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZT_SAMPLE_TOWN", "1")


def tell(town: Town, revocable: str) -> str:
    """A story with one licence, which a visitor may revoke; the text of its copy."""
    assert town.services is not None
    licence = town.issue(MARKET, "business_licence", town.licence_row(3, kind="有限责任公司"))
    town.anchor(MARKET)
    copies = town.services.cases.sharing.copies
    link = copies.copy(MARKET, licence, town.now).paper.link
    story = {
        "certificates": [{"issuer": MARKET, "certificate_id": licence, "copy": link}],
        "revocable": {"issuer": MARKET, "certificate_id": revocable or licence},
    }
    (town.runtime.settings.data / "story.json").write_text(json.dumps(story))
    return link


def test_a_revoked_licence_turns_red_at_once(town: Town, http: httpx.Client) -> None:
    copy = tell(town, "")
    assert "paper licence" in http.get("/").text
    before = http.post("/check", data={"text": copy}, headers=PART).text
    assert "A true copy" in before and "Revoke it and look again" in before
    after = http.post("/demo/revocation", data={"text": copy}, headers=PART).text
    assert ("Not valid" in after and "was revoked" in after) or "was withdrawn" in after
    assert "Revoke it" not in after
    again = http.post("/demo/revocation", data={"text": copy}, headers=PART)
    assert again.status_code == 409


def test_no_other_certificate_can_be_reached(town: Town, http: httpx.Client) -> None:
    copy = tell(town, town.citizen())
    assert "Revoke it" not in http.post("/check", data={"text": copy}, headers=PART).text
    refused = http.post("/demo/revocation", data={"text": copy}, headers=PART)
    assert refused.status_code == 404, "the story names a certificate of another issuer"
    assert "A true copy" in http.post("/check", data={"text": copy}, headers=PART).text
