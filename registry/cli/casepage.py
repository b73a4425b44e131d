"""A case and a matter on a terminal, as they travel in JSON: for the holder's wallet and for clerks.

Of an identity number only its ends are shown: a screen has onlookers. Whoever needs it whole takes --json.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import typer

from registry.cli import clockpage
from registry.cli.clockpage import day
from registry.cli.terminal import masked, shortened
from registry.plain import line

Members = Mapping[str, Any]
STATES: Final = {
    "open": "收集材料 being collected",
    "person": "待人工决定 a person decides",
    "granted": "已准予，办理中 granted, being carried out",
    "ended": "已办结 ended",
    "refused": "不予准许 refused",
    "red": "受阻 an issuer refused what follows",
}
SOURCES: Final = {
    "wallet": "钱包出示 wallet",
    "query": "部门协查 query",
    "paper": "纸质复制件 paper",
    "statement": "本人陈述 stated",
}
VERDICTS: Final = {
    "valid": "有效 valid",
    "no": "没有 there is none",
    "not-shared": "无权查询 no right to ask",
    "pending": "待答复 pending",
    "withheld": "未予提供 withheld",
    "refused": "对方拒绝答复 refused there",
    "copy-accepted": "复制件已采信，由人工决定 a copy accepted, a person decides",
    "copy": "仅为副本 a copy only",
    "unverified": "核验不通过 not verified",
    "invalid": "答复未通过核验 answer not verified",
    "unknown": "暂时无法得知 unknown",
}
OUTCOMES: Final = {
    "grant": "准予 granted",
    "person": "待人工决定 a person decides",
    "incomplete": "材料不全 something is missing",
}
"""Of handing in."""
KINDS: Final = {
    "input": "填报 to be stated",
    "fact": "证照或材料 to be shown",
    "step": "部门环节 a department's part",
    "rule": "数项之一即可 one of several would do",
}
PARTS: Final = {
    "waiting": "未开始 waiting",
    "open": "办理中 open",
    "agreed": "同意 agreed",
    "objected": "不同意 objected",
    "done": "完成 done",
    "refused": "被拒 refused",
}
PROMISED: Final = {
    "asked": "待签署 not signed yet",
    "open": "待补交 to come",
    "kept": "已兑现 kept",
    "overdue": "逾期 overdue",
}
DECIDED: Final = {"grant": "准予 granted", "refuse": "不予准许 refused"}
BY: Final = {"rule": "规则 by the rule", "person": "人工 by a person"}
MADE: Final = {"窗口": "窗口 at a window", "钱包": "钱包 in a wallet"}
"""Of a mandate: where it was made, as its certificate says it."""
SHEET: Final = {
    "case": "办件编号 case",
    "matter": "事项 matter",
    "promise": "承诺补交 promise",
    "until": "最后一日 until",
    "otherwise": "逾期后果 otherwise",
}
"""Of what a promise on paper has to say."""


def summaries(cases: Iterable[Members]) -> None:
    """Cases of a list, each number on a line of its own."""
    found = list(cases)
    if not found:
        typer.echo("没有办件 / no cases")
    for each in found:
        _head(each)


def case(shown: Members, needs: Members | None = None) -> None:
    """A case: what is missing, the form with its sources, what is known, what was decided, what comes of it.

    needs: its matter, which says how what is missing can come.
    """
    _head(shown)
    facts = {each.get("name"): each for each in _each(needs or {}, "facts")}
    missing(_each(shown, "missing"), facts)
    _part(
        "陈述 stated", [f"{name}  {_value(said)}" for name, said in dict(shown.get("inputs") or {}).items()]
    )
    _part("表单 form", [_field(each) for each in _each(shown, "form")])
    _part("当事人 parties", [_party(each) for each in _each(shown, "parties")])
    _part("已知 known", [_fact(each) for each in _each(shown, "facts")])
    _part("环节 steps", [_step(each) for each in _each(shown, "steps")])
    _part("时限 clocks", clockpage.of_case(shown))
    _part("承诺 promises", [_promise(each) for each in _each(shown, "promises")])
    _decision(shown.get("decision"))
    _part("办理结果 what comes of it", [_effect(each) for each in _each(shown, "effects")])


def missing(lacking: Iterable[Members], facts: Mapping[Any, Members] | None = None) -> None:
    """What a case lacks. facts: of its matter by name, which say how each can come."""
    told = []
    for each in lacking:
        fact = (facts or {}).get(each.get("name"), {})
        hints = [KINDS.get(str(each.get("kind")), "")] if not fact else _hints(fact)
        told.append(" · ".join((_named(each), *(hint for hint in hints if hint))))
    _part("还缺 still missing", told)


def matters(found: Iterable[Members]) -> None:
    """What one can come to do, and what departments hold of it already."""
    for each in found:
        facts = _each(each, "facts")
        held = sum(1 for fact in facts if fact.get("held"))
        has = f" · 部门已有 departments have {held}/{len(facts)}" if held else ""
        typer.echo(line(f"{_named(each)}{has}"))


def matter(needs: Members) -> None:
    """What one matter needs, and what comes of it."""
    typer.echo(line(_named(needs)))
    basis = needs.get("basis") or {}
    typer.echo(line(f"    {basis.get('zh', '')} {basis.get('en', '')} · {needs.get('office', '')}"))
    _part("当事人 parties", [_named(each) for each in _each(needs, "parties")])
    _part("填报 to be stated", [_named(each) for each in _each(needs, "inputs")])
    _part("所需 needed", [" · ".join((_named(each), *_hints(each))) for each in _each(needs, "facts")])
    _part("环节 steps", [_timed(each) for each in _each(needs, "steps")])
    _part("办理结果 what comes of it", [_named(each) for each in _each(needs, "effects")])


def sheets(found: Iterable[Members]) -> None:
    """What promises on paper have to say."""
    listed = list(found)
    if not listed:
        typer.echo("没有可以后补的事项 / nothing may come later")
    for each in listed:
        words = dict(each.get("words") or {})
        _part(
            line(f"{each.get('fact')}  {each.get('zh')} {each.get('en')}"),
            [f"{SHEET.get(name, name)}: {said}" for name, said in words.items()],
        )


def documents(found: Iterable[Members]) -> None:
    """What a holder has handed in."""
    listed = list(found)
    if not listed:
        typer.echo("没有材料 / no documents")
    for each in listed:
        typer.echo(line(str(each.get("id"))))
        about = f"{each.get('kind')} · {each.get('media_type')} · {each.get('size')} B"
        typer.echo(line(f"    {about} · {day(each.get('created'))}"))


def _head(each: Members) -> None:
    state = STATES.get(str(each.get("state")), "?")
    begun = "窗口 at a window" if each.get("by_window") else "钱包 in a wallet"
    typer.echo(line(str(each.get("number"))))
    typer.echo(line(f"    {each.get('zh')} {each.get('en')} · {state} · {day(each.get('opened'))} {begun}"))


def _part(heading: str, told: list[str]) -> None:
    if told:
        typer.echo(heading)
    for each in told:
        typer.echo(line(f"    {each}"))


def _hints(fact: Members) -> list[str]:
    """How a fact of a matter can come."""
    found = [] if fact.get("required") else ["可不提供 optional"]
    if fact.get("held"):
        found.append("部门已有 a department has it")
    if fact.get("document"):
        found.append("材料 a paper of one's own")
    if later := fact.get("later_days"):
        found.append(f"可承诺 {later} 日内补交 may be promised, within {later} days")
    return found


def _field(each: Members) -> str:
    source = SOURCES.get(str(each.get("source")), str(each.get("source")))
    return f"{each.get('name')}  {_value(each.get('value'))} · {source} ({each.get('path')})"


def _party(each: Members) -> str:
    known = "已知 known" if each.get("known") else "未知 not known yet"
    return f"{each.get('role')}  {known}{' · 本人 you' if each.get('own') else ''}"


def _fact(each: Members) -> str:
    source = SOURCES.get(str(each.get("source")), str(each.get("source")))
    verdict = VERDICTS.get(str(each.get("verdict")), str(each.get("verdict")))
    of = str(each.get("certificate_id") or each.get("document") or "")
    return " · ".join(part for part in (_named(each), source, verdict, of) if part)


def _step(each: Members) -> str:
    state = PARTS.get(str(each.get("state")), "?")
    said = (_timed(each), state, str(each.get("by") or ""), str(each.get("reason") or ""))
    return " · ".join(part for part in said if part)


def _timed(each: Members) -> str:
    return f"{_named(each)} · {each.get('department')} · {each.get('days')} 个工作日 working days"


def _promise(each: Members) -> str:
    state, due = PROMISED.get(str(each.get("state")), "?"), each.get("due")
    last = day(due - 1) if isinstance(due, int) else "?"
    takers = [str(each[name]) for name in ("clerk", "second") if each.get(name)]
    paper = [f"纸质承诺书 signed sheet {each['paper']}"] if each.get("paper") else []
    return " · ".join((_named(each), state, f"至 until {last}", *paper, *takers))


def _effect(each: Members) -> str:
    state = PARTS.get(str(each.get("state")), "?")
    if each.get("do") == "task" and each.get("state") == "done":  # given: it is still to be done
        state = f"任务已下达 task given to {each.get('issuer')}"
    said = (_named(each), state, str(each.get("problem") or ""), str(each.get("certificate_id") or ""))
    return " · ".join(part for part in said if part)


def _decision(made: Any) -> None:
    if not isinstance(made, Mapping):
        return
    outcome = DECIDED.get(str(made.get("outcome")), str(made.get("outcome")))
    by = " ".join((BY.get(str(made.get("by")), "?"), str(made.get("clerk") or ""))).strip()
    otherwise = " · 与规则不同 otherwise than the rule" if made.get("reversal") else ""
    reason = f" · {made['reason']}" if made.get("reason") else ""
    _part("决定 decision", [f"{outcome} · {by} · {day(made.get('at'))}{otherwise}{reason}"])


def _named(each: Members) -> str:
    return f"{each.get('name')}  {each.get('zh')} {each.get('en')}"


def _value(value: Any) -> str:
    return masked(shortened(str(value)))


def _each(members: Members, name: str) -> list[Members]:
    found = members.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
