"""Tasks: what a department has to do by a date, and how it ended."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.oauth import Asking
from api.problems import Problem
from api.services import Services, Used
from registry.store.tables import TaskKind, TaskOutcome, TaskState
from registry.tasks import Ending, Todo
from registry.tasks.desk import TaskDesk

router = APIRouter(
    prefix="/issuers/{issuer}",
    tags=["Departments"],
    responses={
        401: {"model": Problem, "description": "No token, or not a good one."},
        404: {"model": Problem, "description": "`no-such-task`: none that this department may see."},
        409: {"model": Problem, "description": "`task-done`: it had ended before."},
        422: {"model": Problem, "description": "`bad-outcome`: the outcome does not fit the task."},
    },
)


class TaskView(BaseModel):
    """Something to do by `due`."""

    id: str
    kind: Literal["linked", "objection", "effect"] = Field(
        description="linked: a certificate ended on which this one depends; objection: somebody says that it "
        "is wrong; effect: what a decided case leaves to be done."
    )
    certificate: str | None = Field(description="Identifier of the certificate that it is about.")
    case: str | None = Field(description="Number of the case that it comes from.")
    zh: str
    en: str
    details: dict[str, Any] = Field(description="What its kind says besides.")
    created: int
    due: int = Field(description="Unix seconds: the end of its last working day.")
    overdue: bool
    state: Literal["open", "done"]
    outcome: Literal["acted", "corrected", "kept"] | None
    reason: str | None
    correction: str | None = Field(description="Identifier of the version that corrects.")
    by: str | None
    done_at: int | None


class OutcomeRequest(BaseModel):
    """How a task ended."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["acted", "corrected", "kept"] = Field(
        description="acted: it was done; corrected: an objection was right, `correction` says how; kept: all "
        "stays as it is, for `reason`."
    )
    by: str = Field(min_length=1, max_length=80, description="The clerk.")
    reason: str = Field(default="", max_length=1_000, description="Whoever objected reads it.")
    correction: str = Field(
        default="", max_length=200, description="Identifier of the version that was issued as `corrected`."
    )


@router.get("/tasks", summary="What there is to do")
def tasks(
    client: Asking,
    services: Used,
    state: Annotated[Literal["open", "done"], Query()] = "open",
    kind: Annotated[Literal["linked", "objection", "effect"] | None, Query()] = None,
) -> list[TaskView]:
    """This department's own, at most 200: open ones by their day, done ones the latest first."""
    found = _desk(services).list(client.code, TaskState(state), None if kind is None else TaskKind(kind))
    return [_view(services, each) for each in found]


@router.get("/tasks/{id}", summary="One task")
def task(id: str, client: Asking, services: Used) -> TaskView:
    """Another department's looks like none."""
    return _view(services, _desk(services).show(client.code, id))


@router.post("/tasks/{id}/outcome", status_code=201, summary="End a task")
def finish(id: str, body: OutcomeRequest, client: Asking, services: Used) -> TaskView:
    """Once; whoever objected is told."""
    ending = Ending(TaskOutcome(body.outcome), body.by, body.reason, body.correction)
    return _view(services, _desk(services).finish(client.code, id, ending))


def _desk(services: Services) -> TaskDesk:
    return TaskDesk.of(services.cases)


def _view(services: Services, each: Todo) -> TaskView:
    row, content = each.row, dict(each.content)
    return TaskView.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "certificate": row.certificate or None,
            "case": row.case or None,
            "zh": content.pop("zh"),
            "en": content.pop("en"),
            "details": content,
            "created": row.created,
            "due": row.due,
            "overdue": row.state == TaskState.OPEN and row.due <= services.now(),
            "state": row.state,
            "outcome": row.outcome or None,
            "reason": each.reason or None,
            "correction": row.correction or None,
            "by": each.by or None,
            "done_at": row.done_at,
        }
    )
