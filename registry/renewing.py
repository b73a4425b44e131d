"""Renewal: the next version of a certificate, and the old one superseded once the new one stands.

The old version stays what it is until the new one is final on the chain and has begun; if it is revoked by
then, nothing supersedes it (operation.md, Status).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from registry import certificate as certificates
from registry import jcs, lifecycle
from registry.definition import TypeDefinition
from registry.drafting import Draft, Request, Version
from registry.errors import NotAllowed
from registry.identifiers import contains_citizen_number, new_serial
from registry.issuing import Issued, Issuing
from registry.lifecycle import Status
from registry.status_changes import Decision, Publish, find, history, intent, row_id
from registry.store import writing
from registry.store.tables import Certificate, CertificateState, IntentState, StatusEvent, StatusIntent

LAST_VERSION: Final = 999
_KEEPS_ALL = frozenset({"replaced_lost", "replaced_damaged", "reissued"})


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the next version shall be.

    changes: claims that differ, by name; an empty value leaves an optional claim out. key: idempotency key.
    """

    decision: Decision
    changes: Mapping[str, str]
    key: str

    def __repr__(self) -> str:
        return f"Renewal({self.decision.reason}, {len(self.changes)} changes)"


def renew(
    issuing: Issuing,
    issuer: str,
    certificate_id: str,
    renewal: Renewal,
    *,
    review: Publish,
    hold: Publish = lambda _session, _certificates, _now: None,
    predecessors: Iterable[str] = (),
) -> Issued:
    """Issue the next version of a certificate under `issuer`'s code; durable when this returns.

    hold: what becomes of the old version at once, in the same transaction (a suspension, where the two must
    never both stand). review: ends, in the same transaction, what was held through it by those whom the new
    version names no more. predecessors: codes whose certificates of this type the issuer took over. A
    successor keeps the serial unless it has used that one itself.

    Raises:
        NotFound: no such certificate.
        NotAllowed: another version is the newest, the reason does not fit, or a claim that this reason keeps
            was changed.
        Refused: the new row does not fit the type.
        NoRight, KeyReused, SecondCertificate: as in issuing.
    """
    now = issuing.clock()
    with issuing.store.write() as session:
        old = find(session, certificate_id, (issuer, *predecessors))
        again = _again(session, issuing, issuer, old, renewal, now)
        if again is not None:
            return again
        _require_newest(session, old, renewal.decision.reason)
        definition = issuing.definition(old.type, now)
        if not issuing.may_issue(issuer, old.type, definition.version, now):
            raise NotAllowed(
                "贵部门目前无权颁发该类证照。", "Your department has no right to issue this type now."
            )
        drafted = _draft(session, issuing, old, definition, renewal, now)
        hold(session, [row_id(old)], now)
        version = _next_version(session, issuing, issuer, old, renewal.decision.reason)
        place = issuing.issue_version(session, issuer, definition, drafted, version, now=now)
        _supersede(session, old, place.id, renewal, now)
        review(session, [place.id], now)
        new = session.get_one(Certificate, place.id)
        return Issued(new.certificate_id, new.state)


def _again(
    session: Session, issuing: Issuing, issuer: str, old: Certificate, renewal: Renewal, now: int
) -> Issued | None:
    """The answer given before under this key, where the request was the same."""
    key = issuing.key_index(issuer, renewal.key)
    before = writing.answered(session, issuer, [key]).get(key)
    if before is None:
        return None
    new = session.exec(select(Certificate).where(Certificate.certificate_id == before.certificate_id)).one()
    definition = issuing.catalogue.definition(new.type, new.type_version)
    drafted = _draft(session, issuing, old, definition, renewal, now)
    if new.renews != old.id or before.body_hash != drafted.body_hash:
        raise NotAllowed(
            "该幂等键已用于另一请求，请换一个。", "This idempotency key was used for another request."
        )
    return Issued(before.certificate_id, before.state, repeated=True)


def _require_newest(session: Session, old: Certificate, reason: str) -> None:
    newest = session.exec(
        select(Certificate)
        .where(Certificate.lineage == old.lineage, Certificate.state != CertificateState.TAKEN_BACK)
        .order_by(col(Certificate.id).desc())
        .limit(1)
    ).one()
    if newest.id != old.id:
        raise NotAllowed("请对最新版本办理。", "There is a newer version: ask for the change of that one.")
    lifecycle.reason(reason)
    untouched = reason == "reissued" and not _set_by_another(session, old)
    if untouched or not lifecycle.may_renew(history(session, old), reason):
        raise NotAllowed(
            "证照目前的状态不能以此原因换发。",
            "The certificate's state does not allow a renewal for this reason.",
        )


def _set_by_another(session: Session, old: Certificate) -> bool:
    """Whether the reconciliation found its entry on the chain set by a hand that was not ours."""
    found = select(StatusIntent.id).where(
        StatusIntent.certificate == old.id, StatusIntent.state == IntentState.FOREIGN
    )
    return session.exec(found).first() is not None


def _draft(
    session: Session,
    issuing: Issuing,
    old: Certificate,
    definition: TypeDefinition,
    renewal: Renewal,
    now: int,
) -> Draft:
    unknown = sorted(set(renewal.changes) - set(definition.claim))
    if unknown:
        raise NotAllowed(
            f"该类证照没有这些信息项：{'、'.join(unknown)}。",
            f"This type has no such claims: {', '.join(unknown)}.",
        )
    row = issued_claims(session, issuing, old, definition)
    reason = renewal.decision.reason
    kept = frozenset(row) if reason in _KEEPS_ALL else _kept(definition, reason)
    for name, value in renewal.changes.items():
        if name in kept and row.get(name) != value:
            label = definition.labels[name]
            raise NotAllowed(
                f"办理“{lifecycle.reason(reason).zh}”时“{label.zh}”不得改变。",
                f"“{label.en}” stays as it is when a certificate is {lifecycle.reason(reason).en}.",
            )
    request = Request({**row, **renewal.changes}, renewal.key, by=renewal.decision.by)
    drafted = issuing.draft(request, definition, now)
    if not isinstance(drafted, Draft):
        raise drafted
    return drafted


def _kept(definition: TypeDefinition, reason: str) -> frozenset[str]:
    """Claims that a reason leaves alone: the number always but for corrections, validity in a change."""
    if reason == "corrected":
        return frozenset()
    number = {definition.number_claim}
    return frozenset(number | set(definition.changed_keeps)) if reason == "changed" else frozenset(number)


def issued_claims(
    session: Session, issuing: Issuing, old: Certificate, definition: TypeDefinition
) -> dict[str, str]:
    """The old version's claims that its issuer gave (derived ones are made anew)."""
    contents = issuing.vault.contents(session, old.data_key, old.certificate_id, old.disclosures)
    parsed = [certificates.parse_disclosure(text) for text in contents.disclosures]
    return {each.name: each.value for each in parsed if each.name in definition.claim}


def _next_version(session: Session, issuing: Issuing, issuer: str, old: Certificate, reason: str) -> Version:
    serial, number = old.serial, old.version + 1
    moved = issuer != old.issuer and writing.taken_serials(session, issuer, old.type, [old.serial])
    # A serial that somebody else made, and import kept, may contain a number; it is not issued again.
    if number > LAST_VERSION or moved or contains_citizen_number(serial):
        serial, number = new_serial(issuing.randomness), 1
    return Version(serial, number, renews=old.id, lineage=old.lineage, reason=reason)


def _supersede(session: Session, old: Certificate, new: int, renewal: Renewal, now: int) -> None:
    """Record what becomes of the old version; a revoked one stays revoked."""
    reason = lifecycle.reason(renewal.decision.reason)
    if lifecycle.status_after(history(session, old)) is Status.REVOKED:
        return
    event = StatusEvent(
        certificate=row_id(old),
        status=reason.status,
        reason=reason.code,
        basis=renewal.decision.basis,
        decision=renewal.decision.number,
        changed=jcs.dumps(sorted(renewal.changes)).decode(),
        effective_from=old.valid_from if reason.from_beginning else renewal.decision.effective_from or now,
        recorded=now,
        recorded_by=renewal.decision.by,
    )
    session.add(event)
    session.flush()
    session.add(intent(old, Status.SUPERSEDED, event.id, after=new))
