"""Many queries at once: up to a limit answered at once, above it once a second clerk has approved them.

Each query of a batch is decided once, in a transaction of its own, by the same rules and under the same caps
as if it were asked alone; what was decided is fetched later. A batch that a cap stops rests and goes on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from registry import clerks, jcs, secrets
from registry.errors import NotAllowed, NotFound, RegistryError
from registry.identifiers import Fault
from registry.issuing import KeyReused
from registry.queries.limits import DAY, TooManyQueries
from registry.queries.question import Query
from registry.queries.refusals import MissingPurpose
from registry.querying import Querying
from registry.store import wait_turn
from registry.store.tables import QueryBatch, QueryBatchItem, QueryBatchState, QueryCase

LAPSES: Final = 7 * DAY
"""Seconds in which a second clerk decides on a batch."""
RESTS: Final = 600
"""Seconds after which a batch that a cap stopped tries to go on."""
SLICE: Final = 50
"""Queries that one step answers."""


class BadBatch(RegistryError):
    """Queries of a batch that make no sense; nobody was asked. faults: which, from 0."""

    kind = "bad-batch"
    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        places = ", ".join(each.field for each in faults[:20])
        super().__init__(f"批量查询有误：{places}", f"Queries of this batch are wrong: {places}")
        self.faults = tuple(faults)


class SameClerk(RegistryError):
    """Who posted a batch does not approve it."""

    kind = "same-clerk"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "须由另一名工作人员批准。", "Another clerk than the one who posted it must approve it."
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """What a department posts. name: its own, so that sent again it is the same batch. reason: why so many.

    queries: by that department and clerk, under that matter.
    """

    asker: str
    name: str
    matter: str
    clerk: str
    queries: tuple[Query, ...]
    reason: str = field(default="", repr=False)

    @property
    def canonical(self) -> bytes:
        """All of it that the department wrote."""
        written = {"name": self.name, "matter": self.matter, "reason": self.reason}
        return jcs.dumps({**written, "queries": [asdict(query) for query in self.queries]})


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one query. outcome: of all issuers together, or why it was refused."""

    position: int
    outcome: str
    answers: tuple[dict[str, Any], ...]


class _DecidedBefore(Exception):
    """Another process has answered this query of the batch."""


@dataclass(frozen=True, slots=True)
class Batching:
    """The use cases. at_once: queries of one clerk in 24 hours that need no second; most: of one batch."""

    querying: Querying
    at_once: int
    most: int

    def post(self, posted: Posted) -> QueryBatch:
        """Take a batch in; up to the limit, and without comparisons that count as bulk, it is answered now.

        Raises:
            MissingPurpose: it names no matter.
            BadBatch: it is empty or too long, or a query of it makes no sense; nothing was taken in.
            KeyReused: the department has another batch of this name.
        """
        if not posted.matter:
            raise MissingPurpose
        if not 0 < len(posted.queries) <= self.most:
            raise BadBatch([Fault("queries", f"1–{self.most}", f"1 to {self.most}")])
        row = self._same(posted) or self._store(posted, self._takes_two(posted.queries))
        return self.go_on(row.id) if row.state == QueryBatchState.ANSWERING else row

    def decide(self, asker: str, id: str, *, clerk: str, approve: bool) -> QueryBatch:
        """A second clerk's word on a batch that waits; approved, it is answered bit by bit (`step`).

        Raises:
            NotFound: this department has no such batch.
            SameClerk: who posted it approves it. NotAllowed: it does not wait, or has waited too long.
        """
        now = self.querying.clock()
        with self.querying.store.write() as session:
            row = of_asker(session, asker, id)
            if approve and clerks.same_person(clerk, row.clerk):
                raise SameClerk
            if row.state != QueryBatchState.WAITING or now >= row.created + LAPSES:
                raise NotAllowed(
                    "该批次不在待批准状态。", "This batch does not wait for approval, or not any more."
                )
            row.state = QueryBatchState.ANSWERING if approve else QueryBatchState.DECLINED
            row.second, row.decided_at = clerk, now
            session.add(row)
        return row

    def go_on(self, id: str, most: int | None = None) -> QueryBatch:
        """Answer what is open of a batch, `most` queries of it, or until a cap is reached."""
        querying = self.querying
        with querying.store.read() as session:
            row = session.get_one(QueryBatch, id)
            done = set(session.exec(select(QueryBatchItem.position).where(QueryBatchItem.batch == id)))
            queries = self.posted(session, row).queries
        if row.state != QueryBatchState.ANSWERING:
            return row
        open_ones = [position for position in range(row.size) if position not in done]
        for position in open_ones[:most]:
            try:
                self._answer(id, position, replace(queries[position], second=row.second))
            except TooManyQueries:
                return self._rest(id)
        return self._finish(id)

    def step(self) -> bool:
        """Answer a little of the oldest batch that is to go on; whether there was one."""
        now = self.querying.clock()
        with self.querying.store.read() as session:
            due = session.exec(
                select(QueryBatch.id)
                .where(QueryBatch.state == QueryBatchState.ANSWERING)
                .where(func.coalesce(QueryBatch.rests_until, 0) <= now)
                .order_by(col(QueryBatch.created), col(QueryBatch.id))
                .limit(1)
            ).first()
        if due is None:
            return False
        self.go_on(due, SLICE)
        return True

    def posted(self, session: Session, row: QueryBatch) -> Posted:
        """A batch as it was posted."""
        plain = self.querying.vault.open(session, row.data_key, f"query-batch/{row.id}", row.sealed)
        content = jcs.loads(plain)
        queries = msgspec.convert(content["queries"], tuple[Query, ...])
        return Posted(row.asker, content["name"], content["matter"], row.clerk, queries, content["reason"])

    def decided(self, session: Session, row: QueryBatch, after: int, most: int) -> list[Decided]:
        """What became of its queries, from the position `after` on."""
        rows = session.exec(
            select(QueryBatchItem, QueryCase)
            .join(QueryCase, col(QueryCase.id) == col(QueryBatchItem.kept), isouter=True)
            .where(QueryBatchItem.batch == row.id, QueryBatchItem.position >= after)
            .order_by(col(QueryBatchItem.position))
            .limit(most)
        ).all()
        return [Decided(item.position, item.outcome, self._envelopes(session, kept)) for item, kept in rows]

    def _takes_two(self, queries: Iterable[Query]) -> bool:
        """Whether any of them counts as bulk by itself. Raises BadBatch."""
        faults, found = [], False
        for position, query in enumerate(queries):
            try:
                found |= self.querying.takes_two(query)
            except RegistryError as wrong:
                faults.append(Fault(f"queries.{position}", wrong.zh, wrong.en))
        if faults:
            raise BadBatch(faults)
        return found

    def _same(self, posted: Posted) -> QueryBatch | None:
        """The batch that this department posted before under that name. Raises KeyReused."""
        with self.querying.store.read() as session:
            row = session.exec(
                select(QueryBatch).where(
                    QueryBatch.asker == posted.asker, QueryBatch.name == self._name(posted)
                )
            ).first()
        if row is not None and row.body != self._body(posted):
            raise KeyReused
        return row

    def _name(self, posted: Posted) -> bytes:
        return self.querying.vault.body_hash(b"query-batch\0" + posted.name.encode())

    def _body(self, posted: Posted) -> bytes:
        return self.querying.vault.body_hash(posted.canonical)

    def _store(self, posted: Posted, takes_two: bool) -> QueryBatch:
        querying = self.querying
        now, id = querying.clock(), secrets.handle(querying.randomness)
        try:
            with querying.store.write() as session:
                wait_turn(session, "batches", posted.asker)  # or two would not count each other
                key = querying.vault.issuer_key(session, posted.asker, now)
                alone = self._asked_alone(session, posted, now) + len(posted.queries)
                waits = takes_two or alone > self.at_once
                row = QueryBatch(
                    id=id,
                    asker=posted.asker,
                    name=self._name(posted),
                    body=self._body(posted),
                    clerk=posted.clerk,
                    size=len(posted.queries),
                    state=QueryBatchState.WAITING if waits else QueryBatchState.ANSWERING,
                    sealed=querying.vault.seal(key, f"query-batch/{id}", posted.canonical),
                    data_key=key.id,
                    created=now,
                )
                session.add(row)
        except IntegrityError:  # the same one, posted at the same moment
            before = self._same(posted)
            if before is None:
                raise
            return before
        return row

    def _asked_alone(self, session: Session, posted: Posted, now: int) -> int:
        """Queries of this clerk's batches of 24 hours that nobody else saw: small ones do not add up."""
        rows = session.exec(
            select(QueryBatch.clerk, func.sum(QueryBatch.size))
            .where(
                QueryBatch.asker == posted.asker,
                QueryBatch.second == "",
                QueryBatch.state != QueryBatchState.WAITING,
                QueryBatch.created > now - DAY,
            )
            .group_by(col(QueryBatch.clerk))
        ).all()
        return sum(int(size) for clerk, size in rows if clerks.same_person(clerk, posted.clerk))

    def _answer(self, id: str, position: int, query: Query) -> None:
        """Decide one query. Raises TooManyQueries, and what an operator has to mend."""
        settle = partial(self._settle, id, position)
        try:
            self.querying.ask(query, settle)
        except (TooManyQueries, _DecidedBefore) as stopped:
            if isinstance(stopped, TooManyQueries):
                raise
        except RegistryError as refused:
            if refused.mender != "asker":
                raise
            with self.querying.store.write() as session:  # where no issuer was asked, nothing was settled
                if session.get(QueryBatchItem, (id, position)) is None:
                    settle(session, refused.kind, None)

    def _settle(self, id: str, position: int, session: Session, outcome: str, kept: str | None) -> None:
        if session.get(QueryBatchItem, (id, position)) is not None:
            raise _DecidedBefore
        session.add(
            QueryBatchItem(batch=id, position=position, outcome=outcome, kept=kept, at=self.querying.clock())
        )
        session.flush()

    def _rest(self, id: str) -> QueryBatch:
        with self.querying.store.write() as session:
            row = session.get_one(QueryBatch, id)
            row.rests_until = self.querying.clock() + RESTS
            session.add(row)
        return row

    def _finish(self, id: str) -> QueryBatch:
        with self.querying.store.write() as session:
            row = session.get_one(QueryBatch, id)
            row.rests_until = None
            if count(session, id) == row.size:
                row.state = QueryBatchState.ANSWERED
            session.add(row)
        return row

    def _envelopes(self, session: Session, kept: QueryCase | None) -> tuple[dict[str, Any], ...]:
        if kept is None or kept.sealed_answer is None:
            return ()
        plain = self.querying.vault.open(session, kept.data_key, f"answer/{kept.id}", kept.sealed_answer)
        return tuple(jcs.loads(plain))


def of_asker(session: Session, asker: str, id: str) -> QueryBatch:
    """A batch of this department. Raises NotFound."""
    row = session.exec(select(QueryBatch).where(QueryBatch.id == id, QueryBatch.asker == asker)).first()
    if row is None:
        raise NotFound("没有这个批次。", "There is no such batch.")
    return row


def all_of(session: Session, asker: str, most: int = 100) -> Sequence[QueryBatch]:
    """A department's batches, newest first."""
    rows = select(QueryBatch).where(QueryBatch.asker == asker)
    return session.exec(rows.order_by(col(QueryBatch.created).desc(), col(QueryBatch.id)).limit(most)).all()


def count(session: Session, id: str) -> int:
    """How many queries of a batch were decided."""
    return session.exec(
        select(func.count()).select_from(QueryBatchItem).where(QueryBatchItem.batch == id)
    ).one()
