"""`registry work | batches | health`: the worker's process, and what it has done."""

import dataclasses
import signal
import sys
import threading
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]
Issuer = Annotated[str, typer.Option("--issuer", metavar="CODE", help="Only this department's / 仅限该部门")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("work", help="Anchor, send status, follow the chain, until stopped / 运行上链进程")(work)
    app.command("batches", help="List batches and where they stand / 列出批次及其状态")(batches)
    app.command("health", help="Green (exit 0) or red (exit 1), and why / 健康状况")(health)


def work() -> None:
    """Run the worker until SIGTERM or Ctrl-C."""
    from registry.running import run_worker
    from registry.settings import Settings

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    run_worker(Settings(), ended)


def batches(issuer: Issuer = "", as_json: Json = False) -> None:
    """List batches."""
    import orjson
    from rich.console import Console
    from rich.table import Table
    from sqlmodel import col, select

    from registry.settings import Settings
    from registry.store import open_store
    from registry.store.tables import Batch

    query = select(Batch).order_by(col(Batch.issuer), col(Batch.seq), col(Batch.id))
    with open_store(Settings().database_url).read() as session:
        rows = session.exec(query.where(Batch.issuer == issuer) if issuer else query).all()
    if as_json:
        found = [
            {
                "issuer": row.issuer,
                "seq": row.seq,
                "size": row.size,
                "root": row.root.hex(),
                "state": row.state,
                "block": row.block_number,
                "time": row.block_time,
            }
            for row in rows
        ]
        sys.stdout.write(orjson.dumps(found).decode() + "\n")
        return
    table = Table(
        "颁发机构 / issuer", "批次 / seq", "证照 / size", "状态 / state", "区块 / block", "根 / root"
    )
    for row in rows:
        table.add_row(
            row.issuer,
            str(row.seq),
            str(row.size),
            row.state,
            "" if row.block_number is None else str(row.block_number),
            row.root.hex()[:16] + "…",
        )
    Console().print(table)


def health(as_json: Json = False) -> None:
    """Say how it stands."""
    import time

    import orjson

    from registry.health import look
    from registry.settings import Settings
    from registry.store import open_store

    settings = Settings()
    with open_store(settings.database_url).read() as session:
        found = look(session, now=int(time.time()), head_age=settings.head_age)
    if as_json:
        sys.stdout.write(orjson.dumps(dataclasses.asdict(found)).decode() + "\n")
    else:
        sys.stdout.write(
            f"{found.colour}  block {found.block}  waiting {found.waiting}  held {found.held}"
            f"  not final {found.unfinal}\n"
        )
        for reason in found.reasons:
            sys.stdout.write(f"  {reason.issuer} {reason.zh} / {reason.en}\n")
    raise typer.Exit(0 if found.colour == "green" else 1)
