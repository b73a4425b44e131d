"""`registry case ask | submit | step | decide | …`: from what is known to what comes of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from registry.cli import casepage, files
from registry.cli.case_options import Clerk, Code, Json, Number, of_office, opened, show, tell
from registry.cli.files import BadUsage

if TYPE_CHECKING:
    from registry.cases import Cases

PERSON: Final = 3
"""Exit code of handing in where a person decides; 0: granted, 1: something is missing."""
OnBehalf = Annotated[
    str,
    typer.Option(
        "--on-behalf",
        metavar="ID",
        help="The agent's mandate; by default what the agent showed in this case / 委托证照标识",
    ),
]
Assisted = Annotated[
    bool | None,
    typer.Option(
        "--assisted/--alone",
        help="For a person who is here (帮办), which the log says; by default, whether a window opened it",
        show_default=False,
    ),
]
ReasonFile = Annotated[
    Path | None, typer.Option("--reason", metavar="FILE", help="Its text; the party reads it / 理由文件")
]


def ask(
    number: Number,
    department: Code,
    clerk: Clerk,
    on_behalf: OnBehalf = "",
    assisted: Assisted = None,
    as_json: Json = False,
) -> None:
    """Ask departments for what no wallet has shown; each question is logged under the case / 向部门协查"""
    with of_office(number, department) as cases:
        helped = _helped(cases, number, department, assisted)
        asked = cases.collecting.ask(number, clerk=clerk, on_behalf=on_behalf or None, assisted=helped)
        if as_json:
            tell({"asked": asked})
        else:
            typer.echo(f"已协查 {len(asked)} 项 / asked for {len(asked)}")
            show(cases, number, department, as_json)


def submit(
    number: Number,
    department: Code,
    clerk: Clerk,
    on_behalf: OnBehalf = "",
    assisted: Assisted = None,
    as_json: Json = False,
) -> None:
    """Take what wallets answered, ask departments for the rest, decide, carry out / 提交

    Exit 0 where it was granted, 1 where something is missing, 3 where a person decides.
    """
    with of_office(number, department) as cases:
        helped = _helped(cases, number, department, assisted)
        verdict = cases.submitting.submit(number, clerk=clerk, on_behalf=on_behalf or None, assisted=helped)
        missing = [{"kind": each.kind, "name": each.name} for each in verdict.missing]
        _told(cases, number, department, as_json, {"outcome": verdict.outcome, "missing": missing})
    raise typer.Exit({"grant": 0, "person": PERSON}.get(verdict.outcome, 1))


def step(
    number: Number,
    name: Annotated[str, typer.Argument(metavar="STEP", help="As `registry case show` names it / 环节")],
    said: Annotated[str, typer.Argument(metavar="agree|object", help="What your department says / 意见")],
    department: Code,
    clerk: Clerk,
    reason: ReasonFile = None,
    as_json: Json = False,
) -> None:
    """Say what your department's step says / 办理部门环节

    A reason may name a person, so it comes from a file, never from the command line, which others can see.
    """
    if said not in ("agree", "object"):
        raise BadUsage("意见为 agree 或 object", "a step says agree or object")
    why = files.reason(reason)
    with opened() as cases:
        cases.seeing.require_part(number, department)
        cases.deciding.step(number, name, department, clerk, agreed=said == "agree", reason=why)
        show(cases, number, department, as_json)


def decide(
    number: Number,
    outcome: Annotated[str, typer.Argument(metavar="grant|refuse", help="The decision / 决定")],
    department: Code,
    clerk: Clerk,
    reason: ReasonFile = None,
    as_json: Json = False,
) -> None:
    """Decide as a person: the rule asks for one, the case was drawn, a review was asked for / 人工决定

    A reason may name a person, so it comes from a file, never from the command line, which others can see.
    """
    if outcome not in ("grant", "refuse"):
        raise BadUsage("决定为 grant 或 refuse", "a decision is grant or refuse")
    why = files.reason(reason)
    with of_office(number, department) as cases:
        cases.deciding.by_person(number, clerk, "grant" if outcome == "grant" else "refuse", why)
        if outcome == "grant":
            cases.effects.carry_out(number)
        show(cases, number, department, as_json)


def review(number: Number, department: Code, as_json: Json = False) -> None:
    """Ask for a review by another person than the one who decided / 提请复核"""
    with of_office(number, department) as cases:
        cases.deciding.review(number)
        show(cases, number, department, as_json)


def retry(number: Number, department: Code, as_json: Json = False) -> None:
    """Try again what an issuer refused to carry out; for the office and for that issuer / 重新办理

    Exit 1 where it is refused again.
    """
    with opened() as cases:
        cases.seeing.require_part(number, department)
        state = cases.effects.retry(number)
        _told(cases, number, department, as_json, {"state": str(state)})
    raise typer.Exit(1 if state == "red" else 0)


def replay(number: Number, department: Code, as_json: Json = False) -> None:
    """Make the decision again from what was sealed, with the rule as it was / 复现决定

    Exit 0 where it comes out the same from untouched facts, 1 where it does not.
    """
    with of_office(number, department) as cases:
        cases.seeing.require_decided(number)
        found = cases.deciding.replay(number)
    if as_json:
        tell({"outcome": found.outcome, "same": found.same})
    else:
        same = "✓ 与当时一致 the same" if found.same else "✗ 与当时不一致 not the same"
        typer.echo(f"{casepage.OUTCOMES.get(found.outcome, found.outcome)} · {same}")
    raise typer.Exit(0 if found.same else 1)


def _helped(cases: "Cases", number: str, department: str, said: bool | None) -> bool:
    """Whether a person is helped at the window: as the clerk says, or if the case was opened at one."""
    return cases.seeing.to_department(number, department).by_window if said is None else said


def _told(cases: "Cases", number: str, department: str, as_json: bool, said: dict[str, Any]) -> None:
    if as_json:
        tell(said)
        return
    outcome, state = said.get("outcome"), said.get("state")
    typer.echo(casepage.OUTCOMES[outcome] if outcome else casepage.STATES[str(state)])
    show(cases, number, department, as_json)
