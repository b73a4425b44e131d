"""How identifiers and long values are shown on a terminal."""

from rich.console import Console
from rich.text import Text

LONGEST = 200


def print_identifier(console: Console, identifier: str) -> None:
    """An identifier whole, on a line of its own, however narrow the terminal is: it is there to be copied."""
    console.print(Text(identifier), soft_wrap=True)


def shortened(value: str) -> str:
    """A claim's value; of a picture, only how long its text is."""
    return value if len(value) <= LONGEST else f"（{len(value):,} 个字符 characters）"
