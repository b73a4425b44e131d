"""A worker at rest looks less and less often, and as often as before once there was something to do."""

import threading
from dataclasses import dataclass, field
from typing import cast

from registry import running
from registry.worker import Round, Worker


@dataclass
class Rounds:
    """Stands in for a worker. worked: what each round did; the last one ends the loop."""

    worked: list[bool]
    ended: "Waits"

    def round(self) -> Round:
        worked = self.worked.pop(0)
        if not self.worked:
            self.ended.set()
        return Round(None, worked)


@dataclass
class Waits(threading.Event):
    """An event that is waited for in no time. asked: seconds."""

    asked: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout or 0.0)
        return self.is_set()


def waits(*worked: bool) -> list[float]:
    ended = Waits()
    running.loop(cast(Worker, Rounds(list(worked), ended)), ended)
    return ended.asked


def test_the_longer_nothing_is_done_the_longer_it_waits_up_to_a_bound() -> None:
    asked = waits(*[False] * 12)
    assert asked[0] == running.POLL
    assert asked == sorted(asked)
    assert asked[-1] == running.LONGEST_POLL <= 1


def test_what_was_done_makes_it_look_again_at_once_and_then_as_often_as_at_first() -> None:
    asked = waits(*[False] * 8, True, False, False)
    assert len(asked) == 10
    assert asked[7] == running.LONGEST_POLL
    assert asked[8] == running.POLL
