"""Cases of the holder's own at one registry: opened, answered, handed in and rated from this wallet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from registry.errors import RegistryError
from wallet.answering import Asked
from wallet.logging_in import Door
from wallet.openid4vci import Client

Case = dict[str, Any]
SEPARATOR: Final = "-"
"""Between a fact's name and the number of its alternative, in the id of a credential query of a case."""


class NothingLeft(RegistryError):
    """The case asks nothing of this wallet any more."""

    kind = "nothing-left"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "办件没有需要本钱包出示的内容了。", "The case asks for nothing that this wallet has not shown."
        )


@dataclass(frozen=True, slots=True)
class Casework:
    """What a logged-in wallet does with cases. issuer: address of the registry.

    Every method raises LoginNeeded where no login stands, and Refused as the registry says.
    """

    door: Door
    issuer: str

    def matters(self) -> list[Case]:
        """What one can come to do: `name`, `facts` (with `held`), `inputs`, `parties` …"""
        return self._list("matters")

    def matter(self, name: str) -> Case:
        """What one matter needs, before anything is sent."""
        return self._read(f"matters/{quote(name, safe='')}")

    def open(self, matter: str, role: str, inputs: Mapping[str, str], key: str) -> str:
        """The number of a new case. key: sent again with the same request, it opens nothing twice."""
        body = {"matter": matter, "role": role, "inputs": dict(inputs)}
        made = self._write("cases", body, {"Idempotency-Key": key})
        return str(made.get("number"))

    def all(self) -> list[Case]:
        """One's cases, newest first."""
        return self._list("cases")

    def show(self, number: str) -> Case:
        """A case: `state`, `missing`, `form`, `facts`, `steps`, `effects`, `promises`, `decision`."""
        return self._read(_case(number))

    def join(self, number: str, role: str) -> Case:
        """Take one's part in a case that was begun at a window, or by somebody else; the case then."""
        return self._write(f"{_case(number)}/joining", {"role": role})

    def state(self, number: str, inputs: Mapping[str, str]) -> Case:
        """State more, or otherwise; the case then."""
        return self._write(f"{_case(number)}/inputs", {"inputs": dict(inputs)})

    def request(self, number: str, promise: list[str] | None = None, role: str = "") -> str:
        """Link of the request for everything that the case does not know of the holder yet.

        promise: facts that are to come later, which the wallet signs with the same answer. role: where the
        holder has several parts in the case.

        Raises:
            NothingLeft: there is nothing to ask.
        """
        made = self._write(f"{_case(number)}/request", {"promise": promise or [], "role": role})
        if not made.get("link"):
            raise NothingLeft
        return str(made["link"])

    def take(self, number: str, role: str = "") -> str:
        """Let the case take what was answered: `open`, `answered`, `refused` or `expired`."""
        return str(self._write(f"{_case(number)}/answer?role={quote(role, safe='')}", {}).get("state"))

    def submit(self, number: str) -> Case:
        """Hand it in: `outcome` (grant, person or incomplete), and what is `missing`."""
        return self._write(f"{_case(number)}/submission", {})

    def document(self, number: str, fact: str, content: bytes, media_type: str) -> str:
        """Hand a document in; its id, by which it can be used again."""
        url = f"{self.issuer}/holder/{_case(number)}/documents/{quote(fact, safe='')}"
        said: Case = self.door.asked(
            self.issuer, lambda client, access: client.put(url, access, content, media_type)
        )
        return str(said.get("id"))

    def use_again(self, number: str, fact: str, document: str) -> Case:
        """Agree that a document of one's own is used in another case; the case then."""
        path = f"{_case(number)}/documents/{quote(fact, safe='')}/reuse"
        return self._write(path, {"document": document, "consent": True})

    def documents(self) -> list[Case]:
        """What one has handed in: `id`, `kind`, `media_type`, `size`, `created`."""
        return self._list("documents")

    def review(self, number: str) -> Case:
        """Ask for a person's review of the decision; the case then."""
        return self._write(f"{_case(number)}/review", {})

    def rate(self, number: str, stars: int) -> Case:
        """Rate a finished case, 1 to 5; the case then."""
        return self._write(f"{_case(number)}/rating", {"stars": stars})

    def asked_again(self, number: str, fact: str) -> Case:
        """Report that the case asked for what a department has; the case then."""
        return self._write(f"{_case(number)}/asked-again", {"fact": fact})

    def _read(self, path: str) -> Case:
        said: Case = self._said(path)
        return said

    def _said(self, path: str) -> Any:
        def get(client: Client, access: str) -> Any:
            return client.read(f"{self.issuer}/holder/{path}", access)

        return self.door.asked(self.issuer, get)

    def _list(self, path: str) -> list[Case]:
        said = self._said(path)
        return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []

    def _write(self, path: str, body: Case, headers: dict[str, str] | None = None) -> Case:
        def post(client: Client, access: str) -> Case:
            return client.write(f"{self.issuer}/holder/{path}", access, body, headers)

        said: Case = self.door.asked(self.issuer, post)
        return said


def still_missing(case: Mapping[str, Any], asked: Asked, promised: list[str]) -> list[Case]:
    """What a case would still lack after this answer: known before anything leaves the wallet."""
    shown = {each.query.rpartition(SEPARATOR)[0] for each in (*asked.showings, *asked.optional)}
    covered = shown | set(promised)
    missing = case.get("missing")
    return [
        each
        for each in (missing if isinstance(missing, list) else [])
        if isinstance(each, dict) and not (each.get("kind") == "fact" and each.get("name") in covered)
    ]


def _case(number: str) -> str:
    return f"cases/{quote(number, safe='')}"
