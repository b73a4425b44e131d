"""Handing a case in (提交): answers are taken, the rest is asked for, and the case decided, in one go."""

from dataclasses import dataclass

from sqlmodel import col, or_, select

from registry.cases.collecting import Collecting
from registry.cases.deciding import Deciding, Verdict
from registry.cases.effects import Effects
from registry.cases.errors import NoSuchCase, WrongState
from registry.cases.world import World
from registry.store.tables import Case, CaseParty, CaseState


@dataclass(frozen=True)
class Submitting:
    """Hands cases in, and lets people join them."""

    world: World

    def submit(
        self,
        number: str,
        *,
        clerk: str = "",
        on_behalf: str | None = None,
        assisted: bool = False,
        handed_in_by: bytes | None = None,
    ) -> Verdict:
        """Take what wallets answered, ask departments for the rest, decide, and carry out what was granted.

        May be called again at any time: a case is decided once, each effect happens once. clerk: who does it
        at a window; empty: a party does. on_behalf, assisted, handed_in_by: as in `Collecting.ask`.

        Raises:
            NoSuchCase, AnotherPerson, CertificateHeld, and what `Querying.ask` raises.
        """
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            parties = self.world.parties(session, case)
        if case.state == CaseState.OPEN:
            collecting = Collecting(self.world)
            for party in parties:
                if party.request is not None and party.taken != party.request:
                    collecting.take(number, party.role, party.position)
            collecting.ask(
                number, clerk=clerk, on_behalf=on_behalf, assisted=assisted, handed_in_by=handed_in_by
            )
        try:
            verdict = Deciding(self.world).decide(number)
            if verdict.outcome == "grant":
                Effects(self.world).carry_out(number)
        except WrongState:  # a person decides, or has
            return Verdict("person")
        return verdict

    def join(self, number: str, role: str, holder: bytes) -> None:
        """Take a part that nobody has yet in an open case, by its number; whoever has it already keeps it.

        Raises:
            NoSuchCase: there is no case of that number with such a part that is free.
        """
        rows = (
            select(CaseParty, Case.state)
            .join(Case, col(Case.id) == col(CaseParty.case))
            .where(Case.id == number, CaseParty.role == role)
            .where(or_(CaseParty.holder == holder, col(CaseParty.holder).is_(None)))
            .order_by(col(CaseParty.id))
        )
        with self.world.store.write() as session:
            found = session.exec(rows).all()
            if any(party.holder == holder for party, _ in found):
                return
            free = next((party for party, state in found if state == CaseState.OPEN), None)
            if free is None:
                raise NoSuchCase
            free.holder = holder
            session.add(free)
