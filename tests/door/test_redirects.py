"""An authorisation response goes to a wallet's own address, and nowhere that runs or reads something."""

import pytest

from registry.redirects import BadRedirect, checked_redirect, source, with_parameters


@pytest.mark.parametrize(
    ("uri", "policy"),
    [
        ("https://wallet.example/cb?x=1", "https://wallet.example"),
        ("http://localhost:5173/cb", "http://localhost:5173"),
        ("http://[::1]:9/cb", "http://[::1]:9"),
        ("org.example.wallet:/cb", "org.example.wallet:"),
        ("openid4vci-wallet://cb", "openid4vci-wallet:"),
        ("waltid://cb", "waltid:"),
        ("paradym://wallet/redirect", "paradym:"),
        ("Lissi-Wallet:/cb", "lissi-wallet:"),
    ],
)
def test_https_the_device_itself_and_apps_are_sent_to(uri: str, policy: str) -> None:
    assert checked_redirect(uri) == uri
    assert source(uri) == policy


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "x",
        "//wallet.example/cb",
        "javascript:alert(1)",
        "JavaScript://wallet.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "intent://x",
        "blob:https://wallet.example/x",
        "about:blank",
        "ws://wallet.example/",
        "WSS://wallet.example/",
        "ftp://wallet.example/",
        "ms-msdt:/id",
        "chrome-extension://x/y",
        "c:/windows",
        "mailto:a@wallet.example",
        "view-source:https://wallet.example",
        "http://wallet.example/",
        "http://127.0.0.1.wallet.example/",
        "https://user@wallet.example/",
        "https://wallet.example;script-src%20*/",
        "https://wallet.example/#x",
        "https://wallet.example\\@elsewhere.example/",
        "https://wallet.example/\nSet-Cookie:x",
        "https:///cb",
        "https://[::1",
        "https://wallet.example:port/",
        "https://例子.example/",
        "https://wallet.example/" + 2_000 * "x",
    ],
)
def test_nothing_else_is(uri: str) -> None:
    with pytest.raises(BadRedirect):
        checked_redirect(uri)


def test_what_the_address_had_stays() -> None:
    assert with_parameters("org.example:///cb?a=%41", {"code": "x y"}) == "org.example:///cb?a=%41&code=x+y"
    assert with_parameters("openid4vci://", {"code": "x"}) == "openid4vci://?code=x"
