"""`registry query`: ask other departments for a fact, under a purpose, on the record."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from registry.plain import line

if TYPE_CHECKING:
    from registry.provinces.asking import Told
    from registry.querying import Query
    from registry.rights import Ask
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
_GOOD = ("proven", "stated")
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
    claims: Annotated[
        str, typer.Option("--claims", help="Names with commas: ask for values, or which to compare / 信息项")
    ] = "",
    equals: Annotated[
        str,
        typer.Option(
            "--equals",
            metavar="FILE",
            help="Is the claim what this file says, - for standard input / 是否等于文件中的值",
        ),
    ] = "",
    over: Annotated[
        str, typer.Option("--over", metavar="LIMIT", help="Is it over an amount or date / 是否高于")
    ] = "",
    under: Annotated[
        str, typer.Option("--under", metavar="LIMIT", help="Is it under an amount or date / 是否低于")
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="stated|vouched|ID",
            help="Of --equals: the holder stated it to the case, you vouch for that, or the certificate "
            "that proved it there / 比对值来源",
        ),
    ] = "",
    request: Annotated[
        str,
        typer.Option(
            "--request",
            metavar="ID",
            help="Instead of --holder: about who was shown in answer to this request / 已出示的请求",
        ),
    ] = "",
    case: Annotated[str, typer.Option("--case", metavar="NUMBER", help="Your case's number / 办件编号")] = "",
    on_behalf: Annotated[
        str,
        typer.Option("--on-behalf", metavar="ID", help="The agent's mandate / 委托证照标识"),
    ] = "",
    assisted: Annotated[
        bool, typer.Option("--assisted", help="For a person who is here, which the log says / 帮办")
    ] = False,
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

    A holder's number, and a value to compare with, come from files or standard input, never from the command
    line, which others can see. A comparison names one claim and the case; a limit is one that a right lists.
    Exit 0 where a "yes" was proven (of a limit: signed by the issuer), 1 for "no" or a refusal, 3 where an
    answer did not come or could not be checked.
    """
    from registry.cli import files
    from registry.cli.departments import demand
    from registry.queries.showing import about_shown
    from registry.querying import Query
    from registry.settings import Settings
    from registry.usecases import UseCases

    named = tuple(name.strip() for name in claims.split(",") if name.strip())
    ask = _kind(status, equals, over, under, named)
    holder = files.holder(holder_file) if holder_file else None
    asked = Query(
        asker,
        clerk,
        matter,
        type,
        ask,
        named,
        holder,
        certificate or None,
        value=files.line(equals) if equals else over or under,
        source=source,
        case=case or None,
        on_behalf=on_behalf or None,
        assisted=assisted,
    )
    cases = UseCases.open(Settings())
    try:
        demand(cases, asker)
        if request:
            asked = about_shown(asked, request, cases.requesting, cases.runtime.catalogue)
        told = cases.elsewhere.ask(asked, at) if at else _here(cases, asked)
    finally:
        cases.close()
    for each in told:
        _print(each, named, as_json)
    verdicts = {each.verdict for each in told}
    yes = any(each.outcome == "yes" and each.verdict in _GOOD for each in told)
    raise typer.Exit(3 if verdicts & {"invalid", "unknown"} else 0 if yes else 1)


def _kind(status: bool, equals: str, over: str, under: str, named: tuple[str, ...]) -> "Ask":
    from registry.cli.files import BadUsage

    kinds: list[Ask] = ["status"] if status else []
    compared: tuple[tuple[Ask, str], ...] = (("equals", equals), ("over", over), ("under", under))
    kinds += [kind for kind, given in compared if given]
    if len(kinds) > 1:
        raise BadUsage(
            "--status、--equals、--over、--under 只能选一个",
            "only one of --status, --equals, --over, --under",
        )
    return kinds[0] if kinds else "claims" if named else "has_valid"


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
    typer.echo(line(in_words(told, named)))


def in_words(told: "Told", named: Sequence[str]) -> str:
    """One answer in both languages, with the claims `named` that it proves; of identity numbers the ends."""
    from registry import jcs
    from registry.cli.terminal import masked_within

    report = told.checked.report if told.checked else None
    shown = {name: report.claims[name] for name in named if report and name in report.claims}
    status = str(told.answer.get("status", ""))
    parts = [
        told.issuer or told.at,
        _OUTCOMES.get(told.outcome, told.outcome),
        _STATUS.get(status, status),
        "" if told.refusal else _VERDICTS.get(told.verdict, told.verdict),
        f"{told.zh} {told.en}" if told.refusal else "",
        jcs.dumps(masked_within(shown)).decode() if shown else "",
        "；".join(f"{each['zh']} {each['en']}" for each in told.answer.get("conditions", ())),
    ]
    return "  ".join(part for part in parts if part)
