"""What every exchange of the wallet with a server shares: which addresses it asks, how answers are read."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

import httpx
import orjson

from registry.errors import RegistryError
from registry.fetching import FetchRefused, GuardedClient, may_be_outside

_LARGEST: Final = 4 << 20
_LONGEST: Final = 300


class Refused(RegistryError):
    """The issuer, or whoever answers in its place, refused.

    code: its OAuth or OpenID4VCI error, or the type of its problem document, if any. words: what such a
    document says, in Chinese and English.
    """

    kind = "refused-by-issuer"
    mender = "holder"

    def __init__(self, code: str, status: int = 0, words: tuple[str, str] | None = None) -> None:
        zh, en = self.said(code) if words is None else words
        super().__init__(zh, en)
        self.code = code
        self.http_status = status

    @staticmethod
    def said(code: str) -> tuple[str, str]:
        """What the holder reads, in both languages."""
        return f"颁发方拒绝：{code}。", f"The issuer refuses: {code}."


class VerifierRefused(Refused):
    """Whoever asked does not take what was answered, or knows no such request any more."""

    kind = "refused-by-verifier"

    @staticmethod
    def said(code: str) -> tuple[str, str]:
        """The same of somebody who asked."""
        return (
            f"请求方没有接受（{code}）：请求可能已过期或已应答过，请对方重新发起。",
            f"Whoever asks did not take it ({code}): the request may have ended or been answered before. "
            "Have them ask again.",
        )


class BadOffer(RegistryError):
    """The offer, or what it leads to, is not as OpenID4VCI has it."""

    kind = "bad-offer"
    mender = "issuer"


def answer(response: httpx.Response) -> dict[str, Any]:
    """A JSON object that was answered.

    Raises:
        Refused: the answer is an error, or no JSON object.
    """
    body = value(response)
    if not isinstance(body, dict):
        raise Refused(f"HTTP {response.status_code}", response.status_code)
    return body


def value(response: httpx.Response) -> Any:
    """Any JSON that was answered.

    Raises:
        Refused: the answer is an error, or no JSON.
    """
    body = _body(response)
    if response.is_success and body is not None:
        return body
    said = body if isinstance(body, dict) else {}
    code = said.get("error") or str(said.get("type", "")).rpartition(":")[2]
    raise Refused(str(code)[:80] or f"HTTP {response.status_code}", response.status_code, _words(said))


def _words(said: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a problem document says in both languages, on one line each."""
    found = [" ".join(str(said.get(name) or "").split())[:_LONGEST] for name in ("zh", "en")]
    if not all(found):
        return None
    return f"颁发方拒绝：{found[0]}", f"The issuer refuses: {found[1]}"


def refusal(response: httpx.Response) -> dict[str, Any]:
    """The members of an error that was answered; none where it is no error, or no JSON object."""
    body = _body(response)
    return body if not response.is_success and isinstance(body, dict) else {}


def _body(response: httpx.Response) -> Any:
    try:
        return orjson.loads(response.content) if len(response.content) <= _LARGEST else None
    except orjson.JSONDecodeError:
        return None


def checked_address(http: httpx.Client, url: str) -> str:
    """An address that somebody named, if this client may be asked to go there.

    https, or this very machine, or an origin that the holder listed. It is a first look, which holds for
    clients without a guard too; what a name leads to is for the guard (registry/fetching.py) to judge.

    Raises:
        BadOffer: it is none, or says itself that it leads inside.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise BadOffer("这不是网址。", "This is no address.") from None
    listed = isinstance(http, GuardedClient) and http.lists(address)
    if listed or may_be_outside(address) or _is_this_machine(address):
        return url
    refusal = FetchRefused()
    raise BadOffer(refusal.zh, refusal.en)


def _is_this_machine(address: httpx.URL) -> bool:
    if address.scheme not in ("http", "https") or address.userinfo:
        return False
    try:
        return ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        return address.host == "localhost"


def text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise BadOffer(f"缺少 {name}。", f"{name} is missing.")
    return value
