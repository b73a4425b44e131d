"""`registry revoke | suspend | resume | renew`: decisions of the issuing department."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from registry.lifecycle import Kind
    from registry.status_changes import Decision

Id = Annotated[str, typer.Argument(metavar="ID", help="Certificate identifier / 证照标识")]
Issuer = Annotated[str, typer.Option("--issuer", metavar="CODE", help="Your department's code / 本部门代码")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="CODE", help="Reason code of docs/lifecycle.md / 原因代码")
]
Basis = Annotated[str, typer.Option("--basis", help="Legal basis / 法律依据")]
Number = Annotated[str, typer.Option("--decision", help="Number of the decision / 文号")]
Since = Annotated[datetime | None, typer.Option("--from", help="When it takes effect, if not now / 生效时间")]
By = Annotated[str, typer.Option("--by", help="Who records it / 经办人")]
Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("revoke", help="Withdraw a certificate for good / 注销、吊销、撤回、撤销、错发作废")(revoke)
    app.command("suspend", help="Suspend a certificate / 暂扣、冻结、挂失")(suspend)
    app.command("resume", help="End a suspension / 恢复")(resume)
    app.command("renew", help="Issue the next version / 变更、延续、换证、补领、更正")(renew)


def revoke(
    certificate_id: Id,
    issuer: Issuer,
    reason: Reason = "cancelled_on_request",
    basis: Basis = "",
    decision: Number = "",
    effective: Since = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Revoke."""
    _change("revoke", certificate_id, issuer, reason, basis, decision, effective, by, as_json)


def suspend(
    certificate_id: Id,
    issuer: Issuer,
    reason: Reason = "withheld",
    basis: Basis = "",
    decision: Number = "",
    effective: Since = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Suspend."""
    _change("suspend", certificate_id, issuer, reason, basis, decision, effective, by, as_json)


def resume(
    certificate_id: Id,
    issuer: Issuer,
    basis: Basis = "",
    decision: Number = "",
    effective: Since = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Resume."""
    _change("resume", certificate_id, issuer, "resumed", basis, decision, effective, by, as_json)


def renew(
    certificate_id: Id,
    issuer: Issuer,
    reason: Reason,
    key: Annotated[str, typer.Option("--key", help="Idempotency key / 幂等键")],
    changes: Annotated[
        Path | None, typer.Option("--changes", help="JSON file: claims that change, by name / 变更的信息项")
    ] = None,
    basis: Basis = "",
    decision: Number = "",
    effective: Since = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Renew. Claims come from a file, never from the command line, which other users can see."""
    from registry import jcs
    from registry.cli import files
    from registry.lifecycle import Kind
    from registry.renewing import Renewal
    from registry.settings import Settings
    from registry.usecases import UseCases

    changed = files.texts(changes) if changes else {}
    decided = _decision(Kind.RENEW, reason, basis, decision, effective, by)
    cases = UseCases.open(Settings())
    try:
        issued = cases.changing.renew(issuer, certificate_id, Renewal(decided, changed, key))
    finally:
        cases.close()
    if as_json:
        typer.echo(jcs.dumps({"certificate_id": issued.certificate_id, "state": issued.state}).decode())
    else:
        typer.echo(
            f"{issued.certificate_id}  已换发，上链生效后旧版失效 / issued; the old one ends once it stands"
        )


def _change(
    operation: str,
    certificate_id: str,
    issuer: str,
    reason: str,
    basis: str,
    decision: str,
    effective: datetime | None,
    by: str,
    as_json: bool,
) -> None:
    from registry import jcs, lifecycle
    from registry.settings import Settings
    from registry.usecases import UseCases

    decided = _decision(lifecycle.Kind(operation), reason, basis, decision, effective, by)
    cases = UseCases.open(Settings())
    try:
        change = getattr(cases.changing, operation)
        done = change(issuer, certificate_id, decided)
    finally:
        cases.close()
    term = lifecycle.reason(reason)
    if as_json:
        typer.echo(
            jcs.dumps({"versions": list(done.versions), "reason": reason, "recorded": done.recorded}).decode()
        )
        return
    for version in done.versions:
        typer.echo(f"{version}  {term.zh} / {term.en}")


def _decision(
    kind: "Kind", reason: str, basis: str, number: str, effective: datetime | None, by: str
) -> "Decision":
    """What was decided. Raises BadUsage for a reason code that is not one of `kind`."""
    from registry.cli.files import BadUsage
    from registry.lifecycle import REASONS
    from registry.status_changes import Decision

    codes = [code for code, each in REASONS.items() if each.kind is kind]
    if reason not in codes:
        choice = ", ".join(codes)
        raise BadUsage(
            f"此操作没有这个原因代码，可用（见 docs/lifecycle.md）：{choice}",
            f"this has no such reason code, but (docs/lifecycle.md): {choice}",
        )
    since = None if effective is None else int(effective.timestamp())
    return Decision(reason, basis, number, since, by)
