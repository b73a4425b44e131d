"""`registry query`: ask other departments for a fact, under a purpose, on the record."""

from typing import TYPE_CHECKING, Annotated

import typer

from registry.plain import line

if TYPE_CHECKING:
    from registry.provinces.asking import Told
    from registry.querying import Query
    from registry.usecases import UseCases

_OUTCOMES = {
    "yes": "是 yes",
    "no": "否 no",
    "withheld": "未予提供 withheld",
    "pending": "待答复 pending",
    "refused": "拒绝 refused",
    "unknown": "暂时无法得知 unknown",
}
_STATUS = {
    "valid": "有效 valid",
    "revoked": "已失效 revoked",
    "suspended": "暂停 suspended",
    "superseded": "已换新 superseded",
}
_VERDICTS = {
    "proven": "已证实 proven",
    "stated": "机构答复 stated",
    "invalid": "答复有误 invalid",
    "unknown": "暂时无法核验 unknown",
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query", help="Ask departments about a holder or a certificate / 向颁发部门协查")(query)


def query(
    type: Annotated[str, typer.Argument(metavar="TYPE", help="Certificate type / 证照类型")],
    asker: Annotated[str, typer.Option("--as", metavar="CODE", help="Your department's code / 本部门代码")],
    matter: Annotated[str, typer.Option("--matter", help="The matter, as the rights files name it / 事项")],
    clerk: Annotated[str, typer.Option("--clerk", help="Who asks / 经办人")] = "",
    holder_file: Annotated[
        str,
        typer.Option(
            "--holder",
            metavar="FILE",
            help="File with TYPE:NUMBER, or - for standard input / 主体证件号码文件",
        ),
    ] = "",
    certificate: Annotated[
        str, typer.Option("--certificate", metavar="ID", help="Certificate / 证照标识")
    ] = "",
    claims: Annotated[str, typer.Option("--claims", help="Names with commas: ask for values / 信息项")] = "",
    status: Annotated[
        bool, typer.Option("--status", help="Ask for a certificate's status / 查询状态")
    ] = False,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="ORIGIN",
            help="In another registry: its origin, or a department's code there / 外省登记系统网址或部门代码",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole envelopes / 完整答复")] = False,
) -> None:
    """Ask, check each "yes" against the chain and each statement against the issuer's keys, and say so.

    A holder's number comes from a file or standard input, never from the command line, which others can see.
    Exit 0 where a "yes" was proven, 1 for "no" or a refusal, 3 where an answer did not come or could not be
    checked.
    """
    from registry.cli import files
    from registry.querying import Query
    from registry.settings import Settings
    from registry.usecases import UseCases

    named = tuple(name.strip() for name in claims.split(",") if name.strip())
    asked = Query(
        asker,
        clerk,
        matter,
        type,
        "status" if status else "claims" if named else "has_valid",
        named,
        files.holder(holder_file) if holder_file else None,
        certificate or None,
    )
    cases = UseCases.open(Settings())
    try:
        told = cases.elsewhere.ask(asked, at) if at else _here(cases, asked)
    finally:
        cases.close()
    for each in told:
        _print(each, named, as_json)
    verdicts = {each.verdict for each in told}
    raise typer.Exit(3 if verdicts & {"invalid", "unknown"} else 0 if "proven" in verdicts else 1)


def _here(cases: "UseCases", asked: "Query") -> "list[Told]":
    from registry.provinces.asking import Told

    answers = cases.querying.ask(asked)
    trust, now = cases.trust(), cases.runtime.clock()
    return [Told.here(each, trust, asker=asked.asker, now=now) for each in answers]


def _print(told: "Told", named: tuple[str, ...], as_json: bool) -> None:
    from registry import jcs

    if as_json:
        typer.echo(
            jcs.dumps(told.to_dict() if told.at else {**told.answer, "verdict": told.verdict}).decode()
        )
        return
    report = told.checked.report if told.checked else None
    shown = {name: report.claims[name] for name in named if report and name in report.claims}
    status = str(told.answer.get("status", ""))
    parts = [
        told.issuer or told.at,
        _OUTCOMES.get(told.outcome, told.outcome),
        _STATUS.get(status, status),
        "" if told.refusal else _VERDICTS.get(told.verdict, told.verdict),
        f"{told.zh} {told.en}" if told.refusal else "",
        jcs.dumps(shown).decode() if shown else "",
    ]
    typer.echo(line("  ".join(part for part in parts if part)))
