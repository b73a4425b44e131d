"""Two provinces for real, on one chain: one asks the other; when one is killed the other serves its own."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry import clients, credential, finding
from registry.asking import query_for
from registry.store import open_store
from registry.usecases import UseCases
from scripts.province import Province
from scripts.sample_plan import Departments
from scripts.town import Town, town_plan
from tests.end_to_end.installation import CHAIN_PORT, PORT, Installation
from wallet.answering import Answering
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MATTER = "transfer_pension"


@pytest.fixture(scope="module")
def provinces(installed: Installation) -> Iterator[tuple[Town, Province]]:
    """The town and the province beside it as the runs left them, both serving; their cards are final."""
    first = Town(installed.data, port=PORT, chain_port=CHAIN_PORT)
    started: list[Town] = [first]
    try:
        first.start_chain()
        second = Province(first, port=PORT + 100)
        started.append(second)
        first.choose_api_port([installed.ask('select origin from origin order by "index" desc limit 1')])
        first.start_registry()
        second.start_registry()
        yield first, second
    finally:
        for town in reversed(started):
            town.processes.stop()


def registry(
    town: Town, *arguments: str, stdin: str = "", roles: tuple[str, ...] = ("api",)
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "registry.cli.main", *arguments],
        input=stdin,
        env={**os.environ, **town.environment(*roles)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def ask(town: Town, number: str, *more: str) -> subprocess.CompletedProcess[str]:
    """`registry query` by the town's department of human resources."""
    asker = Departments(town_plan(town.data)).code("human_resources")
    arguments = ["query", "social_security", "--as", asker, "--matter", MATTER, "--clerk", "李"]
    arguments += ["--holder", "-", "--claims", "insured_place", *more]
    return registry(town, *arguments, stdin=f"citizen_number:{number}")


def cards(folder: Path) -> dict[str, str]:
    """Insured places by citizen number."""
    with (folder / "sample" / "human_resources-social_security.csv").open(encoding="utf-8") as file:
        return {row["citizen_number"]: row["insured_place"] for row in csv.DictReader(file)}


def until_proven(town: Town, number: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The same question until the answer is proven: its batch becomes final, its issuer's bundle is known."""
    end = time.monotonic() + 120
    while (done := ask(town, number, *more)).returncode and time.monotonic() < end:
        time.sleep(0.5)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def over_http(town: Town, number: str, at: str = "") -> dict[str, Any]:
    """The same question to the town's API; the one answer."""
    asker = Departments(town_plan(town.data)).code("human_resources")
    store = open_store(town.settings().database_url)
    token = clients.give_token(store, asker, dpop_thumbprint=None, now=now(), randomness=os.urandom)
    store.close()
    holder = {"id_type": "citizen_number", "identifier": number}
    body = {"type": "social_security", "matter": MATTER, "clerk": "李", "ask": "claims", "holder": holder}
    answered = httpx.post(
        f"{town.origin}/issuers/{asker}/queries",
        json=body | {"claims": ["insured_place"], "at": at},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    (told,) = answered.raise_for_status().json()["answers"]
    return dict(told)


def place(told: dict[str, Any]) -> str:
    """Where somebody is insured, as a proof says."""
    assert told["outcome"] == "yes", told["outcome"]
    found = credential.parse(told["presentation"]).claims
    return str(found["insured_place"])


def shown(first: Town, second: Province, number: str, folder: Path) -> str:
    """The first province's verdict on a card that a wallet claimed in the second and shows here."""
    agency, asker = (Departments(town_plan(each.data)).code("human_resources") for each in (second, first))
    wallet = WalletFile.create(folder / "phone.wallet", "phone", cost=16)
    there, here = (UseCases.open(each.settings("api")) for each in (second, first))
    with httpx.Client(timeout=30) as http:
        with there.runtime.store.read() as session:
            holder = "citizen_number", number
            (card, *_) = finding.by_holder(session, there.runtime.sealed, [agency], *holder, now=now())
        offer = there.sharing.offer(agency, card.certificate_id, made_by="clerk 7", seen="card")
        Claiming(wallet, http, now).claim(offer.link(second.origin), offer.pin)
        with here.runtime.store.write() as session:
            asked = [("social_security", ["insured_place"])]
            query = query_for(session, here.runtime.catalogue, asked, everywhere=True)
            made = here.requesting.make(session, asker, query)
        end = time.monotonic() + 60
        while not list_is_known(here, second.origin) and time.monotonic() < end:
            time.sleep(0.5)
        answering = Answering(wallet, http, now)
        answering.send(answering.consider(answering.read(made.link)))
    (presented,) = here.requesting.outcome(made.id, asker=asker).presented
    there.close()
    here.close()
    return str(presented.report["verdict"])


def list_is_known(cases: UseCases, origin: str) -> bool:
    """Whether the partner's status lists have come with its bundle."""
    return any(uri.startswith(origin) for uri in cases.everywhere().lists)


def now() -> int:
    return int(time.time())


def kill(town: Town) -> None:
    """kill -9 of the registry's processes; the chain's node, which serves both, lives."""
    for name in ("api", "worker", "authority"):
        town.processes.running[name].kill()
        town.processes.running[name].wait(10)


def test_one_asks_the_other_and_each_serves_its_own_when_the_other_is_killed(
    provinces: tuple[Town, Province], tmp_path: Path
) -> None:
    first, second = provinces
    here, there = cards(first.data), cards(second.data)
    moved = next(number for number in there if number in here)
    agency = Departments(town_plan(second.data)).code("human_resources")

    across = until_proven(first, moved, "--at", second.origin)
    assert there[moved] in across.stdout
    assert "proven" in across.stdout
    assert place(over_http(first, moved, agency)) == there[moved]
    assert place(over_http(first, moved)) == here[moved], "nobody elsewhere is asked without being named"
    stranger = next(number for number in here if number not in there)
    assert over_http(first, stranger, second.origin)["outcome"] == "no"
    assert shown(first, second, moved, tmp_path) == "valid"

    kill(second)
    silent = ask(first, moved, "--at", second.origin)
    assert silent.returncode == 3
    assert "unknown" in silent.stdout
    assert over_http(first, stranger, second.origin)["outcome"] == "unknown", "never no"
    assert place(over_http(first, moved)) == here[moved]
    assert httpx.get(f"{first.origin}/health").status_code == 200

    second.start_registry()
    assert place(over_http(first, moved, second.origin)) == there[moved]

    kill(first)
    assert place(over_http(second, moved)) == there[moved]
    assert httpx.get(f"{second.origin}/health").status_code == 200
    logged = first.processes.said("api") + second.processes.said("api")
    assert moved not in logged
    assert "李" not in logged
