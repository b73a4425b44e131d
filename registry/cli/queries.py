"""`registry query`: ask other departments for a fact, under a purpose, on the record."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from registry.answer_checking import CheckedAnswer
    from registry.querying import Answer

_OUTCOMES = {"yes": "是 yes", "no": "否 no"}
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
    as_json: Annotated[bool, typer.Option("--json", help="The whole envelopes / 完整答复")] = False,
) -> None:
    """Ask, check each "yes" against the chain and each statement against the issuer's keys, and say so.

    A holder's number comes from a file or standard input, never from the command line, which others can see.
    Exit 0 where a "yes" was proven, 1 for "no" or a refusal, 3 where an answer could not be checked.
    """
    from registry.answer_checking import check_answer
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
        answers = cases.querying.ask(asked)
        trust, now = cases.trust(), cases.runtime.clock()
    finally:
        cases.close()
    checked = [check_answer(each.envelope(), each.question, trust, asker=asker, now=now) for each in answers]
    for answer, found in zip(answers, checked, strict=True):
        _print(answer, found, named, as_json)
    verdicts = {found.verdict for found in checked}
    raise typer.Exit(3 if verdicts & {"invalid", "unknown"} else 0 if "proven" in verdicts else 1)


def _print(answer: "Answer", found: "CheckedAnswer", named: tuple[str, ...], as_json: bool) -> None:
    from registry import jcs

    if as_json:
        typer.echo(jcs.dumps({**answer.envelope(), "verdict": found.verdict}).decode())
        return
    shown = {
        name: found.report.claims[name] for name in named if found.report and name in found.report.claims
    }
    parts = [
        str(answer.question["issuer"]),
        _OUTCOMES.get(answer.outcome, answer.outcome),
        _STATUS.get(answer.status or "", answer.status or ""),
        _VERDICTS.get(found.verdict, found.verdict),
        jcs.dumps(shown).decode() if shown else "",
    ]
    typer.echo("  ".join(part for part in parts if part))
