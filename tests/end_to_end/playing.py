"""The first run of an installation, which goes on being served when its story is told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from registry import finding
from registry.finding import Found
from registry.settings import Settings
from registry.usecases import UseCases
from tests.end_to_end.installation import Installation, until
from wallet.claiming import Claiming, Outcome
from wallet.keyfile import WalletFile

LAST_LINE = "logs 日志"


@dataclass
class Played:
    """data: the folder of the installation; printed: what the run said; http: anybody's client."""

    data: Path
    printed: str
    cases: UseCases
    http: httpx.Client
    wallets: list[WalletFile] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self._said("front page").rstrip("/")

    @property
    def chain_url(self) -> str:
        return self._said("chain 链")

    @property
    def plan(self) -> dict[str, Any]:
        plan: dict[str, Any] = json.loads((self.data / "sample" / "town.json").read_text("utf-8"))
        return plan

    def code(self, alias: str) -> str:
        return next(str(each["code"]) for each in self.plan["departments"] if each["alias"] == alias)

    def citizen(self, number: int) -> dict[str, Any]:
        """One of those whom a story can be told of."""
        found: dict[str, Any] = self.plan["story"][number]
        return found

    def identity(self, citizen: dict[str, Any]) -> Found:
        cases = self.cases
        with cases.runtime.store.read() as session:
            rows = finding.by_number(
                session,
                cases.runtime.sealed,
                [self.code("public_security")],
                str(citizen["citizen_number"]),
                cases.runtime.clock(),
            )
        kind = cases.runtime.catalogue.by_alias("resident_identity").type
        return next(row for row in rows if row.type == kind and row.status == 0)

    def claim(self, certificate: Found, name: str) -> tuple[WalletFile, Outcome]:
        wallet = WalletFile.create(self.data.parent / f"{name}.wallet", "sample", cost=16)
        self.wallets.append(wallet)
        offer = self.cases.sharing.offer(
            certificate.issuer, certificate.certificate_id, made_by="clerk 7", seen="card"
        )
        claiming = Claiming(wallet, self.http, self.cases.runtime.clock)
        return wallet, claiming.claim(offer.link(self.origin), offer.pin)

    def command(self, *words: str, role: str) -> str:
        """What `registry …` says, run with the keys of one role."""
        opened = json.loads((self.data / "secrets.json").read_text())
        environment = {
            **os.environ,
            "ZT_DATA": str(self.data),
            "ZT_CHAIN_URL": self.chain_url,
            f"ZT_{role.upper()}_PASSPHRASE": opened[role],
        }
        command = [sys.executable, "-m", "registry.cli.main", *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=90
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def verdict(self, shown: str) -> tuple[str, list[str]]:
        report = self.http.post(f"{self.origin}/verify", data={"text": shown}).json()
        return report["verdict"], [each["id"] for each in report["checks"] if each["outcome"] == "fail"]

    def _said(self, label: str) -> str:
        return next(line for line in self.printed.splitlines() if label in line).split()[-1]


@contextmanager
def playing(installation: Installation) -> Iterator[Played]:
    """Until the tests that use it are done."""
    data, run = installation.data, installation.start()
    try:
        printed = "\n".join(until(run, LAST_LINE))
        installation.stories += 1
        opened = json.loads((data / "secrets.json").read_text())
        settings = Settings(data=data, rights=data / "sample" / "rights", api_passphrase=opened["api"])
        cases = UseCases.open(settings)
        with httpx.Client(timeout=60) as http:
            yield Played(data, printed, cases, http)
        cases.close()
    finally:
        run.send_signal(signal.SIGINT)
        assert run.stdout is not None
        run.stdout.read()
        run.wait(60)
