"""`wallet log` as a citizen runs it: in both languages, and loud where a proof does not hold."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry import accesslog
from registry.authority.loop import Rounds
from registry.store.tables import AccessEntry
from tests.accesslog.conftest import Ask
from tests.accesslog.test_heads import round_of_heads
from tests.authority.conftest import POLICE
from tests.chain.town import citizen_number
from tests.faults.whole import Whole
from wallet import outcomes
from wallet.cli import app
from wallet.keyfile import WalletFile
from wallet.logging_in import Door


@pytest.fixture
def citizen(whole: Whole, asking: Ask, monkeypatch: pytest.MonkeyPatch) -> Whole:
    """A citizen who is logged in, whom the housing department asked about once."""

    @contextmanager
    def in_process() -> Iterator[httpx.Client]:
        yield whole.http

    monkeypatch.setattr(outcomes, "network", in_process)
    [identity] = whole.issue()
    whole.settle()
    Rounds(whole.office).once()
    holder = whole.claim(identity)
    Door(holder.claiming).log_in(str(holder.held.issuer))
    monkeypatch.setenv("ZT_WALLET", str(whole.folder / f"{whole.issued}.wallet"))
    monkeypatch.setenv("ZT_WALLET_PASSPHRASE", "phone")
    asking(
        POLICE,
        holder=whole.runtime.sealed.holder_index("citizen_number", citizen_number(0)),
        second="clerk 9",
    )
    return whole


def log(whole: Whole | None, *arguments: str) -> Result:
    chain = ["--chain", whole.node.url] if whole is not None else []
    return CliRunner().invoke(app, ["log", *chain, *arguments])


def standing(result: Result) -> list[str]:
    return [each["standing"] for each in json.loads(result.stdout)]


def test_who_asked_is_shown_in_both_languages_with_how_far_it_is_proven(citizen: Whole) -> None:
    said = log(citizen)
    assert said.exit_code == 0, said.output
    for words in (
        "clerk 3",
        "approved by clerk 9",
        "居民身份",
        "title_registration",
        "是 yes",
        "尚未上链",
        "not anchored yet",
    ):
        assert words in said.stdout, words
    round_of_heads(citizen, later=61)
    assert standing(log(citizen, "--json")) == ["proven"]
    assert "give --chain" in log(None).stdout


def test_an_entry_edited_in_the_store_is_shown_as_wrong_and_the_command_fails(
    citizen: Whole,
) -> None:
    round_of_heads(citizen, later=61)
    vault = citizen.runtime.sealed
    with citizen.store.write() as session:
        row = session.get_one(AccessEntry, (POLICE, 1))
        kinder = accesslog.opened(session, vault, row).replace(b'"yes"', b'"no"')
        row.sealed = vault.seal(vault.issuer_key(session, POLICE, 0), f"access/{POLICE}/1", kinder)
    said = log(citizen)
    assert said.exit_code == 1
    assert "THE PROOF DOES NOT HOLD" in said.stdout


def test_without_a_trust_list_nothing_is_claimed_to_be_checked(citizen: Whole) -> None:
    path = citizen.folder / f"{citizen.issued}.wallet"
    wallet = WalletFile.open(path, "phone")
    wallet.content.pins.clear()
    wallet.save()
    assert log(citizen).exit_code == 1


def test_a_node_that_is_silent_is_said_to_be(citizen: Whole) -> None:
    said = CliRunner().invoke(app, ["log", "--chain", "http://127.0.0.1:9"])
    assert said.exit_code == 1


def test_a_long_log_is_read_page_by_page_and_no_entry_is_left_out_or_told_twice(
    citizen: Whole, asking: Ask
) -> None:
    holder = citizen.runtime.sealed.holder_index("citizen_number", citizen_number(0))
    for number in range(230):
        asking(POLICE, holder=holder, now=1_790_000_000 + number // 7)
    told = json.loads(log(citizen, "--json").stdout)
    assert sorted(each["seq"] for each in told) == list(range(1, 232))
