"""What the commands of `registry case` share: options, the use cases behind them, the page of a case."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli import casepage
from registry.cli.files import BadUsage

if TYPE_CHECKING:
    from registry.cases import Cases

Code = Annotated[str, typer.Option("--as", metavar="CODE", help="Your department's code / 本部门代码")]
Clerk = Annotated[str, typer.Option("--clerk", help="Who does it / 经办人")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The case's number / 办件编号")]
Role = Annotated[str, typer.Option("--role", help="Which party, where there are several / 当事人角色")]
Fact = Annotated[str, typer.Argument(metavar="FACT", help="As `registry case show` names it / 材料")]
Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]
SEEN = "How the person was known: card, … / 核对本人的方式"


@contextmanager
def opened() -> "Iterator[Cases]":
    """The use cases of cases, for one command."""
    from registry.cases import Cases
    from registry.settings import Settings
    from registry.usecases import UseCases

    use_cases = UseCases.open(Settings())
    try:
        yield Cases.of(use_cases)
    finally:
        use_cases.close()


@contextmanager
def of_office(number: str, department: str) -> "Iterator[Cases]":
    """The same, for a case that this department decides. Raises NoSuchCase."""
    with opened() as cases:
        cases.seeing.require_office(number, department)
        yield cases


def show(cases: "Cases", number: str, department: str, as_json: bool) -> None:
    """One case as a department sees it. Raises NoSuchCase."""
    from registry.cases.needs import needs

    shown = cases.seeing.to_department(number, department)
    if as_json:
        tell(asdict(shown))
    else:
        casepage.case(asdict(shown), asdict(needs(cases.world, cases.world.matters.named(shown.name))))


def role_in(cases: "Cases", number: str, given: str, fact: str = "") -> str:
    """The party that is meant: the one given, whose fact it is, or the only one. Raises BadUsage."""
    with cases.world.store.read() as session:
        matter = cases.world.matter(cases.world.case(session, number))
    named = [each.party for each in matter.facts if each.name == fact]
    return given or only(named or [each.name for each in matter.parties])


def only(roles: Sequence[str]) -> str:
    """The only one. Raises BadUsage: there are several."""
    if len(roles) != 1:
        listed = " | ".join(roles)
        raise BadUsage(f"请用 --role 写明角色：{listed}", f"say which party with --role: {listed}")
    return roles[0]


def tell(value: Any) -> None:
    """For a program to read."""
    from registry import jcs

    typer.echo(jcs.dumps(value).decode())
