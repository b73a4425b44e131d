"""The end of mandates: by grantor or agent in the wallet, at a window, or by death.

Ending revokes the certificate; whoever looks at its status sees it at once.
"""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry import lifecycle
from registry.catalogue import Catalogue
from registry.mandates.scope import ALIAS
from registry.standing import standings
from registry.status_changes import Decision, record
from registry.store.tables import Certificate, CertificateState, HolderIndex, Mandate, StatusEvent

DEATH = "cancelled_holder_deceased"
ON_REQUEST = "cancelled_on_request"


def mandates_of(session: Session, catalogue: Catalogue, person: bytes) -> list[tuple[Certificate, str]]:
    """Every mandate that names a person (keyed index), with the role; newest first."""
    rows = session.exec(
        select(Certificate, HolderIndex.role)
        .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id))
        .where(HolderIndex.holder == person, Certificate.type == catalogue.by_alias(ALIAS).type)
        .where(Certificate.state != CertificateState.TAKEN_BACK)
        .order_by(col(Certificate.id).desc())
    )
    return list(rows)


def end_with_death(
    session: Session, catalogue: Catalogue, identity: str, certificates: Iterable[int], now: int
) -> list[int]:
    """End the mandates of who died, given or taken, in the caller's transaction; row ids of those.

    identity: alias of the identity type. certificates: row ids of what changed just now, of any type.
    """
    dead = session.exec(
        select(HolderIndex.holder)
        .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
        .join(StatusEvent, col(StatusEvent.certificate) == col(Certificate.id))
        .where(col(Certificate.id).in_(list(certificates)), StatusEvent.reason == DEATH)
        .where(Certificate.type == catalogue.by_alias(identity).type, StatusEvent.recorded == now)
        .distinct()
    ).all()
    rows = {row.id: row for each in dead for row, _ in mandates_of(session, catalogue, each)}
    words = standings(session, [id for id in rows if id is not None])
    ended = []
    for id, row in rows.items():
        if id is not None and words[id] in (0, 2):
            record(session, row, lifecycle.reason(DEATH), Decision(DEATH, by="registry"), now)
            ended.append(id)
    session.flush()
    return ended


def forget_expired(session: Session, now: int) -> None:
    """Delete what nobody signed or confirmed in time."""
    over = (col(Mandate.certificate).is_(None), col(Mandate.expires) <= now)
    session.connection().execute(delete(Mandate).where(*over))
