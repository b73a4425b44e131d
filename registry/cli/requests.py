"""`registry request`: ask a wallet for certificates, show its QR, wait, and say what each one is worth."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli import files
from registry.cli.files import BadUsage

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.asking import Wanted
    from registry.dcql import Query
    from registry.requesting import Outcome, Requesting

EVERY = 0.5
"""Seconds between two looks for an answer."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("request", help="Ask a wallet for certificates / 请持证人出示证照")(request)


def request(
    asker: Annotated[
        str, typer.Option("--issuer", "--as", metavar="CODE", help="Your department's code / 本部门代码")
    ],
    ask: Annotated[
        list[str] | None,
        typer.Option("--ask", metavar="TYPE:CLAIM,…", help="A certificate and its claims / 证照与信息项"),
    ] = None,
    any_of: Annotated[
        list[str] | None,
        typer.Option(
            "--any-of", metavar="TYPE:…/TYPE:…", help="One of these, the first preferred / 其一即可"
        ),
    ] = None,
    query: Annotated[Path | None, typer.Option("--query", help="A query in DCQL (JSON) / 查询文件")] = None,
    clerk: Annotated[str, typer.Option("--clerk", help="Who asks / 经办人")] = "",
    matter: Annotated[str, typer.Option("--matter", help="What for / 事项")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="QR picture (PNG) / 二维码图片")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Two lines: the link, then the answer / 供程序读取")
    ] = False,
) -> None:
    """Show a QR for the holder's wallet, wait for five minutes at most, and check each certificate by itself.

    CLAIM=VALUE asks for that value; several values of one claim are alternatives. Other users of this machine
    can see them: a number of a person belongs into a --query file.
    Exit 0 where everything asked for was shown and is valid, 1 where it was not or the holder refused, 3
    where nobody answered or something could not be checked.
    """
    from registry import asking, jcs, pictures
    from registry.cli import answers
    from registry.settings import Settings
    from registry.usecases import UseCases

    if bool(query) == bool(ask or any_of):
        raise BadUsage("请给出 --ask、--any-of，或 --query 二者之一", "give --ask and --any-of, or --query")
    asked = [wanted(each) for each in ask or ()]
    groups = [[wanted(each) for each in group.split("/")] for group in any_of or ()]
    read = _read(query) if query else None
    cases = UseCases.open(Settings())
    try:
        with cases.runtime.store.write() as session:
            made = cases.requesting.make(
                session,
                asker,
                read or asking.query_for(session, cases.runtime.catalogue, asked, groups, everywhere=True),
                clerk=clerk,
                matter=matter,
            )
        if out is not None:
            out.write_bytes(pictures.draw(made.link))
        if as_json:
            typer.echo(jcs.dumps({"id": made.id, "link": made.link, "expires": made.expires}).decode())
        else:
            answers.show_link(made.link)
        outcome = wait_for(cases.requesting, made.id, asker, cases.runtime.clock)
        if as_json:
            typer.echo(jcs.dumps(_members(outcome)).decode())
        else:
            answers.show(outcome, cases)
    finally:
        cases.close()
    raise typer.Exit(_exit(outcome))


def wanted(text: str) -> "Wanted":
    """TYPE, TYPE:CLAIM,CLAIM or TYPE:CLAIM=VALUE taken apart. Raises BadUsage."""
    name, _, claims = text.partition(":")
    values: dict[str, list[str]] = {}
    for claim in claims.split(",") if claims else ():
        named, equals, value = claim.partition("=")
        if not named.strip():
            raise BadUsage(f"不是 证照:信息项：{text}", f"this is not TYPE:CLAIM,…: {text}")
        values.setdefault(named.strip(), []).extend([value] if equals else ())
    if not name.strip():
        raise BadUsage(f"不是 证照:信息项：{text}", f"this is not TYPE:CLAIM,…: {text}")
    return name.strip(), values


def _read(path: Path) -> "Query":
    from registry import dcql, jcs

    try:
        return dcql.parse(jcs.loads(files.read(path)))
    except (jcs.BadJson, dcql.BadQuery):
        raise BadUsage(f"{path} 不是 DCQL 查询", f"{path} is no query in DCQL") from None


def wait_for(requesting: "Requesting", id: str, asker: str, clock: "Callable[[], int]") -> "Outcome":
    """What a wallet answered, once it did or its time is over; says meanwhile how long there is."""
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        while (found := requesting.outcome(id, asker=asker)).state == "open":
            left = max(0, found.expires - clock())
            said = (
                "钱包已取得请求，等待确认 taken, waiting for a yes" if found.fetched else "等待扫码 waiting"
            )
            status.update(f"{said}  {left // 60}:{left % 60:02d}")
            time.sleep(EVERY)
    return found


def _members(outcome: "Outcome") -> dict[str, Any]:
    import msgspec

    return {
        "state": outcome.state,
        "satisfied": outcome.satisfied,
        "error": outcome.error,
        "certificates": msgspec.to_builtins(outcome.presented),
    }


def _exit(outcome: "Outcome") -> int:
    if outcome.satisfied:
        return 0
    if outcome.state == "refused":
        return 1
    checkable = all(each.report["verdict"] in ("valid", "invalid") for each in outcome.presented)
    return 1 if outcome.presented and checkable else 3
