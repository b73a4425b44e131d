"""Lock Python and npm packages by hash; no lock names the host it was made from."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write requirements.lock and package-lock.json anew."""
    command = "uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header -q"
    subprocess.run([*command.split(), "--python-version", "3.11", "-o", "requirements.lock"], cwd=ROOT, check=True)
    npm = "npm install --package-lock-only --ignore-scripts --no-audit --no-fund"
    subprocess.run(npm.split(), cwd=ROOT, check=True)
    lock = ROOT / "package-lock.json"
    lock.write_text(re.sub(r'\n\s*"resolved": "[^"]*",', "", lock.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
