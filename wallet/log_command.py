"""`wallet log`: who asked about me, when, why, and what was answered."""

from typing import TYPE_CHECKING, Annotated

import typer

from registry.errors import RegistryError
from registry.plain import line
from wallet.holder_commands import Issuer, registry_of
from wallet.options import DEFAULT, File, Json, Passphrase, moment
from wallet.outcomes import claiming_in

if TYPE_CHECKING:
    import httpx

    from wallet.access_log import Node, Shown
    from wallet.claiming import Claiming

_STANDINGS = {
    "proven": "已上链，证明无误 proven on the chain",
    "waiting": "尚未上链（每分钟一次） not anchored yet: once a minute",
    "unchecked": "未向链核对（请给出 --chain） not checked against the chain: give --chain",
    "wrong": "证明不成立 THE PROOF DOES NOT HOLD",
}
_OUTCOMES = {
    "yes": "是 yes",
    "no": "否 no",
    "withheld": "未予提供 withheld",
    "pending": "待答复 pending",
    "refused": "拒绝 refused",
    "asked": "已向外省询问 asked in another province",
}
_DEEDS = {
    "document taken in": "收取材料 a document was taken in",
    "document used again": "复用材料 a document was used again",
    "stated": "代填陈述 what you state was written down",
}
"""What a department did in a case, in place of a rule by which it asked."""
_SEEN = {
    "copy accepted, seen ": "采信纸质复制件，核对方式 a copy on paper was accepted, seen",
    "promise on paper, seen ": "收取纸质承诺书，核对方式 a promise on paper was taken in, seen",
    "taken down, seen ": "代记异议，核对方式 an objection was written down, seen",
    "seen ": "当面核对本人 you were known at the window by",
}


class LogDiffers(RegistryError):
    """An entry's proof does not hold: what the registry shows is not what it anchored."""

    kind = "log-differs"
    mender = "issuer"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} 条记录的证明不成立：登记系统所示与链上不符。",
            f"The proofs of {count} entries do not hold: what is shown is not what was anchored.",
        )


class NoTrustList(RegistryError):
    """The wallet has no trust list of that registry that stands."""

    kind = "no-trust-list"
    mender = "issuer"

    def __init__(self) -> None:
        super().__init__(
            "没有该登记系统的有效可信列表，无法向链核对。",
            "There is no trust list of that registry that stands: nothing can be checked against the chain.",
        )


def log(
    issuer: Issuer = "",
    chain: Annotated[
        str,
        typer.Option(
            envvar="ZT_CHAIN_URL", metavar="URL", help="A node of the chain to check against / 链节点地址"
        ),
    ] = "",
    passphrase: Passphrase = "",
    file: File = DEFAULT,
    as_json: Json = False,
) -> None:
    """Who asked about me, and what was answered / 谁查询过我

    Every entry is proven against the chain, by this wallet itself; without a node that is said.
    Exit 1: a proof does not hold.
    """
    import httpx

    from registry import jcs
    from wallet import access_log
    from wallet.logging_in import Door

    with claiming_in(file, passphrase) as claiming, httpx.Client(timeout=10) as http:
        registry = registry_of(claiming.wallet, issuer)
        address = f"{registry}/holder/log"
        pages = Door(claiming).asked(
            registry,
            lambda client, access: access_log.pages(lambda query: client.read(address + query, access)),
        )
        node = _node(claiming, registry, chain, http)
        found = [each for page in pages for each in access_log.shown(page, node)]
    if as_json:
        typer.echo(jcs.dumps([access_log.as_json(each) for each in found]).decode())
    else:
        for each in found:
            _print(each)
        if not found:
            typer.echo("还没有人查询过您 / nobody has asked about you")
    wrong = sum(each.standing is access_log.Standing.WRONG for each in found)
    if wrong:
        raise LogDiffers(wrong)


def _node(claiming: "Claiming", registry: str, chain: str, http: "httpx.Client") -> "Node | None":
    """The node to check against; None where none was named.

    Raises:
        NoTrustList: nothing says which contract of which chain it is. NodeUnclear.
    """
    from wallet.access_log import Node
    from wallet.knowing import trust_of

    if not chain:
        return None
    trust = trust_of(claiming.http, claiming.wallet, registry, claiming.clock())
    if trust is None:
        raise NoTrustList
    node = Node(http, chain, trust)
    node.check()
    return node


def deed(rule: str) -> str:
    """What was done, in both languages; empty: somebody asked, by a rule of the rights files."""
    for begins, words in _SEEN.items():
        if rule.startswith(begins):
            return f"{words} {rule.removeprefix(begins)}"
    return _DEEDS.get(rule, "")


def _print(each: "Shown") -> None:
    entry = each.entry
    manner = f"（{entry.manner}）" if entry.manner else ""
    second = f" · 批准 approved by {entry.second}" if entry.second else ""
    asked = " ".join((each.type_name.zh, each.type_name.en)) if each.type_name else entry.type
    claims = f"：{', '.join(entry.claims)}" if entry.claims else ""
    typer.echo(
        line(
            f"{moment(entry.time)}  {each.asker_name.zh} {each.asker_name.en} · {entry.clerk}{second}{manner}"
        )
    )
    at = f"{each.issuer_name.zh} {each.issuer_name.en}"
    if done := deed(entry.rule):
        typer.echo(line(f"    办 done {at} · {' · '.join(filter(None, (done, asked)))}{claims}"))
        typer.echo(line(f"    事由 for {entry.purpose}"))
    else:
        typer.echo(line(f"    问 asked {at} · {asked}{claims}"))
        typer.echo(line(f"    事由 for {entry.purpose} · 依据 rule {entry.rule}"))
        typer.echo(line(f"    答 answered {_OUTCOMES.get(entry.outcome, entry.outcome)}"))
    typer.echo(line(f"    {_STANDINGS[each.standing.value]}"))
