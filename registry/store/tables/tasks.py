"""What departments have to do by a date, and what was objected to."""

from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers, unique_while


class TaskKind(StrEnum):
    """linked: a certificate ended on which this one depends. objection: somebody says that it is wrong.
    effect: what a decided case leaves to be done."""

    LINKED = "linked"
    OBJECTION = "objection"
    EFFECT = "effect"


class TaskState(StrEnum):
    """open: to be done. done: with an outcome."""

    OPEN = "open"
    DONE = "done"


class TaskOutcome(StrEnum):
    """acted: what it asks was done. corrected: by another version of the certificate. kept: all stays as it
    is, for a reason."""

    ACTED = "acted"
    CORRECTED = "corrected"
    KEPT = "kept"


class Task(Table, table=True):
    """Something that a department has to do by `due` (Unix seconds).

    cause: what made it, each once. certificate: identifier of the one that it is about, or empty; case: its
    number, or empty. sealed: what is to be done, in words. outcome: once it is done; correction: identifier
    of the version that corrects; closing: sealed; who did it, and the reason.
    """

    __table_args__ = (
        one_of("kind", TaskKind),
        one_of("state", TaskState),
        Index(None, "department", "state", "due"),
    )

    id: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.code")
    kind: str
    cause: str = Field(unique=True)
    certificate: str = ""
    case: str = ""
    sealed: bytes
    created: int = big()
    due: int = big()
    state: str = TaskState.OPEN
    outcome: str = ""
    correction: str = ""
    closing: bytes | None = None
    done_at: int | None = big(default=None)


class Objection(Table, table=True):
    """Somebody says that a certificate, or what was answered, is wrong (异议); its task says the rest.

    lineage: of the certificate; None: of an answer that named none. holder: keyed index of who objected, or
    None where a department did. asker: code of that one, or of the window that took it down for the holder.
    answer: issuer and place in its log of what that one was answered.
    once: what keeps anybody from objecting to the same twice at a time. ended_at: Unix seconds.
    """

    __table_args__ = (unique_while("uq_objection_open", "once", condition="ended_at IS NULL"),)

    id: str = Field(primary_key=True)
    task: str = Field(foreign_key="task.id", unique=True)
    lineage: int | None = refers("certificate.id", default=None)
    holder: bytes | None = Field(default=None, index=True)
    asker: str = Field(default="", index=True)
    answer: str = ""
    once: str
    created: int = big()
    ended_at: int | None = big(default=None)
