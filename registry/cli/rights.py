"""`registry rights`: the versions of the rights that decided questions, and where the chain has them."""

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from registry.errors import NotFound, RegistryError
from registry.plain import line

if TYPE_CHECKING:
    from sqlmodel import Session

    from registry.store.tables import Policy

rights = typer.Typer(
    no_args_is_help=True, help="Versions of the rights, anchored on the chain / 权责清单版本"
)


class RightsChanged(RegistryError):
    """What the store keeps of a version is not what its hash on the chain says."""

    kind = "rights-changed"
    mender = "operator"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"第 {number} 版权责清单与链上摘要不符。",
            f"Version {number} of the rights is not what the chain says.",
        )


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(rights, name="rights")


@rights.command("list")
def versions(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array / 输出 JSON")] = False,
) -> None:
    """Every version that decided a question, its hash, and since when the chain has it.

    A version is counted when the first question is decided by it. Exit 1 where what is kept of one does not
    agree with the chain.
    """
    from sqlmodel import col, select

    from registry import jcs
    from registry.cli.stores import open_existing
    from registry.rights import load_rights
    from registry.settings import Settings
    from registry.store.tables import Policy

    settings = Settings()
    store = open_existing(settings)
    try:
        now = load_rights(settings.rights, ZoneInfo(settings.timezone)).digest
        with store.read() as session:
            rows = session.exec(select(Policy).order_by(col(Policy.number))).all()
            chain = _on_chain(session) if rows else []
            told = [_told(row, now, chain) for row in rows]
    finally:
        store.close()
    if as_json:
        typer.echo(jcs.dumps(told).decode())
    elif not told:
        typer.echo("尚无协查决定 / nothing was decided by any rights yet")
    for each in told if not as_json else ():
        typer.echo(line(f"{each['number']}  {each['digest']}"))
        in_force = " · 现行 in force" if each["in_force"] else ""
        typer.echo(
            line(f"    自 since {_moment(each['since'])} · {_ANCHORED[each['chain']]}{_at(each)}{in_force}")
        )
    if wrong := [each["number"] for each in told if each["chain"] == "differs"]:
        raise RightsChanged(wrong[0])


@rights.command()
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `list` counts / 版本号")],
) -> None:
    """One version as it was, whole: canonical JSON, whose SHA-256 is the hash on the chain."""
    from registry.cli.stores import open_existing
    from registry.settings import Settings
    from registry.store.tables import Policy

    store = open_existing(Settings())
    try:
        with store.read() as session:
            row = session.get(Policy, number)
            document = b"" if row is None else row.document
    finally:
        store.close()
    if not document:
        raise NotFound(f"没有第 {number} 版权责清单。", f"There is no version {number} of the rights.")
    typer.echo(document.decode())


_ANCHORED = {
    "anchored": "已上链 on the chain since",
    "waiting": "待上链 not on the chain yet",
    "differs": "与链上不符 the chain says otherwise",
}


def _on_chain(session: "Session") -> list[tuple[bytes, int]]:
    from registry.chain.ledger import load_ledger
    from registry.trusting import live

    return load_ledger(session, live(session).id or 0).log.policies


def _told(row: "Policy", now: bytes, chain: list[tuple[bytes, int]]) -> dict[str, Any]:
    anchored = chain[row.number - 1] if row.number <= len(chain) else None
    kept = hashlib.sha256(row.document).digest()
    state = "waiting" if anchored is None else "anchored" if anchored[0] == row.digest == kept else "differs"
    return {
        "number": row.number,
        "digest": row.digest.hex(),
        "since": row.since,
        "chain": state,
        "anchored": anchored[1] if state == "anchored" and anchored is not None else None,
        "in_force": row.digest == now,
    }


def _at(each: dict[str, Any]) -> str:
    return f" {_moment(each['anchored'])}" if each["anchored"] is not None else ""


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(" ", "seconds")
