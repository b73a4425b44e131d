"""A progress bar for an import: rows done, rows a second, the time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from registry.bulk import Progress as Position


class _Rate(ProgressColumn):
    """Rows a second, counted from where this run began."""

    def render(self, task: Task) -> Text:
        quick = task.completed / task.elapsed if task.elapsed else 0.0  # over before a rate could be taken
        return Text(f"{task.speed or quick:,.0f} 行 rows/s", style="dim", no_wrap=True)


@contextmanager
def showing(name: str, *, quiet: bool = False) -> Iterator[Callable[[Position], None]]:
    """Shows how far an import is, on standard error; nothing where quiet, or where nobody looks."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[refused]}"),
        console=Console(stderr=True),
        disable=quiet,
    )
    with bar:
        task = bar.add_task(name, total=None, refused="")

        def show(at: Position) -> None:
            total = max(at.lines, at.position) or None
            refused = f"退回 refused {at.refused:,}" if at.refused else ""
            bar.update(task, completed=at.position, total=total, refused=refused)

        yield show
        position = int(bar.tasks[0].completed)
        bar.update(task, total=position, completed=position)
