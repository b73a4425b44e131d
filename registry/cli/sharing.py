"""`registry offer | copy | withdraw`: what a window does for a holder."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Id = Annotated[str, typer.Argument(metavar="ID", help="Certificate identifier / 证照标识")]
Issuer = Annotated[str, typer.Option("--issuer", metavar="CODE", help="Your department's code / 本部门代码")]
By = Annotated[str, typer.Option("--by", help="The clerk / 经办人")]
Json = Annotated[bool, typer.Option("--json", help="For a program to read / 供程序读取")]
Role = Annotated[str, typer.Option("--role", help="Which holder, by role / 持证主体角色")]
HolderFile = Annotated[
    str,
    typer.Option(
        "--holder", metavar="FILE", help="File with TYPE:NUMBER of the one meant, - for standard input / 证件"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("offer", help="Offer a certificate to its holder's wallet / 向持证人发出领取邀请")(offer)
    app.command("copy", help="Make a copy for paper / 制作纸质副本")(copy)
    app.command("withdraw", help="Withdraw a lost wallet's credentials / 停用遗失钱包中的全部凭证")(withdraw)


def offer(
    issuer: Issuer,
    certificate_id: Annotated[
        str, typer.Argument(metavar="ID", help="Certificate identifier / 证照标识")
    ] = "",
    again: Annotated[
        str, typer.Option("--again", metavar="OFFER", help="Make this offer anew / 重新开具该邀请")
    ] = "",
    role: Role = "",
    holder: HolderFile = "",
    by: By = "",
    seen: Annotated[
        str, typer.Option("--seen", help="How the clerk saw the person: card, … / 核对本人的方式")
    ] = "",
    by_value: Annotated[
        bool, typer.Option("--value", help="The whole offer in the link / 邀请内容写入链接")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="QR picture (PNG) / 二维码图片")] = None,
    as_json: Json = False,
) -> None:
    """Print a link for the wallet and, apart from it, the PIN to be told to the holder.

    Of a certificate (ID), or an earlier offer anew (--again), with another PIN.
    """
    from registry import jcs, pictures
    from registry.settings import Settings
    from registry.usecases import UseCases

    if bool(certificate_id) == bool(again):
        raise typer.BadParameter("give ID or --again, one of the two / 证照标识与 --again 二者择一")
    cases = UseCases.open(Settings())
    try:
        sharing = cases.sharing
        made = (
            sharing.offer_again(issuer, again, made_by=by, seen=seen)
            if again
            else sharing.offer(
                issuer, certificate_id, made_by=by, role=role or None, holder=_holder(holder), seen=seen
            )
        )
        origin = sharing.origin()
        link = made.value(origin) if by_value else made.link(origin)
    finally:
        cases.close()
    if out is not None:
        out.write_bytes(pictures.draw(link))
    if as_json:
        said = {
            "id": made.id,
            "link": link,
            "pin": made.pin,
            "expires": made.expires,
            "configuration": made.configuration,
        }
        typer.echo(jcs.dumps(said).decode())
    else:
        typer.echo(
            f"链接 link: {link}\n领取码 PIN: {made.pin}  （请当面告知 tell it apart from the link）\n"
            f"邀请编号 offer: {made.id}  （重新开具 to make it anew: --again）"
        )


def copy(
    certificate_id: Id,
    issuer: Issuer,
    out: Annotated[Path, typer.Option("--out", help="PDF, or PNG of the page / 输出文件")],
    as_json: Json = False,
) -> None:
    """Write a page with the claims that may be on paper, and a QR that anybody's phone can check."""
    from registry import jcs, pictures
    from registry.settings import Settings
    from registry.usecases import UseCases

    cases = UseCases.open(Settings())
    try:
        made = cases.sharing.copies.copy(issuer, certificate_id, cases.runtime.clock())
    finally:
        cases.close()
    as_picture = out.suffix.lower() == ".png"
    out.write_bytes(pictures.draw_paper(made.paper, file_format="PNG" if as_picture else "PDF"))
    typer.echo(
        jcs.dumps({"file": str(out), "link": made.paper.link}).decode() if as_json else f"副本 copy: {out}"
    )


def withdraw(
    certificate_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="A certificate in the lost wallet / 钱包中任一证照")
    ] = "",
    issuer: Annotated[
        str, typer.Option("--issuer", metavar="CODE", help="Your department's code / 本部门代码")
    ] = "",
    holder: HolderFile = "",
    by: By = "",
    code: Annotated[
        bool, typer.Option("--code", help="Read the wallet's recovery code from standard input / 凭恢复码")
    ] = False,
    as_json: Json = False,
) -> None:
    """Withdraw every credential of a lost wallet, in one action; the certificates stand.

    By a clerk who saw the person (a certificate's identifier, --issuer, --by), or by the recovery code.
    """
    from registry import jcs
    from registry.settings import Settings
    from registry.usecases import UseCases

    if not code and not (certificate_id and issuer and by):
        raise typer.BadParameter(
            "give --code, or ID with --issuer and --by / 请给出恢复码，或标识、部门与经办人"
        )
    cases = UseCases.open(Settings())
    try:
        count = (
            cases.sharing.withdraw_by_code(sys.stdin.readline())
            if code
            else cases.sharing.withdraw_by_clerk(issuer, certificate_id, by=by, holder=_holder(holder))
        )
    finally:
        cases.close()
    typer.echo(
        jcs.dumps({"credentials": count}).decode()
        if as_json
        else f"已停用 {count} 份凭证，证照仍然有效 / {count} credentials withdrawn; the certificates stand"
    )


def _holder(file: str) -> tuple[str, str] | None:
    """TYPE:NUMBER from a file or standard input, never from the command line, which others can see."""
    if not file:
        return None
    from registry.cli import files

    return files.holder(file)
