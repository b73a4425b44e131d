"""Chain and store that fail where a plan says: before the effect, after it, or with the whole process."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from registry.chain.rpc import Chain, ChainUnreachable
from registry.store import Store

NOT_STORED = "failed and not stored"
STORED = "failed but stored"
KILLED_BEFORE = "killed before"
KILLED_AFTER = "killed after"
MODES = (NOT_STORED, STORED, KILLED_BEFORE, KILLED_AFTER)


class Killed(BaseException):
    """The process is gone: nothing of it may run any more."""


class Broken(ChainUnreachable):
    """A step that failed."""

    def __init__(self) -> None:
        super().__init__("测试故障", "a fault of the test's")


@dataclass
class Plan:
    """Which step fails how. Steps are counted over chain and store together."""

    fault: Callable[[int], str | None] = lambda _step: None
    steps: int = 0
    hit: list[str] = field(default_factory=list)
    interlude: Callable[[], None] = lambda: None

    def step(self, name: str) -> str | None:
        """Counts a step; its fault, if it has one."""
        self.interlude()
        self.steps += 1
        fault = self.fault(self.steps)
        if fault is not None:
            self.hit.append(f"{self.steps} {name}: {fault}")
        return fault


def only(step: int, mode: str) -> Callable[[int], str | None]:
    """One step fails."""
    return lambda at: mode if at == step else None


def some(seed: int, share: float) -> Callable[[int], str | None]:
    """A share of all steps fails, in any way."""
    chance = random.Random(seed)
    return lambda _at: chance.choice(MODES) if chance.random() < share else None


def before(fault: str | None) -> None:
    """The fault, where it comes before the effect."""
    if fault == NOT_STORED:
        raise Broken
    if fault == KILLED_BEFORE:
        raise Killed


def after(fault: str | None) -> None:
    """The fault, where it comes after the effect."""
    if fault == STORED:
        raise Broken
    if fault == KILLED_AFTER:
        raise Killed


class FaultyChain:
    """A chain whose calls fail by a plan. reads: whether looking can fail too, not only sending."""

    def __init__(self, chain: Chain, plan: Plan, *, reads: bool) -> None:
        self._chain = chain
        self._plan = plan
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._chain, name)
        if not self._reads and name != "send":
            return call

        def faulty(*arguments: object) -> Any:
            fault = self._plan.step(name)
            before(fault)
            answer = call(*arguments)
            after(fault)
            return answer

        return faulty


class FaultyStore(Store):
    """A store whose commits fail by a plan."""

    def __init__(self, store: Store, plan: Plan) -> None:
        super().__init__(store.engine)
        self._plan = plan

    @contextmanager
    def write(self) -> Iterator[Session]:
        """As the store's own, with a fault before or after the commit."""
        fault: str | None = None
        with super().write() as session:
            yield session
            fault = self._plan.step("commit")
            before(fault)
        after(fault)
