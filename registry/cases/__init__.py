"""Cases (办件): one matter from opening to what it brings about, for one party or several."""

from dataclasses import dataclass
from functools import cached_property

from registry.cases.accepting import Missing
from registry.cases.at_window import AtWindow
from registry.cases.clocks import Clocks
from registry.cases.collecting import Collecting
from registry.cases.commitments import Commitments
from registry.cases.deciding import Deciding, Field, Replay, Verdict
from registry.cases.documents import Documents
from registry.cases.effects import Effects
from registry.cases.opening import Key, Opening
from registry.cases.paper_copies import PaperCopies
from registry.cases.paper_promises import PaperPromises
from registry.cases.seeing import Seeing
from registry.cases.submitting import Submitting
from registry.cases.timing import Alert, Running
from registry.cases.world import World
from registry.usecases import UseCases

__all__ = ["Alert", "Cases", "Field", "Key", "Missing", "Replay", "Running", "Verdict", "World"]


@dataclass(frozen=True)
class Cases:
    """The use cases of cases, in the order in which a case comes by them."""

    world: World

    @classmethod
    def of(cls, use_cases: UseCases) -> "Cases":
        """Over the use cases of one process."""
        return cls(World.of(use_cases))

    @cached_property
    def opening(self) -> Opening:
        """Open a case, state more."""
        return Opening(self.world)

    @cached_property
    def seeing(self) -> Seeing:
        """Show cases to those whose they are."""
        return Seeing(self.world)

    @cached_property
    def submitting(self) -> Submitting:
        """Hand a case in, join one."""
        return Submitting(self.world)

    @cached_property
    def collecting(self) -> Collecting:
        """Ask wallets and departments."""
        return Collecting(self.world)

    @cached_property
    def at_window(self) -> AtWindow:
        """Who the parties are, and who acts for them, as a clerk saw it or an agent's phone showed it."""
        return AtWindow(self.world)

    @cached_property
    def paper_promises(self) -> PaperPromises:
        """Take promises that were signed on paper."""
        return PaperPromises(self.world)

    @cached_property
    def paper_copies(self) -> PaperCopies:
        """Take copies on paper for what only a wallet could show."""
        return PaperCopies(self.world)

    @cached_property
    def deciding(self) -> Deciding:
        """What is missing, the form, the decision, steps, review, replay."""
        return Deciding(self.world)

    @cached_property
    def effects(self) -> Effects:
        """Carry out what was granted."""
        return Effects(self.world)

    @cached_property
    def documents(self) -> Documents:
        """Take in what is no certificate."""
        return Documents(self.world)

    @cached_property
    def commitments(self) -> Commitments:
        """Watch what was promised."""
        return Commitments(self.world)

    @cached_property
    def clocks(self) -> Clocks:
        """Who has how long for what, and what follows."""
        return Clocks(self.world)

    def watch(self, now: int) -> None:
        """What nobody has to ask for; may be called at any time, by several processes at once.

        Carries on what was interrupted, ends promises whose day has passed, records what clocks bring about.
        """
        self.effects.carry_on()
        self.commitments.watch()
        self.clocks.watch(now)
