"""`wallet mandate …`: letting somebody act for me, and what I act for others by."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli import casepage, files
from registry.plain import line
from wallet.holder_commands import Issuer
from wallet.inbox_commands import mine, told
from wallet.options import DEFAULT, File, Json, Passphrase
from wallet.outcomes import claiming_in

if TYPE_CHECKING:
    from wallet.claiming import Claiming
    from wallet.mandating import Mandating

mandate = typer.Typer(no_args_is_help=True, help="Who acts for whom / 委托代办")
_ROLES = {"grantor": "我委托他人 I let act", "agent": "我受托代办 I act for"}
_STATUS = {"valid": "有效 valid", "revoked": "已终止 ended", "suspended": "暂停 suspended"}


@mandate.command()
def make(
    agent: Annotated[
        str,
        typer.Option(
            "--agent",
            metavar="FILE",
            help="File with TYPE:NUMBER NAME of who is to act, - for standard input / 受托人",
        ),
    ],
    matters: Annotated[str, typer.Option("--matters", help="Names with commas: in these / 委托事项")],
    facts: Annotated[
        str,
        typer.Option(
            "--facts", help="With commas: TYPE.CLAIM, TYPE, or * for all that a matter needs / 可查询内容"
        ),
    ],
    first_day: Annotated[str, typer.Option("--from", metavar="DAY", help="First day / 起始日")],
    last_day: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Last day, a year on at most / 截止日")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking once more / 不再询问")] = False,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Let somebody act for me, signed with the identity certificate over these very words / 设立委托

    Who it is comes from a file or standard input, never from the command line, which others can see. The
    identity certificate is shown to the department that issues mandates, with name and number.
    """
    first, last = files.day(first_day), files.day(last_day)
    files.demand_order(first, last)
    name, id_type, number = files.person(agent)
    wish = {
        "agent": {"name": name, "id_type": id_type, "identifier": number},
        "matters": list(files.names(matters)),
        "facts": list(files.names(facts)),
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
    }
    with claiming_in(file, passphrase) as claiming:
        mandating = _mandating(claiming, issuer)
        _say(wish, name)
        if not (yes or typer.confirm("签署以上委托？ sign this?", err=True)):
            raise typer.Exit(1)
        made = mandating.make(wish)
    if as_json:
        told({"certificate_id": made})
        return
    typer.echo("已设立委托，受托人可领取 / made; the agent can claim it (wallet login):")
    typer.echo(line(made))


@mandate.command("list")
def list_all(
    issuer: Issuer = "", passphrase: Passphrase = "", file: File = DEFAULT, as_json: Json = False
) -> None:
    """Mandates that I gave or was given, newest first / 我的委托

    An agent comes with it to a department's window, which asks the agent's phone (`wallet answer LINK`).
    """
    with claiming_in(file, passphrase) as claiming:
        found = _mandating(claiming, issuer).mine()
    if as_json:
        told(found)
        return
    if not found:
        typer.echo("没有委托 / no mandates")
    for each in found:
        _show(each)


@mandate.command()
def end(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `wallet mandate list` shows it / 证照标识")],
    yes: Annotated[bool, typer.Option("--yes", help="Without asking once more / 不再询问")] = False,
    issuer: Issuer = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Take a mandate back, or lay one down that was given to me; at once, and both are told / 终止委托"""
    if not (yes or typer.confirm("终止这项委托？ end this mandate?", err=True)):
        raise typer.Exit(1)
    with claiming_in(file, passphrase) as claiming:
        _mandating(claiming, issuer).end(id)
    if as_json:
        told({"certificate_id": id})
    else:
        typer.echo("已终止 ended")


def _mandating(claiming: "Claiming", issuer: str) -> "Mandating":
    from wallet.mandating import Mandating

    return Mandating(mine(claiming, issuer))


def _say(wish: dict[str, Any], name: str) -> None:
    for label, said in (
        ("受托人 agent", name),
        ("事项 matters", " ".join(wish["matters"])),
        ("可查询 facts", " ".join(wish["facts"])),
        ("期限 days", f"{wish['first_day']} — {wish['last_day']}"),
    ):
        typer.echo(line(f"{label}: {said}"), err=True)


def _show(each: dict[str, Any]) -> None:
    role = str(each.get("role"))
    other = each.get("agent_name") if role == "grantor" else each.get("grantor_name")
    status = _STATUS.get(str(each.get("status")), "?")
    if each.get("ended") and each.get("status") == "valid":
        status = "已到期 over"
    typer.echo(line(str(each.get("certificate_id"))))
    typer.echo(line(f"    {_ROLES.get(role, '?')}: {other} · {status}"))
    for label, names in (("事项 matters", each.get("matters")), ("可查询 facts", each.get("facts"))):
        typer.echo(line(f"    {label}: {' '.join(map(str, names or ()))}"))
    made = casepage.MADE.get(str(each.get("made")), str(each.get("made")))
    typer.echo(line(f"    {each.get('first_day')} — {each.get('last_day')} · {made}"))
