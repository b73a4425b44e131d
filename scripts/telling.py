"""How the story is told: numbered steps with a verdict each, on a terminal and for the front page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from api.story import Step
from registry.wording import CHECKS

MARKS = {
    "valid": "[green]✔ 有效 valid",
    "copy": "[green]✔ 副本属实 true copy",
    "proven": "[green]✔ 已证实 proven",
    "invalid": "[red]✘ 核验不通过 not valid:",
}


class StoryFailed(Exception):
    """A step did not end as the story says: the registry is wrong, or the story is."""


class Telling:
    """Prints steps as they happen, and keeps them for the front page."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.steps: list[Step] = []

    @contextmanager
    def step(self, zh: str, en: str, picture: str = "") -> Iterator["Verdict"]:
        """One step; what the block finds is set on the verdict it is given."""
        started = time.monotonic()
        verdict = Verdict()
        number = len(self.steps) + 1
        yield verdict
        seconds = time.monotonic() - started
        shown = MARKS.get(verdict.verdict, f"[red]✘ {verdict.verdict}" if verdict.verdict else "[green]✔")
        names = [f"{CHECKS[name].zh} {CHECKS[name].en}" for name in verdict.failed]
        why = f" [red]{'；'.join(names)}[/red]" if names else ""
        note = f"\n       [dim]{verdict.note}[/dim]" if verdict.note else ""
        self.console.print(f"[bold]{number:>3}[/bold]  {zh}\n       [dim]{en}[/dim]", soft_wrap=True)
        self.console.print(f"       {shown}[/]{why} [dim]{seconds:.1f} s[/dim]{note}", soft_wrap=True)
        self.steps.append(Step(zh, en, picture, verdict.verdict, tuple(verdict.failed)))

    def say(self, text: str) -> None:
        """A line beside the steps."""
        self.console.print(text)


class Verdict:
    """What a step found. verdict: of a check; failed: names of its checks; note: how to do it by hand."""

    def __init__(self) -> None:
        self.verdict = ""
        self.failed: list[str] = []
        self.note = ""

    def expect(self, verdict: str, *failed: str) -> None:
        """The story's own claim about what was found. Raises StoryFailed."""
        if self.verdict != verdict or not set(failed) <= set(self.failed):
            raise StoryFailed(
                f"expected {verdict} {list(failed)}, found {self.verdict} {self.failed} / 故事未按预期进行"
            )
