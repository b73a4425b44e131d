"""The power to act for somebody, judged anew at each use from the certificate that gives it.

A mandate gives it to its agent, within its matters and facts. A birth or court certificate gives it to the
guardian until the ward's 16th birthday, a licence to the representative, and to whom that one appointed.
"""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from registry import contents, guardianship
from registry.catalogue import Catalogue
from registry.entitlements import entitlements
from registry.mandates.scope import ALIAS, Scope
from registry.standing import standing
from registry.store.tables import Batch, BatchState, Certificate, Ground, HolderIndex
from registry.vault import Vault

Manner = Literal["mandate", "guardian", "representative"]
GRANTOR, AGENT = "grantor", "agent"
"""Roles of a mandate."""


@dataclass(frozen=True, slots=True)
class Power:
    """Somebody may act for another. ground: the certificate; principal: keyed index, role: in the ground.

    scope: what it is limited to; None: whatever the principal may do. manner: as access logs name it.
    """

    ground: Certificate
    principal: bytes
    role: str
    manner: Manner
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class Powers:
    """Knows them from the store."""

    vault: Vault
    catalogue: Catalogue
    tz: ZoneInfo

    def of(self, session: Session, certificate_id: str, agent: bytes, now: int) -> Power | None:
        """The power that a certificate gives this person now; None: none. agent: keyed index."""
        row = session.exec(select(Certificate).where(Certificate.certificate_id == certificate_id)).first()
        if row is None or not _is_in_force(session, row, now):
            return None
        if row.type == self.catalogue.by_alias(ALIAS).type:
            return self._by_mandate(session, row, agent)
        return self._by_acting(session, row, agent, now)

    def manner(self, session: Session, certificate_id: str) -> Manner:
        """What acting through this certificate is called, whether it is in force or not."""
        row = session.exec(select(Certificate).where(Certificate.certificate_id == certificate_id)).first()
        if row is None or row.type == self.catalogue.by_alias(ALIAS).type:
            return "mandate"
        definition = self.catalogue.definition(row.type, row.type_version)
        guards = any(guardianship.ward_of(definition, each.role) for each in definition.holders)
        return "guardian" if guards else "representative"

    def _by_mandate(self, session: Session, row: Certificate, agent: bytes) -> Power | None:
        named = _named(session, row)
        if named.get(AGENT) != agent or GRANTOR not in named:
            return None
        scope = Scope.of(contents.claims(session, self.vault, row))
        return Power(row, named[GRANTOR], GRANTOR, "mandate", scope)

    def _by_acting(self, session: Session, row: Certificate, agent: bytes, now: int) -> Power | None:
        definition = self.catalogue.definition(row.type, row.type_version)
        for each in entitlements(session, self.catalogue, agent, now):
            through, ground = each.certificate, each.granting.ground
            if through.lineage != row.lineage or each.granting.ground_certificate != through.id:
                continue
            if ground == Ground.GUARDIAN and self._grown_up(session, through, each.granting.role, now):
                continue
            named = _named(session, row)
            for role in definition.holders:
                if not role.acts_for and role.role in named:
                    manner: Manner = "guardian" if ground == Ground.GUARDIAN else "representative"
                    return Power(row, named[role.role], role.role, manner, None)
        return None

    def _grown_up(self, session: Session, certificate: Certificate, role: str, now: int) -> bool:
        return guardianship.is_over(session, self.vault, self.catalogue, certificate, role, self.tz, now)


def _named(session: Session, row: Certificate) -> dict[str, bytes]:
    """Keyed indexes by role."""
    rows = session.exec(select(HolderIndex).where(HolderIndex.certificate == row.id))
    return {each.role: each.holder for each in rows}


def _is_in_force(session: Session, row: Certificate, now: int) -> bool:
    """Anchored for good, standing, begun and not over."""
    final = session.exec(
        select(Batch.id).where(col(Batch.id) == row.batch, Batch.state == BatchState.FINAL)
    ).first()
    begun = row.valid_from <= now and (row.valid_until is None or now < row.valid_until)
    return final is not None and begun and standing(session, row) == 0
