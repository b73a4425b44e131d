"""Objections (异议): holders and departments say what is wrong, and read what came of it."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.case_views import Clerk, Seen
from api.department_views import Holder
from api.holders import Asking as Person
from api.oauth import Asking
from api.problems import TOO_MANY, Problem
from api.protocol_errors import REFUSALS, ProtocolRoute
from api.services import Services, Used
from registry.tasks.desk import TaskDesk, objections_of
from registry.tasks.objections import Objections, Raised, Wrong

_REFUSED: dict[int | str, dict[str, object]] = {
    404: {"model": Problem, "description": "`nothing-to-object`: no such certificate or answer of yours."},
    409: {"model": Problem, "description": "`objection-open`: the same is being looked at."},
    422: {"model": Problem, "description": "`bad-objection`: the words or the claims do not fit."},
}
holders = APIRouter(
    prefix="/holder", tags=["Holders"], route_class=ProtocolRoute, responses={**REFUSALS, **_REFUSED}
)
departments = APIRouter(
    prefix="/issuers/{issuer}",
    tags=["Departments"],
    responses={401: {"model": Problem, "description": "No token, or not a good one."}, **_REFUSED},
)


class _Objecting(BaseModel):
    model_config = ConfigDict(extra="forbid")

    claims: list[str] = Field(default=[], max_length=60, description="Which claims are wrong, if any.")
    text: str = Field(min_length=1, max_length=1_000, description="What is wrong, in words.")

    def wrong(self) -> Wrong:
        """What is said to be wrong."""
        return Wrong(self.text, tuple(self.claims))


class HolderObjection(_Objecting):
    """What a holder says of a certificate."""

    certificate: str = Field(max_length=200, description="Its identifier, in any version.")


class ObjectionAtWindow(HolderObjection):
    """The same, written down for a person whom a clerk saw (帮办)."""

    holder: Holder
    by: Clerk
    seen: Seen


class Given(BaseModel):
    """Which answer is meant: issuer and place in its log, as its statement says (`iss`, `log.seq`)."""

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(min_length=18, max_length=18, description="Who answered: credit code.")
    seq: int = Field(ge=1, lt=2**53)


class DepartmentObjection(_Objecting):
    """What a department says of a fact that it was answered."""

    answer: Given
    certificate: str = Field(
        default="", max_length=200, description="The certificate that the answer came from, if there was one."
    )
    by: str = Field(min_length=1, max_length=80, description="The clerk.")


class ObjectionView(BaseModel):
    """An objection, as whoever raised it sees it."""

    id: str
    certificate: str | None
    issuer: str = Field(description="Who looks at it: credit code.")
    claims: list[str]
    text: str
    assisted: bool = Field(description="A window wrote it down for its holder (帮办).")
    created: int
    due: int = Field(description="Unix seconds; the end of its last working day.")
    outcome: Literal["corrected", "kept"] | None = Field(description="null: not decided yet.")
    reason: str | None
    correction: str | None = Field(description="Identifier of the version that corrects.")
    ended_at: int | None


@holders.get("/objections", summary="What I objected to")
def read_own(person: Person, services: Used) -> list[ObjectionView]:
    """Newest first, with what came of it."""
    return [_view(each) for each in _objections(services).of_holder(person.holder)]


@holders.post("/objections", status_code=201, summary="Object to a certificate")
def object_as_holder(person: Person, body: HolderObjection, services: Used) -> ObjectionView:
    """Its issuer has to answer by a date. Whoever verifies it sees nothing of that."""
    return _view(_objections(services).by_holder(person, body.certificate, body.wrong()))


@departments.get("/objections", summary="What we objected to")
def read_ours(client: Asking, services: Used) -> list[ObjectionView]:
    """And what we took down for people at our window. Newest first, with what came of it."""
    return [_view(each) for each in _objections(services).of_department(client.code)]


@departments.post("/objections", status_code=201, summary="Object to a fact that we were answered")
def object_as_department(body: DepartmentObjection, client: Asking, services: Used) -> ObjectionView:
    """Who answered has to look at it by a date."""
    answer = (body.answer.issuer, body.answer.seq)
    return _view(
        _objections(services).by_department(client.code, answer, body.certificate, body.wrong(), body.by)
    )


@departments.post(
    "/objections/window", status_code=201, summary="Object for a person at a window", responses=TOO_MANY
)
def object_at_window(body: ObjectionAtWindow, client: Asking, services: Used) -> ObjectionView:
    """For somebody without a wallet, to a certificate for which this department answers.

    It counts as a question of the clerk, and is in the log as `assisted`. `nothing-to-object` says the same
    for every reason.
    """
    window = TaskDesk.of(services.cases).window
    return _view(
        window.take_down(
            client.code, body.holder.pair, body.certificate, body.wrong(), clerk=body.by, seen=body.seen
        )
    )


def _objections(services: Services) -> Objections:
    return objections_of(services.cases)


def _view(each: Raised) -> ObjectionView:
    task = each.todo.row
    return ObjectionView.model_validate(
        {
            "id": each.row.id,
            "certificate": task.certificate or None,
            "issuer": task.department,
            "claims": each.todo.content["claims"],
            "text": each.todo.content["text"],
            "assisted": each.row.holder is not None and bool(each.row.asker),
            "created": each.row.created,
            "due": task.due,
            "outcome": task.outcome or None,
            "reason": each.todo.reason or None,
            "correction": task.correction or None,
            "ended_at": each.row.ended_at,
        }
    )
