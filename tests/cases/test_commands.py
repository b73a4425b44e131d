"""Cases as citizens and clerks have them on the command line: `wallet case …`, `registry case …`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry import accesslog, jcs
from registry.cli import answers
from registry.cli import main as registry_main
from registry.errors import RegistryError
from registry.store.tables import AccessEntry
from registry.usecases import UseCases
from tests.api.test_cases import World, world
from tests.api.town import HOUSING, MARKET, POLICE, citizen_number
from tests.cases.conftest import INPUTS, founded, here, http, new_wallet, town, written
from tests.cases.test_restaurant import PLAN, rows
from tests.wallet.conftest import Authority
from wallet import answer_command, outcomes
from wallet.cli import app as wallet_app

__all__ = ["founded", "here", "http", "new_wallet", "town", "world", "written"]

REGISTRY = registry_main.assemble()
OFFICE = ("--as", MARKET, "--clerk", "clerk 5")


@dataclass
class Terminal:
    """A machine with the wallet of citizen 7, logged in, and with everything that a restaurant needs."""

    world: World
    folder: Path
    said: str = ""

    def file(self, name: str, content: str | bytes | dict[str, str]) -> str:
        path = self.folder / name
        data = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    def wallet(self, *words: str, stdin: str = "") -> Result:
        return self._run(wallet_app, words, stdin)

    def registry(self, *words: str, stdin: str = "") -> Result:
        return self._run(REGISTRY, words, stdin)

    def _run(self, app: Any, words: tuple[str, ...], stdin: str) -> Result:
        result = CliRunner().invoke(app, words, input=stdin)
        self.said += result.stdout
        if result.exception is not None and not isinstance(result.exception, SystemExit | RegistryError):
            raise result.exception
        return result

    def json(self, *words: str) -> Any:
        result = CliRunner().invoke(wallet_app, [*words, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def opened(self, inputs: dict[str, str] = INPUTS) -> str:
        """The number of a case that was opened from the wallet."""
        made = self.wallet("case", "open", "open_restaurant", "--inputs", self.file("inputs.json", inputs))
        assert made.exit_code == 0, made.output
        return made.stdout.splitlines()[0]


@pytest.fixture
def terminal(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    @contextmanager
    def in_process(_patience: float | None = None) -> Iterator[httpx.Client]:
        yield world.http

    for module in (outcomes, answer_command):
        monkeypatch.setattr(module, "network", in_process)
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: world.town.now))
    authority = Authority(world.town)
    world.citizen(7)
    authority.publish(world.town.trust())
    monkeypatch.setenv("ZT_WALLET", str(tmp_path / "phone 7.wallet"))
    monkeypatch.setenv("ZT_WALLET_PASSPHRASE", "phone")
    monkeypatch.setattr(UseCases, "open", lambda _settings: world.here.cases.world.acting.use_cases)
    monkeypatch.setattr(UseCases, "close", lambda _self: None)
    yield Terminal(world, tmp_path)


def refused(result: Result) -> str:
    """The one line that a refused command says, in English."""
    assert isinstance(result.exception, RegistryError), result.output
    return result.exception.en


def test_a_case_goes_from_the_wallet_to_the_licence_by_commands(terminal: Terminal) -> None:
    listed = terminal.wallet("case", "matters")
    assert "Opening a restaurant · 部门已有 departments have" in listed.stdout
    needed = terminal.wallet("case", "matters", "open_restaurant").stdout
    assert "may be promised, within 30 days" in needed and "a department has it" in needed
    number = terminal.opened()
    shown = terminal.wallet("case", "show", number).stdout
    assert "Opening a restaurant · 收集材料 being collected" in shown
    assert "identity  经营者身份 Operator's identity · 部门已有 a department has it" in shown

    answered = terminal.wallet("case", "answer", number, stdin="y\n")
    assert answered.exit_code == 0, answered.output
    assert "asks: 市场监管局 Market regulation" in answered.stderr
    assert "still missing: 场所平面图 Floor plan" in answered.stderr
    assert "4 certificates shown" in answered.stdout
    assert terminal.wallet("case", "submit", number).exit_code == 1
    plan = terminal.file("plan.pdf", PLAN)
    handed = terminal.wallet("case", "document", number, "floor_plan", plan)
    assert handed.exit_code == 0 and "still missing" not in handed.stdout
    granted = terminal.wallet("case", "submit", number)
    assert granted.exit_code == 0, granted.output
    assert "已办结 ended" in granted.stdout and "准予 granted · 规则 by the rule" in granted.stdout
    licence = next(
        each for each in terminal.json("case", "show", number)["effects"] if each["certificate_id"]
    )
    assert licence["certificate_id"] in granted.stdout
    assert f"任务已下达 task given to {MARKET}" in granted.stdout
    assert f"{INPUTS['business_address']} · 本人陈述 stated (input.business_address)" in granted.stdout
    assert "钱包出示 wallet (licence.company_name)" in granted.stdout

    assert terminal.wallet("case", "rate", number, "5").exit_code == 0
    assert refused(terminal.wallet("case", "rate", number, "1")).endswith("it counts once.")
    assert terminal.wallet("case", "asked-again", number, "floor_plan").exit_code == 0
    assert terminal.wallet("case", "list").stdout.splitlines()[0] == number
    assert "floor_plan · application/pdf" in terminal.wallet("case", "documents").stdout
    assert "待人工决定 a person decides" in terminal.wallet("case", "review", number).stdout
    assert terminal.wallet("case", "submit", number).exit_code == 3


def test_nothing_leaves_before_a_yes_and_nobody_sees_an_identity_number(
    terminal: Terminal,
    written: Any,
) -> None:
    number = terminal.opened(INPUTS | {"items": citizen_number(7)})
    declined = terminal.wallet("case", "answer", number, stdin="n\n")
    assert (declined.exit_code, terminal.json("case", "show", number)["facts"]) == (1, [])
    assert re.search(r"until: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d\n", declined.stderr)
    assert "未发送任何内容 nothing was sent" in declined.stderr
    assert terminal.wallet("case", "answer", number, "--yes", "--json").exit_code == 0
    for words in (("show", number), ("matters",), ("list",), ("documents",)):
        terminal.wallet("case", *words)
    assert citizen_number(7) not in terminal.said + written.text
    assert f"items  {citizen_number(7)[:6]}********{citizen_number(7)[-4:]}" in terminal.said
    whole = terminal.json("case", "show", number)
    assert whole["inputs"]["items"] == citizen_number(7)
    assert citizen_number(7) in str(whole["facts"])


def test_a_promise_names_its_last_day_and_is_kept_by_a_document_used_again(terminal: Terminal) -> None:
    first, plan = terminal.opened(), terminal.file("plan.pdf", PLAN)
    promised = terminal.wallet("case", "promise", first, "floor_plan", "--yes")
    assert promised.exit_code == 0, promised.output
    assert "until: 2026-12-24" in promised.stderr and "still missing" not in promised.output
    assert terminal.wallet("case", "submit", first).exit_code == 0
    assert "floor_plan  场所平面图 Floor plan · 待补交 to come · 至 until 2026-12-24" in (
        terminal.wallet("case", "show", first).stdout
    )
    second = terminal.opened({"items": "热食类食品制售"})
    terminal.wallet("case", "answer", second, "--yes")
    id = terminal.json("case", "document", second, "floor_plan", plan)["id"]
    again = terminal.wallet("case", "document", first, "floor_plan", "--again", id, stdin="y\n")
    assert again.exit_code == 0, again.output
    assert "已兑现 kept" in terminal.wallet("case", "show", first).stdout


def test_what_cannot_be_is_said_in_one_line_or_is_wrong_usage(terminal: Terminal) -> None:
    nobodys = terminal.wallet("case", "show", "20261124K2QF0MZ3A")
    assert refused(nobodys) == "The issuer refuses: There is no such case."
    lacking = terminal.wallet("case", "answer", terminal.opened(), "--only", "身份证", "--yes")
    assert "nothing was shown" in refused(lacking)
    number = terminal.opened({})
    wrong = terminal.file("wrong.json", {"colour": "red"})
    assert refused(terminal.wallet("case", "state", number, wrong)).endswith("colour: there is no such item")
    assert refused(terminal.wallet("case", "promise", number, "licence", "--yes")).endswith("later")
    for words in (
        ("case", "document", number, "floor_plan"),
        ("case", "document", number, "floor_plan", terminal.file("plan.txt", "a plan")),
        ("case", "open", "transfer_real_estate"),
        ("case", "rate", number, "6"),
        ("case", "state", number, "no such file"),
    ):
        assert terminal.wallet(*words).exit_code == 2, words
    stated = terminal.wallet("case", "state", number, "-", stdin=json.dumps(INPUTS))
    assert stated.exit_code == 0 and "items  热食类食品制售" in stated.stdout
    assert terminal.wallet("case", "open", "transfer_real_estate", "--role", "seller").exit_code == 0
    keyed = ("case", "open", "open_restaurant", "--key", "k")
    assert terminal.wallet(*keyed).stdout == terminal.wallet(*keyed).stdout


def logged(terminal: Terminal) -> list[dict[str, Any]]:
    """Every entry in the access logs."""
    runtime = terminal.world.town.runtime
    with runtime.store.read() as session:
        return [
            jcs.loads(accesslog.opened(session, runtime.sealed, each))
            for each in rows(terminal.world.here, AccessEntry)
        ]


def test_a_person_without_a_phone_is_helped_at_a_window_and_the_log_says_so(
    terminal: Terminal,
    written: Any,
) -> None:
    inputs, person = terminal.file("inputs.json", INPUTS), f"citizen_number:{citizen_number(7)}\n"
    opening = ("case", "open", "open_restaurant", *OFFICE, "--inputs", inputs, "--holder", "-")
    assert terminal.registry(*opening, stdin=person).exit_code == 2  # nobody says how the person was known
    made = terminal.registry(*opening, "--seen", "card", stdin=person)
    assert made.exit_code == 0, made.output
    number = made.stdout.splitlines()[0]
    assert "窗口 at a window" in made.stdout and "operator  已知 known" in made.stdout
    plan = terminal.registry("case", "document", number, "floor_plan", terminal.file("p.pdf", PLAN), *OFFICE)
    assert plan.exit_code == 0, plan.output
    incomplete = terminal.registry("case", "submit", number, *OFFICE)
    assert incomplete.exit_code == 1
    assert "licence  营业执照 Business licence" in incomplete.stdout.partition("still missing")[2]
    assert "Operator's identity · 部门协查 query · 有效 valid" in incomplete.stdout
    assert terminal.registry("case", "ask", number, *OFFICE).exit_code == 0
    entries = logged(terminal)
    about = {(each["clerk"], each["manner"], each["case"]) for each in entries}
    assert about == {("clerk 5", "assisted", number)}
    assert {"seen card", "document taken in"} < {each["rule"] for each in entries}
    assert citizen_number(7) not in terminal.said + written.text


def test_a_case_goes_on_at_the_window_and_a_person_decides(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.cases.opening.is_drawn", lambda _secret, _number: True)
    number = terminal.opened()
    terminal.wallet("case", "answer", number, "--yes")
    listed = terminal.registry("case", "list", "--as", MARKET, "--state", "open")
    assert number in listed.stdout and "钱包 in a wallet" in listed.stdout
    terminal.registry("case", "document", number, "floor_plan", terminal.file("p.pdf", PLAN), *OFFICE)
    assert terminal.registry("case", "submit", number, *OFFICE).exit_code == 3
    assert terminal.wallet("case", "submit", number).exit_code == 3
    drawn = terminal.registry("case", "replay", number, "--as", MARKET)
    assert isinstance(drawn.exception, RegistryError) and drawn.exception.kind == "case-state"
    reason = terminal.file("reason", "厨房面积不足")
    decide = ("case", "decide", number)
    assert terminal.registry(*decide, "maybe", *OFFICE).exit_code == 2
    refused_by = terminal.registry(*decide, "refuse", *OFFICE, "--reason", reason)
    assert "不予准许 refused · 人工 by a person clerk 5" in refused_by.stdout
    assert "厨房面积不足" in refused_by.stdout and "otherwise than the rule" in refused_by.stdout
    assert "人工 by a person · " in terminal.wallet("case", "show", number).stdout
    terminal.wallet("case", "review", number)
    again = terminal.registry(*decide, "grant", *OFFICE)
    assert isinstance(again.exception, RegistryError)
    granted = terminal.registry(*decide, "grant", "--as", MARKET, "--clerk", "clerk 6")
    assert "已办结 ended" in granted.stdout
    assert "✓ 与当时一致 the same" in terminal.registry("case", "replay", number, "--as", MARKET).stdout


def test_a_window_asks_the_phone_and_uses_a_paper_again(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up: list[Result] = []

    def to_the_phone(link: str) -> None:
        words = ("answer", link, "--optional", "--yes" if held_up else "--no")
        held_up.append(terminal.wallet(*words))

    monkeypatch.setattr(answers, "show_link", to_the_phone)
    made = terminal.registry("case", "open", "open_restaurant", *OFFICE)
    number = made.stdout.splitlines()[0]
    assert "operator  未知 not known yet" in made.stdout
    inputs = terminal.file("inputs.json", INPUTS)
    assert terminal.registry("case", "state", number, inputs, "--as", MARKET).exit_code == 0
    request = ("case", "request", number, *OFFICE)
    assert terminal.registry(*request).exit_code == 1
    assert "refused; nothing was shown" in held_up[0].stdout
    answered = terminal.registry(*request, "--promise", "floor_plan")
    assert answered.exit_code == 0 and "licence  营业执照 Business licence · 钱包出示" in answered.stdout
    assert "until: 2026-12-24" in held_up[1].stderr
    assert terminal.registry("case", "submit", number, *OFFICE).exit_code == 0

    other, plan = terminal.opened(), terminal.file("plan.pdf", PLAN)
    terminal.wallet("case", "answer", other, "--yes")
    id = terminal.json("case", "document", other, "floor_plan", plan)["id"]
    listed = terminal.registry("case", "documents", number, "--as", MARKET)
    assert id in listed.stdout
    again = ("case", "document", number, "floor_plan", *OFFICE, "--again", id)
    assert terminal.registry(*again).exit_code == 2  # nobody says that the holder agrees
    kept = terminal.registry(*again, "--consent")
    assert kept.exit_code == 0 and "已兑现 kept" in kept.stdout
    out = terminal.folder / "read.pdf"
    assert terminal.registry("case", "read", number, id, "--as", MARKET, "--out", str(out)).exit_code == 0
    assert out.read_bytes() == PLAN
    papers = [each for each in logged(terminal) if each["rule"] == "document used again"]
    assert [(each["clerk"], each["manner"]) for each in papers] == [("clerk 5", "assisted")]


def test_another_departments_case_is_none(terminal: Terminal) -> None:
    number = terminal.opened()
    person = terminal.file("holder", f"citizen_number:{citizen_number(7)}")
    for words in (
        ("show", number, "--as", HOUSING),
        ("submit", number, "--as", HOUSING, "--clerk", "c"),
        ("identify", number, "--as", POLICE, "--clerk", "c", "--holder", person, "--seen", "card"),
        ("open", "open_restaurant", "--as", POLICE, "--clerk", "c"),
        ("retry", number, "--as", HOUSING),
    ):
        refusal = terminal.registry("case", *words)
        assert isinstance(refusal.exception, RegistryError), words
        assert refusal.exception.kind == "no-such-case", words
    assert not any(each["case"] == number for each in logged(terminal))
    stated = terminal.registry("case", "state", number, terminal.file("i", {"items": "x"}), "--as", POLICE)
    assert isinstance(stated.exception, RegistryError)
    assert terminal.json("case", "show", number)["inputs"] == INPUTS
