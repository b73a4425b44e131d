"""Everything killed in the middle of the story, the chain's state gone, the port taken: nothing is lost.

The last of this folder: no other test needs the chain that it takes away.
"""

import os
import signal
import socket
import sqlite3
from contextlib import closing

import pytest
from web3 import Web3

from registry.chain.compiler import compiled
from tests.end_to_end.installation import GOOD, LICENCES, Installation, eventually, gone, until
from tests.end_to_end.looking import CHROMIUM, look

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SERVING = "front page"


def test_all_killed_in_the_middle_of_the_story_the_chain_gone_and_the_port_taken_loses_nothing(
    installed: Installation,
) -> None:
    kill_all_in_the_middle_of_the_story(installed)
    (installed.data / "chain.json").unlink()
    origin = installed.ask('select origin from origin order by "index" desc limit 1')
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(origin.rpartition(":")[2])))
        taken.listen()
        run = installed.start()
        try:
            lines = until(run, SERVING)
            assert any("healed" in line for line in lines)
            assert origin not in lines[-1]
            assert installed.ask('select origin from origin where "index" = 0') != ""
            chain_url = until(run, "chain 链")[-1].split()[-1]
            installed.stories += 1
            issued = GOOD + installed.stories * LICENCES
            assert installed.ask("select count(*) from certificate where state != 'taken_back'") == issued
            assert_anchored(installed, chain_url, certificates=issued)
            if CHROMIUM:
                look(lines[-1].split()[-1].rstrip("/"), installed.data)
            pids = installed.children()
        finally:
            os.kill(run.pid, signal.SIGINT)
            assert run.stdout is not None
            run.stdout.read()
            run.wait(30)
    assert eventually(lambda: all(gone(pid) for pid in pids), 10)


def kill_all_in_the_middle_of_the_story(installed: Installation) -> None:
    """kill -9 of the run and of all that it started, once the second certificate of the story is claimed."""
    run = installed.start()
    until(run, "licence")
    all_of_them = [run.pid, *installed.children()]
    for pid in all_of_them:
        os.kill(pid, signal.SIGKILL)
    run.wait()
    assert eventually(lambda: all(gone(pid) for pid in all_of_them), 10), "a port is theirs until then"


def assert_anchored(installed: Installation, chain_url: str, *, certificates: int) -> None:
    """Every certificate is in a final batch, and each batch on the chain as it is stored, asked with web3."""
    with closing(sqlite3.connect(installed.data / "registry.sqlite")) as store:
        batches = store.execute("select issuer, seq, root, size from batch where state = 'final'").fetchall()
        (address,) = store.execute(
            "select certificate_registry from deployment where state = 'live'"
        ).fetchone()
        open_ones = "select count(*) from batch where state not in ('final', 'voided', 'dissolved')"
        assert store.execute(open_ones).fetchone() == (0,)
        waiting = "select count(*) from status_intent where state in ('pending', 'sent', 'mined')"
        assert store.execute(waiting).fetchone() == (0,)
    chain = Web3(Web3.HTTPProvider(chain_url))
    contract = chain.eth.contract(
        Web3.to_checksum_address(address), abi=compiled()["CertificateRegistry"].abi
    )
    assert sum(size for *_, size in batches) == certificates
    for issuer, seq, root, size in batches:
        found = contract.functions.anchorOf(issuer.encode().ljust(32, b"\0"), root).call()
        assert found[:2] == (seq, size) or list(found[:2]) == [seq, size]
