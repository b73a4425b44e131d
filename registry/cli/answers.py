"""What a wallet answered, on a terminal: each certificate with a verdict of its own."""

from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from registry import pictures
from registry.cli.terminal import print_identifier, shortened
from registry.plain import plain
from registry.wording import CHECKS, VERDICTS

if TYPE_CHECKING:
    from registry.requesting import Outcome
    from registry.trust import Trust
    from registry.usecases import UseCases
    from registry.walletanswers import Presented

_NOT_ANSWERED = {
    "refused": ("持证人拒绝出示", "The holder refused"),
    "expired": ("无人应答", "Nobody answered"),
}


def show_link(link: str) -> None:
    """The QR for a wallet, and its link below."""
    console = Console(highlight=False)
    try:
        console.print(Text(pictures.blocks(link), style="black on white"), soft_wrap=True)
    except pictures.TooLong as error:
        console.print(f"{error.zh} / {error.en}")
    console.print(Text(link), soft_wrap=True)


def show(outcome: "Outcome", cases: "UseCases") -> None:
    """All certificates of an answer, or why there is none."""
    console = Console(highlight=False)
    if outcome.state in _NOT_ANSWERED:
        zh, en = _NOT_ANSWERED[outcome.state]
        why = f"  ({outcome.error})" if outcome.error else ""
        console.print(f"{zh} / {en}{why}", style="yellow")
        return
    trust = cases.everywhere()
    for each in outcome.presented:
        console.print(_certificate(each, trust))
        if each.report["core"]:
            print_identifier(console, plain(each.report["core"]["certificate_id"]))
    if outcome.satisfied:
        console.print(
            "✔ 所要求的证照均已出示且有效 / Everything asked for was shown and is valid", style="green"
        )
    else:
        console.print("✘ 未满足全部要求 / Not everything asked for is there and valid", style="bold red")


def _certificate(each: "Presented", trust: "Trust") -> RenderableType:
    report = each.report
    words, good = VERDICTS[report["verdict"]], report["verdict"] == "valid"
    said: list[RenderableType] = [
        Text(f"{words.zh}  {words.en}", style="bold green" if good else "bold red", justify="center")
    ]
    if each.en:
        said.append(Text(f"{each.zh}\n{each.en}", style="yellow", justify="center"))
    said += [
        Text(plain(f"✘ {CHECKS[check['id']].zh} {CHECKS[check['id']].en}: {check['zh']} / {check['en']}"))
        for check in report["checks"]
        if check["outcome"] == "fail"
    ]
    title, colour = each.query, "green" if each.good else "red"
    if report["core"]:
        title, facts = _facts(report, trust)
        said.append(facts)
    return Panel(
        Group(*said), title=Text(plain(title), style="bold"), title_align="left", border_style=colour
    )


def _facts(report: "dict[str, object]", trust: "Trust") -> tuple[str, Table]:
    """The certificate's type, and a table of its issuer and claims."""
    core, claims = report["core"], report["claims"]
    assert isinstance(core, dict)
    assert isinstance(claims, dict)
    known = trust.types.get((core["type"], core["type_version"]))
    issuer = trust.issuers.get(core["issuer"])
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim", overflow="fold")
    table.add_column(style="bold", overflow="fold")
    table.add_row("颁发机构 Issuer", Text(plain(f"{issuer.zh}  {issuer.en}" if issuer else core["issuer"])))
    labels = known.definition.labels if known else {}
    for name, value in claims.items():
        label = f"{labels[name].zh} {labels[name].en}" if name in labels else name
        table.add_row(Text(plain(label)), Text(plain("是 yes" if value == "true" else shortened(value))))
    name = known.definition.name if known else None
    return (f"{name.zh}  {name.en}" if name else core["type"]), table
