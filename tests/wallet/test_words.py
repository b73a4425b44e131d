"""What the wallet says of others in both languages: a log's entries that are no questions, who is away."""

import httpx
import pytest

from wallet import cli
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


def test_who_cannot_be_reached_is_named_by_origin_and_nothing_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> None:
        request = httpx.Request("GET", "http://localhost:8123/holder/log?of=somebody")
        raise httpx.ConnectError("away", request=request)

    monkeypatch.setattr(cli, "app", away)
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr().err
    assert "(http://localhost:8123)" in said and "somebody" not in said and "holder" not in said
