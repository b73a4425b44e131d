"""`python -m scripts.docs`: fill the parts of the documentation that the code says better.

A Markdown file marks such a part with `<!-- generated: NAME -->` … `<!-- end -->`; what stands between is
replaced. `--check` changes nothing, and exits with 1 where a file is not as it should be.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import click
import typer

from registry.cli.main import assemble
from registry.lifecycle import REASONS, Kind, Reason, Scope, Status
from registry.measures.plan import PLAN, UNMEASURED, Measure
from registry.settings import Settings
from wallet.cli import app as wallet_app

ROOT: Final = Path(__file__).resolve().parent.parent
MARKED: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write, or with --check only compare."""
    parser = argparse.ArgumentParser(description="Fill the generated parts of the documentation.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a file is stale")
    only_check = parser.parse_args().check
    stale = [path for path in markdown() if filled(path.read_text("utf-8")) != path.read_text("utf-8")]
    for path in stale:
        print(f"{'stale' if only_check else 'written'}: {path.relative_to(ROOT)}")
        if not only_check:
            path.write_text(filled(path.read_text("utf-8")), "utf-8")
    sys.exit(1 if stale and only_check else 0)


def markdown() -> list[Path]:
    """Every Markdown file of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def filled(text: str) -> str:
    """A Markdown text with its marked parts made anew."""
    return MARKED.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}\n{found[4]}", text)


@lru_cache(maxsize=1)
def programs() -> dict[str, click.Command]:
    """Every command by its whole name (`registry authority right`), as its program has it."""
    return {
        name: command
        for program, app in (("registry", assemble()), ("wallet", wallet_app))
        for name, command in _commands(program, typer.main.get_command(app))
    }


def _commands(name: str, command: Any) -> Iterator[tuple[str, click.Command]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for part, inner in command.commands.items():
        yield from _commands(f"{name} {part}", inner)


def _cli() -> str:
    return "\n\n".join(_command(name, command) for name, command in programs().items())


def _command(name: str, command: Any) -> str:
    context = command.context_class(command, info_name=name)
    usage = command.get_usage(context).removeprefix("Usage: ")
    # The page of --help has the line, the function's own words say more.
    said = [_plain(command.help or "")]
    own = _plain(command.callback.__doc__ or "")
    if own and own != said[0] and len(own.split()) > 3:
        said.append(own)
    rows = [record for each in command.params if (record := each.get_help_record(context))]
    table = [f"| `{_cell(names)}` | {_cell(about)} |" for names, about in rows]
    return "\n\n".join(
        [f"### {name}", f"`{usage}`", *said, "\n".join(["| | |", "|---|---|", *table]) if table else ""]
    ).strip()


def _plain(text: str) -> str:
    return " ".join(text.split("\f", maxsplit=1)[0].split())


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _settings() -> str:
    lines = ["| variable | default | says |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "(empty)" if field.default == "" else f"`{field.default}`"
        lines.append(f"| `ZT_{name.upper()}` | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines)


_KINDS: Final = {
    Kind.BEGIN: "makes the first version",
    Kind.RENEW: "makes the next version, the old one is superseded",
    Kind.RESUME: "ends a suspension",
    Kind.SUSPEND: "suspends; can come back",
    Kind.REVOKE: "revokes; never comes back",
    Kind.TAKE_BACK: "before its batch closed; never anchored",
}


def _reasons() -> str:
    lines = [
        "| code | 中文 | English | does | status | applies to | takes effect |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_reason(each) for each in REASONS.values()]
    return "\n".join(lines)


def _reason(reason: Reason) -> str:
    whole = "every version of the number" if reason.scope is Scope.NUMBER else "this version"
    when = "from the beginning" if reason.from_beginning else "from the decision"
    status = "none" if reason.status is None else _status(reason.status)
    cells = (f"`{reason.code}`", reason.zh, reason.en, _KINDS[reason.kind], status, whole, when)
    return f"| {' | '.join(cells)} |"


def _status(status: Status) -> str:
    return f"{status.name.lower()} ({status.value:02b})"


def _decisions() -> str:
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    return "\n".join(
        ["| | |", "|---|---|", *(f"| [{file.name[:4]}]({file.name}) | {_title(file)} |" for file in files)]
    )


def _title(file: Path) -> str:
    heading = file.read_text("utf-8").partition("\n")[0].removeprefix("#").strip()
    return heading.removeprefix(file.name[:4]).strip()


def _sm_costs() -> str:
    """Out of docs/performance.md, which the bench wrote."""
    lines = (ROOT / "docs" / "performance.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[2:6]] for line in lines if line.startswith("| sm_")]
    table = ["| what | with SM2 and SM3 | with P-256 and SHA-256 | ratio |", "|---|---:|---:|---:|"]
    return "\n".join(
        [*table, *(f"| {what} | {rate} | {limit} | {ratio} |" for rate, limit, ratio, what in rows)]
    )


def _measures() -> str:
    table = ["| measure | baseline | target | yellow to | formula |", "|---|---:|---:|---:|---|"]
    return "\n".join([*table, *map(_measure, PLAN)])


def _measure(one: Measure) -> str:
    planned = ["" if each is None else f"{each:g}" for each in (one.baseline, one.target, one.yellow)]
    name = f"`{one.name}` {one.zh}<br>{one.en} ({one.unit}{', at least' if one.at_least else ''})"
    return f"| {name} | {' | '.join(planned)} | {_cell(one.formula_zh)}<br>{_cell(one.formula_en)} |"


def _unmeasured() -> str:
    rows = [f"| {one.zh}<br>{one.en} | {one.why_zh}<br>{one.why_en} |" for one in UNMEASURED]
    return "\n".join(["| not measured here | because |", "|---|---|", *rows])


PARTS: Final[dict[str, Callable[[], str]]] = {
    "cli": _cli,
    "settings": _settings,
    "reasons": _reasons,
    "decisions": _decisions,
    "sm-costs": _sm_costs,
    "measures": _measures,
    "unmeasured": _unmeasured,
}


if __name__ == "__main__":
    main()
