"""Whether two people are family, as far as certificates here say; and who acts for unusually many others.

Family: a birth or marriage certificate that stands names both, or both are members of one family household.
"""

from typing import Final

from sqlmodel import Session, col, select

from registry import contents, secrets
from registry.catalogue import Catalogue
from registry.secrets import Randomness
from registry.standing import standings
from registry.store.tables import Certificate, CertificateState, HolderIndex, Mandate, MandateAlert
from registry.vault import Vault

MOST: Final = 5
"""Grantors outside the family for whom somebody acts without being looked at."""
_NAMING_BOTH: Final = ("birth", "marriage")
_HOUSEHOLD: Final = "household_register_page"
_FAMILY, _STRANGER = "家庭户", "非亲属"


def are_family(
    session: Session, vault: Vault, catalogue: Catalogue, one: bytes, other: bytes, now: int
) -> bool:
    """Whether certificates say so. one, other: keyed indexes."""
    types = [catalogue.by_alias(alias).type for alias in _NAMING_BOTH]
    shared = {row.id for row in _naming(session, one, types, now)} & {
        row.id for row in _naming(session, other, types, now)
    }
    if shared:
        return True
    page = [catalogue.by_alias(_HOUSEHOLD).type]
    return bool(_households(session, vault, one, page, now) & _households(session, vault, other, page, now))


def look(
    session: Session, issuer: str, agent: bytes, mandate: str, *, now: int, randomness: Randomness
) -> MandateAlert | None:
    """Raise an alert where somebody acts for more than `MOST` others outside the family.

    mandate: identifier of the one that was issued just now. An alert that stands says so already.
    """
    grantors = len({row.grantor for row in _living(session, agent, now) if not row.family})
    if grantors <= MOST:
        return None
    if any(each.agent == agent for each in standing_alerts(session, issuer)):
        return None
    row = MandateAlert(
        id=secrets.handle(randomness),
        issuer=issuer,
        agent=agent,
        mandate=mandate,
        grantors=grantors,
        created=now,
    )
    session.add(row)
    session.flush()
    return row


def standing_alerts(session: Session, issuer: str | None = None) -> list[MandateAlert]:
    """Alerts that nobody has ended yet, oldest first; issuer: of one department only."""
    rows = select(MandateAlert).where(col(MandateAlert.ended_at).is_(None))
    if issuer is not None:
        rows = rows.where(MandateAlert.issuer == issuer)
    return list(session.exec(rows.order_by(col(MandateAlert.created), col(MandateAlert.id))))


def end_alert(session: Session, issuer: str, id: str, by: str, now: int) -> MandateAlert | None:
    """End an alert that was looked into. by: who did. None where this department has none such standing."""
    row = session.get(MandateAlert, id)
    if row is None or row.issuer != issuer or row.ended_at is not None:
        return None
    row.ended_at, row.ended_by = now, by
    session.add(row)
    return row


def _living(session: Session, agent: bytes, now: int) -> list[Mandate]:
    """An agent's issued mandates that stand and are not over, of every department."""
    rows = session.exec(
        select(Mandate, Certificate.id)
        .join(Certificate, col(Certificate.certificate_id) == col(Mandate.certificate))
        .where(Mandate.agent == agent, Mandate.until > now)
    ).all()
    words = standings(session, [id for _, id in rows if id is not None])
    return [row for row, id in rows if id is not None and words[id] == 0]


def _naming(session: Session, person: bytes, types: list[str], now: int) -> list[Certificate]:
    rows = session.exec(
        select(Certificate)
        .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id))
        .where(HolderIndex.holder == person, col(Certificate.type).in_(types))
        .where(Certificate.state != CertificateState.TAKEN_BACK)
    ).all()
    words = standings(session, [row.id or 0 for row in rows])
    return [
        row for row in rows if words[row.id or 0] == 0 and (row.valid_until is None or now < row.valid_until)
    ]


def _households(session: Session, vault: Vault, person: bytes, types: list[str], now: int) -> set[str]:
    pages = [contents.claims(session, vault, row) for row in _naming(session, person, types, now)]
    return {
        page["household_number"]
        for page in pages
        if page["household_kind"] == _FAMILY and page["relation"] != _STRANGER
    }
