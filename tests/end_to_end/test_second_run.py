"""`make run ONCE=1` where a run was before: what is there is found, and the next citizen is served."""

import os
import signal
import time

import pytest

from tests.end_to_end.installation import GOOD, LICENCES, WRONG, Installation, by_login, gone

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
REVOKED = "select count(*) from status_intent where value = 1 and state = 'final'"


def test_a_second_run_finds_what_is_there_and_takes_the_next_citizen(installed: Installation) -> None:
    claimed = installed.ask("select count(*) from credential where kind = 'wallet'")
    revoked, before = installed.ask(REVOKED), GOOD + installed.stories * LICENCES
    lines, totals = installed.run_once()
    assert any(f"{before} certificates, block" in line for line in lines)
    assert totals.pop("seconds") > 0
    assert totals.pop("presented") > totals.pop("verified") > 0
    assert totals == {
        "issued": before + LICENCES,
        "refused": WRONG,
        "anchored": before + LICENCES,
        "claimed": claimed + 4 + by_login(lines),
        "revoked": revoked + 1,
        "not_handed_in_again": 5,
        "handed_in": 1,
    }
    assert installed.ask("select count(distinct leaf) from certificate") == before + LICENCES
    assert all(gone(pid) for pid in installed.children())


def test_what_stands_before_the_story_comes_within_two_seconds(installed: Installation) -> None:
    started = time.monotonic()
    run = installed.start()
    assert run.stdout is not None
    first = run.stdout.readline()
    seconds = time.monotonic() - started
    os.kill(run.pid, signal.SIGINT)
    run.stdout.read()
    run.wait(60)
    assert "Zhengtong" in first
    assert seconds < 10, "two seconds on a machine that does nothing else"
