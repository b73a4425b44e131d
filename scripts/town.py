"""The sample town's installation: folder, passphrases, ports, and the four processes that make it live."""

import contextlib
import fcntl
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from registry.chain.node import anvil_command, set_clock
from registry.chain.rpc import JsonRpcChain
from registry.keys import replace_file
from registry.settings import Settings
from registry.store import open_store
from registry.store.tables import WalletProvider
from scripts.processes import Processes, free_port
from wallet.sample_provider import SampleProvider

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("api", "worker", "authority", "roots")
CHAIN_PORT, API_PORT = 8545, 8000
PARTNERS = "partners.json"
"""File in a town's folder: origins of the registries beside it."""


class Town:
    """One installation in a folder.

    Passphrases are made once and kept in `secrets.json` (mode 0600): right for a sample on one's own
    machine, not for a registry. Each process is given only what it opens.
    """

    def __init__(self, data: Path, *, port: int = API_PORT, chain_port: int = CHAIN_PORT) -> None:
        self.data = data
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._passphrases = self._secrets()
        self.processes = Processes(data / "logs")
        self.chain_port = free_port(chain_port)
        self.api_port = port
        self.found_state = self.state_file.exists()

    @property
    def state_file(self) -> Path:
        """Where anvil keeps the chain."""
        return self.data / "chain.json"

    @property
    def wallet_provider(self) -> Path:
        """Folder of the sample's wallet provider (docs/attestations.md)."""
        return self.data / "wallet-provider"

    @property
    def chain_url(self) -> str:
        """Address of the chain's node."""
        return f"http://127.0.0.1:{self.chain_port}"

    @property
    def origin(self) -> str:
        """The public origin that this run serves."""
        return f"http://localhost:{self.api_port}"

    def environment(self, *roles: str) -> dict[str, str]:
        """Settings for a process that opens the keys of these roles, and no other's."""
        given = {f"ZT_{role.upper()}_PASSPHRASE": self._passphrases[role] for role in roles}
        return {
            "ZT_DATA": str(self.data),
            "ZT_CHAIN_URL": self.chain_url,
            "ZT_PARTNERS": json.dumps(partners_of(self.data)),
            "ZT_RIGHTS": str(self.data / "sample" / "rights"),
            "ZT_SAMPLE_TOWN": "1",
            **given,
        }

    def settings(self, *roles: str) -> Settings:
        """The same, for code of ours in this process."""
        return Settings(
            data=self.data,
            chain_url=self.chain_url,
            rights=self.data / "sample" / "rights",
            partners=partners_of(self.data),
            **{f"{role}_passphrase": self._passphrases[role] for role in roles},  # type: ignore[arg-type]
        )

    def start_chain(self) -> None:
        """anvil, one block a second, its state kept every two seconds and at a clean stop."""
        command = [*anvil_command(port=self.chain_port, state=self.state_file), "--silent"]
        self.processes.start("chain", command, {})
        self.processes.wait("chain", self._chain_answers)
        chain = JsonRpcChain(self.chain_url)
        set_clock(chain)
        chain.close()

    def start_registry(self) -> None:
        """Authority, worker and API, each with its own keys; returns when the API answers."""
        registry = [sys.executable, "-m", "registry.cli.main"]
        self._list_wallet_provider(registry)
        self.processes.start("authority", [*registry, "authority", "serve"], self.environment("authority"))
        self.processes.start("worker", [*registry, "work"], self.environment("worker"))
        serve = [*registry, "serve", "--port", str(self.api_port)]
        before = self.processes.said("api")
        self.processes.start("api", serve, self.environment("api"))
        self.processes.wait("api", lambda: self._listening(len(before)))
        self.processes.wait("api", self._api_answers)

    def _list_wallet_provider(self, registry: list[str]) -> None:
        """Put the sample's own wallet provider, which attests software, into the trust list."""
        store = open_store(self.settings().database_url)
        with store.read() as session:
            listed = session.get(WalletProvider, "sample") is not None
        store.close()
        if listed:  # the command would change nothing, after seconds of starting
            return
        if not (self.wallet_provider / "provider.json").exists():
            SampleProvider.create(self.wallet_provider, int(time.time()))
        add = ["authority", "wallet-provider", "add", "sample", str(self.wallet_provider / "ca.pem")]
        names = ["--zh", "样例钱包（仅软件）", "--en", "Sample wallet, software only"]
        done = subprocess.run(
            [*registry, *add, *names],
            env={**os.environ, **self.environment("authority")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"wallet provider / 钱包提供者: {done.stderr.strip()}")

    def choose_api_port(self, origins: list[str]) -> bool:
        """Take the newest origin's port, or the next free one; True where that is a new origin."""
        wanted = int(origins[-1].rpartition(":")[2]) if origins else self.api_port
        self.api_port = free_port(wanted)
        return self.origin not in origins

    def _chain_answers(self) -> bool:
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        with contextlib.suppress(httpx.HTTPError):
            return httpx.post(self.chain_url, json=call, timeout=1).status_code == 200
        return False

    def _listening(self, after: int) -> bool:
        """Whether the API said where it listens: another process may have taken the port meanwhile."""
        found = re.search(r"http://localhost:(\d+)", self.processes.said("api")[after:])
        if found:
            self.api_port = int(found.group(1))
        return found is not None

    def _api_answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.origin}/health", timeout=1).status_code == 200
        return False

    def _secrets(self) -> dict[str, str]:
        file = self.data / "secrets.json"
        if not file.exists():
            new = {role: secrets.token_urlsafe(24) for role in (*ROLES, "department")}
            replace_file(file, json.dumps(new).encode())
        loaded: dict[str, str] = json.loads(file.read_text())
        return loaded

    def passphrase(self, role: str) -> str:
        """What opens a role's key file."""
        return self._passphrases[role]


def set_partners(data: Path, origins: list[str]) -> None:
    """Name the registries that a town's departments may ask; read when its processes start."""
    replace_file(data / PARTNERS, json.dumps(origins).encode())


def partners_of(data: Path) -> list[str]:
    """Origins of the registries beside this one; none where none were named."""
    file = data / PARTNERS
    origins: list[str] = json.loads(file.read_text("utf-8")) if file.exists() else []
    return origins


def town_plan(data: Path) -> dict[str, Any]:
    """What the sample says of its town: departments, story."""
    plan: dict[str, Any] = json.loads((data / "sample" / "town.json").read_text("utf-8"))
    return plan


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """One run at a time in a folder."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another `make run` uses {data} / 另一个 make run 正在使用 {data}")
        yield
