"""Departments ask each other: one query, many at once, what waits for an issuer's word, and alerts."""

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.department_views import QueryRequest, QueryView, Question
from api.departments import REFUSALS, Key
from api.oauth import Asking
from api.problems import TOO_MANY
from api.services import Services, Used
from registry.errors import NotFound
from registry.operating import operator
from registry.queries import batches, limits, reviews
from registry.queries.batches import Posted
from registry.queries.showing import about_shown
from registry.store.tables import QueryAlert, QueryBatch, QueryReview

router = APIRouter(prefix="/issuers/{issuer}", tags=["Departments"], responses=REFUSALS)

PADDING: Final = 4_096
"""Bytes of a step in the size of answers to queries (operation.md, Queries)."""
MOST: Final = 50
"""Queries whose answers one page has."""
Clerk = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$", description="The clerk.")
]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BatchRequest(_Sent):
    """Many questions under one matter."""

    matter: str = Field(
        default="", max_length=200, examples=["housing_subsidy"], description="Left out: `missing-purpose`."
    )
    clerk: Clerk
    reason: str = Field(default="", max_length=500, description="Why so many; who approves it reads it.")
    queries: list[Question] = Field(max_length=10_000)


class BatchView(BaseModel):
    """A batch of queries. state: waiting (for a second clerk), answering, answered or declined."""

    id: str
    matter: str
    clerk: str
    state: str
    size: int
    decided: int = Field(description="How many of its queries were decided so far.")
    created: int
    second: str = Field(description="The clerk who approved or declined it.")
    rests_until: int | None = Field(description="Unix seconds; a cap stopped it, and it goes on then.")


class PostedView(BatchView):
    """What a second clerk decides on."""

    reason: str
    queries: list[dict[str, Any]]


class ApprovalRequest(_Sent):
    """A second clerk's word."""

    clerk: Clerk
    approve: bool


class DecidedView(BaseModel):
    """One query of a batch. outcome: yes, no, pending, withheld, or the kind of refusal."""

    position: int
    outcome: str
    answers: list[dict[str, Any]]


class AnswersView(BaseModel):
    """Answers of a batch, in its order. next: the `after` of the page behind; null: no more are decided."""

    answers: list[DecidedView]
    next: int | None


class ReviewView(BaseModel):
    """A question about what this department shares on conditions (有条件共享)."""

    id: str
    asker: str
    rule: str
    question: dict[str, Any]
    created: int
    due: int = Field(description="Unix seconds; withheld from then on.")


class ReviewRequest(_Sent):
    """The department's word."""

    granted: bool
    reason: str = Field(min_length=1, max_length=500)
    by: Clerk


class ReviewedView(BaseModel):
    """What was decided."""

    id: str
    granted: bool


class AlertView(BaseModel):
    """Something unusual in what a department asks. kind: cap, guessing (finds nobody) or refusals."""

    id: int
    asker: str
    kind: str
    clerk: str
    at: int


class EndRequest(_Sent):
    """Who looked into it."""

    by: Clerk


@router.post("/queries", summary="Ask other departments", response_model=QueryView, responses=TOO_MANY)
def query(body: QueryRequest, client: Asking, services: Used) -> Response:
    """A fact about a holder or a certificate, for a named matter; logged before it is answered.

    With `at` a department of another registry is asked: its answer is checked here (`verdict`), and the
    outcome is `unknown` where it does not come.

    The body is padded with spaces to a multiple of 4 KiB: its size says nothing about the answer.
    """
    asked, cases = body.asked(client.code, body.clerk, body.matter), services.cases
    if body.request is not None:
        asked = about_shown(asked, body.request, cases.requesting, services.runtime.catalogue)
    if body.at:
        return _padded(QueryView.told(cases.elsewhere.ask(asked, body.at)))
    return _padded(QueryView.of(cases.querying.ask(asked)))


@router.post("/query-batches", status_code=201, summary="Ask many questions")
def post_batch(body: BatchRequest, key: Key, client: Asking, services: Used) -> BatchView:
    """A small one is answered at once; a large one, or one that compares again, waits for a second clerk."""
    asked = tuple(each.asked(client.code, body.clerk, body.matter) for each in body.queries)
    posted = Posted(client.code, key, body.matter, body.clerk, asked, body.reason)
    row = services.cases.batching.post(posted)
    return BatchView(**_batch(services, row))


@router.get("/query-batches", summary="My batches of queries")
def read_batches(client: Asking, services: Used) -> list[BatchView]:
    """Newest first, at most 100."""
    with services.store.read() as session:
        rows = batches.all_of(session, client.code)
    return [BatchView(**_batch(services, row)) for row in rows]


@router.get("/query-batches/{id}", summary="One batch of queries, and what it asks")
def read_batch(id: str, client: Asking, services: Used) -> PostedView:
    """For the clerk who approves it."""
    with services.store.read() as session:
        row = batches.of_asker(session, client.code, id)
        posted = services.cases.batching.posted(session, row)
    asked = [_told(asdict(each)) for each in posted.queries]
    return PostedView(**_batch(services, row), reason=posted.reason, queries=asked)


@router.post("/query-batches/{id}/approval", status_code=202, summary="Approve or decline a batch")
def approve(id: str, body: ApprovalRequest, client: Asking, services: Used) -> BatchView:
    """By another clerk than the one who posted it; it is answered in the background."""
    row = services.cases.batching.decide(client.code, id, clerk=body.clerk, approve=body.approve)
    return BatchView(**_batch(services, row))


@router.get("/query-batches/{id}/answers", summary="Answers of a batch", response_model=AnswersView)
def read_answers(
    id: str,
    client: Asking,
    services: Used,
    after: Annotated[int, Query(ge=0, lt=1 << 31, description="Position of the first one told.")] = 0,
) -> Response:
    """Fifty at a time, as often as they are asked for; each query was asked once."""
    with services.store.read() as session:
        row = batches.of_asker(session, client.code, id)
        found = services.cases.batching.decided(session, row, after, MOST)
    told = [
        DecidedView(position=each.position, outcome=each.outcome, answers=list(each.answers))
        for each in found
    ]
    return _padded(AnswersView(answers=told, next=found[-1].position + 1 if len(found) == MOST else None))


@router.get("/reviews", summary="Questions that wait for my word")
def read_reviews(client: Asking, services: Used) -> list[ReviewView]:
    """About what this department shares on conditions; the most urgent first."""
    with services.store.read() as session:
        rows = reviews.waiting(session, client.code, services.now())
        return [_review(row, reviews.content(session, services.runtime.sealed, row)) for row in rows]


@router.post("/reviews/{id}/decision", summary="Grant or withhold it")
def decide(id: str, body: ReviewRequest, client: Asking, services: Used) -> ReviewedView:
    """Once, with the reason, within ten working days. The asker puts the same question again."""
    with services.store.write() as session:
        reviews.decide(
            session,
            services.runtime.sealed,
            client.code,
            id,
            granted=body.granted,
            reason=body.reason,
            by=body.by,
            now=services.now(),
        )
    return ReviewedView(id=id, granted=body.granted)


@router.get("/query-alerts", summary="Unusual patterns in queries")
def read_alerts(client: Asking, services: Used) -> list[AlertView]:
    """Those that stand: about one's own department; the registry's operator sees everybody's."""
    with services.store.read() as session:
        rows = limits.standing(session)
    everybody = _operates(services, client.code)
    return [_alert(row) for row in rows if everybody or row.asker == client.code]


@router.post("/query-alerts/{id}/end", summary="End an alert")
def end_alert(
    id: Annotated[int, Path(ge=1, lt=1 << 63)], body: EndRequest, client: Asking, services: Used
) -> AlertView:
    """By the registry's operator, who has looked into it; nobody ends alerts about themselves."""
    if not _operates(services, client.code):
        raise NotFound("没有这条预警，或已解除。", "There is no such alert, or not any more.")
    with services.store.write() as session:
        return _alert(limits.end(session, id, body.by, services.now(), department=client.code))


def _padded(view: BaseModel) -> Response:
    said = view.model_dump_json().encode()
    return Response(said.ljust(-(-len(said) // PADDING) * PADDING), media_type="application/json")


def _operates(services: Services, code: str) -> bool:
    runtime = services.runtime
    return operator(services.trust(), runtime.catalogue, runtime.settings, services.now()) == code


def _batch(services: Services, row: QueryBatch) -> dict[str, Any]:
    with services.store.read() as session:
        decided = batches.count(session, row.id)
        matter = services.cases.batching.posted(session, row).matter
    names = ("id", "clerk", "state", "size", "created", "second", "rests_until")
    return {name: getattr(row, name) for name in names} | {"decided": decided, "matter": matter}


def _review(row: QueryReview, question: dict[str, Any]) -> ReviewView:
    told = _told(question)
    return ReviewView(
        id=row.id, asker=row.asker, rule=row.rule, question=told, created=row.created, due=row.due
    )


def _told(question: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in question.items() if value and name not in ("asker", "second", "shown")
    }


def _alert(row: QueryAlert) -> AlertView:
    assert row.id is not None
    return AlertView(id=row.id, asker=row.asker, kind=row.kind, clerk=row.clerk, at=row.at)
