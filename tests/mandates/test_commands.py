"""Mandates by commands: made in a wallet and at a window, listed and ended; nobody's number is shown."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli import main as registry_main
from registry.errors import RegistryError
from registry.mandates.making import Person
from registry.usecases import UseCases
from tests.api.town import HOUSING, POLICE
from tests.mandates.conftest import CLERK, DAUGHTER, MOTHER, SECOND, STRANGER, Mandates, day, person
from tests.wallet.conftest import Authority
from wallet import outcomes
from wallet.cli import app as wallet_app

REGISTRY = registry_main.assemble()
WANTED = ("--matters", "housing_allowance", "--facts", "resident_identity.address")
Wallet = Callable[..., Result]


@pytest.fixture
def wallet(here: Mandates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wallet:
    """`wallet …` of a citizen by number, logged in; `registry …` works over the same town."""

    @contextmanager
    def in_process() -> Iterator[httpx.Client]:
        yield here.http

    monkeypatch.setattr(outcomes, "network", in_process)
    monkeypatch.setattr(outcomes, "time", SimpleNamespace(time=lambda: here.town.now))
    monkeypatch.setattr(UseCases, "open", lambda _settings: here.use_cases)
    monkeypatch.setattr(UseCases, "close", lambda _self: None)
    authority = Authority(here.town)
    for number in (MOTHER, DAUGHTER):
        here.logged_in(number)
    authority.publish(here.town.trust())

    def run(number: int, *words: str, stdin: str = "") -> Result:
        environment = {
            "ZT_WALLET": str(tmp_path / f"phone {number}.wallet"),
            "ZT_WALLET_PASSPHRASE": "phone",
        }
        return CliRunner().invoke(wallet_app, words, input=stdin, env=environment)

    return run


def registry(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(REGISTRY, words, input=stdin)


def said(one: Person) -> str:
    """As a file or standard input names a person."""
    return f"{one.id_type}:{one.identifier} {one.name}\n"


def days(here: Mandates) -> tuple[str, ...]:
    return ("--from", day(here.town).isoformat(), "--until", day(here.town, 30).isoformat())


def test_a_mother_lets_her_daughter_act_and_takes_it_back(here: Mandates, wallet: Wallet) -> None:
    make = ("mandate", "make", "--agent", "-", *WANTED, *days(here))
    daughter = said(person(DAUGHTER))
    assert wallet(MOTHER, *make, stdin=daughter + "n\n").exit_code == 1
    assert "no mandates" in wallet(MOTHER, "mandate", "list").stdout
    made = wallet(MOTHER, *make, "--yes", stdin=daughter)
    assert made.exit_code == 0, made.output
    assert f"agent: {person(DAUGHTER).name}" in made.stderr
    mandate = made.stdout.splitlines()[-1]
    here.town.anchor(POLICE)
    given, taken = (wallet(number, "mandate", "list") for number in (MOTHER, DAUGHTER))
    assert mandate in given.stdout and f"I let act: {person(DAUGHTER).name} · 有效 valid" in given.stdout
    assert f"I act for: {person(MOTHER).name} · 有效 valid" in taken.stdout
    here.acts(mandate)
    assert here.refused(mandate) == ""
    for each in (made, given, taken):
        assert person(DAUGHTER).identifier not in each.output
        assert person(MOTHER).identifier not in each.output
    ended = wallet(MOTHER, "mandate", "end", mandate, stdin="y\n")
    assert ended.exit_code == 0, ended.output
    assert here.refused(mandate) == "mandate-falls-short"
    assert "已终止 ended" in wallet(DAUGHTER, "mandate", "list").stdout
    again = wallet(DAUGHTER, "mandate", "end", mandate, "--yes")
    assert isinstance(again.exception, RegistryError)


def test_a_window_of_two_clerks_neither_of_them_the_agent(here: Mandates, wallet: Wallet) -> None:
    write = ("mandate", "write", *WANTED, *days(here), "--seen", "card", "--as")
    people = ("--grantor", "-", "--agent", "-", "--clerk", "-")
    mother, daughter, one, two = map(said, (person(MOTHER), person(DAUGHTER), CLERK, SECOND))
    for wrong in (daughter, mother):
        refused = registry(*write, POLICE, *people, stdin=mother + daughter + wrong)
        assert isinstance(refused.exception, RegistryError) and refused.exception.kind == "bad-mandate"
    foreign = registry(*write, HOUSING, *people, stdin=mother + daughter + one)
    assert isinstance(foreign.exception, RegistryError) and foreign.exception.kind == "no-right"
    written = registry(*write, POLICE, *people, stdin=mother + daughter + one)
    assert written.exit_code == 0, written.output
    id = written.stdout.splitlines()[-1]
    confirm = ("mandate", "confirm", id, "--as", POLICE, "--clerk", "-")
    for wrong in (one, daughter):
        refused = registry(*confirm, "--yes", stdin=wrong)
        assert isinstance(refused.exception, RegistryError) and refused.exception.kind == "bad-mandate"
    assert registry(*confirm, stdin=two + "n\n").exit_code == 1
    confirmed = registry(*confirm, stdin=two + "y\n")
    assert confirmed.exit_code == 0, confirmed.output
    assert f"{person(MOTHER).identifier[:6]}********" in confirmed.stdout
    mandate = confirmed.stdout.splitlines()[-1]
    here.town.anchor(POLICE)
    here.acts(mandate)
    assert here.refused(mandate) == ""

    listing = ("mandate", "list", "--holder", "-", "--as")
    for number in (MOTHER, DAUGHTER):
        holder = f"citizen_number:{person(number).identifier}"
        listed = registry(*listing, POLICE, stdin=holder)
        assert mandate in listed.stdout and "有效 valid · 窗口 at a window" in listed.stdout
        assert "no mandates" in registry(*listing, HOUSING, stdin=holder).stdout
    ended = registry("mandate", "end", mandate, "--as", POLICE, "--by", "clerk 3", "--seen", "card")
    assert ended.exit_code == 0
    assert here.refused(mandate) == "mandate-falls-short"
    assert json.loads(registry(*listing, POLICE, "--json", stdin=holder).stdout)[0]["status"] == "revoked"
    told = "".join(each.output for each in (written, confirmed, listed, ended))
    assert not any(person(number).identifier in told for number in (MOTHER, DAUGHTER))


def test_a_death_entered_by_command_ends_a_mandate(here: Mandates, wallet: Wallet) -> None:
    mandate = here.at_window()
    here.acts(mandate)
    revoke = ("revoke", here.town.citizen(MOTHER), "--issuer", POLICE)
    assert registry(*revoke, "--reason", "cancelled_holder_deceased").exit_code == 0
    assert here.refused(mandate) == "mandate-falls-short"


def test_days_the_wrong_way_round_are_refused_before_anybody_is_named(here: Mandates, wallet: Wallet) -> None:
    days = ("--from", day(here.town, 30).isoformat(), "--until", day(here.town).isoformat())
    what = ("--matters", "m", "--facts", "*", *days)
    people = ("--grantor", "-", "--agent", "-", "--clerk", "-", "--seen", "s")
    asked = (
        wallet(1, "mandate", "make", "--agent", "-", *what),
        registry("mandate", "write", "--as", POLICE, *people, *what),
    )
    for refused in asked:
        assert refused.exit_code == 2
        assert "起始日晚于截止日 / the first day is after the last" in refused.output


def test_an_agent_of_many_is_listed_until_somebody_looked(here: Mandates, wallet: Wallet) -> None:
    assert registry("mandate", "alerts", "--as", POLICE).exit_code == 0
    for grantor in range(31, 37):
        here.at_window(grantor, STRANGER)
    listed = registry("mandate", "alerts", "--as", POLICE)
    assert listed.exit_code == 1 and "6 名委托人 grantors" in listed.stdout
    id = listed.stdout.split()[0]
    assert registry("mandate", "end-alert", id, "--as", POLICE, "--by", "auditor 1").exit_code == 0
    assert registry("mandate", "end-alert", id, "--as", POLICE, "--by", "auditor 1").exit_code == 1
    assert registry("mandate", "alerts", "--as", POLICE).exit_code == 0


def test_a_person_is_named_in_a_file_of_one_line(here: Mandates, wallet: Wallet, tmp_path: Path) -> None:
    for wrong in ("citizen_number:1", "nobody", "", ":1 name"):
        (tmp_path / "agent").write_text(wrong)
        made = wallet(
            MOTHER, "mandate", "make", "--agent", str(tmp_path / "agent"), *WANTED, *days(here), "--yes"
        )
        assert made.exit_code == 2, wrong
