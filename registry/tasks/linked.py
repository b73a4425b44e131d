"""Linked certificates: when one ends, whoever issued what depends on it gets a task; nothing else happens.

Written in the transaction of the end itself, so that there is never one without the other. Dependents are
found by the keyed indexes of holders and of printed numbers; no claim is opened.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, select

from registry import lifecycle
from registry.catalogue import Catalogue
from registry.definition import Dependency, TypeDefinition
from registry.lifecycle import Kind, Reason, Status
from registry.standing import standings
from registry.store.tables import (
    Certificate,
    CertificateState,
    HolderIndex,
    NumberIndex,
    StatusEvent,
    TaskKind,
)
from registry.tasks.tasks import Tasks, responsible
from registry.trust import Trust

_ENDED = {int(Status.REVOKED), int(Status.SUPERSEDED)}


@dataclass(frozen=True, slots=True)
class Linked:
    """Gives tasks when certificates end. trust: who succeeded whom."""

    tasks: Tasks
    catalogue: Catalogue
    trust: Callable[[], Trust]

    def follow(self, session: Session, certificates: Iterable[int], now: int) -> int:
        """Make the tasks that follow from what just happened to these certificates; how many there were.

        certificates: row ids, in the transaction of the change. A number of which another version stands has
        not ended; what was said of it once is not said again.
        """
        made = 0
        for ended in _newest(session, certificates):
            links = self.catalogue.dependents(ended.type)
            reason = _ending(session, ended) if links else None
            if reason is None:
                continue
            for definition, dependency in links:
                if dependency.concerns(reason.code):
                    for each in self._dependents(session, ended, definition, dependency, now):
                        task = self._put(session, ended, reason, each, definition, dependency, now)
                        made += task is not None
        return made

    def _dependents(
        self,
        session: Session,
        ended: Certificate,
        definition: TypeDefinition,
        dependency: Dependency,
        now: int,
    ) -> Iterator[Certificate]:
        """Newest versions that stand, or may come back, and name what the ended one named."""
        upstream = self.catalogue.definition(ended.type, ended.type_version)
        named = _naming(
            session,
            ended,
            upstream.roles_by(dependency.theirs),
            definition.roles_by(dependency.claim),
            definition,
        )
        rows = [row for row in _newest(session, named) if row.id in named and row.lineage != ended.lineage]
        words = standings(session, [row.id or 0 for row in rows])
        for row in rows:
            if words[row.id or 0] not in _ENDED and (row.valid_until is None or now < row.valid_until):
                yield row

    def _put(
        self,
        session: Session,
        ended: Certificate,
        reason: Reason,
        dependent: Certificate,
        definition: TypeDefinition,
        dependency: Dependency,
        now: int,
    ) -> str | None:
        upstream = self.catalogue.definition(ended.type, ended.type_version).name
        return self.tasks.put(
            session,
            responsible(session, self.trust(), dependent.issuer, dependent.type, now),
            TaskKind.LINKED,
            cause=f"linked/{ended.id}/{dependent.lineage}",
            content={
                "zh": f"所依据的{upstream.zh}已{reason.zh}，请核实并依法处理该{definition.name.zh}；"
                "系统不会自动撤销。",
                "en": f"The {_lower(upstream.en)} on which it depends was {reason.en}: look at this "
                f"{_lower(definition.name.en)} and decide. Nothing is revoked by itself.",
                "ended": ended.certificate_id,
                "reason": reason.code,
            },
            days=dependency.days,
            now=now,
            certificate=dependent.certificate_id,
        )


def _newest(session: Session, certificates: Iterable[int]) -> list[Certificate]:
    """The newest version of each number that these are of; what was taken back is none."""
    ids = list(certificates)
    if not ids:
        return []
    lineages = select(Certificate.lineage).where(col(Certificate.id).in_(ids))
    rows = session.exec(
        select(Certificate)
        .where(col(Certificate.lineage).in_(lineages), Certificate.state != CertificateState.TAKEN_BACK)
        .order_by(col(Certificate.id))
    )
    return list({row.lineage: row for row in rows}.values())


def _ending(session: Session, newest: Certificate) -> Reason | None:
    """Why a number has ended; None where a version of it stands, is suspended or only changed."""
    last = session.exec(
        select(StatusEvent)
        .where(StatusEvent.certificate == newest.id)
        .order_by(col(StatusEvent.id).desc())
        .limit(1)
    ).first()
    if last is None or lifecycle.reason(last.reason).kind is not Kind.REVOKE:
        return None
    versions = session.exec(
        select(Certificate.id).where(
            Certificate.lineage == newest.lineage, Certificate.state != CertificateState.TAKEN_BACK
        )
    ).all()
    words = standings(session, [id for id in versions if id is not None])
    return lifecycle.reason(last.reason) if set(words.values()) <= _ENDED else None


def _naming(
    session: Session,
    ended: Certificate,
    theirs: Collection[str],
    ours: Collection[str],
    definition: TypeDefinition,
) -> set[int]:
    """Certificates of a type that carry the identifier, or the number, that the ended one carries."""
    of_type = (
        Certificate.type == definition.type,
        Certificate.type_version == definition.version,
        Certificate.state != CertificateState.TAKEN_BACK,
    )
    if theirs:
        known = select(HolderIndex.holder).where(
            HolderIndex.certificate == ended.id, col(HolderIndex.role).in_(theirs)
        )
        found = (
            select(HolderIndex.certificate)
            .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
            .where(col(HolderIndex.holder).in_(known), col(HolderIndex.role).in_(ours), *of_type)
        )
    else:
        known = select(NumberIndex.number).where(NumberIndex.certificate == ended.id)
        found = (
            select(NumberIndex.certificate)
            .join(Certificate, col(Certificate.id) == col(NumberIndex.certificate))
            .where(col(NumberIndex.number).in_(known), *of_type)
        )
    return set(session.exec(found))


def _lower(name: str) -> str:
    """A type's name within a sentence."""
    return name[:1].lower() + name[1:]
