"""What a page on a terminal must not do: fold what is there to be copied, or paint a picture as text."""

from io import StringIO

import pytest
from rich.console import Console

from registry.cli.terminal import LONGEST, print_identifier, shortened

IDENTIFIER = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"


@pytest.mark.parametrize("width", [1, 20, 40, 80, 200])
def test_an_identifier_is_whole_on_a_line_of_its_own_at_any_width(width: int) -> None:
    shown = StringIO()
    print_identifier(Console(file=shown, width=width), IDENTIFIER)
    assert shown.getvalue() == f"{IDENTIFIER}\n"


def test_of_a_picture_only_the_length_is_shown() -> None:
    assert shortened("A" * LONGEST) == "A" * LONGEST
    assert shortened("A" * 2_000) == "（2,000 个字符 characters）"
