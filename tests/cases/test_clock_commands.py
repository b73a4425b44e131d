"""Clocks on the command line: on the page of a case, and by `registry clocks …` and `registry tasks list`."""

import json

from registry.cli import clockpage
from tests.api.test_cases import world
from tests.api.test_clocks import accepted
from tests.api.town import HOUSING, MARKET, POLICE
from tests.cases.conftest import founded, here, http, new_wallet, town, written
from tests.cases.test_commands import Terminal, refused, terminal
from tests.cases.test_restaurant import PLAN

__all__ = ["founded", "here", "http", "new_wallet", "terminal", "town", "world", "written"]


def test_a_case_shows_its_colours_last_days_and_who_answers_for_it(terminal: Terminal) -> None:
    number, _ = accepted(terminal.world)
    (clock,) = json.loads(terminal.registry("clocks", "list", "--as", HOUSING, "--json").stdout)
    last = f"至 until {clockpage.day(clock['due'] - 1)}"
    decides, own = ("case", "show", number, "--as", POLICE), ("case", "show", number, "--as", HOUSING)
    mine = terminal.wallet("case", "show", number).stdout
    assert f"绿 green · {last} · 首接负责 responsible {POLICE}" in mine
    step = f"step.tax  契税核定 {clock['en']} · {HOUSING} · 0/3 个工作日 working days"
    for shown in (mine, terminal.registry(*decides).stdout, terminal.registry(*own).stdout):
        assert f"{step} · 绿 green · {last}" in shown
    terminal.world.town.now = clock["due"]
    assert f"红 red · {last} · 督办 seen to by {POLICE}" in terminal.registry(*own).stdout
    terminal.world.town.now += 4 * 86_400
    assert f"红 red · {last} · 升级至 escalated to {HOUSING}" in terminal.registry(*decides).stdout


def test_a_department_lists_its_clocks_and_an_office_what_is_late(terminal: Terminal) -> None:
    number, _ = accepted(terminal.world)
    listed = terminal.registry("clocks", "list", "--as", HOUSING).stdout
    assert listed.startswith(f"{number}  step.tax") and "绿 green" in listed
    assert "no clock runs" in terminal.registry("clocks", "list", "--as", MARKET).stdout
    assert "nothing is late" in terminal.registry("clocks", "alerts", "--as", POLICE).stdout
    terminal.world.town.now += 30 * 86_400
    terminal.world.here.cases.watch(terminal.world.town.now)
    late = terminal.registry("clocks", "alerts", "--as", POLICE).stdout
    assert late.startswith("已到期 over · 自 since ") and f"{number}  step.tax" in late
    (alert,) = json.loads(terminal.registry("clocks", "alerts", "--as", POLICE, "--json").stdout)
    assert (alert["kind"], alert["clock"]["case"]) == ("red", number)
    assert "nothing is late" in terminal.registry("clocks", "alerts", "--as", MARKET).stdout


def test_a_task_of_a_case_is_listed_with_the_colour_of_its_clock(terminal: Terminal) -> None:
    number = terminal.opened()
    terminal.wallet("case", "answer", number, "--yes")
    terminal.wallet("case", "document", number, "floor_plan", terminal.file("plan.pdf", PLAN))
    assert terminal.wallet("case", "submit", number).exit_code == 0
    shown = terminal.json("case", "show", number)
    (task,) = [each for each in shown["effects"] if each["do"] == "task"]
    listed = ("tasks", "list", "--as", task["issuer"])
    assert " 前 by  绿 green\n" in terminal.registry(*listed).stdout
    terminal.world.town.now += 60 * 86_400
    assert " 前 by  红 red  逾期 OVERDUE\n" in terminal.registry(*listed).stdout


def test_a_step_that_cannot_be_said_says_why_to_a_department_of_the_case_alone(terminal: Terminal) -> None:
    number, _ = accepted(terminal.world)

    def said(step: str, department: str, word: str = "agree") -> str:
        words = ("case", "step", number, step, word, "--as", department, "--clerk", "c")
        return refused(terminal.registry(*words))

    other = said("tax", POLICE)
    assert "has no step of that name" in other and said("no_such_step", POLICE) == other
    stranger = said("tax", MARKET)
    words = ("case", "step", number, "tax", "object", "--as", HOUSING, "--clerk", "c")
    assert terminal.registry(*words, "--reason", terminal.file("reason", "欠税")).exit_code == 0
    assert "answered already: objected, 2026-" in said("tax", HOUSING)
    assert said("tax", MARKET) == stranger == "There is no such case."
