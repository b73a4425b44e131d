"""Tasks and objections as clerks and citizens have them on the command line."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli import main as registry_main
from registry.errors import RegistryError
from registry.usecases import UseCases
from tests.api.town import POLICE, Town, citizen_number
from tests.consents.conftest import logged_in
from wallet import outcomes
from wallet.cli import app as wallet_app
from wallet.keyfile import WalletFile

REGISTRY = registry_main.assemble()


@pytest.fixture
def commands(
    here: Town,
    http: httpx.Client,
    new_wallet: Callable[[str], WalletFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Town:
    """Citizen 7 is logged in with the wallet on this machine; the registry is on it too."""

    @contextmanager
    def in_process() -> Iterator[httpx.Client]:
        yield http

    here.now = int(time.time())
    monkeypatch.setattr(outcomes, "network", in_process)
    logged_in(here, http, new_wallet("phone"), 7)
    monkeypatch.setenv("ZT_WALLET", str(tmp_path / "phone.wallet"))
    monkeypatch.setenv("ZT_WALLET_PASSPHRASE", "phone")
    monkeypatch.setenv("ZT_DATA", str(here.runtime.settings.data))
    monkeypatch.setenv("ZT_API_PASSPHRASE", "api's")
    return here


def wallet(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(wallet_app, arguments, input=stdin)


def registry(*arguments: str) -> Result:
    return CliRunner().invoke(REGISTRY, arguments)


def test_a_citizen_objects_a_clerk_answers_and_the_inbox_says_so(commands: Town, tmp_path: Path) -> None:
    certificate = commands.citizen(7)
    assert "nothing here" in wallet("inbox").stdout
    said = wallet("object", certificate, "--claims", "address", "--text", "-", stdin="I moved.\n")
    assert said.exit_code == 0 and "to be answered by" in said.stdout, said.output
    assert "being looked at" in wallet("objections").stdout
    listed = registry("tasks", "list", "--as", POLICE)
    assert listed.exit_code == 0 and "I moved." in listed.stdout and certificate in listed.stdout
    assert " 前 by  绿 green\n" in listed.stdout
    (task,) = json.loads(registry("tasks", "list", "--as", POLICE, "--json").stdout)
    reason = tmp_path / "reason.txt"
    reason.write_text("已核对户籍底册。", "utf-8")
    finish = ("tasks", "finish", task["id"], "--as", POLICE, "--by", "clerk 3", "--outcome")
    assert registry(*finish, "maybe").exit_code == 2
    assert registry(*finish, "kept", "--reason", str(reason)).exit_code == 0
    assert "维持 kept · clerk 3" in registry("tasks", "show", task["id"], "--as", POLICE).stdout
    told = wallet("inbox")
    assert "已核对户籍底册。" in told.stdout and "all stays as it is" in told.stdout
    assert "stays as it is" in wallet("objections").stdout
    assert "nothing to do" in registry("tasks", "list", "--as", POLICE).stdout
    assert task["id"] in registry("tasks", "list", "--as", POLICE, "--done").stdout


def test_what_is_not_ones_own_is_refused_in_one_line(commands: Town, tmp_path: Path) -> None:
    refused = wallet("object", commands.citizen(8), "--text", "-", stdin="Not mine.")
    assert isinstance(refused.exception, RegistryError) and "wallet list" in refused.exception.zh
    words = tmp_path / "words.txt"
    words.write_text("wrong", "utf-8")
    ours = registry("tasks", "object", f"{POLICE}:1", "--as", POLICE, "--by", "a", "--text", str(words))
    assert isinstance(ours.exception, RegistryError) and ours.exception.kind == "nothing-to-object"
    assert registry("tasks", "object", "x", "--as", POLICE, "--by", "a", "--text", str(words)).exit_code == 2
    shown = registry("tasks", "show", "nothing", "--as", POLICE)
    assert isinstance(shown.exception, RegistryError) and shown.exception.kind == "no-such-task"


def test_a_clerk_objects_for_a_person_without_a_wallet(
    commands: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commands.services is not None
    cases = commands.services.cases
    monkeypatch.setattr(UseCases, "open", lambda _settings: cases)
    monkeypatch.setattr(UseCases, "close", lambda _self: None)
    certificate, number = commands.citizen(8), citizen_number(8)
    holder, words = tmp_path / "holder.txt", tmp_path / "words.txt"
    holder.write_text(f"citizen_number:{number}\n", "utf-8")
    words.write_text("I moved.", "utf-8")
    given = ("--by", "clerk 3", "--seen", "card", "--holder", str(holder), "--text", str(words))
    made = registry("tasks", "object-for", certificate, "--as", POLICE, *given, "--claims", "address")
    assert made.exit_code == 0, made.output
    assert "帮办 assisted" in made.stdout and "I moved." in made.stdout and number not in made.stdout
    assert made.stdout == registry("tasks", "objections", "--as", POLICE).stdout
    (task,) = json.loads(registry("tasks", "list", "--as", POLICE, "--json").stdout)
    assert (task["claims"], task["clerk"], task["certificate"]) == (["address"], "clerk 3", certificate)
    other = registry("tasks", "object-for", commands.citizen(7), "--as", POLICE, *given)
    assert isinstance(other.exception, RegistryError) and other.exception.kind == "nothing-to-object"


def test_offers_are_switched_off_and_on(commands: Town) -> None:
    assert "on" in wallet("offers").stdout
    assert "off" in wallet("offers", "off").stdout
    assert json.loads(wallet("offers", "--json").stdout) == {"wanted": False}
    assert "on" in wallet("offers", "on").stdout
    assert wallet("offers", "maybe").exit_code == 2
