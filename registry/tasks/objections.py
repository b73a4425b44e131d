"""Objections (异议): a holder, or a department that was answered, says that something is wrong.

Each is a task of the issuer with a date. It ends in another version, issued as `corrected`, or in a reason;
whoever objected reads it. Whoever verifies sees nothing of it: until it is decided, the certificate stands.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry import accesslog, holding, secrets, values
from registry.catalogue import Catalogue
from registry.consents import inbox
from registry.holding import Person
from registry.secrets import Randomness
from registry.store import Store
from registry.store.tables import (
    AccessEntry,
    AccessSalt,
    Certificate,
    CertificateState,
    Department,
    HolderIndex,
    Objection,
    Task,
    TaskKind,
    TaskOutcome,
)
from registry.tasks.errors import BadCorrection, BadObjection, NothingToObject, ObjectionOpen
from registry.tasks.tasks import Ending, Tasks, Todo, responsible
from registry.trust import Trust

KIND: Final = "objection"
"""Of the inbox item that tells how it ended."""
LONGEST: Final = 1_000
MOST: Final = 200
_ANSWERED: Final = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is said to be wrong. claims: names of the type's claims, or none. text: in words."""

    text: str = field(repr=False)
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """An objection as whoever raised it sees it."""

    row: Objection
    todo: Todo


@dataclass(frozen=True, slots=True)
class Objections:
    """Takes objections and ends them. days: working days in which they are answered."""

    store: Store
    tasks: Tasks
    catalogue: Catalogue
    trust: Callable[[], Trust]
    clock: Callable[[], int]
    randomness: Randomness
    days: int

    def by_holder(self, person: Person, certificate_id: str, wrong: Wrong) -> Raised:
        """A holder objects to a certificate that names the person, or for whose holder the person acts.

        Raises:
            NothingToObject: there is no such certificate. BadObjection, ObjectionOpen: as they say.
        """
        with self.writing() as session:
            return self.of_person(session, person, certificate_id, wrong)

    def of_person(
        self,
        session: Session,
        person: Person,
        certificate_id: str,
        wrong: Wrong,
        *,
        window: str = "",
        clerk: str = "",
    ) -> Raised:
        """The same, within a transaction. window: department of the clerk who writes it down for the person;
        nothing but what that one answers for. Raises as `by_holder`.
        """
        now = self.clock()
        concerned = holding.concerning(session, self.catalogue, person, now)
        lineages = {each.lineage: each for each in concerned}
        named = _named(session, certificate_id)
        certificate = None if named is None else lineages.get(named.lineage)
        if certificate is None:
            raise NothingToObject
        issuer, type_code = certificate.issuer, certificate.type
        if window and window != responsible(session, self.trust(), issuer, type_code, now):
            raise NothingToObject
        row = Objection(id="", task="", holder=person.holder, asker=window, once="", created=now)
        once = f"{person.holder.hex()}/{certificate.lineage}"
        return self._raise(session, row, certificate, issuer, type_code, once, wrong, clerk)

    def by_department(
        self, asker: str, answer: tuple[str, int], certificate_id: str, wrong: Wrong, clerk: str
    ) -> Raised:
        """A department objects to what it was answered, and to the certificate that it came from, if any.

        answer: the issuer, and the place in its log that its statement names.

        Raises:
            NothingToObject: it was given no such answer, or that is of another holder or type. BadObjection,
                ObjectionOpen: as they say.
        """
        now = self.clock()
        with self.writing() as session:
            entry, finder = self._answered(session, asker, answer)
            certificate = _named(session, certificate_id) if certificate_id else None
            if certificate_id and (
                certificate is None or not self._is_about(session, certificate, answer[0], entry, finder)
            ):
                raise NothingToObject
            row = Objection(
                id="", task="", asker=asker, answer="/".join(map(str, answer)), once="", created=now
            )
            once = f"{asker}/{row.answer}"
            return self._raise(session, row, certificate, answer[0], entry.type, once, wrong, clerk)

    def of_holder(self, holder: bytes) -> list[Raised]:
        """What a person objected to, newest first."""
        return self._list(Objection.holder == holder)

    def of_department(self, asker: str) -> list[Raised]:
        """What a department objected to, or took down for people, newest first."""
        return self._list(Objection.asker == asker)

    def end(self, session: Session, task: Task, ending: Ending, now: int) -> None:
        """What follows when its task is done, in the same transaction: a holder is told in the inbox.

        Raises:
            BadCorrection: the version named does not correct it.
        """
        row = session.exec(select(Objection).where(Objection.task == task.id)).one()
        if ending.outcome is TaskOutcome.CORRECTED:
            _require_correction(session, row, ending.correction)
        row.ended_at = now
        session.add(row)
        if row.holder is not None:
            inbox.put(
                session,
                self.tasks.vault,
                task.department,
                row.holder,
                kind=KIND,
                reference=row.id,
                content=self._told(session, task, ending),
                now=now,
                randomness=self.randomness,
            )

    def _raise(
        self,
        session: Session,
        row: Objection,
        certificate: Certificate | None,
        issuer: str,
        type_code: str,
        once: str,
        wrong: Wrong,
        clerk: str,
    ) -> Raised:
        definition = self.catalogue.newest(type_code)
        text = _checked(wrong, definition.labels)
        now, row.id, row.once = row.created, secrets.handle(self.randomness), once
        row.lineage = None if certificate is None else certificate.lineage
        who = self._who(session, row)
        task = self.tasks.put(
            session,
            responsible(session, self.trust(), issuer, type_code, now),
            TaskKind.OBJECTION,
            cause=f"objection/{row.id}",
            content={
                "zh": f"{who[0]}对{definition.name.zh}提出异议，请核实，更正或说明理由。",
                "en": f"{who[1]} objects to a {definition.name.en}: correct it, or say why not.",
                "text": text,
                "claims": list(wrong.claims),
                "asker": row.asker,
                "answer": row.answer,
                "clerk": clerk,
            },
            days=self.days,
            now=now,
            certificate="" if certificate is None else certificate.certificate_id,
        )
        assert task is not None
        row.task = task
        session.add(row)
        session.flush()
        return Raised(row, self.tasks.opened(session, session.get_one(Task, task)))

    def _who(self, session: Session, row: Objection) -> tuple[str, str]:
        if row.holder is not None:
            return "持证主体", "A holder"
        department = session.get_one(Department, row.asker)
        return department.name_zh, department.name_en

    def _answered(
        self, session: Session, asker: str, answer: tuple[str, int]
    ) -> tuple[accesslog.Entry, bytes | None]:
        stored = session.get(AccessEntry, answer)
        entry = (
            None if stored is None else accesslog.read(accesslog.opened(session, self.tasks.vault, stored))
        )
        if entry is None or entry.asker != asker or entry.outcome not in _ANSWERED:
            raise NothingToObject
        salt = session.get(AccessSalt, answer)
        return entry, None if salt is None else salt.finder

    def _is_about(
        self,
        session: Session,
        certificate: Certificate,
        issuer: str,
        entry: accesslog.Entry,
        finder: bytes | None,
    ) -> bool:
        """Whether an answer was about this certificate: of its issuer, its type and one of its holders."""
        holders = select(HolderIndex.holder).where(HolderIndex.certificate == certificate.id)
        finders = {self.tasks.vault.log_index(each) for each in session.exec(holders)}
        return (certificate.issuer, certificate.type) == (issuer, entry.type) and finder in finders

    def _told(self, session: Session, task: Task, ending: Ending) -> dict[str, Any]:
        opened = self.tasks.opened(session, task)
        corrected = ending.outcome is TaskOutcome.CORRECTED
        return {
            "zh": "您提出的异议已更正，请领取新版证照。"
            if corrected
            else f"您提出的异议：维持不变。{ending.reason}",
            "en": "Your objection was right: a corrected version is there to be claimed."
            if corrected
            else f"Your objection: all stays as it is. {ending.reason}",
            "outcome": ending.outcome.value,
            "reason": ending.reason,
            "certificate": task.certificate,
            "correction": ending.correction,
            "text": opened.content["text"],
        }

    def _list(self, of: Any) -> list[Raised]:
        with self.store.read() as session:
            rows = session.exec(
                select(Objection, Task)
                .join(Task, col(Task.id) == col(Objection.task))
                .where(of)
                .order_by(col(Objection.created).desc(), col(Objection.id))
                .limit(MOST)
            ).all()
            return [Raised(row, self.tasks.opened(session, task)) for row, task in rows]

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction, refused as such where the same was objected to elsewhere at this moment."""
        try:
            with self.store.write() as session:
                yield session
        except IntegrityError:
            raise ObjectionOpen from None


def _named(session: Session, certificate_id: str) -> Certificate | None:
    return session.exec(
        select(Certificate).where(
            Certificate.certificate_id == certificate_id, Certificate.state != CertificateState.TAKEN_BACK
        )
    ).first()


def _checked(wrong: Wrong, labels: Any) -> str:
    text = values.normalised(" ".join(wrong.text.split()))
    if why := values.wrong_text(text, LONGEST):
        raise BadObjection(*why)
    if not set(wrong.claims) <= set(labels):
        raise BadObjection("没有这些信息项", "there are no such claims")
    return text


def _require_correction(session: Session, row: Objection, certificate_id: str) -> None:
    found = _named(session, certificate_id)
    if (
        found is None
        or row.lineage is None
        or (found.lineage, found.reason) != (row.lineage, "corrected")
        or found.issued_at < row.created
    ):
        raise BadCorrection
