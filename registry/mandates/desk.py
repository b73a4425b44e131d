"""Whether a query for an agent is within what the agent may ask: `desks.MandateDesk`."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from registry.catalogue import Catalogue
from registry.mandates.powers import Powers
from registry.queries.question import Query
from registry.store.tables import Acting, Certificate, HolderIndex


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads at each question who acts in the case, and what the certificate then allows."""

    powers: Powers
    catalogue: Catalogue

    def covers(self, session: Session, query: Query, type_code: str, now: int) -> bool:
        """Whether an agent of the case may have this asked through `query.on_behalf`, now."""
        if query.on_behalf is None or query.case is None:
            return False
        alias, about = self.catalogue.newest(type_code).alias, self._about(session, query)
        for agent in self._agents(session, query):
            power = self.powers.of(session, query.on_behalf, agent, now)
            if power is None or power.principal not in about:
                continue
            if power.scope is None or power.scope.allows(query.matter, alias, query.ask, query.claims):
                return True
        return False

    def principals(self, session: Session, query: Query, now: int) -> frozenset[bytes]:
        """For whom (keyed indexes) an agent of the case acts now through `query.on_behalf`."""
        if query.on_behalf is None:
            return frozenset()
        found = (self.powers.of(session, query.on_behalf, each, now) for each in self._agents(session, query))
        return frozenset(power.principal for power in found if power is not None)

    def manner(self, session: Session, query: Query) -> str:
        """How the access log names the way in which the holder is represented."""
        return self.powers.manner(session, query.on_behalf or "")

    def _agents(self, session: Session, query: Query) -> list[bytes]:
        """Who was proven to act through this certificate in this case of this department."""
        rows = select(Acting.agent).where(
            Acting.asker == query.asker,
            Acting.case_number == query.case,
            Acting.matter == query.matter,
            Acting.ground == query.on_behalf,
        )
        return [each for each in session.exec(rows) if each is not None]

    def _about(self, session: Session, query: Query) -> set[bytes]:
        """Keyed indexes of whom the question is about."""
        if query.holder is not None:
            return {self.powers.vault.holder_index(*query.holder)}
        rows = session.exec(
            select(Certificate.type, Certificate.type_version, HolderIndex.role, HolderIndex.holder)
            .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id))
            .where(Certificate.certificate_id == query.certificate_id)
        ).all()
        return {
            holder
            for type, version, role, holder in rows
            if any(
                each.role == role and not each.acts_for
                for each in self.catalogue.definition(type, version).holders
            )
        }
