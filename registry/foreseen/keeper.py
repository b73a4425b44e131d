"""What one API process at a time does beside answering: look ahead, and offer what has come."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from registry import leases
from registry.cases.world import load_offices
from registry.foreseen.giving import Giving
from registry.foreseen.sources import Begins, Ends, Source
from registry.foreseen.sweeping import Sweeping
from registry.matters import Matters, load_matters
from registry.runtime import Runtime
from registry.store import Store

LEASE: Final = "foreseen"
_LEASE_SECONDS: Final = 60
_QUIET_SECONDS: Final = 15
"""Seconds until it looks again where nothing was to be done."""


@dataclass(slots=True)
class Foreseeing:
    """One process's part in it. `tick` does a piece, and costs nothing while it is not its turn."""

    store: Store
    sweeping: Sweeping
    giving: Giving
    clock: Callable[[], int]
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    _again: int = 0

    @classmethod
    def of(
        cls, runtime: Runtime, matters: Matters | None = None, offices: Mapping[str, str] | None = None
    ) -> "Foreseeing":
        """Over what an API process has opened. matters, offices: those of this installation, unless given."""
        given = load_matters(runtime.catalogue) if matters is None else matters
        known = load_offices(runtime.settings.rights.parent / "offices.yaml") if offices is None else offices
        sources: list[Source] = [Ends(runtime.catalogue, runtime.settings.offer_days)]
        sources += [
            Begins(runtime.catalogue, runtime.sealed, each, each.offer_when)
            for each in given
            if each.offer_when is not None
        ]
        giving = Giving(
            runtime.store,
            runtime.sealed,
            runtime.catalogue,
            given,
            known,
            runtime.tz,
            runtime.clock,
            runtime.randomness,
        )
        return cls(runtime.store, Sweeping(runtime.store, sources, runtime.clock), giving, runtime.clock)

    def tick(self) -> int:
        """A piece of what is to be done, if this process has the lease; how much was done."""
        now = self.clock()
        if now < self._again or not leases.hold(
            self.store, LEASE, self.owner, now=now, seconds=_LEASE_SECONDS
        ):
            return 0
        done = self.sweeping.step() + self.giving.step()
        if not done:
            self._again = now + _QUIET_SECONDS
        return done

    def release(self) -> None:
        """Let another process have the lease."""
        leases.release(self.store, LEASE, self.owner)
