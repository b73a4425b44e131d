"""An agent at a window by commands: `registry case agent`, with a phone and without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli import answers
from registry.cli import main as registry_main
from registry.errors import RegistryError
from registry.mandates.making import Making, Wish
from registry.mandates.scope import Scope
from registry.usecases import UseCases
from tests.api.town import HOUSING, POLICE
from tests.cases.test_restaurant import PLAN
from tests.mandates.conftest import CLERK, SECOND, day, person
from tests.mandates.test_mother_wang import (
    DAUGHTER,
    MATTER,
    WANG,
    WangTown,
    founded,
    here,
    http,
    new_wallet,
    town,
    wang,
    with_wang,
    written,
)
from tests.wallet.conftest import Authority
from wallet import answer_command, outcomes
from wallet.cli import app as wallet_app

__all__ = ["founded", "here", "http", "new_wallet", "town", "wang", "with_wang", "written"]
REGISTRY = registry_main.assemble()
OFFICE = ("--as", POLICE, "--clerk", "clerk 5")
IDENTITY = tuple(f"resident_identity.{each}" for each in ("name", "citizen_number", "age_over_18"))


@pytest.fixture
def mandate(wang: WangTown, monkeypatch: pytest.MonkeyPatch) -> str:
    """Her daughter's, made by two clerks; commands work over the town."""

    @contextmanager
    def in_process(_patience: float | None = None) -> Iterator[httpx.Client]:
        yield wang.here.http

    use_cases = wang.here.cases.world.acting.use_cases
    for module in (outcomes, answer_command):
        monkeypatch.setattr(module, "network", in_process)
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: wang.town.now))
    monkeypatch.setattr(UseCases, "open", lambda _settings: use_cases)
    monkeypatch.setattr(UseCases, "close", lambda _self: None)
    wish = Wish(
        agent=person(DAUGHTER),
        scope=Scope((MATTER,), IDENTITY),
        first=day(wang.town),
        last=day(wang.town, 30),
    )
    making = Making(use_cases)
    made = making.confirm(POLICE, making.write_down(POLICE, WANG, wish, CLERK, "card"), SECOND)
    wang.town.anchor(POLICE)
    return made


def registry(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(REGISTRY, words, input=stdin)


def test_her_daughters_phone_shows_the_mandate_and_the_case_goes_on(
    wang: WangTown,
    mandate: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = Authority(wang.town)
    wang.here.phone(DAUGHTER).claim(POLICE, mandate, role="agent")
    authority.publish(wang.town.trust())
    shown: list[Result] = []

    def held_up_to_the_phone(link: str) -> None:
        environment = {
            "ZT_WALLET": str(tmp_path / f"phone {DAUGHTER}.wallet"),
            "ZT_WALLET_PASSPHRASE": "phone",
        }
        answer = ["answer", link, "--no" if not shown else "--yes"]
        shown.append(CliRunner().invoke(wallet_app, answer, env=environment))

    monkeypatch.setattr(answers, "show_link", held_up_to_the_phone)
    agent = ("case", "agent", wang.number, *OFFICE, "--role", "buyer")
    assert registry(*agent).exit_code == 1
    assert shown[0].exit_code == 0 and "refused; nothing was shown" in shown[0].stdout
    found = registry(*agent)
    assert shown[1].exit_code == 0, shown[1].output
    assert found.exit_code == 0 and f"acts for: {WANG.name}" in found.stdout and mandate in found.stdout

    contract = tmp_path / "contract.pdf"
    contract.write_bytes(PLAN)
    handed = registry("case", "document", wang.number, "contract", str(contract), *OFFICE)
    assert handed.exit_code == 0, handed.output
    assert registry("case", "submit", wang.number, *OFFICE).exit_code == 1
    tax = ("case", "step", wang.number, "tax", "agree", "--clerk", "clerk 1", "--as")
    foreign = registry(*tax, POLICE)
    assert isinstance(foreign.exception, RegistryError) and foreign.exception.kind == "case-state"
    assert registry(*tax, HOUSING).exit_code == 0
    granted = registry("case", "submit", wang.number, *OFFICE)
    assert granted.exit_code == 0, granted.output
    assert {manner for _, manner in wang.manners()} == {"mandate"}
    said = found.output + handed.output + granted.output
    assert WANG.identifier not in said and person(DAUGHTER).identifier not in said


def test_an_agent_without_a_phone_is_seen_by_a_clerk(wang: WangTown, mandate: str) -> None:
    agent = ("case", "agent", wang.number, *OFFICE, "--role", "buyer", "--ground", mandate, "--agent", "-")
    assert registry(*agent, stdin="citizen_number:1").exit_code == 2  # nobody says how the agent was known
    stranger = registry(*agent, "--seen", "card", stdin=f"citizen_number:{person(9).identifier}")
    assert isinstance(stranger.exception, RegistryError)
    assert stranger.exception.kind == "mandate-falls-short"
    seen = registry(*agent, "--seen", "card", stdin=f"citizen_number:{person(DAUGHTER).identifier}")
    assert seen.exit_code == 0 and f"acts for: {WANG.name}" in seen.stdout
    asked = registry("case", "ask", wang.number, *OFFICE, "--alone")
    assert "asked for 1" in asked.stdout
    assert set(wang.manners()) == {("clerk 5", "mandate")}
    helped = registry("case", "show", wang.number, "--as", POLICE)
    assert "buyer_identity" in helped.stdout and WANG.identifier not in helped.stdout
