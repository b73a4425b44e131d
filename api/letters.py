"""Changing one letter of what somebody shows, to see the check turn red."""

import orjson

from registry import b64, certificate, credential
from registry.errors import NotAllowed


def change_a_letter(presentation: str) -> tuple[str, tuple[str, str, str]]:
    """The presentation with the last character of its first claim changed, and (name, before, after).

    Raises:
        NotAllowed: it shows no claim.
    """
    jwt, disclosures = credential.split(presentation)
    if not disclosures:
        raise NotAllowed("没有可改动的信息项。", "It shows no claim that could be changed.")
    salt, name, value = certificate.parse_disclosure(disclosures[0])
    changed = value[:-1] + _other(value[-1:])
    forged = b64.encode(orjson.dumps([salt, name, changed]))
    binding = presentation.rpartition("~")[2]
    return "~".join((jwt, forged, *disclosures[1:], binding)), (name, value, changed)


def _other(character: str) -> str:
    """A character much like this one."""
    if character in "09zZ":
        return {"0": "1", "9": "8", "z": "y", "Z": "Y"}[character]
    return chr(ord(character) + 1) if character else "x"
