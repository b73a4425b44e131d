"""Somebody without a phone at a window, by commands: a copy on paper, a promise by hand, what is stated."""

import json
from typing import Any

from typer.testing import Result

from registry import pictures
from registry.cases.paper_promises import Sheet
from registry.cli import casepage
from tests.api.test_at_window import SHEET, holds
from tests.api.test_cases import world
from tests.api.town import HOUSING, MARKET, citizen_number
from tests.cases.conftest import INPUTS, founded, here, http, new_wallet, town, written
from tests.cases.test_commands import OFFICE, Terminal, logged, terminal

__all__ = ["founded", "here", "http", "new_wallet", "terminal", "town", "world", "written"]

NUMBER = 9
"""Of a citizen who has no phone."""
SEEN = ("--seen", "card")


def known(terminal: Terminal) -> str:
    """A case whose operator a clerk has seen."""
    inputs = terminal.file("inputs.json", INPUTS)
    holder = terminal.file("holder.txt", f"citizen_number:{citizen_number(NUMBER)}")
    opening = ("case", "open", "open_restaurant", *OFFICE, "--inputs", inputs, "--holder", holder, *SEEN)
    made = terminal.registry(*opening)
    assert made.exit_code == 0, made.output
    return str(made.stdout.splitlines()[0])


def signed(terminal: Terminal, number: str) -> str:
    """A sheet that was signed and scanned, as a document of the case."""
    scan = terminal.file("sheet.pdf", SHEET)
    made = terminal.registry("case", "document", number, "signed-promise", scan, *OFFICE, "--json")
    assert made.exit_code == 0, made.output
    return str(json.loads(made.stdout)["id"])


def kind(result: Result) -> str:
    """Of the refusal that ended a command."""
    return str(getattr(result.exception, "kind", result.output))


def test_a_copy_counts_and_another_clerk_decides(terminal: Terminal, written: Any) -> None:
    papers, number = holds(terminal.world, NUMBER), known(terminal)
    picture = terminal.file("copy.png", pictures.draw(papers["licence"]))
    copied = terminal.registry("case", "copy", number, "licence", *OFFICE, *SEEN, "--text", picture)
    assert copied.exit_code == 0, copied.output
    assert "Business licence · 纸质复制件 paper · 复制件已采信，由人工决定 a copy accepted" in copied.stdout
    assert "纸质复制件 paper (licence.company_name)" in copied.stdout
    terminal.registry("case", "document", number, "floor_plan", terminal.file("p.pdf", b"%PDF-1"), *OFFICE)
    assert terminal.registry("case", "submit", number, *OFFICE).exit_code == 3
    decide = ("case", "decide", number, "grant", "--as", MARKET, "--clerk")
    assert kind(terminal.registry(*decide, "Clerk-5")) == "took-the-copy"
    assert "已办结 ended" in terminal.registry(*decide, "clerk 6").stdout
    taken = [each for each in logged(terminal) if each["rule"] == "copy accepted, seen card"]
    assert [(each["clerk"], each["manner"]) for each in taken] == [("clerk 5", "assisted")]
    assert citizen_number(NUMBER) not in terminal.said + written.text


def test_a_copy_comes_as_text_too_and_what_is_none_is_refused(terminal: Terminal) -> None:
    papers, number = holds(terminal.world, NUMBER), known(terminal)
    copy = ("case", "copy", number, "licence", *OFFICE, *SEEN, "--text")
    assert kind(terminal.registry(*copy, "-", stdin="no code")) == "bad-code"
    assert kind(terminal.registry(*copy, "-", stdin=papers["title"])) == "bad-case-input"
    assert terminal.registry(*copy, terminal.file("p.png", b"\x89PNG\r\n\x1a\n none")).exit_code == 2
    assert terminal.registry(*copy, "no such file").exit_code == 2
    assert terminal.registry(*copy, "-", stdin=papers["licence"] + "\n").exit_code == 0


def test_a_promise_on_paper_says_what_a_wallet_would_sign_and_takes_two_people(terminal: Terminal) -> None:
    number = known(terminal)
    told = terminal.registry("case", "sheets", number, "--role", "operator", "--as", MARKET).stdout
    assert "floor_plan  场所平面图 Floor plan\n" in told
    assert f"办件编号 case: {number}\n" in told and "最后一日 until: 2026-12-24\n" in told
    as_json = terminal.registry("case", "sheets", number, "--as", MARKET, "--json").stdout
    (sheet,) = [each for each in json.loads(as_json) if each["fact"] == "floor_plan"]
    assert Sheet(**sheet).words.keys() == casepage.SHEET.keys()
    document = signed(terminal, number)
    promise = ("case", "promise", number, "floor_plan", *OFFICE, *SEEN, "--document", document, "--second")
    assert kind(terminal.registry(*promise, "clerk 5")) == "bad-case-input"
    promised = terminal.registry(*promise, "clerk 6")
    assert promised.exit_code == 0, promised.output
    assert (
        f"待补交 to come · 至 until 2026-12-24 · 纸质承诺书 signed sheet {document} · clerk 5 · clerk 6"
        in (promised.stdout)
    )
    assert "Floor plan" not in promised.stdout.partition("still missing")[2].partition("陈述 stated")[0]
    (entry,) = [each for each in logged(terminal) if each["rule"] == "promise on paper, seen card"]
    assert (entry["clerk"], entry["second"], entry["manner"]) == ("clerk 5", "clerk 6", "assisted")
    out = terminal.folder / "read.pdf"
    read = ("case", "read", number, document, "--as", MARKET, "--out", str(out))
    assert terminal.registry(*read).exit_code == 0
    assert out.read_bytes() == SHEET


def test_the_log_says_who_wrote_down_what_a_person_states(terminal: Terminal) -> None:
    number, inputs = known(terminal), terminal.file("more.json", {"items": "冷食类食品制售"})
    stated = terminal.registry("case", "state", number, inputs, *OFFICE)
    assert stated.exit_code == 0 and "items  冷食类食品制售" in stated.stdout
    (entry,) = [each for each in logged(terminal) if each["rule"] == "stated"]
    assert (entry["clerk"], entry["manner"], entry["case"]) == ("clerk 5", "assisted", number)


def test_paper_for_another_departments_case_is_for_none(terminal: Terminal) -> None:
    papers, number = holds(terminal.world, NUMBER), known(terminal)
    document, text = signed(terminal, number), terminal.file("copy.txt", papers["licence"])
    other = ("--as", HOUSING, "--clerk", "c", *SEEN)
    for words in (
        ("copy", number, "licence", *other, "--text", text),
        ("sheets", number, "--as", HOUSING),
        ("promise", number, "floor_plan", *other, "--second", "d", "--document", document),
        ("state", number, terminal.file("i", {"items": "x"}), "--as", HOUSING, "--clerk", "c"),
    ):
        assert kind(terminal.registry("case", *words)) == "no-such-case", words
