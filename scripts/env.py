"""`eval "$(.venv/bin/python -m scripts.env)"`: let a shell use the sample town that `make run` founded.

Prints settings (docs/settings.md) with the passphrase of the command line's own keys, and with those of other
roles where they are named: `python -m scripts.env api authority`.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

from scripts.town import ROLES, partners_of


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
    """Names and values. The addresses are those of the last story."""
    passphrases = json.loads((data / "secrets.json").read_text("utf-8"))
    story = data / "story.json"
    told = json.loads(story.read_text("utf-8")) if story.is_file() else {}
    # The town is on this machine, where a wallet asks nobody unless it is told to.
    addresses = (
        {"ZT_CHAIN_URL": told["chain_url"], "ZT_WALLET_ALLOW": " ".join([told["origin"], *partners_of(data)])}
        if told
        else {}
    )
    provider = data / "wallet-provider"
    if (provider / "provider.json").is_file():
        addresses["ZT_WALLET_PROVIDER"] = str(provider)
    return {
        "ZT_DATA": str(data),
        "ZT_RIGHTS": str(data / "sample" / "rights"),
        "ZT_PARTNERS": json.dumps(partners_of(data)),
        **addresses,
        **{f"ZT_{role.upper()}_PASSPHRASE": passphrases[role] for role in roles},
    }


if __name__ == "__main__":
    main()
