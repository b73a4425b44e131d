"""`registry issue | take-back | release | show | find`: the desk of an issuing department."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from registry.bulk import Summary
    from registry.finding import Found
    from registry.issuing import Issued
    from registry.usecases import UseCases

Id = Annotated[str, typer.Argument(metavar="ID", help="Certificate identifier / 证照标识")]
Issuer = Annotated[str, typer.Option("--issuer", metavar="CODE", help="Your department's code / 本部门代码")]
By = Annotated[str, typer.Option("--by", help="Who does it / 经办人")]
Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("issue", help="Issue certificates from a file / 签发：CSV、XLSX、JSON Lines 或单份 JSON")(
        issue
    )
    app.command("take-back", help="Undo an issuing whose batch is open / 撤回误签")(take_back)
    app.command("release", help="Let a held certificate into a batch / 放行暂缓的证照")(release)
    app.command("show", help="One certificate of yours, with its history / 查看证照与沿革")(show)
    app.command("find", help="Certificates of yours by number or holder / 按编号或主体查找")(find)


def issue(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Rows: .csv, .xlsx, .jsonl; or one as .json / 数据文件")
    ],
    type: Annotated[str, typer.Option("--type", help="Short name or code of the type / 证照类型")],
    issuer: Issuer,
    key: Annotated[str, typer.Option("--key", help="Idempotency key, for .json / 幂等键")] = "",
    hold: Annotated[str, typer.Option("--hold", metavar="WHY", help="Keep out of batches / 暂缓上链")] = "",
    report: Annotated[
        Path | None, typer.Option("--report", help="Where refused rows go / 退回清单的位置")
    ] = None,
    once_more: Annotated[
        bool, typer.Option("--once-more", help="Go through a finished file again / 重新导入已完成的文件")
    ] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Issue. A file that was interrupted goes on where it stopped; no row is issued twice.

    Refused rows go to FILE.refused, with the reasons; corrected there, they can be fed in again. Exit 1 where
    nothing was issued.
    """
    from registry import bulk
    from registry.cli import files
    from registry.cli.progress import showing

    files.require(file)
    cases = _open()
    try:
        code = _type_code(cases, type)
        if file.suffix.lower() == ".json":
            _print_issued(_issue_one(cases, issuer, code, file, key, hold, by), as_json)
            return
        with showing(file.name, quiet=as_json) as progress:
            done = bulk.take_in(
                cases.issuing, issuer, code, file,
                by=by, hold=hold, report=report, once_more=once_more, progress=progress,
            )  # fmt: skip
    finally:
        cases.close()
    _print_summary(done, as_json)
    if done.refused and not done.accepted + done.repeated:
        raise typer.Exit(1)


def take_back(certificate_id: Id, issuer: Issuer, by: By = "") -> None:
    """Take back. It wins if it comes before the batch closes; otherwise revoke with issued_in_error."""
    from registry import taking_back

    cases = _open()
    try:
        with cases.runtime.store.write() as session:
            taking_back.take_back(
                session,
                issuer,
                certificate_id,
                by=by,
                now=cases.runtime.clock(),
                combined=cases.runtime.catalogue.combined,
            )
    finally:
        cases.close()
    typer.echo(f"{certificate_id}  已撤回，标识作废 / taken back, its identifier is burned")


def release(certificate_id: Id, issuer: Issuer) -> None:
    """Release."""
    from registry import taking_back

    cases = _open()
    try:
        with cases.runtime.store.write() as session:
            taking_back.release(session, issuer, certificate_id)
    finally:
        cases.close()
    typer.echo(f"{certificate_id}  已放行 / released")


def show(
    certificate_id: Id,
    issuer: Issuer,
    with_claims: Annotated[
        bool, typer.Option("--claims", help="With the claims, which are personal / 显示信息项")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show."""
    from registry import finding
    from registry.cli import found

    cases = _open()
    try:
        now = cases.runtime.clock()
        with cases.runtime.store.read() as session:
            one = finding.by_identifier(session, [issuer], certificate_id, now)
            events = finding.history(session, one)
            claims = finding.claims(session, cases.runtime.sealed, one, now) if with_claims else {}
        definition = cases.runtime.catalogue.definition(one.type, one.type_version)
    finally:
        cases.close()
    if as_json:
        typer.echo(found.as_json(one, events, claims))
    else:
        found.print_one(one, events, claims, definition, cases.runtime.tz)


def find(
    issuer: Issuer,
    number: Annotated[
        str, typer.Option("--number", metavar="FILE", help="File with the printed number, or - / 编号")
    ] = "",
    holder: Annotated[
        str, typer.Option("--holder", metavar="FILE", help="File with TYPE:NUMBER, or - / 主体证件号码")
    ] = "",
    as_json: Json = False,
) -> None:
    """Find. What is looked for comes from a file or standard input: other users can see the command line."""
    from registry import finding
    from registry.cli import files, found

    if bool(number) == bool(holder):
        raise typer.BadParameter("give --number or --holder / 请用 --number 或 --holder 之一")
    whose, text = (files.holder(holder), "") if holder else (None, files.line(number))
    cases = _open()
    try:
        now, vault = cases.runtime.clock(), cases.runtime.sealed
        with cases.runtime.store.read() as session:
            rows = (
                finding.by_holder(session, vault, [issuer], *whose, now)
                if whose
                else finding.by_number(session, vault, [issuer], text, now)
            )
        names = {one.type: cases.runtime.catalogue.newest(one.type) for one in rows}
    finally:
        cases.close()
    if as_json:
        typer.echo(found.list_as_json(rows))
    else:
        found.print_list(rows, names, cases.runtime.tz)
    _exit_for(rows)


def _open() -> "UseCases":
    from registry.settings import Settings
    from registry.usecases import UseCases

    return UseCases.open(Settings())


def _type_code(cases: "UseCases", text: str) -> str:
    from registry.errors import NotFound

    catalogue = cases.runtime.catalogue
    try:
        return catalogue.by_alias(text).type
    except NotFound:
        return catalogue.newest(text).type


def _issue_one(
    cases: "UseCases", issuer: str, code: str, file: Path, key: str, hold: str, by: str
) -> "Issued":
    from registry.cli import files
    from registry.drafting import Request

    return cases.issuing.issue(issuer, code, Request(files.texts(file), key, hold=hold, by=by))


def _print_issued(issued: "Issued", as_json: bool) -> None:
    from registry import jcs

    if as_json:
        told = {
            "certificate_id": issued.certificate_id,
            "state": issued.state,
            "repeated": issued.repeated,
        }
        typer.echo(jcs.dumps(told).decode())
        return
    note = "先前已签发 / issued before" if issued.repeated else "已签发，即将上链 / issued, to be anchored"
    typer.echo(f"{issued.certificate_id}  {note}")


def _print_summary(done: "Summary", as_json: bool) -> None:
    from registry import jcs

    if as_json:
        told = {
            "accepted": done.accepted,
            "refused": done.refused,
            "repeated": done.repeated,
            "resumed": done.resumed,
            "already": done.already,
            "report": str(done.report or ""),
        }
        typer.echo(jcs.dumps(told).decode())
        return
    if done.resumed:
        typer.echo(f"从第 {done.resumed + 1} 行继续 / went on at row {done.resumed + 1}")
    if done.already:
        typer.echo(
            f"此文件先前已导入完毕（当时签发 {done.accepted:,}，退回 {done.refused:,}），本次未签发；"
            "--once-more 重新导入 / "
            f"nothing issued now: this file was taken in before (then {done.accepted:,} issued, "
            f"{done.refused:,} refused); --once-more goes through it again"
        )
    else:
        typer.echo(
            f"签发 {done.accepted:,}，退回 {done.refused:,}，先前已有 {done.repeated:,} / "
            f"issued {done.accepted:,}, refused {done.refused:,}, had been issued {done.repeated:,}"
        )
    if done.report:
        typer.echo(
            f"退回清单，改正后可再次导入 / refused rows, to be corrected and fed in again: {done.report}"
        )


def _exit_for(rows: Sequence["Found"]) -> None:
    if not rows:
        raise typer.Exit(1)
