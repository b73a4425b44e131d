"""Issue, anchor and verify rates, each beside its limit: a table and build/bench.json."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.bench import anchoring, intake, offline, report, serving, suites, world
from scripts.bench.measuring import Pair, Row, measure


@dataclass(frozen=True)
class Form:
    """How much is measured.

    batch: certificates of a batch, and of a bulk import. requests: to the API a turn. slice_seconds: of what
    is repeated. The others are rounds.
    """

    batch: int
    bulk_rounds: int
    anchor_rounds: int
    requests: int
    api_rounds: int
    slice_seconds: float
    rounds: int


QUICK = Form(1_000, 3, 3, 300, 4, 0.03, 9)
LONG = Form(10_000, 3, 2, 1_000, 8, 0.1, 25)


def run(form: Form, console: Console, *, only_sm: bool = False) -> list[Row]:
    """Measure everything, or only SM2 and SM3."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as folder, _progress(console) as measured:
        console.print("[dim]founding a registry on a chain of its own / 正在设立一个登记系统…[/dim]")
        with world.opened(Path(folder), form.batch) as town:
            for pair in suites.pairs(town, slice_seconds=form.slice_seconds, rounds=form.rounds):
                rows.append(measured(pair))
            if only_sm:
                return rows
            for pair in offline.pairs(town, slice_seconds=form.slice_seconds, rounds=form.rounds):
                rows.append(measured(pair))
            with serving.pair(town, requests=form.requests, rounds=form.api_rounds) as pair:
                rows.append(measured(pair))
            rows.append(measured(intake.pair(town, count=form.batch, rounds=form.bulk_rounds)))
            town.anchor()
            for pair in anchoring.pairs(town, count=form.batch, rounds=form.anchor_rounds):
                rows.append(measured(pair))
    order = list(report.LIMITS)
    return sorted(rows, key=lambda row: order.index(row.name))


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[Pair], Row]]:
    """Measures a pair with a bar of its own."""
    columns = (
        TextColumn("{task.description:22}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[came]}"),
    )
    with Progress(*columns, console=console) as progress:

        def measured(pair: Pair) -> Row:
            task = progress.add_task(pair.name, total=pair.rounds + 1, came="")
            row = measure(pair, lambda: progress.advance(task))
            progress.update(task, came=f"{row.ratio:.2f}")
            return row

        yield measured


def main(
    quick: Annotated[bool, typer.Option("--quick", help="The short form, under a minute.")] = False,
    only_sm: Annotated[bool, typer.Option("--sm", help="Only SM2 and SM3 beside P-256 and SHA-256.")] = False,
    write_docs: Annotated[
        bool, typer.Option("--write-docs", help="Only write docs/performance.md from the last run.")
    ] = False,
) -> None:
    """Measure, or write down what was measured."""
    console = Console()
    if write_docs:
        report.write_docs()
        console.print(f"{report.DOCS}")
        return
    started = time.monotonic()
    rows = run(QUICK if quick else LONG, console, only_sm=only_sm)
    report.write_json(rows)
    console.print(report.table(rows))
    console.print(f"{report.machine()}; {time.monotonic() - started:.0f} s; {report.JSON}")


if __name__ == "__main__":
    typer.run(main)
