"""What a department found, in the terminal and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from registry.cli.terminal import print_identifier, shortened
from registry.definition import TypeDefinition
from registry.finding import Event, Found
from registry.lifecycle import REASONS, Status

_STATUS = {
    Status.VALID: ("有效 valid", "green"),
    Status.REVOKED: ("已失效 revoked", "red"),
    Status.SUSPENDED: ("暂停 suspended", "yellow"),
    Status.SUPERSEDED: ("已换新 superseded", "yellow"),
}
_STATES = {
    "open": "待上链 waits for a batch",
    "held": "暂缓 held",
    "batched": "已入批 in a batch",
    "taken_back": "已撤回 taken back",
}
_BATCHES = {
    "sent": "已发送 sent",
    "mined": "已出块 mined",
    "final": "已确认 final",
    "voided": "已作废 voided",
}


def as_json(one: Found, events: Sequence[Event], claims: Mapping[str, str]) -> str:
    """One certificate, its history, and the claims where they were asked for."""
    return _json({**_plain(one), "history": [asdict(each) for each in events], "claims": dict(claims)})


def list_as_json(rows: Sequence[Found]) -> str:
    """Certificates, newest first."""
    return _json([_plain(one) for one in rows])


def print_one(
    one: Found, events: Sequence[Event], claims: Mapping[str, str], definition: TypeDefinition, zone: tzinfo
) -> None:
    """One certificate as a page."""
    console = Console()
    console.print(Text(f"{definition.name.zh}  {definition.name.en}", style="bold"))
    print_identifier(console, one.certificate_id)
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    table.add_row("状态 Status", _status(one))
    table.add_row("有效期 Valid", f"{_day(one.valid_from, zone)} – {_last_day(one, zone)}")
    table.add_row("签发 Issued", f"{_moment(one.issued_at, zone)} {one.issued_by}")
    table.add_row("上链 Anchor", _anchor(one))
    for name, value in claims.items():
        label = definition.labels[name]
        table.add_row(f"{label.zh} {label.en}", Text(shortened(value)))
    console.print(table)
    for each in events:
        reason = REASONS[each.reason]
        words = f"{_moment(each.recorded, zone)}  {reason.zh} / {reason.en}  {each.decision} {each.basis}"
        console.print(Text(f"  {words} {each.recorded_by}".rstrip()))


def print_list(rows: Sequence[Found], types: Mapping[str, TypeDefinition], zone: tzinfo) -> None:
    """Certificates: each one's identifier, and below it what it is and how it stands."""
    console = Console()
    if not rows:
        console.print("没有找到 / nothing found")
    for one in rows:
        name = types[one.type].name
        print_identifier(console, one.certificate_id)
        said = f"    {name.zh} {name.en} · 签发 issued {_day(one.issued_at, zone)} · "
        console.print(Text.assemble(said, _status(one)), soft_wrap=True)


def _status(one: Found) -> Text:
    if one.status is None:
        return Text(_STATES[one.state], style="dim")
    words, colour = _STATUS[one.status]
    if one.status is Status.VALID and one.expired:
        words, colour = "已过期 expired", "yellow"
    return Text(words, style=colour)


def _anchor(one: Found) -> str:
    if one.batch is None:
        return f"{_STATES[one.state]} {one.held_because or ''}".rstrip()
    batch = one.batch
    place = f"#{batch.seq}, {batch.index + 1:,}/{batch.size:,}"
    block = f", block {batch.block:,}" if batch.block is not None else ""
    return f"{_BATCHES.get(batch.state, batch.state)} {place}{block}"


def _plain(one: Found) -> dict[str, Any]:
    plain = asdict(one)
    del plain["row"]
    plain["status"] = None if one.status is None else one.status.name.lower()
    if one.batch is not None:
        plain["batch"]["root"] = one.batch.root.hex()
    return plain


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _last_day(one: Found, zone: tzinfo) -> str:
    return "长期 no end" if one.valid_until is None else _day(one.valid_until - 1, zone)


def _day(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).strftime("%Y-%m-%d")


def _moment(seconds: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).isoformat(" ", "seconds")
