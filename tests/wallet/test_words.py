"""What the wallet says of others in both languages: a log's entries that are no questions, who is away."""

import pytest

from wallet.log_command import deed


@pytest.mark.parametrize(
    "rule", ["document taken in", "document used again", "stated", "seen card", "copy accepted, seen card"]
)
def test_what_was_done_in_a_case_has_words_in_both_languages(rule: str) -> None:
    said = deed(rule)
    assert not said.isascii() and " " in said and said != rule
    assert said.endswith("card") is rule.endswith("card")


def test_a_rule_of_the_rights_files_is_no_deed() -> None:
    assert deed("title-registration") == ""
