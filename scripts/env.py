"""`eval "$(.venv/bin/python -m scripts.env)"`: let a shell use the sample town that `make run` founded.

Prints settings (docs/settings.md) with the passphrase of the command line's own keys, and with those of other
roles where they are named: `python -m scripts.env api authority`.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

from scripts.town import ROLES


def main() -> None:
    """Print one `export` a setting."""
    parser = argparse.ArgumentParser(description="Settings of the sample town, for a shell to evaluate.")
    parser.add_argument("roles", nargs="*", default=["api"], help=f"of {', '.join(ROLES)}; default: api")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the installation")
    arguments = parser.parse_args()
    secrets = arguments.data / "secrets.json"
    if not secrets.is_file() or not set(arguments.roles) <= set(ROLES):
        sys.exit(f"no sample town in {arguments.data}, or no such role / 请先运行 make run")
    for name, value in settings(arguments.data.resolve(), arguments.roles).items():
        print(f"export {name}={shlex.quote(value)}")


def settings(data: Path, roles: list[str]) -> dict[str, str]:
    """Names and values. The chain's address is the one of the last story."""
    passphrases = json.loads((data / "secrets.json").read_text("utf-8"))
    story = data / "story.json"
    chain = {"ZT_CHAIN_URL": json.loads(story.read_text("utf-8"))["chain_url"]} if story.is_file() else {}
    return {
        "ZT_DATA": str(data),
        "ZT_RIGHTS": str(data / "sample" / "rights"),
        **chain,
        **{f"ZT_{role.upper()}_PASSPHRASE": passphrases[role] for role in roles},
    }


if __name__ == "__main__":
    main()
