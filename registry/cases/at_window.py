"""Cases at a window: a person without a phone (帮办), or somebody who acts for a party.

A case begun in a wallet goes on here by its number, and back. What a clerk does for a person is in the access
log as that (`assisted`); what an agent has done, by how the power was given (`mandate`, `guardian` …).
"""

from dataclasses import dataclass

from sqlmodel import Session

from registry import values
from registry.cases.errors import AnotherPerson, BadInput, NoSuchCase
from registry.cases.helping import record
from registry.cases.taking import require_open
from registry.cases.world import Identifier, World
from registry.mandates.acting import Principal
from registry.requesting import MadeRequest
from registry.store.tables import Case, CaseParty


@dataclass(frozen=True)
class AtWindow:
    """Says who the parties of a case are, and who acts for them."""

    world: World

    def identify(
        self, number: str, role: str, one: tuple[str, str], *, clerk: str, seen: str, position: int = 0
    ) -> None:
        """A clerk saw the party and the card; from then on departments can be asked about that person.

        one: type and identifier. seen: how the person was known.

        Raises:
            NoSuchCase, WrongState: as they say. BadInput: no such identifier, or nobody says who saw whom.
            AnotherPerson: the party is somebody else.
        """
        plain = Identifier(one[0], values.normalised(one[1]).upper())
        if why := values.wrong_identifier(plain.id_type, plain.identifier):
            raise BadInput(role, *why)
        if not clerk.strip() or not seen.strip():
            raise BadInput("seen", "请写明经办人和核对方式", "say who saw the person, and how")
        with self.world.store.write() as session:
            case = require_open(self.world, session, number)
            self._bind(session, case, self._party(session, case, role, position), plain)
            index = self.world.vault.holder_index(plain.id_type, plain.identifier)
            record(self.world, session, case, index, f"seen {seen}", clerk=clerk)

    def ask_agent(self, number: str, *, through: str = "mandate", clerk: str = "") -> tuple[str, MadeRequest]:
        """A request to the phone of who acts for a party; the acting's id, and the request.

        Raises NoSuchCase, WrongState; and as `Acting.ask` does.
        """
        with self.world.store.read() as session:
            case = require_open(self.world, session, number)
        return self.world.acting.ask(case.office, case.id, case.matter, through=through, clerk=clerk)

    def take_agent(self, number: str, role: str, acting: str, *, position: int = 0) -> Principal | None:
        """Take what the agent's phone answered: the party is known then. None: not yet.

        Raises NoSuchCase, WrongState, AnotherPerson; and as `Acting.take` does.
        """
        with self.world.store.read() as session:
            case = require_open(self.world, session, number)
        found = self.world.acting.take(case.office, acting)
        if found is not None:
            with self.world.store.write() as session:
                self._represent(session, case, role, position, found)
        return found

    def see_agent(
        self,
        number: str,
        role: str,
        ground: str,
        agent: tuple[str, str],
        *,
        clerk: str,
        seen: str,
        position: int = 0,
    ) -> Principal:
        """An agent without a phone, whom a clerk saw. ground: identifier of the mandate or other certificate.

        Raises NoSuchCase, WrongState, AnotherPerson; and as `Acting.at_window` does.
        """
        with self.world.store.read() as session:
            case = require_open(self.world, session, number)

        def represent(session: Session, found: Principal) -> None:
            self._represent(session, case, role, position, found)

        return self.world.acting.at_window(
            case.office, case.id, case.matter, ground, agent, clerk=clerk, seen=seen, beside=represent
        )

    def _represent(self, session: Session, case: Case, role: str, position: int, found: Principal) -> None:
        if found.case != case.id:
            raise NoSuchCase
        living = require_open(self.world, session, case.id)
        party = self._party(session, living, role, position)
        self._bind(session, living, party, Identifier(found.id_type, found.identifier))

    def _bind(self, session: Session, case: Case, party: CaseParty, one: Identifier) -> None:
        index = self.world.vault.holder_index(one.id_type, one.identifier)
        if party.holder is not None and party.holder != index:
            raise AnotherPerson
        party.holder = index
        bound = f"party/{case.id}/{party.role}/{party.position}"
        party.sealed = self.world.seal(session, case.office, bound, one)
        session.add(party)

    def _party(self, session: Session, case: Case, role: str, position: int) -> CaseParty:
        for each in self.world.parties(session, case):
            if each.role == role and each.position == position:
                return each
        raise NoSuchCase
