"""`make run` as a newcomer has it: once, again, after kill -9, with the chain gone and a port taken."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from registry.chain.compiler import compiled
from tests.end_to_end.looking import CHROMIUM, look

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PORTS = ("--port", "18000", "--chain-port", "18545")
ROWS, WRONG = 250, 23
GOOD = ROWS - WRONG
LICENCES = 2
"""Each story adds these: the food licence and the combined licence that its matter ends in."""
SERVING = "front page"


@dataclass
class Town:
    """The folder of one installation, and what the runs before left in it."""

    data: Path

    def run_once(self) -> tuple[list[str], dict[str, Any]]:
        """What a run printed, and its last line."""
        done = subprocess.run(
            self._command("--once"),
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
            env=_environment(),
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        lines = done.stdout.splitlines()
        return lines, json.loads(lines[-1])

    def start(self) -> subprocess.Popen[str]:
        """A run that goes on serving, in a session of its own."""
        return subprocess.Popen(
            self._command(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env=_environment(),
        )

    def children(self) -> list[int]:
        """Process ids of what the run started."""
        table = json.loads((self.data / "logs" / "processes.json").read_text())
        return [pid for pid, _ in table.values()]

    def ask(self, question: str) -> Any:
        """One value from the store, without any code of ours."""
        with sqlite3.connect(self.data / "registry.sqlite") as store:
            return store.execute(question).fetchone()[0]

    def _command(self, *more: str) -> list[str]:
        return [
            sys.executable,
            "-u",
            "-m",
            "scripts.run",
            "--data",
            str(self.data),
            "--size",
            "small",
            *PORTS,
            *more,
        ]


def _environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200"}


def until(run: subprocess.Popen[str], words: str) -> list[str]:
    """What the run prints until a line holds these words."""
    assert run.stdout is not None
    lines: list[str] = []
    for line in run.stdout:
        lines.append(line.rstrip())
        if words in line:
            return lines
    raise AssertionError("\n".join(lines[-30:]))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def by_login(lines: list[str]) -> int:
    """How many certificates the story says that one login brought."""
    [found] = re.findall(r"wallet login  \(certificates: (\d+)", "\n".join(lines))
    assert int(found) > 0
    return int(found)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    yield Town(tmp_path_factory.mktemp("run") / "data")


def test_a_first_run_founds_issues_anchors_and_tells_the_whole_story(town: Town) -> None:
    lines, totals = town.run_once()
    issued = GOOD + LICENCES
    assert totals.pop("seconds") > 0
    assert totals == {
        "issued": issued,
        "refused": WRONG,
        "anchored": issued,
        "claimed": 4 + by_login(lines),
        "presented": 17,
        "verified": 11,
        "revoked": 1,
        "not_handed_in_again": 5,
        "handed_in": 1,
    }
    assert sum("✔" in line or "✘" in line for line in lines) >= 20
    assert any("组成证照“营业执照”已被撤销" in line and "was revoked" in line for line in lines)
    assert any("materials not handed in again: 5 of 6" in line for line in lines)
    assert town.ask("select count(*) from stop") == 0, "who oversteps with an account of its own is no thief"
    assert all(gone(pid) for pid in _pids(town))


def test_a_second_run_finds_what_is_there_and_takes_the_next_citizen(town: Town) -> None:
    before = town.ask("select count(*) from credential where kind = 'wallet'")
    lines, totals = town.run_once()
    assert any(f"{GOOD + LICENCES} certificates, block" in line for line in lines)
    assert (totals["issued"], totals["anchored"]) == (GOOD + 2 * LICENCES, GOOD + 2 * LICENCES)
    assert (totals["claimed"] - before, totals["revoked"]) == (4 + by_login(lines), 2)
    assert town.ask("select count(distinct leaf) from certificate") == GOOD + 2 * LICENCES


def test_nothing_is_lost_when_everything_is_killed_in_the_middle_of_the_story(town: Town) -> None:
    run = town.start()
    until(run, "licence")
    for pid in [run.pid, *town.children()]:
        os.kill(pid, signal.SIGKILL)
    run.wait()
    _, totals = town.run_once()
    assert (totals["issued"], totals["anchored"]) == (GOOD + 3 * LICENCES, GOOD + 3 * LICENCES)
    assert town.ask("select count(*) from batch where state not in ('final', 'voided', 'dissolved')") == 0
    assert town.ask("select count(*) from status_intent where state in ('pending', 'sent', 'mined')") == 0


def test_a_chain_that_is_gone_is_healed_and_said_a_taken_port_passed_over_and_ctrl_c_stops_all(
    town: Town,
) -> None:
    (town.data / "chain.json").unlink()
    origin = town.ask('select origin from origin order by "index" desc limit 1')
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(origin.rpartition(":")[2])))
        taken.listen()
        run = town.start()
        try:
            lines = until(run, SERVING)
            assert any("healed" in line for line in lines)
            assert origin not in lines[-1]
            assert town.ask('select origin from origin where "index" = 0') != ""
            chain_url = until(run, "chain 链")[-1].split()[-1]
            assert_anchored(town, chain_url)
            if CHROMIUM:
                look(lines[-1].split()[-1].rstrip("/"), town.data)
            pids = town.children()
        finally:
            os.kill(run.pid, signal.SIGINT)
            assert run.stdout is not None
            run.stdout.read()
            run.wait(30)
    assert wait_for(lambda: all(gone(pid) for pid in pids))


def test_what_stands_before_the_story_comes_within_two_seconds(town: Town) -> None:
    started = time.monotonic()
    run = town.start()
    assert run.stdout is not None
    first = run.stdout.readline()
    seconds = time.monotonic() - started
    os.kill(run.pid, signal.SIGINT)
    run.stdout.read()
    run.wait(60)
    assert "Zhengtong" in first
    assert seconds < 10, "two seconds on a machine that does nothing else"


def assert_anchored(town: Town, chain_url: str) -> None:
    """Every final batch of the store is on the chain as it is stored, asked with web3."""
    with sqlite3.connect(town.data / "registry.sqlite") as store:
        batches = store.execute("select issuer, seq, root, size from batch where state = 'final'").fetchall()
        (address,) = store.execute(
            "select certificate_registry from deployment where state = 'live'"
        ).fetchone()
    chain = Web3(Web3.HTTPProvider(chain_url))
    contract = chain.eth.contract(
        Web3.to_checksum_address(address), abi=compiled()["CertificateRegistry"].abi
    )
    assert batches
    for issuer, seq, root, size in batches:
        found = contract.functions.anchorOf(issuer.encode().ljust(32, b"\0"), root).call()
        assert found[:2] == (seq, size) or list(found[:2]) == [seq, size]


def wait_for(ready: Any, seconds: float = 10.0) -> bool:
    until_then = time.monotonic() + seconds
    while time.monotonic() < until_then:
        if ready():
            return True
        time.sleep(0.05)
    return False


def _pids(town: Town) -> list[int]:
    file = town.data / "logs" / "processes.json"
    return [pid for pid, _ in json.loads(file.read_text()).values()] if file.exists() else []
