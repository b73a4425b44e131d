"""What people say of a case: its rating (好差评), and that they were asked for what a department has already.

Said by a party of the case and nobody else, each once. Who said it is checked, and not kept.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from registry.cases.errors import BadInput, NoSuchCase
from registry.cases.world import World
from registry.errors import NotAllowed
from registry.store.tables import AskedAgain, Case, CaseParty, CaseRating, CaseState

STARS: Final = range(1, 6)
FINISHED: Final = (CaseState.ENDED, CaseState.REFUSED)


class NotFinished(NotAllowed):
    """Only a finished case is rated."""

    kind = "case-not-finished"

    def __init__(self) -> None:
        super().__init__(
            "办件尚未办结，办结后再评价。", "The case is not finished; it can be rated afterwards."
        )


class SaidBefore(NotAllowed):
    """A case is rated once, and a fact of it reported once."""

    kind = "said-before"

    def __init__(self) -> None:
        super().__init__("已经评价或反映过，每件一次。", "This was said before; it counts once.")


@dataclass(frozen=True)
class Voices:
    """Takes in what a party of a case says."""

    world: World

    def rate(self, number: str, stars: int, *, holder: bytes) -> None:
        """Rate a finished case. stars: 1 (very dissatisfied) to 5. holder: keyed index of who says it.

        Raises:
            NoSuchCase: no case of that number in which this holder takes part.
            NotFinished: it goes on, or an effect of it was refused.
            SaidBefore: it was rated before.
            BadInput: not 1 to 5 stars.
        """
        if stars not in STARS:
            raise BadInput("stars", "应为 1 至 5", "must be 1 to 5")
        try:
            with self.world.store.write() as session:
                case = self._case_of(session, number, holder)
                if case.state not in FINISHED:
                    raise NotFinished
                if session.get(CaseRating, case.id) is not None:
                    raise SaidBefore
                session.add(CaseRating(case=case.id, stars=stars, at=self.world.clock()))
        except IntegrityError as raced:  # PostgreSQL: the same was said at the same moment
            raise SaidBefore from raced

    def report_again(self, number: str, fact: str, *, holder: bytes) -> None:
        """Say that the office of a case asked for a fact that a department has. fact: its name in the matter.

        Raises:
            NoSuchCase: as in `rate`.
            SaidBefore: it was reported before.
            BadInput: the matter has no such fact.
        """
        try:
            with self.world.store.write() as session:
                case = self._case_of(session, number, holder)
                if fact not in {each.name for each in self.world.matter(case).facts}:
                    raise BadInput("fact", "没有这一项", "there is no such item")
                if session.get(AskedAgain, (case.id, fact)) is not None:
                    raise SaidBefore
                row = AskedAgain(case=case.id, fact=fact, department=case.office, at=self.world.clock())
                session.add(row)
        except IntegrityError as raced:  # PostgreSQL: the same was said at the same moment
            raise SaidBefore from raced

    def _case_of(self, session: Session, number: str, holder: bytes) -> Case:
        """A case in which this holder takes part. Raises NoSuchCase."""
        case = self.world.case(session, number)
        parts = select(CaseParty).where(CaseParty.case == case.id, CaseParty.holder == holder)
        if session.exec(parts).first() is None:
            raise NoSuchCase
        return case
