"""How identifiers and long values are shown on a terminal."""

from typing import Any, Final

from rich.console import Console
from rich.text import Text

from registry import values

LONGEST = 200
_ENDS: Final = (6, 4)
"""Characters of an identity number that are shown at either end: all but the birth date."""


def print_identifier(console: Console, identifier: str) -> None:
    """An identifier whole, on a line of its own, however narrow the terminal is: it is there to be copied."""
    console.print(Text(identifier), soft_wrap=True)


def shortened(value: str) -> str:
    """A claim's value; of a picture, only how long its text is."""
    return value if len(value) <= LONGEST else f"（{len(value):,} 个字符 characters）"


def masked(value: str) -> str:
    """A value, and of an identity number its ends only: a screen has onlookers."""
    if values.wrong_identifier("citizen_number", value.strip().upper()) is not None:
        return value
    first, last = _ENDS
    return f"{value[:first]}{'*' * (len(value) - first - last)}{value[-last:]}"


def masked_within(told: Any) -> Any:
    """What will be told as JSON, with every identity number in it masked."""
    match told:
        case str():
            return masked(told)
        case dict():
            return {name: masked_within(value) for name, value in told.items()}
        case list() | tuple():
            return [masked_within(value) for value in told]
        case _:
            return told
