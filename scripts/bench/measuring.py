"""Two things timed in turns, so that whatever else the machine does falls on both."""

import gc
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

Side = Callable[[], float]
"""One slice of work: its rate, units a second."""


Turn = Callable[[], tuple[float, float]]
"""One slice of each: the rates of what is measured, and of its limit."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Something to measure and its limit. unit: of both rates. rounds: turns whose medians are compared."""

    name: str
    unit: str
    turn: Turn
    rounds: int


class Row(NamedTuple):
    """What came out, as `build/bench.json` has it. value, limit: in `unit`; ratio: value / limit."""

    name: str
    value: float
    unit: str
    limit: float
    ratio: float


def measure(pair: Pair, turned: Callable[[], None] = lambda: None) -> Row:
    """The median rates of both sides, after one turn to warm up. turned: called after every turn."""
    rates = []
    for _ in range(pair.rounds + 1):
        gc.collect()  # what the turns before left behind is not this one's
        rates.append(pair.turn())
        turned()
    value, limit = (statistics.median(side) for side in zip(*rates[1:], strict=True))
    return Row(pair.name, round(value, 2), pair.unit, round(limit, 2), round(value / limit, 3))


def in_turns(subject: Side, limit: Side) -> Turn:
    """Both, now the one first and now the other."""
    orders = itertools.cycle((True, False))

    def turn() -> tuple[float, float]:
        if next(orders):
            return subject(), limit()
        bare = limit()
        return subject(), bare

    return turn


def repeated(work: Callable[[], object], *, seconds: float, units: int = 1) -> Side:
    """A side that does the same thing again for about so long. units: that one call does."""

    def side() -> float:
        done = 0
        started = time.perf_counter()
        while (took := time.perf_counter() - started) < seconds or not done:
            work()
            done += units
        return done / took

    return side
