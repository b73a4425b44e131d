"""`make run`: found the sample town, issue its certificates, tell the story, and go on serving."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlmodel import col, func, select

from registry import bulk
from registry.cli.progress import showing
from registry.errors import RegistryError
from registry.provisioning import Member, provision
from registry.store import Store, open_store
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    Credential,
    CredentialKind,
    Deployment,
    Follower,
    ImportJob,
    Origin,
    StatusIntent,
    Verification,
)
from registry.usecases import UseCases
from scripts.department import DepartmentSystem
from scripts.overstepping import Overstepping
from scripts.province import Province, town_meets
from scripts.story import Neighbour, Play
from scripts.telling import StoryFailed, Telling
from scripts.town import API_PORT, CHAIN_PORT, Town, alone, town_plan

_WRONG = (
    StoryFailed,
    RegistryError,
    RuntimeError,
    TimeoutError,
    httpx.HTTPError,
    subprocess.CalledProcessError,
)
PORTS_APART: Final = 100
"""From the first town's port to that of the town in another province."""
REGISTRY = [sys.executable, "-m", "registry.cli.main"]


def main() -> None:
    """Run until Ctrl-C, or with --once until the story is told."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell without job control starts what it puts in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = _arguments()
    started = time.monotonic()
    console = Console(highlight=False)
    console.print("[bold]证通 Zhengtong[/bold]  sample town 样例城市 [dim](Ctrl-C stops everything)[/dim]")
    with alone(arguments.data), _town(arguments) as town, _beside(town) as beside:
        try:
            totals = _run(town, beside, arguments, console, started)
            if arguments.once:
                print(json.dumps(totals), flush=True)
                return
            _serve(town, console)
        except KeyboardInterrupt:
            console.print("\nstopping / 正在停止 …")
        except _WRONG as wrong:
            console.print(f"[red]{wrong}[/red]\nlogs / 日志: {town.data / 'logs'}")
            sys.exit(1)


def _run(
    town: Town, beside: "Beside", arguments: argparse.Namespace, console: Console, started: float
) -> dict[str, Any]:
    _make_sample(town, arguments, console)
    plan = town_plan(town.data)
    store = open_store(town.settings().database_url)
    _say_what_is_there(store, town, console)
    with console.status("chain, keys, contracts / 启动本地链，设立登记系统"):
        town.start_chain()
        before = _deployments(store)
        overstepping = _found(town, store, plan)
        province = Province(town, port=(arguments.port or API_PORT) + PORTS_APART)
        beside.provinces.append(province)
        town_meets(town, province)
        town.start_registry()
    if before and _deployments(store) != before:
        console.print(
            "  [green]✔[/green] healed: everything is on the new chain, compared / 已在新链恢复并核对"
        )
    console.print(f"  [green]✔[/green] founded and serving / 已设立并运行  {town.origin}")
    if arguments.port and before and arguments.port != town.api_port:
        kept = "a town keeps its address, which its certificates name; --data FOLDER makes another town"
        console.print(
            f"    [yellow]{kept} / 已设立的城市沿用原地址，另设请用 --data[/yellow]", soft_wrap=True
        )
    cases = UseCases.open(town.settings("api"))
    joined = beside.thread.submit(_join, province)
    _issue_all(town, cases, plan, console)
    _wait_final(store, town, console)
    neighbour = joined.result()
    said = f"another province, {neighbour.final} certificates / 外省 {province.origin}"
    console.print(f"  [green]✔[/green] {said}")
    school = _school(town, store, plan)
    telling = Telling(console)
    where = "" if town.data == Path("data") else f" --data {town.data}"
    telling.say(f'  by hand, after / 手动操作前先执行:  eval "$(.venv/bin/python -m scripts.env{where})"\n')
    with httpx.Client(timeout=30) as http:
        play = Play(
            town.data,
            town.origin,
            town.chain_url,
            plan,
            cases,
            overstepping,
            school,
            neighbour,
            telling,
            http,
        )
        counted = play.play()
    cases.close()
    neighbour.cases.close()
    _wait_settled(store, town)
    _until(lambda: _anchored(store, lambda _done: None), town)
    totals = _totals(store)
    totals |= {"not_handed_in_again": counted.not_again, "handed_in": counted.handed_in}
    store.close()
    totals["seconds"] = round(time.monotonic() - started, 1)
    return totals


@dataclass(frozen=True)
class Beside:
    """What goes on beside the first town. thread: starts the processes of `provinces`, which end with it."""

    thread: ThreadPoolExecutor
    provinces: list[Province]


@contextlib.contextmanager
def _beside(town: Town) -> Iterator[Beside]:
    """For as long as the town runs: the kernel ends a process with the very thread that started it."""
    beside = Beside(ThreadPoolExecutor(1), [])
    try:
        yield beside
    finally:
        town.processes.stop()  # what is being founded on its chain ends then
        beside.thread.shutdown(cancel_futures=True)
        for each in beside.provinces:
            each.processes.stop()


def _join(province: Province) -> Neighbour:
    """The second registry, founded beside the first and serving, its certificates final."""
    province.join()
    final = province.issue()
    return Neighbour(
        town_plan(province.data), province.origin, UseCases.open(province.settings("api")), final
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the story")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the installation")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample town")
    parser.add_argument("--size", choices=("full", "small"), default="full", help="30,000 rows, or some 200")
    parser.add_argument(
        "--port", type=int, help=f"of a new town's API and pages, or the next free; default: {API_PORT}"
    )
    parser.add_argument(
        "--chain-port", type=int, default=CHAIN_PORT, help="of the local chain; or the next free"
    )
    return parser.parse_args()


@contextlib.contextmanager
def _town(arguments: argparse.Namespace) -> Iterator[Town]:
    town = Town(arguments.data, port=arguments.port or API_PORT, chain_port=arguments.chain_port)
    try:
        yield town
    finally:
        town.processes.stop()


def _make_sample(town: Town, arguments: argparse.Namespace, console: Console) -> None:
    folder = town.data / "sample"
    if (folder / "rights").exists() and (folder / "complete").exists():
        return
    command = [sys.executable, "-m", "scripts.sample", "--seed", str(arguments.seed), "--out", str(folder)]
    subprocess.run([*command, "--size", arguments.size], check=True)
    (folder / "complete").touch()


def _say_what_is_there(store: Store, town: Town, console: Console) -> None:
    with store.read() as session:
        issued = session.exec(select(func.count()).select_from(Certificate)).one()
        block = session.exec(select(func.max(col(Follower.head_number)))).one()
    if issued:
        console.print(f"  found / 已有 {issued:,} certificates, block {block}")
        if not town.found_state:
            gone = "the chain's state is gone: it is healed from the store / 链数据丢失，正在从存储恢复"
            console.print(f"  [yellow]{gone}[/yellow]")


def _deployments(store: Store) -> int:
    with store.read() as session:
        return session.exec(select(func.count()).select_from(Deployment)).one()


def _found(town: Town, store: Store, plan: Mapping[str, Any]) -> Overstepping:
    departments = plan["departments"]
    members = [Member(str(each["code"]), each["kind"] == "issues") for each in departments]
    provision(town.settings("api", "worker"), store, members)
    tax = next(str(each["code"]) for each in departments if each["alias"] == "taxation")
    overstepping = Overstepping.open(tax, town.data / "departments", town.passphrase("department"))
    overstepping.announce(store)
    with store.read() as session:
        origins = list(session.exec(select(Origin.origin).order_by(col(Origin.index))))
    town.choose_api_port(origins)
    found = [
        *REGISTRY,
        "authority",
        "found",
        str(town.data / "sample" / "town.json"),
        "--origin",
        town.origin,
    ]
    done = subprocess.run(
        found,
        env={**os.environ, **town.environment("authority", "roots")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"founding failed / 设立失败: {done.stderr.strip() or done.stdout.strip()}")
    return overstepping


def _school(town: Town, store: Store, plan: Mapping[str, Any]) -> DepartmentSystem:
    """The education bureau's own system, its client key registered."""
    code = next(str(each["code"]) for each in plan["departments"] if each["alias"] == "education")
    school = DepartmentSystem.open(code, town.data / "departments", town.passphrase("department"))
    school.register(store)
    return school


def _issue_all(town: Town, cases: UseCases, plan: Mapping[str, Any], console: Console) -> None:
    """Every file of the sample, as `registry issue` does it; one that was finished is not opened again."""
    with cases.runtime.store.read() as session:
        finished = session.exec(
            select(ImportJob.issuer, ImportJob.type).where(col(ImportJob.finished).is_not(None))
        ).all()
    for each in plan["files"]:
        file, issuer = town.data / "sample" / each["file"], str(each["department"])
        type_code = cases.runtime.catalogue.by_alias(each["type"]).type
        if (issuer, type_code) in finished:
            continue
        with showing(f"  {each['type']}") as progress:
            done = bulk.take_in(cases.issuing, issuer, type_code, file, by="sample", progress=progress)
        if done.refused:
            told = f"    [yellow]{done.refused} refused / 退回[/yellow] [dim]{done.report}[/dim]"
            console.print(told, soft_wrap=True)


def _wait_final(store: Store, town: Town, console: Console) -> None:
    """Until every certificate issued stands in a final batch."""
    total, final = _progress(store)
    if final == total:
        console.print(f"  [green]✔[/green] {final:,} certificates final on the chain / 已上链确认")
        return
    columns = (TextColumn("  anchored 上链"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)
        _until(lambda: _anchored(store, lambda done: bar.update(task, completed=done)), town)


def _anchored(store: Store, tell: Callable[[int], None]) -> bool:
    total, final = _progress(store)
    tell(final)
    return final >= total


def _progress(store: Store) -> tuple[int, int]:
    with store.read() as session:
        states = [CertificateState.OPEN, CertificateState.BATCHED]
        total = session.exec(
            select(func.count())
            .select_from(Certificate)
            .join(Batch, col(Batch.id) == col(Certificate.batch), isouter=True)
            .where(col(Certificate.state).in_(states), col(Batch.state).is_distinct_from(BatchState.VOIDED))
        ).one()
        final = session.exec(
            select(func.count())
            .select_from(Certificate)
            .join(Batch, col(Batch.id) == col(Certificate.batch))
            .where(Batch.state == BatchState.FINAL)
        ).one()
    return total, final


def _wait_settled(store: Store, town: Town) -> None:
    """Until what the story decided is final on the chain."""

    def settled() -> bool:
        with store.read() as session:
            open_ones = select(func.count()).select_from(StatusIntent)
            return not session.exec(
                open_ones.where(col(StatusIntent.state).in_(["pending", "sent", "mined"]))
            ).one()

    _until(settled, town, seconds=60)


def _until(ready: Callable[[], bool], town: Town, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if ended := town.processes.ended():
            raise RuntimeError(f"{ended[0]} ended: {town.processes.last_words(ended[0])}")
        if time.monotonic() > until:
            raise TimeoutError("the chain did not become final in time / 上链超时")
        time.sleep(0.1)


def _totals(store: Store) -> dict[str, Any]:
    with store.read() as session:

        def count(*what: Any) -> int:
            return int(session.exec(select(func.count()).where(*what)).one())

        taken_back = Certificate.state != CertificateState.TAKEN_BACK
        refused = session.exec(select(func.sum(col(ImportJob.refused)))).one() or 0
        totals = {
            "issued": count(taken_back),
            "refused": int(refused),
            "anchored": 0,
            "claimed": count(Credential.kind == CredentialKind.WALLET),
            "presented": count(col(Verification.id).is_not(None)),
            "verified": count(Verification.verdict == "valid"),
            "revoked": count(StatusIntent.value == 1, StatusIntent.state == "final"),
        }
    totals["anchored"] = _progress(store)[1]
    return totals


def _serve(town: Town, console: Console) -> None:
    console.print(
        f"\n  front page 首页   {town.origin}/\n  API               {town.origin}/docs\n"
        f"  chain 链          {town.chain_url}\n  logs 日志         {town.data / 'logs'}\n"
    )
    while not (ended := town.processes.ended()):
        threading.Event().wait(0.5)
    raise RuntimeError(f"{ended[0]} ended: {town.processes.last_words(ended[0])}")


if __name__ == "__main__":
    main()
