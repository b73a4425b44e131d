"""Looks at chain and store with nothing of the worker's: raw logs, raw SQL, hashing of its own.

What has to hold in the end, whatever happened in between: every certificate that was issued is under exactly
one root; every batch that counts is on the chain as it is stored; no sequence has a hole; the chain holds no
batch that the store does not know.
"""

import contextlib
import hashlib
import json
import sqlite3
import urllib.request
from collections import Counter
from collections.abc import Collection
from typing import Any

import psycopg

from tests.chain.town import Town

# keccak256("BatchAnchored(bytes32,bytes32,address,uint64,uint32,uint64)")
ANCHORED = "0x1cb882b896816e357ebab20b353219623e9eeba0749eecdcf72ec20c26782b5a"


def check(
    town: Town,
    *,
    held: int = 0,
    foreign: Collection[tuple[str, int]] = (),
    stolen: Collection[str] = (),
) -> None:
    """Fails where something does not hold.

    held: certificates that are rightly kept out of batches. foreign: issuer and seq of a thief's batches;
    stolen: the accounts that he sent them by.
    """
    with contextlib.closing(_opened(town)) as store:
        leaves = _leaves(store)
        batches = _batches(store)
        waiting = store.execute("SELECT count(*) FROM certificate WHERE state = 'held'").fetchone()[0]
        unfinished = store.execute("SELECT count(*) FROM certificate WHERE state = 'open'").fetchone()[0]
        rows = store.execute(
            "SELECT t.account, t.nonce, t.state FROM chain_tx t JOIN deployment d ON d.id = t.deployment "
            "WHERE d.state = 'live' AND t.kind IN ('anchor', 'status') ORDER BY t.account, t.nonce"
        ).fetchall()
        contract = store.execute(
            "SELECT certificate_registry FROM deployment WHERE state = 'live'"
        ).fetchone()[0]
    assert (waiting, unfinished) == (held, 0)
    anchored = _anchored(town.node.url, contract)
    stored = {key: (root, size) for key, (root, size, _) in batches.items()}
    ours = {key: found for key, found in anchored.items() if key not in foreign}
    assert stored == ours, (stored, anchored)
    assert len(anchored) == len(ours) + len(foreign)
    assert all(state == "final" for _, _, state in batches.values())
    for issuer in {issuer for issuer, _ in anchored}:
        seqs = sorted(seq for code, seq in anchored if code == issuer)
        assert seqs == list(range(1, len(seqs) + 1)), "a sequence has a hole"
    thefts = {account.lower() for account in stolen}
    _check_nonces(town.node.url, [row for row in rows if row[0].lower() not in thefts])
    under = Counter(leaf for some in leaves.values() for leaf in some)
    assert set(under.values()) <= {1}, "a leaf stands under two roots"
    for key, (root, size, _) in batches.items():
        assert len(leaves[key]) == size
        assert _root(leaves[key]) == root


def _opened(town: Town) -> sqlite3.Connection | psycopg.Connection[Any]:
    """The store as its driver sees it."""
    url = town.store.engine.url
    if url.get_backend_name() == "sqlite":
        return sqlite3.connect(f"file:{town.folder / 'registry.sqlite'}?mode=ro", uri=True)
    return psycopg.connect(dbname=url.database, user=url.username, host=str(url.query["host"]))


def _check_nonces(url: str, rows: list[tuple[str, int, str]]) -> None:
    """Every nonce that the chain counts is a row of ours, and every row is done with."""
    assert {state for _, _, state in rows} <= {"final", "failed"}, rows
    for account in {account for account, _, _ in rows}:
        nonces = [nonce for code, nonce, _ in rows if code == account]
        used = int(_rpc(url, "eth_getTransactionCount", account, "latest"), 16)
        assert nonces == list(range(used)), (account, nonces, used)


def _leaves(store: sqlite3.Connection | psycopg.Connection[Any]) -> dict[tuple[str, int], list[bytes]]:
    """Leaf hashes by (issuer, seq), made here from the canonical bytes."""
    rows = store.execute(
        "SELECT b.issuer, b.seq, c.canonical FROM certificate c JOIN batch b ON b.id = c.batch "
        "WHERE b.state NOT IN ('voided', 'dissolved') ORDER BY b.issuer, b.seq, c.leaf_index"
    )
    found: dict[tuple[str, int], list[bytes]] = {}
    for issuer, seq, canonical in rows:
        found.setdefault((issuer, seq), []).append(hashlib.sha256(b"\0" + canonical).digest())
    return found


def _batches(
    store: sqlite3.Connection | psycopg.Connection[Any],
) -> dict[tuple[str, int], tuple[bytes, int, str]]:
    rows = store.execute(
        "SELECT issuer, seq, root, size, state FROM batch WHERE state NOT IN ('voided', 'dissolved')"
    )
    return {(issuer, seq): (root, size, state) for issuer, seq, root, size, state in rows}


def _anchored(url: str, contract: str) -> dict[tuple[str, int], tuple[bytes, int]]:
    """(issuer, seq) → (root, size), from the node's raw logs."""
    query = {"fromBlock": "0x0", "toBlock": "latest", "address": contract, "topics": [ANCHORED]}
    found = {}
    for log in _rpc(url, "eth_getLogs", query):
        issuer = bytes.fromhex(log["topics"][1][2:]).rstrip(b"\0").decode()
        data = bytes.fromhex(log["data"][2:])
        _account, seq, size = (int.from_bytes(data[at : at + 32]) for at in (0, 32, 64))
        assert (issuer, seq) not in found, "two batches under one seq"
        found[issuer, seq] = (bytes.fromhex(log["topics"][2][2:]), size)
    return found


def _rpc(url: str, method: str, *params: object) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["result"]


def _root(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:split]) + _root(leaves[split:])).digest()
