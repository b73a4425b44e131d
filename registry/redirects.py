"""Where an authorisation response may be sent: a wallet's own address, never one that runs or reads things.

Clients are not registered here, so an address is judged by its form (RFC 8252, section 7): https, http on
the device itself, or a scheme that only an app can have.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from registry.errors import RegistryError

LONGEST: Final = 2_000
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*:[!#-;=?-\[\]_a-z~%]+", re.ASCII | re.IGNORECASE)
"""A scheme, then ASCII as RFC 3986 has it: no double quotes, angle brackets, backslash, braces."""
_HOST: Final = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{2,}", re.ASCII)
"""RFC 3986, section 3.1; one letter is a drive of Windows, and two name no app."""
_NO_WALLET: Final = re.compile(
    r"about|blob|data|feed|file|filesystem|intent|jar|javascript|livescript|mhtml|mocha|res|resource|shell|urn"
    r"|vbscript|wyciwyg|cid|dict|ftps?|git|gopher|imap|ldaps?|mailto|mid|news|nfs|nntp|pop|rtsp|sftp|sips?|smb"
    r"|sms|smsto|ssh|tel|telnet|tftp|vnc|wss?"
    r"|(?:android-app|chrome|devtools|edge|moz-|ms-|search-ms|view-).*",
    re.ASCII,
)
"""Schemes that run something, read something, are another protocol's, or a browser's or system's own."""


class BadRedirect(RegistryError):
    """The redirect_uri is none to which anything may be sent."""

    kind = "bad-redirect-uri"

    def __init__(self) -> None:
        super().__init__(
            "redirect_uri 不可用：应为 https、本机 http 或应用专用方案，且不含片段。",
            "The redirect_uri cannot be used: https, http on this device, an app's own scheme; no fragment.",
        )


def checked_redirect(uri: str) -> str:
    """The address as it was given.

    Raises:
        BadRedirect: it has another scheme, a fragment, user information, or is no address.
    """
    if len(uri) > LONGEST or not _ADDRESS.fullmatch(uri) or "#" in uri:
        raise BadRedirect
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadRedirect from None
    if parts.scheme in ("http", "https"):
        if not host or not _HOST.fullmatch(parts.netloc):
            raise BadRedirect
        if parts.scheme == "http" and not _is_loopback(host):
            raise BadRedirect
    elif not _is_of_an_app(parts.scheme):
        raise BadRedirect
    return uri


def shown(uri: str) -> str:
    """What a person is told of an address: its host, or the scheme of an app."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def source(uri: str) -> str:
    """The address as a Content-Security-Policy source: a form whose answer leads there is let go there."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    """The address with more in its query; what it had stays as it was (RFC 6749, section 3.1.2)."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"


def _is_of_an_app(scheme: str) -> bool:
    """Whether only an app can have it: wallets in use keep to no reversed domain name (RFC 8252, 7.1)."""
    return _SCHEME.fullmatch(scheme) is not None and _NO_WALLET.fullmatch(scheme) is None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
