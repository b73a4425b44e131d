"""The verifier's files: what is made from the registry is up to date, and the types of all of them fit."""

import subprocess
from pathlib import Path

from tests.node import NODE
from wallet.web import generate

ROOT = Path(__file__).parents[2]


def test_what_is_made_from_the_registry_is_up_to_date():
    for name, text in generate.files().items():
        assert (generate.FOLDER / name).read_text("utf-8") == text, "run python -m wallet.web.generate"


def test_the_types_fit():
    tsc = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    command = [NODE, str(tsc), "-p", str(ROOT / "wallet" / "web")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout
