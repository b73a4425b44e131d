"""The use cases of one process that answers departments: the API, and `registry …` on the command line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from registry.changing import Changing
from registry.issuing import Issuing
from registry.lists import Lists
from registry.querying import Querying
from registry.rights import load_rights
from registry.runtime import Runtime
from registry.settings import Settings
from registry.sharing import Sharing
from registry.standing import standings
from registry.trust import Trust, covered
from registry.trusting import TrustCache
from registry.withdrawing import end_ground

RIGHT_FOR = 3600
"""Seconds that a right must still last for something to be issued under it (protocol.md, On the chain)."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What departments can do, over one opened runtime and its trust state."""

    runtime: Runtime
    trust: Callable[[], Trust]
    issuing: Issuing
    sharing: Sharing
    changing: Changing
    querying: Querying

    @classmethod
    def of(cls, runtime: Runtime, trust: Callable[[], Trust]) -> "UseCases":
        """Put together from what a process has opened, and the trust state of the moment."""
        sharing = Sharing.of(runtime, trust)
        issuing = runtime.issuing(lambda *asked: may_issue(trust(), *asked))
        settings = runtime.settings
        return cls(
            runtime,
            trust,
            issuing,
            sharing,
            Changing(runtime.store, issuing, partial(publish, sharing.lists), trust, runtime.clock),
            Querying(
                store=runtime.store,
                vault=runtime.sealed,
                catalogue=runtime.catalogue,
                cutter=sharing.cutter,
                rights=load_rights(settings.rights, runtime.tz),
                trust=trust,
                clock=runtime.clock,
                answer_seconds=settings.answer_hours * 3600,
                randomness=runtime.randomness,
            ),
        )

    @classmethod
    def open(cls, settings: Settings) -> "UseCases":
        """Open the API's keys and the store of this installation. Raises NotFounded, KeysClosed."""
        runtime = Runtime.open(settings, "api")
        cache = TrustCache(runtime.store, runtime.catalogue, settings, runtime.clock)
        return cls.of(runtime, cache.current)

    def close(self) -> None:
        """Close the store."""
        self.runtime.close()


def publish(lists: Lists, session: Session, certificates: Iterable[int], now: int) -> None:
    """Make the lists say how these certificates stand, and end what was held through those that left 00."""
    named = list(certificates)
    lists.publish(session, named, now)
    if gone := [row for row, word in standings(session, named).items() if word]:
        end_ground(session, lists, gone, now)


def may_issue(trust: Trust, issuer: str, type_code: str, type_version: int, now: int) -> bool:
    """Whether an issuer has the right to a type, in that version, now and for an hour more."""
    known = trust.issuers.get(issuer)
    version = trust.types.get((type_code, type_version))
    if known is None or version is None or not version.genuine:
        return False
    rights = known.rights.get(type_code, ())
    return all(covered(rights, at) and covered(version.windows, at) for at in (now, now + RIGHT_FOR))
