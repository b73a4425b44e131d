"""Whom a question is about, and the certificate that answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from registry import certificate as certificates
from registry.catalogue import Catalogue
from registry.definition import TypeDefinition
from registry.queries.question import Query
from registry.standing import standings
from registry.store.tables import Batch, BatchState, Certificate, HolderIndex
from registry.vault import Vault

NO_ROW: Final = 0
"""No row has this id."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Looks holders and certificates up, once a right covers the question; the same work whoever it is."""

    vault: Vault
    catalogue: Catalogue

    def holders(self, session: Session, query: Query, definition: TypeDefinition) -> list[bytes]:
        """Keyed indexes of whom the question is about; of a certificate that nobody holds, one of its own."""
        if query.holder is not None:
            return [self.vault.holder_index(*query.holder)]
        assert query.certificate_id is not None
        own = [role.role for role in definition.holders if not role.acts_for]
        found = session.exec(
            select(HolderIndex.holder)
            .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
            .where(Certificate.certificate_id == query.certificate_id, col(HolderIndex.role).in_(own))
            .where(Certificate.type == definition.type)  # the right covers no other
        ).all()
        return sorted(set(found)) or [self.vault.holder_index("certificate_id", query.certificate_id)]

    def about(self, session: Session, query: Query) -> bytes | None:
        """Whose log entry it is: the holder asked about, or the first of the certificate asked about."""
        if query.holder is not None:
            return self.vault.holder_index(*query.holder)
        roles = [role.role for role in self.catalogue.named(query.type).holders if not role.acts_for]
        found = session.exec(
            select(HolderIndex.role, HolderIndex.holder)
            .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
            .where(Certificate.certificate_id == query.certificate_id, col(HolderIndex.role).in_(roles))
        ).all()
        return min(found, key=lambda each: roles.index(each[0]))[1] if found else None

    def certificate(
        self, session: Session, query: Query, definition: TypeDefinition, issuer: str, now: int
    ) -> tuple[Certificate, str, int] | None:
        """The newest certificate that answers, with the role of who was asked about and its status."""
        rows = self._candidates(session, query, definition, issuer)
        # Where there is nothing to look at, the look is made all the same: its time would say so.
        words = standings(session, [row.id or NO_ROW for row, _ in rows] or [NO_ROW])
        for row, role in rows:
            word = words[row.id or 0]
            begun = row.valid_from <= now and (row.valid_until is None or now < row.valid_until)
            if begun and (query.ask == "status" or word == 0):
                return row, role, word
        return None

    def _candidates(
        self, session: Session, query: Query, definition: TypeDefinition, issuer: str
    ) -> Sequence[tuple[Certificate, str]]:
        rows = (
            select(Certificate, HolderIndex.role)
            .join(Batch, col(Batch.id) == col(Certificate.batch))
            .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id), isouter=True)
            .where(
                Certificate.issuer == issuer,
                Certificate.type == definition.type,
                Batch.state == BatchState.FINAL,
            )
            .order_by(col(Certificate.id).desc())
            .limit(50)
        )
        if query.certificate_id is not None:
            return session.exec(rows.where(Certificate.certificate_id == query.certificate_id)).all()
        assert query.holder is not None
        own = [
            role.role for role in definition.holders if not role.acts_for
        ]  # a representative holds nothing
        found = rows.where(HolderIndex.holder == self.vault.holder_index(*query.holder))
        return session.exec(found.where(col(HolderIndex.role).in_(own))).all()


def given_out(session: Session, vault: Vault, certificate: Certificate | None, now: int) -> dict[str, str]:
    """The claims that may be given out at this moment, by name; of no certificate none, by the same work."""
    if certificate is None:
        vault.as_if_opened(session)
        return {}
    contents = vault.contents(
        session, certificate.data_key, certificate.certificate_id, certificate.disclosures
    )
    parsed = (certificates.parse_disclosure(text) for text in contents.released(now))
    return {each.name: each.value for each in parsed}


def shown(query: Query, definition: TypeDefinition, role: str) -> tuple[str, ...]:
    """The claims to disclose: those asked for, what it is judged by, and the identifier asked by."""
    asked = (*query.claims, *definition.always_shown)
    if query.holder is None:
        return asked
    own = next(each for each in definition.holders if each.role == role)
    return (*asked, own.identifier, *([own.id_type_claim] if own.id_type_claim else []))
