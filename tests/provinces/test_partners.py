"""Partners: their bundles are fetched and kept, and nobody takes another's name or place by one."""

from dataclasses import replace

import httpx
import pytest

from registry.provinces.beyond import partner_departments
from registry.provinces.partners import NoPartner, Partners, PartnerUnreachable
from registry.signing import SigningKey, Use
from registry.trust import Trust, TrustedIssuer, TrustedKey, Window
from tests.provinces.conftest import Province, here, there

NOW = 1_795_492_800
ORIGIN, OTHER, OURS = "https://b.example", "https://c.example", "https://a.example"
KEY = SigningKey.generate().public


def said(origin: str, *codes: str, origins: tuple[str, ...] = ()) -> Trust:
    key = {KEY.thumbprint: TrustedKey(KEY, Use.MESSAGES, (Window(0),))}
    issuers = {code: TrustedIssuer(code, "乙", "B", (origin, *origins), key) for code in codes}
    return Trust(1, {}, 1, 1, NOW, NOW + 10, issuers, {})


def test_a_partner_names_its_departments_and_nobody_elses() -> None:
    found = partner_departments(
        {ORIGIN: said(ORIGIN, "B1", "A1"), OTHER: said(OTHER, "C1", "B1")}, {"A1"}, {OURS}
    )
    assert {code: each.origins for code, each in found.items()} == {"B1": (ORIGIN,), "C1": (OTHER,)}
    assert found["B1"].keys[KEY.thumbprint] == (KEY, ())


def test_a_partner_takes_no_origin_of_ours_or_of_another() -> None:
    greedy = said(ORIGIN, "B1", origins=(OURS, OTHER))
    found = partner_departments({ORIGIN: greedy, OTHER: said(OTHER, "C1")}, {"A1"}, {OURS})
    assert OURS not in found["B1"].origins
    found = partner_departments({OTHER: said(OTHER, "C1"), ORIGIN: greedy}, {"A1"}, {OURS})
    assert found["B1"].origins == (ORIGIN,)


def test_a_bundle_of_somewhere_else_names_nobody() -> None:
    assert partner_departments({ORIGIN: said(OTHER, "B1")}, set(), set()) == {}


def test_only_a_listed_origin_is_asked(home: Province) -> None:
    with pytest.raises(NoPartner):
        home.cases.elsewhere.partners.refresh("http://localhost:9999")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(200, content=b"{}"),
        httpx.Response(302, headers={"Location": OURS}),
        httpx.Response(200, content=b"\x00" * 100),
    ],
)
def test_what_is_no_bundle_changes_nothing(home: Province, answer: httpx.Response) -> None:
    partners = home.cases.elsewhere.partners
    serving = replace(partners, client=lambda: httpx.Client(transport=httpx.MockTransport(lambda _: answer)))
    with pytest.raises(PartnerUnreachable):
        serving.refresh(there.ORIGIN)
    assert home.cases.querying.trust().issuers.keys() == here.NAMES.keys()


def test_one_that_is_down_is_not_asked_again_at_once(home: Province, away: Province) -> None:
    away.down = True
    partners: Partners = home.cases.elsewhere.partners
    with pytest.raises(PartnerUnreachable):
        partners.look()
    partners.look()  # nothing is due, so nothing fails
    home.town.now += 10
    with pytest.raises(PartnerUnreachable):
        partners.look()
