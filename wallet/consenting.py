"""The inbox, and saying yes or no with the wallet's key to what the registry asks on behalf of others.

The registry names what is to be decided; the request by which it is signed comes from the department that
asks. It is answered only if it says what was shown, at the registry's own address, for the identity
credential and none of its claims that were not named.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from registry.errors import RegistryError
from wallet.answering import Answering, Asked
from wallet.logging_in import Door
from wallet.openid4vci import Client


class AsksOtherwise(RegistryError):
    """What came to be signed is not what was shown; nothing was signed."""

    kind = "asks-otherwise"

    def __init__(self) -> None:
        super().__init__(
            "要求签名的内容与所显示的不一致，已拒绝。", "What is to be signed is not what was shown: refused."
        )


@dataclass(frozen=True, slots=True)
class Consenting:
    """What a logged-in wallet reads and decides at one registry. issuer: its address."""

    door: Door
    issuer: str

    def inbox(self) -> list[dict[str, Any]]:
        """`kind`, `reference`, `content` (`zh`, `en` …) of each item. Raises LoginNeeded."""
        return self.read("inbox")

    def objections(self) -> list[dict[str, Any]]:
        """What the holder objected to, and what came of it. Raises LoginNeeded."""
        return self.read("objections")

    def offers(self, wanted: bool | None = None) -> bool:
        """Whether the holder wants to be offered anything, once that is as given. Raises LoginNeeded."""
        if wanted is not None:
            return self.write("offers", {"wanted": wanted}).get("wanted") is True
        said = self._read("offers")
        return isinstance(said, dict) and said.get("wanted") is True

    def consents(self) -> list[dict[str, Any]]:
        """`id`, `state`, `content`, `due`, `until` of each consent. Raises LoginNeeded."""
        return self.read("consents")

    def decide(self, id: str, answer: str) -> dict[str, Any]:
        """Say `yes`, `no` or `withdraw` to a consent; the consent then.

        Raises:
            LoginNeeded, Refused: as they say; AsksOtherwise: something else came to be signed.
        """
        shown = next((each for each in self.consents() if each.get("id") == id), None)
        if shown is None:
            raise UnknownConsent
        content = shown.get("content")
        expected = {name: content[name] for name in ("who", "what", "why", "until")} if content else {}
        made = self.write(f"consents/{id}/decision", {"answer": answer})
        code = self.sign(made, lambda said: said.items() >= {**expected, "consent": id}.items(), ())
        return self.write(f"consents/{id}/signed", {"code": code})

    def sign(
        self, made: Mapping[str, Any], says: Callable[[Mapping[str, str]], bool], claims: Collection[str]
    ) -> str:
        """Answer a request that the registry made, with the identity credential; the code for that.

        says: whether the transaction data say what was shown. claims: those that may be disclosed with it.

        Raises:
            AsksOtherwise: it asks for anything else.
        """
        claiming = self.door.claiming
        answering = Answering(claiming.wallet, claiming.http, claiming.clock, self.door.randomness)
        asked = answering.consider(answering.read(str(made.get("link"))))
        if not self._is_ours(asked, claims) or not says(asked.agreeing[0]):
            raise AsksOtherwise
        return answering.log_in(asked)

    def write(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the registry answers to this, posted by the holder."""

        def post(client: Client, access: str) -> dict[str, Any]:
            return client.write(f"{self.issuer}/holder/{path}", access, body)

        said: dict[str, Any] = self.door.asked(self.issuer, post)
        return said

    def read(self, path: str) -> list[dict[str, Any]]:
        """What is listed there for the holder. Raises LoginNeeded."""
        said = self._read(path)
        return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []

    def _read(self, path: str) -> Any:
        return self.door.asked(
            self.issuer, lambda client, access: client.read(f"{self.issuer}/holder/{path}", access)
        )

    def _is_ours(self, asked: Asked, claims: Collection[str]) -> bool:
        to, at = httpx.URL(asked.read.request.response_uri), httpx.URL(self.issuer)
        return (
            (to.scheme, to.host, to.port) == (at.scheme, at.host, at.port)
            and len(asked.showings) == 1
            and asked.showings[0].held.issuer == self.issuer
            and set(asked.showings[0].claims) <= set(claims)
            and not asked.optional
            and len(asked.agreeing) == 1
        )


class UnknownConsent(RegistryError):
    """The holder is asked for no such consent."""

    kind = "unknown-consent"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "没有这项征询（wallet consents 可列出）。",
            "There is no such consent; `wallet consents` lists them.",
        )
