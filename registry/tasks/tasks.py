"""Tasks: made once for each cause, read and finished by the department whose they are.

What is to be done, the reason of an outcome and who did it are sealed under a data key of that department,
whose row id stands before them (8 bytes).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlmodel import Session, col, select

from registry import jcs, secrets
from registry.secrets import Randomness
from registry.store.rows import insert_absent
from registry.store.tables import Department, Task, TaskKind, TaskOutcome, TaskState
from registry.tasks.errors import BadOutcome, NoSuchTask, TaskDone
from registry.trust import Trust
from registry.vault import Vault

MOST: Final = 200
"""Tasks that one list gives."""
_KEY_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended. by: the clerk. correction: identifier of the version that corrects."""

    outcome: TaskOutcome
    by: str
    reason: str = field(default="", repr=False)
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """A task as its department sees it. content: `zh`, `en`, and what its kind has besides."""

    row: Task
    content: Mapping[str, Any]
    by: str = ""
    reason: str = ""

    def __repr__(self) -> str:
        return f"Todo({self.row.kind}, {self.row.state})"


@dataclass(frozen=True, slots=True)
class Tasks:
    """Makes, lists and finishes tasks, each in the caller's transaction.

    due: from a moment and a count of working days, the end of the last one (Unix seconds).
    """

    vault: Vault
    due: Callable[[int, int], int]
    randomness: Randomness

    def put(
        self,
        session: Session,
        department: str,
        kind: TaskKind,
        *,
        cause: str,
        content: Mapping[str, Any],
        days: int,
        now: int,
        certificate: str = "",
        case: str = "",
    ) -> str | None:
        """Make a task, unless this cause has made one before; its id, or None.

        content: texts, always `zh` and `en`. days: working days.
        """
        id = secrets.handle(self.randomness)
        made = insert_absent(
            session.connection(),
            Task,
            {
                "id": id,
                "department": department,
                "kind": kind,
                "cause": cause,
                "certificate": certificate,
                "case": case,
                "sealed": self._seal(session, department, f"task/{id}", content, now),
                "created": now,
                "due": self.due(now, days),
                "state": TaskState.OPEN,
                "outcome": "",
                "correction": "",
            },
        )
        return id if made else None

    def of(
        self, session: Session, department: str, state: TaskState, kind: TaskKind | None = None
    ) -> list[Todo]:
        """A department's tasks in that state, at most 200; of one kind, if given. Open ones: those due first;
        done ones: the latest first."""
        query = select(Task).where(Task.department == department, Task.state == state)
        if kind is not None:
            query = query.where(Task.kind == kind)
        order = col(Task.due) if state is TaskState.OPEN else col(Task.done_at).desc()
        rows = session.exec(query.order_by(order, col(Task.id)).limit(MOST)).all()
        return [self.opened(session, row) for row in rows]

    def named(self, session: Session, department: str, id: str) -> Task:
        """A task of this department. Raises NoSuchTask, also where it is another's."""
        row = session.get(Task, id)
        if row is None or row.department != department:
            raise NoSuchTask
        return row

    def opened(self, session: Session, row: Task) -> Todo:
        """A task with its words."""
        content = self._open(session, f"task/{row.id}", row.sealed)
        closing = self._open(session, f"closing/{row.id}", row.closing) if row.closing else {}
        return Todo(row, content, closing.get("by", ""), closing.get("reason", ""))

    def finish(self, session: Session, row: Task, ending: Ending, now: int) -> None:
        """Write down how a task ended.

        Raises:
            TaskDone: it had ended before.
            BadOutcome: `kept` without a reason, `corrected` without a version, or of a task that is no
                objection.
        """
        if row.state != TaskState.OPEN:
            raise TaskDone
        lacking = {
            TaskOutcome.ACTED: row.kind == TaskKind.OBJECTION or ending.correction,
            TaskOutcome.CORRECTED: row.kind != TaskKind.OBJECTION or not ending.correction,
            TaskOutcome.KEPT: not ending.reason.strip() or ending.correction,
        }
        if lacking[ending.outcome]:
            raise BadOutcome
        row.state, row.outcome, row.done_at = TaskState.DONE, ending.outcome, now
        row.correction = ending.correction
        closing = {"by": ending.by, "reason": ending.reason}
        row.closing = self._seal(session, row.department, f"closing/{row.id}", closing, now)
        session.add(row)

    def _seal(
        self, session: Session, department: str, bound_to: str, content: Mapping[str, Any], now: int
    ) -> bytes:
        key = self.vault.issuer_key(session, department, now)
        return key.id.to_bytes(_KEY_BYTES) + self.vault.seal(key, bound_to, jcs.dumps(dict(content)))

    def _open(self, session: Session, bound_to: str, sealed: bytes) -> dict[str, Any]:
        data_key = int.from_bytes(sealed[:_KEY_BYTES])
        found: dict[str, Any] = jcs.loads(self.vault.open(session, data_key, bound_to, sealed[_KEY_BYTES:]))
        return found


def responsible(session: Session, trust: Trust, issuer: str, type_code: str, now: int) -> str:
    """Who answers for what an issuer made of a type: it, or who took that over and is a department here."""
    heirs = [code for code in trust.successors(issuer, type_code, now) if session.get(Department, code)]
    return heirs[-1] if heirs else issuer
