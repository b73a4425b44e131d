"""One installation that `make run` made: the tests of this folder go on with it, one file after another.

`tests/conftest.py` gives the whole folder to one process; a town of each file's own would take a minute and a
half to found.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHAIN_PORT, PORT = 18545, 18000
ROWS, WRONG = 250, 23
GOOD = ROWS - WRONG
LICENCES = 2
"""Each story adds these: the food licence and the combined licence that its matter ends in."""


@dataclass
class Installation:
    """data: the folder. stories: how many runs told theirs to the end."""

    data: Path
    stories: int = 0

    def run_once(self) -> tuple[list[str], dict[str, Any]]:
        """A run to the end of the story: what it printed, and its last line."""
        done = subprocess.run(
            self._command("--once"),
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
            env=_environment(),
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        self.stories += 1
        lines = done.stdout.splitlines()
        return lines, json.loads(lines[-1])

    def start(self) -> "subprocess.Popen[str]":
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
        """Process ids of what the last run started; none once it ended well."""
        file = self.data / "logs" / "processes.json"
        return [pid for pid, _ in json.loads(file.read_text()).values()] if file.exists() else []

    def ask(self, question: str) -> Any:
        """One value from the store, without any code of ours."""
        with closing(sqlite3.connect(self.data / "registry.sqlite")) as store:
            return store.execute(question).fetchone()[0]

    def _command(self, *more: str) -> list[str]:
        run = [sys.executable, "-u", "-m", "scripts.run", "--data", str(self.data), "--size", "small"]
        return [*run, "--port", str(PORT), "--chain-port", str(CHAIN_PORT), *more]


def _environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200"}


def until(run: "subprocess.Popen[str]", words: str) -> list[str]:
    """What the run prints until a line holds these words."""
    assert run.stdout is not None
    lines: list[str] = []
    for line in run.stdout:
        lines.append(line.rstrip())
        if words in line:
            return lines
    raise AssertionError("\n".join(lines[-30:]))


def by_login(lines: list[str]) -> int:
    """How many certificates the story says that one login brought."""
    [found] = re.findall(r"wallet login  \(certificates: (\d+)", "\n".join(lines))
    assert int(found) > 0
    return int(found)


def gone(pid: int) -> bool:
    """Whether a process ended, waited for or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def eventually(ready: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it comes true in time; asked again and again, since another process decides."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        time.sleep(0.2)
    return False
