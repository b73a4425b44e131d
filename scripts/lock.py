"""Lock Python and npm packages by hash; no lock names the host it was made from."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write requirements.lock and package-lock.json anew."""
    uv = "uv pip compile pyproject.toml --universal --extra dev --python-version 3.11 -o requirements.lock"
    uv += " --generate-hashes --no-emit-index-url --no-header --quiet"
    subprocess.run(uv.split(), cwd=ROOT, check=True)
    npm = "npm install --package-lock-only --ignore-scripts --no-audit --no-fund"
    subprocess.run(npm.split(), cwd=ROOT, check=True)
    lock = ROOT / "package-lock.json"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(re.sub(r'\n\s*"resolved": "[^"]*",', "", text), encoding="utf-8")


if __name__ == "__main__":
    main()
