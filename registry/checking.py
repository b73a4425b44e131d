"""Checking what somebody shows: out of a picture or a text, through the ten checks, and used up.

The use case behind `registry verify` and the pages that take a QR picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry import credential, pictures, proofcode
from registry.trust import Trust
from registry.verification import Expected, Report, unreadable, verify

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")

UseOnce = Callable[[str, str, int], bool]
"""`use_once(audience, nonce, expires)`: whether this is the first time."""

_SHOWN_BEFORE = {
    "outcome": "fail",
    "zh": "这个二维码已经出示过，请对方重新出示。",
    "en": "This code was shown before: ask for a new one.",
}


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """A presentation and the report on it, in its JSON form."""

    presentation: str
    report: dict[str, Any]


def texts_in(data: bytes) -> tuple[str, ...]:
    """The texts of all QR codes in a picture; of a text file, the text.

    Raises:
        BadPicture, NoCode: a picture that cannot be read, or holds none.
    """
    if data.startswith(_PICTURES):
        return pictures.read(data)
    return (data[: credential.MAX_BYTES + 1].decode("utf-8", errors="replace").strip(),)


def presentation_in(texts: tuple[str, ...], trust: Trust) -> str:
    """The presentation in the first text that holds one; no address is opened.

    Raises:
        BadCode, UnknownOrigin, OnlyALink: what stands against the first text, where none holds one.
    """
    holding = [text for text in texts if proofcode.is_code(text) or "~" in text]
    return proofcode.find((holding or list(texts))[0], proofcode.directory_of(trust))


def unread(error: proofcode.BadCode, trust: Trust, at: int) -> dict[str, Any]:
    """The report on what could not be read as a presentation: invalid, but unknown where this reader lacks
    what it takes to read it."""
    lacking = isinstance(error, proofcode.UnknownOrigin | proofcode.OnlyALink)
    return unreadable(trust, at, (error.zh, error.en) if lacking else None).to_dict()


def check(
    presentation: str,
    trust: Trust,
    expected: Expected,
    now: int,
    *,
    at: int | None = None,
    dated: bool = False,
    use_once: UseOnce | None = None,
) -> Checked:
    """Verify, and use the nonce up where that came out valid.

    at, dated: as `verification.verify` has them.
    use_once: of the store at hand; None where there is none, or nothing is to be used up.
    """
    found = verify(presentation, trust, expected, now, at, dated=dated)
    return conclude(presentation, found, use_once if at is None else None)


def conclude(presentation: str, found: Report, use_once: UseOnce | None) -> Checked:
    """Use the nonce up where the report on a presentation came out valid; it is refused if that was done.

    use_once: as `check` has it.
    """
    report = found.to_dict()
    guard = found.guard
    if found.verdict != "valid" or guard is None or use_once is None:
        return Checked(presentation, report)
    if not use_once(guard.audience, guard.nonce, guard.expires):
        report |= {"verdict": "invalid", "next": {name: _SHOWN_BEFORE[name] for name in ("zh", "en")}}
        report["checks"] = [
            each | _SHOWN_BEFORE if each["id"] == "holder" else each for each in report["checks"]
        ]
    return Checked(presentation, report)
