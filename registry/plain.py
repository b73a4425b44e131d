"""What strangers wrote, made safe to be shown on a terminal."""

import re
from typing import Final

_COMMANDS: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters but tab and newline, marks that turn the direction of writing, halves of characters."""


def plain(text: str) -> str:
    """The text without what commands a terminal: a value could otherwise paint a verdict over ours."""
    return _COMMANDS.sub("\ufffd", text)


def line(text: str) -> str:
    """The same on one line: a name with a line break in it could otherwise go on as a line of ours."""
    return plain(text).replace("\n", "\ufffd").replace("\t", " ")
