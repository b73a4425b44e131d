"""What of cases goes on unattended, in one API process at a time: it holds the signing keys and the vault.

Answers of wallets are taken, what an issuer or a holder had to decide about is asked for again, what was
granted is carried out, what was refused is tried again now and then,
and promises whose day has passed are acted on. A lease only saves work: each effect happens once, each answer
is taken once, whoever does it.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlmodel import Session, col, or_, select

from registry import leases
from registry.cases.clocks import Clocks
from registry.cases.collecting import Collecting
from registry.cases.commitments import Commitments
from registry.cases.effects import Effects
from registry.cases.world import PENDING, World
from registry.errors import RegistryError
from registry.store.tables import Case, CaseFact, CaseParty, CaseState, PresentationRequest, RequestState

LEASE: Final = "cases"
AGAIN: Final = 600
"""Seconds until what an issuer refused is tried again by itself."""
ASKED_DAILY: Final = 86_400
"""Seconds until a department is asked again for what was pending: each question stands in its log, for the
holder to read, and it has ten working days."""
MOST: Final = 50
"""Cases that are seen to in one round."""
_LEASE_SECONDS: Final = 20


@dataclass(slots=True)
class CaseKeeper:
    """One process's part in it. `tick` is cheap while nothing happened."""

    world: World
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    _refused: set[str] = field(default_factory=set)
    """Answers that cannot be taken: somebody else's, or of a certificate that another case holds."""
    _tried: dict[str, int] = field(default_factory=dict)
    """When each red case was seen or tried last, by its number."""

    def tick(self) -> int:
        """Do what is due, if this process has the lease; how much was done.

        Raises:
            RegistryError: the first of what could not be done; the rest was.
        """
        now = self.world.clock()
        if not leases.hold(self.world.store, LEASE, self.owner, now=now, seconds=_LEASE_SECONDS):
            return 0
        done, refusals = 0, list[RegistryError]()
        due = (*self._answers(), *self._pending(now), *self._granted(), *self._red(now))
        watched: Sequence[Callable[[], object]] = (
            Commitments(self.world).watch,
            partial(Clocks(self.world).watch, now),
        )
        for do in (*due, *watched):
            try:
                done += bool(do())
            except RegistryError as refusal:
                refusals.append(refusal)
        if refusals:
            raise refusals[0]
        return done

    def release(self) -> None:
        """Let another process have the lease."""
        leases.release(self.world.store, LEASE, self.owner)

    def _answers(self) -> list[Callable[[], object]]:
        with self.world.store.read() as session:
            rows = _answered(session)
        return [partial(self._take, each) for each in rows if each.request not in self._refused]

    def _take(self, party: CaseParty) -> bool:
        try:
            return Collecting(self.world).take(party.case, party.role, party.position) == "answered"
        except RegistryError:
            self._refused.add(party.request or "")
            raise

    def _pending(self, now: int) -> list[Callable[[], object]]:
        rows = (
            select(CaseFact.case, CaseFact.name)
            .join(Case, col(Case.id) == col(CaseFact.case))
            .where(Case.state == CaseState.OPEN, CaseFact.verdict == PENDING)
            .where(CaseFact.at <= now - ASKED_DAILY)
            .distinct()
            .limit(MOST)
        )
        with self.world.store.read() as session:
            return [partial(self._ask_again, *each) for each in session.exec(rows)]

    def _ask_again(self, number: str, name: str) -> bool:
        Collecting(self.world).ask_again(number, name)
        return True

    def _granted(self) -> list[Callable[[], object]]:
        return [partial(Effects(self.world).carry_out, each) for each in self._in(CaseState.GRANTED)[:MOST]]

    def _red(self, now: int) -> list[Callable[[], object]]:
        """Cases that are tried again: not those that were a while ago, since this process looks."""
        red = self._in(CaseState.RED)
        self._tried = {each: self._tried.get(each, now) for each in red}
        due = [each for each in red if now >= self._tried[each] + AGAIN][:MOST]
        self._tried |= dict.fromkeys(due, now)
        return [partial(Effects(self.world).retry, each) for each in due]

    def _in(self, state: CaseState) -> list[str]:
        rows = select(Case.id).where(Case.state == state).order_by(col(Case.created))
        with self.world.store.read() as session:
            return list(session.exec(rows))


def _answered(session: Session) -> list[CaseParty]:
    """Parties whose wallet has answered the last request, and whose answer was not taken yet."""
    rows = (
        select(CaseParty)
        .join(PresentationRequest, col(PresentationRequest.id) == col(CaseParty.request))
        .where(
            PresentationRequest.state == RequestState.ANSWERED,
            or_(col(CaseParty.taken).is_(None), col(CaseParty.taken) != col(CaseParty.request)),
        )
    )
    return list(session.exec(rows.limit(MOST)))
