"""`registry audit log` and `registry export statistics`: access logs checked, and counted without persons."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from registry.cli import files
from registry.errors import RegistryError
from registry.plain import line

if TYPE_CHECKING:
    from registry.accesslog.auditing import Audit, Listed
    from registry.settings import Settings

NOT_CHECKED = 3
"""Exit code where chain, contracts or keys are out of reach: nothing was found out."""

export = typer.Typer(no_args_is_help=True, help="Open data / 开放数据")
audit = typer.Typer(no_args_is_help=True, help="Audits / 审计")

Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(audit, name="audit")
    app.add_typer(export, name="export")


class BadDay(RegistryError):
    """A day that is none."""

    kind = "bad-day"
    status = 422

    def __init__(self) -> None:
        super().__init__("日期格式为 YYYY-MM-DD。", "A day is written YYYY-MM-DD.")


@audit.command()
def log(
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="First day / 起始日")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day, included / 截止日")] = "",
    statements: Annotated[
        list[Path] | None,
        typer.Option(
            "--statements", metavar="FILE", help="What askers hold: answers as kept / 查询部门所持答复"
        ),
    ] = None,
    issuer: Annotated[
        str, typer.Option("--issuer", metavar="CODE", help="Only this department's log / 只查该部门的日志")
    ] = "",
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Open no entry, only compare hashes; needs no key / 不解密")
    ] = False,
    entries: Annotated[
        bool, typer.Option("--entries", help="List the entries, holders by pseudonym / 列出记录")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check a whole period: edit, deletion, reordering and a cut end are found.

    Heads are read from the chain; statements from the askers' files and from what departments keep in the
    store. Holders are named by a pseudonym made anew in every audit. With --issuer and --entries a department
    reads its own log. Exit 0: all agrees. 1: something does
    not. 3: it could not be checked.
    """
    import msgspec

    from registry.settings import Settings

    settings = Settings()
    begins, ends = period(since, until, ZoneInfo(settings.timezone))
    found, listed = _audited(settings, begins, ends, statements or [], sealed, issuer)
    if as_json:
        told = {"audit": found, "entries": listed if entries else []}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        _print(found, listed if entries else [], ZoneInfo(settings.timezone))
    raise typer.Exit(1 if found.findings else 0)


@export.command()
def statistics(
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="First day / 起始日")],
    out: Annotated[str, typer.Option(help="File; by default printed / 输出文件")] = "-",
    as_json: Json = False,
) -> None:
    """Counts of queries without persons, as CSV or JSON: by month, asker, issuer, type, matter, outcome.

    Whole months only, once they are over; counts below `statistics_least` are left out. Needs the API's key.
    """
    import time as clock

    import msgspec

    from registry.accesslog.statistics import statistics as counted
    from registry.catalogue import load_catalogue
    from registry.cli.stores import open_existing
    from registry.runtime import open_ring
    from registry.settings import Settings
    from registry.vault import Vault

    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    try:
        first = date.fromisoformat(since)
    except ValueError:
        raise BadDay from None
    store = open_existing(settings)
    try:
        with store.read() as session:
            found = counted(
                session,
                Vault.of(open_ring(settings, "api")),
                load_catalogue(),
                since=first,
                now=int(clock.time()),
                zone=zone,
                least=settings.statistics_least,
            )
    finally:
        store.close()
    told = {"months": found.months, "least": found.least, "left_out": found.left_out, "counts": found.rows()}
    text = msgspec.json.encode(told).decode() + "\n" if as_json else _csv(found.rows())
    if out == "-":
        sys.stdout.write(text)
    else:
        Path(out).write_text(text, "utf-8")
    typer.echo(
        f"{len(found.counts)} 组计数，{found.left_out} 组不足 {found.least} 未列 / "
        f"{len(found.counts)} counts, {found.left_out} below {found.least} left out",
        err=True,
    )


def _csv(rows: "Sequence[dict[str, str | int]]") -> str:
    import csv
    import io

    from registry.accesslog.statistics import COLUMNS
    from registry.sheets import harmless

    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows({name: harmless(str(cell)) for name, cell in row.items()} for row in rows)
    return written.getvalue()


def _audited(
    settings: "Settings", begins: int, ends: int, brought: Sequence[Path], sealed: bool, issuer: str
) -> "tuple[Audit, list[Listed]]":
    import os
    import time as clock

    from registry.accesslog.auditing import Auditing, chain_heads, statements_in
    from registry.catalogue import load_catalogue
    from registry.chain.rpc import ChainRefused, ChainUnreachable, JsonRpcChain
    from registry.cli.stores import open_existing
    from registry.runtime import open_ring
    from registry.trusting import NoTrust, TrustCache, live
    from registry.vault import Vault

    held = [each for path in brought for each in statements_in(files.read(path).decode(errors="replace"))]
    store, chain = open_existing(settings), JsonRpcChain(settings.chain_url)
    try:
        vault = None if sealed else Vault.of(open_ring(settings, "api"))
        trust = TrustCache(store, load_catalogue(), settings, lambda: int(clock.time())).current()
        with store.read() as session:
            deployment = live(session)
            if deployment.access_log is None:
                raise NoTrust
            heads = chain_heads(chain, deployment)
            auditing = Auditing(session, heads, begins, ends, vault, os.urandom(32))
            return auditing.audit(trust.issuers, held, trust, only=issuer), auditing.listed
    except (ChainUnreachable, ChainRefused, NoTrust) as error:
        typer.echo(f"{error.zh} / {error.en}", err=True)
        raise typer.Exit(NOT_CHECKED) from None
    finally:
        chain.close()
        store.close()


def period(since: str, until: str, zone: ZoneInfo) -> tuple[int, int]:
    """Unix seconds of a period of whole days, its end excluded; without days, all of time.

    Raises:
        BadDay: a day that is none. BadUsage: the first is after the last.
    """
    try:
        first, last = (date.fromisoformat(each) if each else None for each in (since, until))
        begins = 0 if first is None else _midnight(first, zone)
        ends = 2**62 if last is None else _midnight(last + timedelta(days=1), zone)
    except (ValueError, OverflowError):
        raise BadDay from None
    if first is not None and last is not None:
        files.demand_order(first, last)
    return begins, ends


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())


def _print(found: "Audit", listed: "Sequence[Listed]", zone: ZoneInfo) -> None:
    for each in listed:
        entry = each.entry
        clerks = f"{entry.clerk}+{entry.second}" if entry.second else entry.clerk
        moment = datetime.fromtimestamp(entry.time, UTC).astimezone(zone).isoformat(" ", "seconds")
        typer.echo(
            line(
                f"{moment}  {each.issuer} #{entry.seq}  {entry.asker} {clerks}  {entry.purpose}  "
                f"{entry.rule}  {entry.type}  {entry.outcome}  {each.holder or '-'}"
            )
        )
    for log_ in found.logs:
        typer.echo(
            f"{log_.issuer}  {log_.entries:,} 条 entries · 共 of {log_.size:,} · "
            f"日志头 heads {log_.heads:,} · 最长间隔 widest gap {log_.widest} s"
        )
        if log_.open_since is not None:
            moment = datetime.fromtimestamp(log_.open_since, UTC).astimezone(zone).isoformat(" ", "seconds")
            typer.echo(
                f"    {log_.size - log_.anchored} 条尚未上链，自 {moment} 起，只能凭答复核对 / "
                "not anchored yet: only statements vouch for these"
            )
    typer.echo(f"核对答复 statements compared: {found.statements}")
    for finding in found.findings:
        typer.echo(f"✗ {finding.issuer}  {finding.zh} / {finding.en}")
    if not found.findings:
        typer.echo("✓ 一致，未见改动 / all agrees, nothing was changed")
