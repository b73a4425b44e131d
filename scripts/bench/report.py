"""What came out: a table on the terminal, `build/bench.json`, and docs/performance.md made from that file."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cryptography
import msgspec
from rich.table import Table

from registry.keys import replace_file
from scripts.bench.measuring import Row

ROOT = Path(__file__).parents[2]
JSON = ROOT / "build" / "bench.json"
DOCS = ROOT / "docs" / "performance.md"

LIMITS = {
    "issue_bulk": (
        "CSV to durable rows: validated, salted, digested, sealed, indexed",
        "SQLAlchemy Core inserting the same rows into the same tables, as many a commit",
    ),
    "anchor_certificates": (
        "one batch from issued to final: every artefact checked again, every proof, transaction, followed",
        "SQLAlchemy Core reading the same rows and marking each, one commit; no chain",
    ),
    "anchor_batches": (
        "a batch for each of 8 departments from issued to final, durable at each step",
        "as many small transactions by web3.py: signed, sent, mined, receipts read",
    ),
    "verify_offline": (
        "all ten checks of a code, 3 claims of 12 shown",
        "the two raw ES256 verifications in it",
    ),
    "proof_code_encode": ("presentation to QR text, restored once to be sure", "one raw ES256 verification"),
    "proof_code_decode": ("QR text to the same presentation", "one raw ES256 verification"),
    "cut_credential": ("a credential for a wallet, its receipt at hand", "one raw ES256 signature"),
    "tree_and_proofs": (
        "leaf hashes, tree and all proofs of 16,384",
        "as many SHA-256 of 65 bytes in a bare loop",
    ),
    "sign_status_list": (
        "a list of 131,072 with 1 % set",
        "the same bytes deflated, one raw ES256 signature",
    ),
    "api_verify": (
        "POST /verify: all checks, nonce used up, outcome counted, both durable",
        "a bare FastAPI endpoint that verifies one signature, served alike",
    ),
    "sm_sign": ("an SM2 signature over a credential", "an ES256 signature over the same"),
    "sm_verify": ("an SM2 signature checked", "an ES256 signature checked"),
    "sm_digest": ("SM3 of a disclosure", "SHA-256 of the same"),
    "sm_make_certificate": ("claims salted, digested with SM3, leaf", "the same with SHA-256"),
    "sm_cut_credential": ("a credential of an issuer on SM2", "one of an issuer on P-256"),
    "sm_verify_offline": ("all ten checks of a credential on SM2", "the same of one on P-256"),
}
"""For each name: what is measured, and what its limit is."""


def table(rows: Sequence[Row]) -> Table:
    """The rows for a terminal."""
    made = Table("what", "rate", "limit", "ratio", "the limit is")
    for row in rows:
        what, limit = LIMITS[row.name]
        rate, most = f"{row.value:,.0f} {row.unit}", f"{row.limit:,.0f}"
        made.add_row(f"[bold]{row.name}[/bold]\n{what}", rate, most, f"{row.ratio:.2f}", limit)
    return made


def write_json(rows: Sequence[Row], path: Path = JSON) -> None:
    """A list of {"name", "value", "unit", "limit", "ratio"}; what was not measured now is kept."""
    known = {row.name: row for row in (read_json(path) if path.exists() else [])}
    known.update({row.name: row for row in rows})
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [known[name]._asdict() for name in LIMITS if name in known]
    replace_file(path, msgspec.json.format(msgspec.json.encode(written)) + b"\n")


def read_json(path: Path = JSON) -> list[Row]:
    """The rows of the last run."""
    return [Row(**each) for each in msgspec.json.decode(path.read_bytes())]


def write_docs(source: Path = JSON, target: Path = DOCS) -> None:
    """docs/performance.md from the file of the last run."""
    rows = read_json(source)
    measured = datetime.fromtimestamp(source.stat().st_mtime, UTC)
    lines = [
        "# Performance",
        "",
        "Made by `python -m scripts.bench --write-docs` from what `make bench` measured; not to be edited.",
        "",
        f"Measured {measured:%Y-%m-%d} on {machine()}. Compare the ratios, not the rates: each rate stands",
        "beside its limit, timed in turns with it in the same run, medians of both. Blocks come when asked",
        "for, so no wait for a block is in any rate. One process each, but for the API's server.",
        "",
        "| name | rate | limit | ratio | what | beside |",
        "|---|---:|---:|---:|---|---|",
        *(
            f"| {row.name} | {row.value:,.0f} {row.unit} | {row.limit:,.0f} | {row.ratio:.2f} "
            f"| {' | '.join(LIMITS[row.name])} |"
            for row in rows
        ),
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def machine() -> str:
    """What this runs on, without its name."""
    return (
        f"{os.cpu_count()} cores {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, cryptography {cryptography.__version__}"
    )
