"""`registry work | batches | health`: the worker's process, and what it has done."""

import dataclasses
import signal
import sys
import threading
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]
Issuer = Annotated[str, typer.Option("--issuer", metavar="CODE", help="Only this department's / 仅限该部门")]

_STATES = {
    "sent": "已发送 sent",
    "mined": "已出块 mined",
    "final": "已确认 final",
    "voided": "已作废 voided",
    "dissolved": "已解散 dissolved",
}

_COLOURS = {"green": "正常 green", "red": "异常 red"}


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
    from sqlmodel import col, select

    from registry.cli.stores import open_existing
    from registry.settings import Settings
    from registry.store.tables import Batch

    query = select(Batch).order_by(col(Batch.issuer), col(Batch.seq), col(Batch.id))
    with open_existing(Settings()).read() as session:
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
    if not rows:
        typer.echo("还没有批次 / no batches yet")
    for row in rows:
        block = "" if row.block_number is None else f"  区块 block {row.block_number:,}"
        typer.echo(
            f"{row.issuer}  #{row.seq}  {row.size:,} 份 certificates  {_STATES.get(row.state, row.state)}"
            f"{block}  根 root {row.root.hex()[:16]}…"
        )


def health(as_json: Json = False) -> None:
    """Say how it stands."""
    import time

    import orjson

    from registry.cli.stores import open_existing
    from registry.health import look
    from registry.settings import Settings

    settings = Settings()
    with open_existing(settings).read() as session:
        found = look(
            session, now=int(time.time()), head_age=settings.head_age, heads_every=settings.heads_every
        )
    if as_json:
        sys.stdout.write(orjson.dumps(dataclasses.asdict(found)).decode() + "\n")
    else:
        sys.stdout.write(
            f"{_COLOURS[found.colour]}  区块 block {found.block}  待上链 waiting {found.waiting}"
            f"  暂缓 held {found.held}  未确认 not final {found.unfinal}"
            f"  查询日志头 log heads {'-' if found.heads is None else f'{found.heads} s'}"
            f"  逾期 late {found.late}\n"
        )
        for reason in found.reasons:
            sys.stdout.write(f"  {reason.issuer} {reason.zh} / {reason.en}\n")
    raise typer.Exit(0 if found.colour == "green" else 1)
