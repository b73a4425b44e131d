"""What strangers wrote is shown on a terminal as text: it paints no verdict, and breaks nothing."""

import io
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console

from registry import jcs
from registry.cli import page
from registry.plain import plain
from tests.formats.world import World
from wallet.openid4vci import PRE_AUTHORISED, BadOffer, read_metadata, read_offer

ORIGIN = "http://localhost:8000"
PAINTED = "\x1b[2J\x1b[H\x1b[32m有效 valid\x9b0m\u202e[/]"


@pytest.fixture
def report() -> dict[str, Any]:
    world = World()
    report: dict[str, Any] = world.verify(world.show(world.licence())).to_dict()
    assert report["claims"]
    return report


def shown(report: dict[str, Any]) -> str:
    out = io.StringIO()
    page.show(report, World().trust(), ZoneInfo("Asia/Shanghai"), Console(file=out, width=100))
    return out.getvalue()


def test_a_forged_value_paints_no_verdict(report: dict[str, Any]) -> None:
    report["claims"] = {PAINTED: PAINTED, "name": PAINTED}
    for name in ("certificate_id", "issuer", "type"):
        report["core"][name] = PAINTED
    text = shown(report)
    assert "\ufffd[2J\ufffd[H" in text.replace("\n", "")
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)


@pytest.mark.parametrize("time", [2**53 - 1, -(2**53), 0])
def test_a_forged_time_breaks_nothing(report: dict[str, Any], time: int) -> None:
    report["core"] |= {"valid_from": time, "valid_until": time}
    assert "Valid" in shown(report)


def test_names_stay_as_they_are() -> None:
    for name in ("米热古丽·依明江", "𠮷野家", "榕州市\n西关区\t1号", "👩‍👧"):
        assert plain(name) == name


@pytest.mark.parametrize(
    "offer",
    [
        b"[]",
        b'"x"',
        b'{"grants":[]}',
        b'{"grants":{"%s":[]}}' % PRE_AUTHORISED.encode(),
        b'{"grants":{"%s":{}},"credential_configuration_ids":{}}' % PRE_AUTHORISED.encode(),
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_an_offer_of_another_shape_is_refused(offer: bytes) -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=offer)))
    with pytest.raises(Exception, match=r"offer|refuses|missing"):
        read_offer(http, f"openid-credential-offer://?credential_offer_uri={ORIGIN}/offers/x")


@pytest.mark.parametrize("servers", [[], {}, "x", [5], ["file:///etc/passwd"], ["http://[", "x"]])
def test_metadata_of_another_shape_is_refused(servers: Any) -> None:
    metadata = jcs.dumps({"credential_issuer": ORIGIN, "authorization_servers": servers})
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=metadata)))
    with pytest.raises(BadOffer):
        read_metadata(http, ORIGIN)


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/offers/x",
        "file:///etc/passwd",
        "http://[::ffff:10.0.0.1]/x",
        "http://localhost.elsewhere.example/x",
        "gopher://localhost/x",
        "http://[",
    ],
)
def test_a_wallet_asks_no_address_inside_a_network(address: str) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("an address was asked")

    with httpx.Client(transport=httpx.MockTransport(never)) as http, pytest.raises(BadOffer):
        read_offer(http, f"openid-credential-offer://?credential_offer_uri={address}")
