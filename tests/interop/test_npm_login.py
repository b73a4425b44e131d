"""`@openid4vc/openid4vci` 0.4 logs in with the identity certificate and claims what its holder has."""

import ssl
from typing import Any

import httpx

from registry import credential
from tests.api.town import MARKET, POLICE
from tests.door.people import everything
from tests.door.test_page import Browser
from tests.interop.conftest import Interop


class SecureBrowser(Browser):
    """At a town on https."""

    def __init__(self, https: Interop) -> None:
        tls = ssl.create_default_context(cafile=str(https.roots))
        self.http = httpx.Client(base_url=https.town.origin, verify=tls)  # type: ignore[assignment]


def task(https: Interop, number: int) -> tuple[dict[str, Any], dict[str, str]]:
    """What a client is to do; and by configuration, which certificate it should get."""
    town = https.town
    held = everything(town, number)
    link, pin = https.offer(held["resident_identity"], POLICE)
    wanted = {
        f"{issuer}.{town.definition(alias).type}": held[alias]
        for issuer, alias in ((POLICE, "driving_licence"), (MARKET, "business_licence"))
    }
    asked = {"identity": {"link": link, "pin": pin}, "origin": town.origin, "configurations": list(wanted)}
    return asked, wanted


def claimed(credentials: dict[str, str]) -> dict[str, str]:
    return {name: credential.parse(text).payload.core.certificate_id for name, text in credentials.items()}


def test_a_foreign_wallet_logs_in_without_a_browser_and_claims_of_two_issuers(
    https_town: Interop,
) -> None:
    asked, wanted = task(https_town, 51)
    said = https_town.node("login.mjs", **asked)
    assert "ok" in said, said
    assert said["ok"]["flow"] == "PresentationDuringIssuance"
    assert claimed(said["ok"]["credentials"]) == wanted


def test_a_foreign_wallet_logs_in_by_a_browser_and_claims_of_two_issuers(https_town: Interop) -> None:
    asked, wanted = task(https_town, 52)
    browser = SecureBrowser(https_town)
    with https_town.talking("redirect.mjs", **asked) as said:
        browser.address = said()["url"]
        browser.get(browser.address)
        browser.get(said(link=browser.here)["redirect_uri"])
        assert len(browser.offered) == len(wanted), "what was asked for, and no more"
        browser.decide("allow", *browser.offered)
        got = said(left=browser.answer.headers["location"])
    assert got["iss"] == https_town.town.origin
    assert claimed(got["credentials"]) == wanted
