"""`registry work`, `batches` and `health` as an operator runs them."""

import json
import os
import subprocess
import sys

from tests.chain.town import Town, until

COMMAND = [sys.executable, "-m", "registry.cli.main"]


def test_the_worker_process_anchors_says_so_and_ends_when_told(town: Town) -> None:
    environment = {
        **os.environ,
        "ZT_DATA": str(town.folder),
        "ZT_CHAIN_URL": town.node.url,
        "ZT_WORKER_PASSPHRASE": "worker's",
    }
    town.issue(3)
    worker = subprocess.Popen([*COMMAND, "work"], env=environment)
    try:
        until(lambda: bool(town.batches()))

        def final() -> bool:
            town.node.mine()
            return town.batches()[0].state == "final"

        until(final)
        health = _asked(environment, "health")
        assert (health["colour"], health["waiting"], health["unfinal"]) == ("green", 0, 0)
        (batch,) = _asked(environment, "batches")
        assert (batch["seq"], batch["size"], batch["state"]) == (1, 3, "final")
    finally:
        worker.terminate()
    assert worker.wait(10) == 0


def test_health_is_red_where_no_worker_follows(town: Town) -> None:
    environment = {**os.environ, "ZT_DATA": str(town.folder)}
    asked = subprocess.run([*COMMAND, "health", "--json"], env=environment, capture_output=True, check=False)
    assert asked.returncode == 1
    assert [one["code"] for one in json.loads(asked.stdout)["reasons"]] == ["behind"]


def _asked(environment: dict[str, str], what: str):
    command = [*COMMAND, what, "--json"]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
