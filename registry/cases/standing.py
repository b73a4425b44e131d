"""Whether the certificates that a decision rests on stand at this moment."""

from sqlmodel import Session, select

from registry import credential
from registry.cases.world import Known
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.standing import standing
from registry.status import read_entry
from registry.store.tables import Certificate, CertificateState
from registry.trust import Trust


def stands(session: Session, certificate_id: str, known: Known, trust: Trust, now: int) -> bool:
    """Whether a certificate is in force: by the store where it is kept here, else by the chain's words.

    What cannot be seen freshly does not stand. In a transaction that writes, nobody ends it before that one
    has ended: it waits for a decision under way, and the next one waits for it.
    """
    query = select(Certificate).where(Certificate.certificate_id == certificate_id)
    row = session.exec(query.with_for_update(read=True)).first()
    if row is not None:
        begun = row.valid_from <= now and (row.valid_until is None or now < row.valid_until)
        return begun and row.state != CertificateState.TAKEN_BACK and standing(session, row) == Status.VALID
    return _by_chain(certificate_id, known, trust, now)


def _by_chain(certificate_id: str, known: Known, trust: Trust, now: int) -> bool:
    try:
        core = credential.parse(known.text).payload.core
    except RegistryError:
        return False
    issuer = trust.issuers.get(core.issuer)
    if core.certificate_id != certificate_id or issuer is None or trust.words_fresh_until <= now:
        return False
    if isinstance(core.valid_until, int) and core.valid_until <= now:
        return False
    words = issuer.words.get((core.type, core.status.list), b"")
    return read_entry(words, core.status.idx) is Status.VALID
