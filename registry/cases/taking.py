"""What a case takes in, and while it does: facts as they were found, each with what proves it."""

import hashlib

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry.cases.commitments import came, promises
from registry.cases.errors import CertificateHeld, NoSuchCase, WrongState
from registry.cases.world import COUNTS, Known, Source, Verdict, World
from registry.matters import Fact
from registry.store.rows import insert_absent
from registry.store.tables import Case, CaseFact, CaseLock, CaseParty, CaseState, CommitmentState


def require_open(world: World, session: Session, number: str) -> Case:
    """A case that is still collected, locked against others. Raises NoSuchCase, WrongState."""
    case = world.case(session, number, lock=True)
    if case.state != CaseState.OPEN:
        raise WrongState
    return case


def require_taking(world: World, session: Session, number: str, name: str = "", *, lock: bool = True) -> Case:
    """A case that still takes in a fact, or (without a name) any: open, or waiting for what was promised.

    lock: against others. Raises NoSuchCase, WrongState.
    """
    case = world.case(session, number, lock=lock)
    waiting = {each.fact for each in promises(session, number, CommitmentState.OPEN)}
    if case.state != CaseState.OPEN and (name not in waiting if name else not waiting):
        raise WrongState
    return case


def still_taken(session: Session, case: Case) -> frozenset[str] | None:
    """The facts that a case which is no longer collected takes in: those promised to it. None: any.

    What it was decided from stays as it was, whatever a late answer shows.
    """
    if case.state == CaseState.OPEN:
        return None
    return frozenset(each.fact for each in promises(session, case.id, CommitmentState.OPEN))


def party_of(session: Session, case: Case, role: str, position: int) -> CaseParty:
    """One party of a case. Raises NoSuchCase."""
    row = session.exec(
        select(CaseParty).where(
            CaseParty.case == case.id, CaseParty.role == role, CaseParty.position == position
        )
    ).first()
    if row is None:
        raise NoSuchCase
    return row


def keep(
    world: World,
    session: Session,
    case: Case,
    party: CaseParty,
    fact: Fact,
    position: int,
    source: Source,
    verdict: Verdict,
    certificate_id: str,
    known: Known,
) -> None:
    """Keep a fact of a party. Raises CertificateHeld: another case holds its certificate."""
    assert party.id is not None
    session.add(
        CaseFact(
            case=case.id,
            party=party.id,
            name=fact.name,
            position=position,
            source=source,
            verdict=verdict,
            certificate_id=certificate_id,
            digest=hashlib.sha256(known.text.encode()).digest(),
            sealed=world.seal(
                session, case.office, f"fact/{case.id}/{party.id}/{fact.name}/{position}", known
            ),
            at=world.clock(),
        )
    )
    if fact.name in world.matter(case).locks and verdict in COUNTS:
        hold(session, case.id, certificate_id)
    if verdict in COUNTS:
        came(session, case.id, fact.name, world.clock())
    session.flush()


def forget(session: Session, party: CaseParty, name: str) -> None:
    """What is told anew takes the place of what was known before."""
    session.connection().execute(
        delete(CaseFact).where(col(CaseFact.party) == party.id, col(CaseFact.name) == name)
    )


def hold(session: Session, number: str, certificate_id: str) -> None:
    """Let one case hold a certificate until it ends. Raises CertificateHeld."""
    insert_absent(session.connection(), CaseLock, {"certificate_id": certificate_id, "case": number})
    if session.get_one(CaseLock, certificate_id).case != number:
        raise CertificateHeld
