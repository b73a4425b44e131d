"""`wallet consents`, `consent`: what departments want to ask about a holder, and the holder's yes or no."""

from typing import Annotated, Any

import typer

from registry.plain import line
from wallet.holder_commands import Issuer
from wallet.inbox_commands import mine, moment, told
from wallet.options import DEFAULT, File, Json, Passphrase
from wallet.outcomes import claiming_in

_STATES = {
    "open": "待答复 not answered",
    "yes": "已同意 agreed",
    "no": "不同意 refused",
    "withdrawn": "已撤回 withdrawn",
}
_SAID = (("who", "谁 who"), ("what", "查询 what"), ("why", "事由 why"), ("until", "有效至 until"))
ANSWERS = ("yes", "no", "withdraw")


def consents(
    issuer: Issuer = "", passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """What departments want to ask others about me, and what I said / 征询"""
    with claiming_in(file, passphrase) as claiming:
        found = mine(claiming, issuer).consents()
    if as_json:
        told(found)
        return
    if not found:
        typer.echo("没有征询 / nobody asks")
    for each in found:
        _show(each)


def consent(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `wallet consents` lists it / 征询编号")],
    answer: Annotated[str, typer.Argument(metavar="yes|no|withdraw", help="My answer / 答复")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more / 不再询问")] = False,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Say yes or no to it, or take a yes back, signed by this wallet's key over the very words / 答复征询"""
    from registry.cli.files import BadUsage
    from wallet.consenting import UnknownConsent

    if answer not in ANSWERS:
        raise BadUsage("答复应为 yes、no 或 withdraw", "the answer is yes, no or withdraw")
    with claiming_in(file, passphrase) as claiming:
        asking = mine(claiming, issuer)
        shown = next((each for each in asking.consents() if each.get("id") == id), None)
        if shown is None:
            raise UnknownConsent
        if not as_json:
            _show(shown)
        if not (yes or typer.confirm(f"{answer}?", err=True)):
            raise typer.Exit(1)
        settled = asking.decide(id, answer)
    if as_json:
        told(settled)
    else:
        typer.echo(_STATES.get(str(settled.get("state")), "?"))


def _show(each: dict[str, Any]) -> None:
    state = _STATES.get(str(each.get("state")), "?")
    due = moment(each.get("due"), 1)
    typer.echo(line(f"{each.get('id')}  {state} · 答复期限 to be answered by {due}"))
    content = each.get("content")
    said = content if isinstance(content, dict) else {}
    for name, label in _SAID:
        typer.echo(line(f"    {label}  {said.get(name, '')}"))
