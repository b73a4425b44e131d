"""The use cases of one process that answers departments: the API, and `registry …` on the command line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from registry.casefacts import CaseSources
from registry.catalogue import Catalogue
from registry.certificate import SdAlg
from registry.changing import Changing
from registry.entitlements import who_lost, who_was_mistaken
from registry.issuing import Issuing
from registry.lists import Lists
from registry.mandates.desk import Desk
from registry.mandates.ending import end_with_death
from registry.mandates.powers import Powers
from registry.provinces.answering import Answering
from registry.provinces.asking import Elsewhere
from registry.provinces.partners import Partners
from registry.queries.batches import Batching
from registry.queries.consenting import HolderConsents
from registry.queries.limits import Caps
from registry.querying import Querying
from registry.requesting import Requesting
from registry.rights import load_rights
from registry.runtime import Runtime
from registry.settings import Settings
from registry.sharing import Sharing
from registry.suites import ES256
from registry.tasks import Tasks
from registry.tasks.linked import Linked
from registry.trust import Trust, covered
from registry.trusting import TrustCache
from registry.withdrawing import end_ground

RIGHT_FOR = 3600
"""Seconds that a right must still last for something to be issued under it (protocol.md, On the chain)."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What departments can do, over one opened runtime and its trust state.

    everywhere: the trust state with the departments of partner registries. elsewhere: asks those; answering:
    answers them.
    """

    runtime: Runtime
    trust: Callable[[], Trust]
    issuing: Issuing
    sharing: Sharing
    changing: Changing
    querying: Querying
    requesting: Requesting
    tasks: Tasks
    everywhere: Callable[[], Trust]
    elsewhere: Elsewhere
    answering: Answering

    @classmethod
    def of(
        cls, runtime: Runtime, trust: Callable[[], Trust], everywhere: Callable[[], Trust] | None = None
    ) -> "UseCases":
        """Put together from what a process has opened, and the trust states of the moment.

        everywhere: by default there is no other registry.
        """
        everywhere = everywhere or trust
        sharing = Sharing.of(runtime, trust)
        issuing = runtime.issuing(
            lambda *asked: may_issue(trust(), *asked), lambda *asked: digests(trust(), *asked)
        )
        settings = runtime.settings
        tasks = Tasks(runtime.sealed, runtime.working_days.end, runtime.randomness)
        linked = Linked(tasks, runtime.catalogue, trust)
        querying = Querying(
            store=runtime.store,
            vault=runtime.sealed,
            catalogue=runtime.catalogue,
            cutter=sharing.cutter,
            rights=load_rights(settings.rights, runtime.tz),
            trust=trust,
            clock=runtime.clock,
            answer_seconds=settings.answer_hours * 3600,
            due=runtime.working_days.end,
            facts=CaseSources(runtime.sealed),
            mandates=Desk(Powers(runtime.sealed, runtime.catalogue, runtime.tz), runtime.catalogue),
            consents=HolderConsents(
                runtime.sealed, runtime.catalogue, runtime.working_days, runtime.randomness
            ),
            caps=Caps(
                settings.query_clerk_hour,
                settings.query_clerk_day,
                settings.query_department_hour,
                settings.query_department_day,
            ),
            randomness=runtime.randomness,
        )
        return cls(
            runtime,
            trust,
            issuing,
            sharing,
            Changing(
                runtime.store,
                issuing,
                partial(publish, sharing.lists, runtime.catalogue, linked, settings.identity_type),
                partial(review, sharing.lists, runtime.catalogue),
                trust,
                runtime.clock,
            ),
            querying,
            Requesting.of(runtime, trust, sharing.signers, everywhere),
            tasks,
            everywhere,
            Elsewhere(
                runtime.store,
                runtime.sealed,
                querying,
                sharing.signers,
                Partners.of(runtime.store, settings, runtime.clock),
                trust,
                everywhere,
                runtime.clock,
                runtime.randomness,
            ),
            Answering.of(runtime, querying, trust, everywhere),
        )

    @property
    def batching(self) -> Batching:
        """Many queries at once."""
        settings = self.runtime.settings
        return Batching(self.querying, settings.query_batch_alone, settings.query_batch_most)

    @classmethod
    def open(cls, settings: Settings) -> "UseCases":
        """Open the API's keys and the store of this installation. Raises NotFounded, KeysClosed."""
        runtime = Runtime.open(settings, "api")
        cache = TrustCache(runtime.store, runtime.catalogue, settings, runtime.clock)
        return cls.of(runtime, cache.current, cache.everywhere)

    def close(self) -> None:
        """Close the store."""
        self.runtime.close()


def publish(
    lists: Lists,
    catalogue: Catalogue,
    linked: Linked,
    identity: str,
    session: Session,
    certificates: Iterable[int],
    now: int,
) -> None:
    """Make the lists say how these certificates stand, end what was held through those that left 00, and
    give work to whoever issued what depends on one that ended.

    identity: alias of the identity type; the mandates of who died end with it.
    """
    named = list(certificates)
    named += end_with_death(session, catalogue, identity, named, now)
    lists.publish(session, named, now)
    review(lists, catalogue, session, named, now)
    linked.follow(session, named, now)


def review(
    lists: Lists, catalogue: Catalogue, session: Session, certificates: Iterable[int], now: int
) -> None:
    """End what was held through these certificates by who acts through them no more, or never was the one
    whom a login took them for."""
    ids = list(certificates)
    gone = who_lost(session, catalogue, ids, now) + who_was_mistaken(session, ids, now)
    end_ground(session, lists, gone, now)


def digests(trust: Trust, issuer: str, now: int) -> SdAlg:
    """The digest of an issuer's claims: of the suite that its newest key signs credentials with."""
    known = trust.issuers.get(issuer)
    suites = known.suites(now) if known is not None else []
    return suites[0].sd_alg if suites else ES256.sd_alg


def may_issue(trust: Trust, issuer: str, type_code: str, type_version: int, now: int) -> bool:
    """Whether an issuer has the right to a type, in that version, now and for an hour more."""
    known = trust.issuers.get(issuer)
    version = trust.types.get((type_code, type_version))
    if known is None or version is None or not version.genuine:
        return False
    rights = known.rights.get(type_code, ())
    return all(covered(rights, at) and covered(version.windows, at) for at in (now, now + RIGHT_FOR))
