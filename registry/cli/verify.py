"""`registry verify` and `registry id check`: what anybody does who is shown a certificate."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from registry import checking, proofcode, records
from registry.cli import inputs, page
from registry.credential import Kind
from registry.identifiers import REMARKS, check_certificate_id
from registry.settings import Settings
from registry.verification import Expected

EXITS = {"valid": 0, "invalid": 1, "pending": 3, "unknown": 3, "copy": 4}


def add_to(app: typer.Typer) -> None:
    """Add `verify` and `id check`."""
    app.command("verify")(verify_command)
    identifiers = typer.Typer(help="Certificate identifiers / 证照标识 (GB/T 36904)", no_args_is_help=True)
    identifiers.command("check")(check_identifier)
    app.add_typer(identifiers, name="id")


def verify_command(
    shown: Annotated[
        str,
        typer.Argument(metavar="PICTURE-OR-TEXT", help="A PNG or JPEG with a QR, a text file, a text, or -"),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON")] = False,
    trust_file: Annotated[
        Path | None,
        typer.Option("--trust", metavar="BUNDLE", help="Trust bundle; default: the registry's own"),
    ] = None,
    root_file: Annotated[
        Path | None, typer.Option("--root", metavar="FILE", help="The pinned root document of that bundle")
    ] = None,
    code: Annotated[
        str, typer.Option("--as", metavar="CODE", help="The department that checks: whom an answer is for")
    ] = "",
    holder: Annotated[
        str, typer.Option(metavar="TYPE:NUMBER", help="The holder that was asked about (answers)")
    ] = "",
    certificate: Annotated[str, typer.Option(metavar="ID", help="The certificate that was asked about")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="Check as of then: ISO 8601 or Unix seconds")] = "",
    covered_by: Annotated[
        Path | None, typer.Option(metavar="RECORD", help="An earlier record of this presentation (--at)")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a signed record of this check (--as, --key)")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Signing key: PEM, or a key file of the registry")
    ] = None,
    purpose: Annotated[
        str, typer.Option(help="Why it is checked; stands in the record")
    ] = "核验 verification",
) -> None:
    """Check a certificate that somebody shows: ten checks, offline.

    Exit 0 valid, 1 invalid, 3 pending or unknown, 4 a true copy, 2 wrong usage.
    No address in a QR is ever opened.
    """
    settings, now = Settings(), int(time.time())
    zone = ZoneInfo(settings.timezone)
    if record and not (code and key):
        raise inputs.BadUsage("--record 需要 --as 和 --key", "--record needs --as and --key")
    expected = Expected(
        kinds=frozenset({Kind.CODE, Kind.COPY, Kind.ANSWER}),
        audience=code or None,
        holder=inputs.holder(holder),
        certificate_id=certificate or None,
    )
    moment = inputs.moment(at, zone)
    texts = inputs.shown(shown)
    trust = inputs.trust(settings, trust_file, root_file, now)
    try:
        presentation = checking.presentation_in(texts, trust)
    except proofcode.BadCode as error:
        unread = checking.unread(error, trust, now if moment is None else moment)
        if as_json:
            _print_json(unread)
        sys.stderr.write(f"{error.zh} / {error.en}\n")
        raise typer.Exit(EXITS[unread["verdict"]]) from None
    with _nonces(settings) as use_once:
        checked = checking.check(
            presentation,
            trust,
            expected,
            now,
            at=moment,
            dated=inputs.dated(covered_by, presentation, moment, trust),
            use_once=use_once,
        )
    report = checked.report
    if record and key:
        signing_key = inputs.signing_key(key, code, settings)
        _write(
            record, records.sign(report, presentation, code=code, purpose=purpose, key=signing_key, now=now)
        )
    if as_json:
        _print_json(report)
    else:
        page.show(report, trust, zone, Console())
    raise typer.Exit(EXITS[report["verdict"]])


def _print_json(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")


def check_identifier(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="1.2.156.3005.2.…")],
) -> None:
    """Say whether a certificate identifier is right, and if not, what is wrong. Exit 0 right, 1 wrong."""
    faults = check_certificate_id(identifier)
    wrong = any(fault.field not in REMARKS for fault in faults)
    console = Console(highlight=False)
    if not wrong:
        console.print("[green]✔ 标识正确 / the identifier is right[/green]")
    for fault in faults:
        mark = "[yellow]![/yellow]" if fault.field in REMARKS else "[red]✘[/red]"
        console.print(f"{mark} {fault.field}：{fault.zh} / {fault.en}")
    raise typer.Exit(1 if wrong else 0)


@contextmanager
def _nonces(settings: Settings) -> Iterator[checking.UseOnce | None]:
    """Where used nonces are kept: in the store at hand, if there is one."""
    if not settings.database and not (settings.data / "registry.sqlite").is_file():
        yield None
        return
    from registry.nonces import use_once  # a verifier without a store needs none of this
    from registry.store import open_store

    store = open_store(settings.database_url)

    def once(audience: str, nonce: str, expires: int) -> bool:
        with store.write() as session:
            return use_once(session, audience, nonce, expires)

    try:
        yield once
    finally:
        store.close()


def _write(path: Path, record: str) -> None:
    """The record holds claims: for its owner's eyes only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(record)
