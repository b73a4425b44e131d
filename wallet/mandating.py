"""Letting somebody act for the holder: a mandate, signed with the identity credential over its very words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from wallet.consenting import Consenting
from wallet.openid4vci import Client

_CLAIMS: Final = ("name", "citizen_number")
"""Of the identity credential, which a mandate has to name."""


@dataclass(frozen=True, slots=True)
class Mandating:
    """What a logged-in wallet does with mandates at one registry."""

    consenting: Consenting

    def mine(self) -> list[dict[str, Any]]:
        """Mandates given and taken: `certificate_id`, `role`, `agent_name` … Raises LoginNeeded."""
        return self.consenting.read("mandates")

    def make(self, wish: Mapping[str, Any]) -> str:
        """Make a mandate; its identifier. wish: as the registry takes it (`agent`, `matters`, `facts`, days).

        Raises:
            LoginNeeded, Refused: as they say; AsksOtherwise: something else came to be signed.
        """
        made = self.consenting.write("mandates", wish)
        expected = {
            "mandate": made.get("id"),
            "agent": wish["agent"]["name"],
            "agent_number": wish["agent"]["identifier"],
            "matters": " ".join(wish["matters"]),
            "facts": " ".join(wish["facts"]),
            "from": wish["first_day"],
            "until": wish["last_day"],
        }
        code = self.consenting.sign(made, lambda said: said.items() >= expected.items(), _CLAIMS)
        said = self.consenting.write(f"mandates/{made['id']}/signed", {"code": code})
        return str(said.get("certificate_id"))

    def end(self, certificate_id: str) -> None:
        """End a mandate, given or taken. Raises LoginNeeded, Refused."""
        issuer = self.consenting.issuer

        def ended(client: Client, access: str) -> None:
            client.delete(f"{issuer}/holder/mandates/{certificate_id}", access)

        self.consenting.door.asked(issuer, ended)
