"""The published vectors, run by Node alone: no server, no Python, no network."""

import json
import re
import subprocess
from pathlib import Path

from tests.node import NODE

ROOT = Path(__file__).parents[2]


def test_every_vector_gives_its_report():
    command = [NODE, "--test", "--test-reporter=tap", str(Path(__file__).with_name("vectors.mjs"))]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert ran.returncode == 0, "\n".join(re.findall(r"^\s*not ok.*", ran.stdout, re.MULTILINE)) + ran.stderr
    sm2 = vectors("sm2")
    cases = len(vectors("presentations")["cases"]) + sum(map(len, vectors("proof_codes").values()))
    cases += sum(len(vectors(name)["cases"]) for name in ("trust_bundles", "root_files"))
    cases += len(vectors("merkle")["trees"]) + 1  # one status list
    cases += sum(len(sm2[kind]) for kind in ("cases", "codes", "digests", "signatures"))
    assert re.search(rf"^# pass {cases}$", ran.stdout, re.MULTILINE)


def vectors(name):
    return json.loads((ROOT / "docs" / "vectors" / f"{name}.json").read_text("utf-8"))
