"""Whom a legal representative lets claim the enterprise's certificates (企业经办人), and for how long.

An agent claims what the licence's representative may claim of the enterprise, and passes nothing on. When the
appointment ends, by the representative, by its date, or because another represents the enterprise, every
credential that the agent holds through it is withdrawn in the same transaction.
"""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session, col, select

from registry import secrets
from registry.catalogue import Catalogue
from registry.entitlements import entitlements
from registry.errors import NotAllowed, NotFound
from registry.lists import Lists
from registry.secrets import Randomness
from registry.store.tables import Authorisation, Certificate, EnterpriseAgent, Grant, Ground, HolderIndex
from registry.withdrawing import end_ground

LONGEST: Final = 366 * 86_400
"""Seconds that an appointment may last."""


def appoint(
    session: Session,
    catalogue: Catalogue,
    *,
    person: bytes,
    licence: str,
    agent: bytes,
    until: int,
    now: int,
    randomness: Randomness,
) -> EnterpriseAgent:
    """Let somebody claim an enterprise's certificates.

    person, agent: keyed indexes; the person was proven. licence: identifier of the certificate by which the
    person represents the enterprise. until: Unix seconds.

    Raises:
        NotFound: the person represents nobody by such a certificate.
        NotAllowed: the time is over, or too long; or the agent is the person.
    """
    lineage = _represented(session, catalogue, person, now).get(licence)
    if lineage is None:
        raise NotFound(
            "您不是这份证照所载企业的法定代表人。", "You represent no enterprise by such a certificate."
        )
    if agent == person or not now < until <= now + LONGEST:
        raise NotAllowed(
            "经办人应为他人，期限应在一年以内。", "The agent must be somebody else, for a year at most."
        )
    row = EnterpriseAgent(
        id=secrets.handle(randomness),
        licence=lineage,
        appointed_by=person,
        agent=agent,
        created=now,
        expires=until,
    )
    session.add(row)
    return row


def appointed(
    session: Session, catalogue: Catalogue, person: bytes, now: int
) -> list[tuple[EnterpriseAgent, str]]:
    """The living appointments for every enterprise that a person represents, each with the licence."""
    licences = {lineage: id for id, lineage in _represented(session, catalogue, person, now).items()}
    rows = session.exec(
        select(EnterpriseAgent)
        .where(col(EnterpriseAgent.licence).in_(licences), col(EnterpriseAgent.ended_at).is_(None))
        .where(EnterpriseAgent.expires > now)
        .order_by(col(EnterpriseAgent.created), col(EnterpriseAgent.id))
    )
    return [(row, licences[row.licence]) for row in rows]


def end(session: Session, catalogue: Catalogue, lists: Lists, person: bytes, id: str, now: int) -> None:
    """End an appointment, and withdraw what the agent holds through it.

    Raises:
        NotFound: there is no such appointment for an enterprise that the person represents.
    """
    found = [row for row, _ in appointed(session, catalogue, person, now) if row.id == id]
    if not found:
        raise NotFound("没有这项委托。", "There is no such appointment.")
    _end(session, lists, found, now)


def end_expired(session: Session, lists: Lists, now: int) -> None:
    """End the appointments whose time is over."""
    over = session.exec(
        select(EnterpriseAgent).where(EnterpriseAgent.expires <= now, col(EnterpriseAgent.ended_at).is_(None))
    ).all()
    _end(session, lists, over, now)


def _end(session: Session, lists: Lists, rows: Sequence[EnterpriseAgent], now: int) -> None:
    for row in rows:
        row.ended_at = now
        session.add(row)
    session.flush()
    for row in rows:
        if not _acts_otherwise(session, row, now):
            grants = session.exec(
                select(Grant.id)
                .join(Authorisation, col(Authorisation.id) == col(Grant.authorisation))
                .join(Certificate, col(Certificate.id) == col(Grant.ground_certificate))
                .where(Authorisation.holder == row.agent, Certificate.lineage == row.licence)
                .where(Grant.ground == Ground.REPRESENTATIVE, col(Grant.ended_at).is_(None))
            ).all()
            end_ground(session, lists, grants, now)


def _acts_otherwise(session: Session, row: EnterpriseAgent, now: int) -> bool:
    """Whether the agent is named in the licence too, or was appointed once more."""
    named = select(HolderIndex.holder).join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
    named = named.where(Certificate.lineage == row.licence, HolderIndex.holder == row.agent)
    again = select(EnterpriseAgent.id).where(
        EnterpriseAgent.licence == row.licence,
        EnterpriseAgent.agent == row.agent,
        EnterpriseAgent.expires > now,
        col(EnterpriseAgent.ended_at).is_(None),
    )
    return session.exec(named).first() is not None or session.exec(again).first() is not None


def _represented(session: Session, catalogue: Catalogue, person: bytes, now: int) -> dict[str, int]:
    """The licences that name a person as representative: identifier and lineage."""
    return {
        each.certificate.certificate_id: each.certificate.lineage
        for each in entitlements(session, catalogue, person, now)
        if each.granting.ground_certificate == each.certificate.id
        and each.granting.ground == Ground.REPRESENTATIVE
        and not each.appointed
    }
