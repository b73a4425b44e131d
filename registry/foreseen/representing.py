"""Who acts for an enterprise now: whom its licence names."""

from sqlmodel import Session, col, select

from registry.catalogue import Catalogue
from registry.standing import standings
from registry.store.tables import Certificate, CertificateState, HolderIndex


def representatives(session: Session, catalogue: Catalogue, enterprise: bytes, now: int) -> list[bytes]:
    """Keyed indexes of the people who act for a holder in newest versions that stand."""
    types = {each.type for each in catalogue if any(role.acts_for for role in each.holders)}
    rows = session.exec(
        select(Certificate, HolderIndex.role)
        .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id))
        .where(
            HolderIndex.holder == enterprise,
            col(Certificate.type).in_(types),
            Certificate.state == CertificateState.BATCHED,
        )
        .order_by(col(Certificate.id))
    ).all()
    newest = {certificate.lineage: (certificate, role) for certificate, role in rows}
    words = standings(session, [certificate.id or 0 for certificate, _ in newest.values()])
    found: list[bytes] = []
    for certificate, role in newest.values():
        if words[certificate.id or 0] != 0 or (certificate.valid_until or now + 1) <= now:
            continue
        definition = catalogue.definition(certificate.type, certificate.type_version)
        acting = [each.role for each in definition.holders if each.acts_for == role]
        found += session.exec(
            select(HolderIndex.holder).where(
                HolderIndex.certificate == certificate.id, col(HolderIndex.role).in_(acting)
            )
        )
    return list(dict.fromkeys(found))
