"""What a person may claim of all that every issuer here made: about themselves, or for whom they act.

Two roads lead from a person to a certificate. It names them, as a holder or as one who acts for a holder
(`Role.acts_for`); or an enterprise holds it, whose legal representative they are by a licence that stands, or
whose agent, appointed by that representative (agents.py).
The newest version that stands decides: whom it names no more has lost what they had through it (`who_lost`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from registry.authorisations import Granting
from registry.catalogue import Catalogue
from registry.definition import Role, TypeDefinition
from registry.offers import grounds
from registry.standing import standings
from registry.store.tables import (
    Authorisation,
    Certificate,
    CertificateState,
    Credential,
    EnterpriseAgent,
    Grant,
    Ground,
    HolderIndex,
)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One certificate that a person may claim: the version that decides, and as whom.

    appointed: as an enterprise's agent, not as its representative.
    """

    certificate: Certificate
    granting: Granting
    appointed: bool = False

    @property
    def configuration(self) -> str:
        """`<issuer>.<type>`."""
        return f"{self.certificate.issuer}.{self.certificate.type}"


def entitlements(session: Session, catalogue: Catalogue, person: bytes, now: int) -> tuple[Entitlement, ...]:
    """Everything that a person may claim, by issuer and type; of each certificate the newest version.

    person: keyed index of the person, who was proven before.
    """
    found: dict[int, Entitlement] = {}
    own = list(_naming(session, catalogue, [person], now))
    for each in own:
        found.setdefault(each.certificate.lineage, each)
    for each in own:
        if each.granting.ground == Ground.REPRESENTATIVE:
            for further in _of_enterprise(session, catalogue, each.certificate, each.granting.role, now):
                found.setdefault(further.certificate.lineage, further)
    for further in _as_agent(session, catalogue, person, now):
        found.setdefault(further.certificate.lineage, further)
    return tuple(
        sorted(
            found.values(),
            key=lambda each: (each.certificate.issuer, each.certificate.type, each.certificate.lineage),
        )
    )


def named_by(session: Session, person: bytes) -> list[tuple[Certificate, frozenset[str]]]:
    """The newest version of what names a person, whether it stands or not, and in which roles it does."""
    newest = {row.lineage: row for row in _versions(session, _lineages_naming(session, {person}))}
    found = (
        (row, frozenset(each.role for each in _index(session, row) if each.holder == person))
        for row in newest.values()
    )
    return [(row, roles) for row, roles in found if roles]


def who_lost(session: Session, catalogue: Catalogue, certificates: Iterable[int], now: int) -> list[str]:
    """Living grants held through these certificates (any version) by those who act through them no more.

    certificates: row ids. Called where a certificate may have left 00 or a new version may name others.
    """
    lineages = set(
        session.exec(select(Certificate.lineage).where(col(Certificate.id).in_(list(certificates))))
    )
    rows = session.exec(
        select(Grant.id, Authorisation.holder, Certificate.lineage)
        .join(Authorisation, col(Authorisation.id) == col(Grant.authorisation))
        .join(Certificate, col(Certificate.id) == col(Grant.ground_certificate))
        .where(col(Certificate.lineage).in_(lineages), col(Grant.ended_at).is_(None))
    ).all()
    if not rows:
        return []
    deciding = _newest_standing(session, lineages, now)
    return [
        grant
        for grant, person, lineage in rows
        if not _acts(session, catalogue, deciding.get(lineage), person, now)
    ]


def who_was_mistaken(session: Session, certificates: Iterable[int], now: int) -> list[str]:
    """Living grants of logins by these identity certificates (any version), taken for somebody whom the
    newest version that stands does not name: a clerk had mistaken one person for another.

    certificates: row ids.
    """
    lineages = set(
        session.exec(select(Certificate.lineage).where(col(Certificate.id).in_(list(certificates))))
    )
    rows = session.exec(
        select(Grant.id, Authorisation.holder, Credential.role, Certificate.lineage)
        .join(Authorisation, col(Authorisation.id) == col(Grant.authorisation))
        .join(Credential, col(Credential.id) == col(Authorisation.identity_credential))
        .join(Certificate, col(Certificate.id) == col(Credential.certificate))
        .where(col(Certificate.lineage).in_(lineages), col(Grant.ended_at).is_(None))
    ).all()
    deciding = _newest_standing(session, lineages, now) if rows else {}
    return [
        grant
        for grant, person, role, lineage in rows
        if lineage in deciding and session.get(HolderIndex, (deciding[lineage].id, role, person)) is None
    ]


def _acts(
    session: Session, catalogue: Catalogue, certificate: Certificate | None, person: bytes | None, now: int
) -> bool:
    """Whether a person acts for a holder of this certificate: named in it, or appointed by who is."""
    if certificate is None or person is None:
        return False
    appointed_by = [
        row.appointed_by for row in _appointments(session, person, now) if row.licence == certificate.lineage
    ]
    return any(_acting_roles(session, catalogue, certificate, each) for each in (person, *appointed_by))


def _acting_roles(
    session: Session, catalogue: Catalogue, certificate: Certificate, person: bytes
) -> list[str]:
    """The roles in which a certificate names a person who acts for another."""
    definition = catalogue.definition(certificate.type, certificate.type_version)
    named = {row.role for row in _index(session, certificate) if row.holder == person}
    return [role.role for role in definition.holders if role.acts_for and role.role in named]


def _as_agent(session: Session, catalogue: Catalogue, agent: bytes, now: int) -> Iterator[Entitlement]:
    """What a person may claim for the enterprises whose representatives appointed them."""
    rows = _appointments(session, agent, now)
    deciding = _newest_standing(session, {row.licence for row in rows}, now) if rows else {}
    for row in rows:
        licence = deciding.get(row.licence)
        if licence is not None:
            for role in _acting_roles(session, catalogue, licence, row.appointed_by):
                for each in _of_enterprise(session, catalogue, licence, role, now):
                    yield replace(each, appointed=True)


def _appointments(session: Session, agent: bytes, now: int) -> Sequence[EnterpriseAgent]:
    return session.exec(
        select(EnterpriseAgent).where(
            EnterpriseAgent.agent == agent,
            EnterpriseAgent.expires > now,
            col(EnterpriseAgent.ended_at).is_(None),
        )
    ).all()


def _naming(
    session: Session, catalogue: Catalogue, holders: Iterable[bytes], now: int
) -> Iterator[Entitlement]:
    """Certificates whose deciding version names one of these holders, and on which ground each claims."""
    wanted = set(holders)
    for certificate in _newest_standing(session, _lineages_naming(session, wanted), now).values():
        definition = catalogue.definition(certificate.type, certificate.type_version)
        named = {row.role: row.holder for row in _index(session, certificate) if row.holder in wanted}
        for role in _holders_first(definition):
            if role.role in named:
                ground = grounds(definition, role.role)[role.role]
                through = None if ground == Ground.SELF else certificate.id
                yield Entitlement(
                    certificate,
                    Granting(certificate.id or 0, role.role, named[role.role], ground, through),
                )
                break


def _of_enterprise(
    session: Session, catalogue: Catalogue, licence: Certificate, role: str, now: int
) -> Iterator[Entitlement]:
    """The certificates of the enterprise for which a licence names somebody in this role; itself included."""
    definition = catalogue.definition(licence.type, licence.type_version)
    acted_for = {each.role: each.acts_for for each in definition.holders}[role]
    enterprise = [row.holder for row in _index(session, licence) if row.role == acted_for]
    for each in _naming(session, catalogue, enterprise, now):
        if each.granting.ground == Ground.SELF:
            granting = Granting(
                each.granting.certificate,
                each.granting.role,
                each.granting.holder,
                Ground.REPRESENTATIVE,
                licence.id,
            )
            yield Entitlement(each.certificate, granting)


def _newest_standing(session: Session, lineages: Iterable[int], now: int) -> dict[int, Certificate]:
    """Of each lineage the newest version that stands and has not expired, begun or not."""
    rows = _versions(session, lineages)
    words = standings(session, [row.id or 0 for row in rows])
    return {
        row.lineage: row
        for row in rows
        if words[row.id or 0] == 0 and (row.valid_until is None or now < row.valid_until)
    }


def _lineages_naming(session: Session, holders: Collection[bytes]) -> set[int]:
    query = (
        select(Certificate.lineage)
        .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id))
        .where(col(HolderIndex.holder).in_(holders))
    )
    return set(session.exec(query.distinct()))


def _versions(session: Session, lineages: Iterable[int]) -> list[Certificate]:
    """All versions but those taken back, oldest first."""
    query = select(Certificate).where(
        col(Certificate.lineage).in_(list(lineages)), Certificate.state != CertificateState.TAKEN_BACK
    )
    return list(session.exec(query.order_by(col(Certificate.id))))


def _index(session: Session, certificate: Certificate) -> list[HolderIndex]:
    return list(session.exec(select(HolderIndex).where(HolderIndex.certificate == certificate.id)))


def _holders_first(definition: TypeDefinition) -> list[Role]:
    """Whoever is holder and acts for one besides claims as holder."""
    return sorted(definition.holders, key=lambda role: bool(role.acts_for))
