"""Changing one letter of what somebody shows, to see the check turn red."""

import orjson

from registry import b64, certificate, credential
from registry.errors import NotAllowed


def change_a_letter(presentation: str) -> tuple[str, tuple[str, str, str]]:
    """The presentation with the last character of one claim changed, and (name, before, after).

    A claim in words is taken rather than a number, whose check digit would give the change away.

    Raises:
        NotAllowed: it shows no claim.
    """
    jwt, disclosures = credential.split(presentation)
    claims = [certificate.parse_disclosure(one) for one in disclosures]
    if not claims:
        raise NotAllowed("没有可改动的信息项。", "It shows no claim that could be changed.")
    at = next((n for n, claim in enumerate(claims) if not claim.value.isascii()), 0)
    salt, name, value = claims[at]
    changed = value[:-1] + _other(value[-1:])
    shown = [*disclosures[:at], b64.encode(orjson.dumps([salt, name, changed])), *disclosures[at + 1 :]]
    return "~".join((jwt, *shown, presentation.rpartition("~")[2])), (name, value, changed)


def _other(character: str) -> str:
    """A character much like this one."""
    if character in ("0", "9", "z", "Z"):
        return {"0": "1", "9": "8", "z": "y", "Z": "Y"}[character]
    return chr(ord(character) + 1) if character else "x"
