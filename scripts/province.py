"""A second province beside the sample town: its own folder, keys, departments and processes, the same chain.

province = Province(town, port=8100)   # once the town's chain runs
town_meets(town, province)             # before the town's registry starts
province.join()                        # once the town is founded; serves when it returns
province.issue()                       # some hundred certificates, final when it returns
province.processes.stop()
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from sqlmodel import col, func, select

from registry import bulk
from registry.authority.joining import read_invitation
from registry.keys import replace_file
from registry.provisioning import Member, provision
from registry.store import open_store
from registry.store.tables import Batch, BatchState, Certificate, ImportJob, Origin
from registry.trusting import live
from registry.usecases import UseCases
from scripts.town import Town, set_partners, town_plan

PROVINCE_PORT = 8100
REGISTRY = [sys.executable, "-m", "registry.cli.main"]
_FOUNDED_IN, _FINAL_IN = 120, 180
"""Seconds."""


class Province(Town):
    """The second town's installation, in a folder within the first one's."""

    def __init__(self, first: Town, *, port: int = PROVINCE_PORT) -> None:
        super().__init__(first.data / "province", port=port, chain_port=first.chain_port)
        self.first = first
        self.chain_port = first.chain_port
        self._make_sample()
        store = open_store(self.settings().database_url)
        with store.read() as session:
            self.choose_api_port(list(session.exec(select(Origin.origin).order_by(col(Origin.index)))))
        store.close()

    def join(self) -> None:
        """Keys for its departments, a place in the first town's authority contract, and its processes."""
        plan = town_plan(self.data)
        store = open_store(self.settings().database_url)
        members = [Member(str(each["code"]), each["kind"] == "issues") for each in plan["departments"]]
        provision(self.settings("api", "worker"), store, members)
        store.close()
        invitation = self.data / "invitation.json"
        if not self._is_invited(invitation):
            address = _run(self, ("authority",), "authority", "address").strip()
            _run(self.first, ("authority",), "authority", "admit", address, "--out", str(invitation))
        town = str(self.data / "sample" / "town.json")
        joining = ["authority", "found", town, "--origin", self.origin, "--join", str(invitation)]
        _run(self, ("authority", "roots"), *joining)
        self.start_registry()
        told = {"origin": self.origin, "chain_url": self.chain_url}
        replace_file(self.data / "story.json", json.dumps(told).encode())

    def issue(self) -> int:
        """Every file of its sample that was not taken in yet; how many certificates are final."""
        cases = UseCases.open(self.settings("api"))
        try:
            with cases.runtime.store.read() as session:
                done = session.exec(
                    select(ImportJob.issuer, ImportJob.type).where(col(ImportJob.finished).is_not(None))
                ).all()
            for each in town_plan(self.data)["files"]:
                type_code = cases.runtime.catalogue.by_alias(each["type"]).type
                if (each["department"], type_code) not in done:
                    file = self.data / "sample" / each["file"]
                    bulk.take_in(cases.issuing, str(each["department"]), type_code, file, by="sample")
            return self._wait_final(cases)
        finally:
            cases.close()

    def _is_invited(self, invitation: Path) -> bool:
        """Whether an earlier run was admitted to the contracts that the first town has now."""
        if not invitation.exists():
            return False
        store = open_store(self.first.settings().database_url)
        with store.read() as session:
            now = live(session)
        store.close()
        told = read_invitation(invitation.read_bytes())
        return now is not None and told.certificate_registry == now.certificate_registry

    def _wait_final(self, cases: UseCases) -> int:
        until = time.monotonic() + _FINAL_IN
        issued = select(func.count()).select_from(Certificate)
        final = issued.join(Batch, col(Batch.id) == col(Certificate.batch)).where(
            Batch.state == BatchState.FINAL
        )
        while True:
            with cases.runtime.store.read() as session:
                total, done = session.exec(issued).one(), session.exec(final).one()
            if done >= total:
                return done
            if ended := self.processes.ended():
                raise RuntimeError(f"{ended[0]} ended: {self.processes.last_words(ended[0])}")
            if time.monotonic() > until:
                raise TimeoutError("the second province's certificates did not become final in time")
            time.sleep(0.1)

    def _make_sample(self) -> None:
        folder = self.data / "sample"
        if not (folder / "complete").exists():
            beside = ["--beside", str(self.first.data / "sample"), "--out", str(folder)]
            command = [sys.executable, "-m", "scripts.sample.province", *beside]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            (folder / "complete").touch()


def town_meets(first: Town, second: Town) -> None:
    """Let two towns' registries ask each other; their processes read it when they start."""
    set_partners(first.data, [second.origin])
    set_partners(second.data, [first.origin])


def _run(town: Town, roles: tuple[str, ...], *arguments: str) -> str:
    """What `registry …` says, run with these roles' passphrases of a town."""
    done = subprocess.run(
        [*REGISTRY, *arguments],
        env={**os.environ, **town.environment(*roles)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_FOUNDED_IN,
    )
    if done.returncode:
        raise RuntimeError(f"registry {arguments[1]} / 外省登记系统: {done.stderr.strip()}")
    return done.stdout
