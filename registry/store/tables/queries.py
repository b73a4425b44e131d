"""What limits queries, many of them at once, and the versions of the rights that decided them."""

from enum import StrEnum

from sqlmodel import Field, Index, UniqueConstraint

from registry.store.tables.base import Table, big, one_of, row_id, unique_while


class Policy(Table, table=True):
    """A version of the rights that this registry decided by, as it was.

    number: counted from 1, as `AccessLog.anchorPolicy` counts. digest: SHA-256 of `document`, which is the
    canonical form of all rights files. anchored: when its hash was found on the chain.
    """

    __tablename__ = "policy"

    number: int = big(primary_key=True)
    digest: bytes = Field(unique=True)
    document: bytes
    since: int = big()
    anchored: int | None = big(default=None)


class AskedQuery(Table, table=True):
    """That somebody asked: what caps and patterns are counted by. Nothing of whom or what it was about.

    seq: counted for each asker, so that two queries at once cannot both be the last below a cap.
    outcome: as in the log; `refused` for what was denied. holder: keyed hash of who handed in the case that
    asked it, other for each department; None: a clerk asked.
    """

    __tablename__ = "asked_query"
    __table_args__ = (Index("ix_asked_query_asker_at", "asker", "at"),)

    asker: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    clerk: str
    at: int = big()
    outcome: str
    holder: bytes | None = None


class Comparison(Table, table=True):
    """A comparison that was answered. subject: keyed hash of asker, holder, type and claim. question: keyed
    hash of what it was compared with. case_number: the asker's case."""

    __tablename__ = "comparison"

    id: int | None = row_id()
    subject: bytes = Field(index=True)
    question: bytes
    case_number: str
    at: int = big()


class QueryAlert(Table, table=True):
    """Something unusual in what a department asks. kind: see `registry.queries.limits`. clerk: empty where it
    is the whole department."""

    __tablename__ = "query_alert"
    __table_args__ = (
        unique_while("uq_query_alert_open", "asker", "kind", "clerk", condition="ended_at IS NULL"),
    )

    id: int | None = row_id()
    asker: str
    kind: str
    clerk: str
    at: int = big()
    ended_at: int | None = big(default=None)
    ended_by: str = ""


class QueryReview(Table, table=True):
    """A question about what its issuer shares on conditions. matching: keyed hash of question, issuer, rule.
    sealed: the question, under the issuer's data key. sealed_reason: why it was decided so, under
    `reason_key`. due, created, decided_at: Unix seconds."""

    __tablename__ = "query_review"

    id: str = Field(primary_key=True)
    issuer: str = Field(index=True)
    asker: str
    rule: str
    matching: bytes = Field(index=True)
    sealed: bytes
    data_key: int = big(foreign_key="data_key.id")
    created: int = big()
    due: int = big()
    granted: bool | None = None
    decided_by: str = ""
    decided_at: int | None = big(default=None)
    sealed_reason: bytes | None = None
    reason_key: int | None = big(default=None, foreign_key="data_key.id")


class QueryBatchState(StrEnum):
    """waiting: for a second clerk, who declined it or has it answered; answered: every query of it."""

    WAITING = "waiting"
    ANSWERING = "answering"
    ANSWERED = "answered"
    DECLINED = "declined"


class QueryBatch(Table, table=True):
    """Many questions of one department under one matter.

    name: keyed hash of what the department calls it; body: of all of it. sealed: all of it, under the asker's
    data key. size: how many. second: the clerk who approved or declined it. rests_until: Unix seconds
    before which a cap stops it.
    """

    __tablename__ = "query_batch"
    __table_args__ = (UniqueConstraint("asker", "name"), one_of("state", QueryBatchState))

    id: str = Field(primary_key=True)
    asker: str = Field(foreign_key="department.code", index=True)
    name: bytes
    body: bytes
    clerk: str
    size: int
    state: str = Field(index=True)
    sealed: bytes
    data_key: int = big(foreign_key="data_key.id")
    created: int = big()
    second: str = ""
    decided_at: int | None = big(default=None)
    rests_until: int | None = big(default=None)


class QueryBatchItem(Table, table=True):
    """That one query of a batch was decided, once. position: from 0. outcome: as in the log, or why it was
    refused. kept: the query and its answers, where there are any."""

    __tablename__ = "query_batch_item"

    batch: str = Field(primary_key=True, foreign_key="query_batch.id")
    position: int = Field(primary_key=True)
    outcome: str
    kept: str | None = Field(default=None, foreign_key="query_case.id")
    at: int = big()
