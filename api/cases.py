"""Cases for departments: the office that decides, and those that have a step or an effect in it."""

from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Response

from api.case_views import (
    READ,
    UPLOADED,
    AnswerView,
    AskDepartments,
    AskedDepartments,
    AskedWallet,
    DocumentView,
    InputsAtWindow,
    OpenAtWindow,
    OpenedView,
    PartyRequest,
    PersonRequest,
    ReplayView,
    ReuseAtWindow,
    StateView,
    StepRequest,
    Uploaded,
    VerdictView,
    WalletRequest,
)
from api.departments import Key
from api.oauth import Asking
from api.problems import TOO_MANY, Problem
from api.services import Services, Used
from registry import cases
from registry.cases.errors import NoSuchCase
from registry.cases.needs import Needs, needs, offered, offered_named
from registry.cases.shown import ShownAlert, ShownCase, ShownClock, Summary
from registry.clients import Client

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No token, or not a good one."},
    403: {"model": Problem, "description": "`not-shared`: no right to ask for that under this matter."},
    404: {
        "model": Problem,
        "description": "`no-such-case`, `unknown-matter`: nothing there that this department may see.",
    },
    409: {
        "model": Problem,
        "description": "`case-state`, `another-person`, `certificate-held`, `idempotency-key-reused` …: it "
        "does not fit the state of things.",
    },
    422: {"model": Problem, "description": "`bad-case-input` …: the request does not fit the matter."},
}
router = APIRouter(prefix="/issuers/{issuer}", tags=["Departments"], responses=REFUSALS)
Clerk = Annotated[
    str,
    Header(
        max_length=300,
        description="Who takes it from a person at a window (帮办), percent-encoded UTF-8; the log says so.",
    ),
]
State = Literal["open", "person", "granted", "ended", "refused", "red"]


@router.get("/matters", summary="Matters")
def matters(client: Asking, services: Used) -> list[Needs]:
    """What people can come to do here, what each needs, and what comes of it."""
    world = services.handling.world
    return [needs(world, each) for each in offered(world)]


@router.get("/matters/{name}", summary="One matter")
def matter(name: str, client: Asking, services: Used) -> Needs:
    """What it needs, and what comes of it."""
    world = services.handling.world
    return needs(world, offered_named(world, name))


@router.post("/cases", status_code=201, summary="Open a case at a window")
def open_case(body: OpenAtWindow, key: Key, client: Asking, services: Used) -> OpenedView:
    """Of a matter that this department decides."""
    world = services.handling.world
    if world.office(offered_named(world, body.matter).department) != client.code:
        raise NoSuchCase
    number = services.handling.opening.open(
        body.matter,
        body.inputs,
        parties=body.named,
        clerk=body.clerk,
        key=cases.Key(client.code, key),
    )
    return OpenedView(number=number)


@router.get("/cases", summary="Cases")
def all_cases(
    client: Asking, services: Used, state: Annotated[State | None, Query()] = None
) -> list[Summary]:
    """Those that this department decides or has a part in, newest first, at most 200."""
    return services.handling.seeing.of_department(client.code, state or "")


@router.get("/clocks", summary="What has to be done by when")
def clocks(client: Asking, services: Used) -> list[ShownClock]:
    """Parts of cases and tasks that this department has to do, the most urgent first, each with its colour,
    its last day and the office that has to see to it now."""
    return services.handling.seeing.clocks(client.code)


@router.get("/clock-alerts", summary="What is late, or soon will be")
def clock_alerts(client: Asking, services: Used) -> list[ShownAlert]:
    """For this office to see to, the oldest first: yellow for who is at work, red for who took the case
    first, escalated for the supervisor; each while its clock runs."""
    return services.handling.seeing.alerts(client.code)


@router.get("/cases/{number}", summary="One case")
def show(number: str, client: Asking, services: Used) -> ShownCase:
    """What is missing, the form with its sources, facts, steps, effects, promises and the decision.

    A department that does not decide it sees the form, its own steps and its own effects.
    """
    return services.handling.seeing.to_department(number, client.code)


@router.post("/cases/{number}/inputs", status_code=204, summary="State more")
def state_inputs(number: str, body: InputsAtWindow, client: Asking, services: Used) -> Response:
    """Or otherwise, while the case is open."""
    of_office(services, client, number).opening.state(number, body.inputs, clerk=body.clerk)
    return Response(status_code=204)


@router.post("/cases/{number}/requests", status_code=201, summary="Ask a party's wallet", responses=TOO_MANY)
def request_wallet(number: str, body: WalletRequest, client: Asking, services: Used) -> AskedWallet:
    """For everything at once that is not known of that party yet."""
    made = of_office(services, client, number).collecting.request(
        number, body.role, body.position, promise=body.promise, clerk=body.clerk
    )
    return AskedWallet.of(made)


@router.post("/cases/{number}/answers", summary="Take what a party's wallet answered")
def take_answer(number: str, body: PartyRequest, client: Asking, services: Used) -> AnswerView:
    """Once, however often it is called; the registry does so by itself within seconds."""
    taken = of_office(services, client, number).collecting.take(number, body.role, body.position)
    return AnswerView(state=taken)


@router.post("/cases/{number}/queries", summary="Ask departments for the rest", responses=TOO_MANY)
def ask_departments(number: str, body: AskDepartments, client: Asking, services: Used) -> AskedDepartments:
    """For what no wallet has shown; each question is logged, with the case's number."""
    asked = of_office(services, client, number).collecting.ask(
        number, clerk=body.clerk, on_behalf=body.on_behalf, assisted=body.assisted
    )
    return AskedDepartments(asked=asked)


@router.put(
    "/cases/{number}/documents/{role}/{fact}",
    status_code=201,
    summary="Take a document in",
    openapi_extra=UPLOADED,
)
def put_document(
    number: str,
    role: str,
    fact: str,
    content: Uploaded,
    client: Asking,
    services: Used,
    clerk: Clerk = "",
) -> DocumentView:
    """What is no certificate: a PDF, PNG or JPEG of 5 MB at most. The case must know whose it is.

    `signed-promise` instead of a fact's name: the scan of a promise on paper.
    """
    id = of_office(services, client, number).documents.put(number, role, fact, *content, clerk=unquote(clerk))
    return DocumentView(id=id)


@router.post(
    "/cases/{number}/documents/{role}/{fact}/reuse",
    status_code=204,
    summary="Use a document again",
)
def reuse_document(
    number: str, role: str, fact: str, body: ReuseAtWindow, client: Asking, services: Used
) -> Response:
    """One that the same holder handed in before, with that one's consent."""
    handling = of_office(services, client, number)
    handling.documents.reuse(number, role, fact, body.document, consent=body.consent, clerk=body.clerk)
    return Response(status_code=204)


@router.get("/cases/{number}/documents/{id}", summary="Read a document", responses=READ)
def read_document(number: str, id: str, client: Asking, services: Used) -> Response:
    """One that this case uses."""
    handling = of_office(services, client, number)
    found = handling.seeing.document_of(number, id)
    return Response(handling.documents.read(id), media_type=found.media_type)


@router.post("/cases/{number}/steps/{step}", status_code=204, summary="Say what your step says")
def say_step(number: str, step: str, body: StepRequest, client: Asking, services: Used) -> Response:
    """For the department whose step it is."""
    services.handling.seeing.require_part(number, client.code)
    services.handling.deciding.step(
        number, step, client.code, body.clerk, agreed=body.agreed, reason=body.reason
    )
    return Response(status_code=204)


@router.post("/cases/{number}/decision", summary="Decide by the rule")
def decide(number: str, client: Asking, services: Used) -> VerdictView:
    """Once; asked again it says the same. What was granted is carried out within seconds."""
    return VerdictView.of(of_office(services, client, number).deciding.decide(number))


@router.post("/cases/{number}/submission", summary="Do all that is left, in one go", responses=TOO_MANY)
def submit(number: str, body: AskDepartments, client: Asking, services: Used) -> VerdictView:
    """Take what wallets answered, ask departments for the rest, decide, and carry out."""
    handling = of_office(services, client, number)
    return VerdictView.of(
        handling.submitting.submit(number, clerk=body.clerk, on_behalf=body.on_behalf, assisted=body.assisted)
    )


@router.post("/cases/{number}/person", status_code=204, summary="Decide as a person")
def decide_by_person(number: str, body: PersonRequest, client: Asking, services: Used) -> Response:
    """Where the rule asks for one, the case was drawn, or a review was asked for."""
    of_office(services, client, number).deciding.by_person(number, body.clerk, body.outcome, body.reason)
    return Response(status_code=204)


@router.post("/cases/{number}/review", status_code=204, summary="Ask for a review")
def review(number: str, client: Asking, services: Used) -> Response:
    """By another person than the one who decided."""
    of_office(services, client, number).deciding.review(number)
    return Response(status_code=204)


@router.post("/cases/{number}/effects", summary="Carry out what was granted")
def carry_out(number: str, client: Asking, services: Used) -> StateView:
    """The registry does so by itself within seconds; each effect happens once."""
    return StateView(state=of_office(services, client, number).effects.carry_out(number))


@router.post("/cases/{number}/effects/retry", summary="Try refused effects again")
def retry(number: str, client: Asking, services: Used) -> StateView:
    """For the office, and for an issuer whose effect it is."""
    services.handling.seeing.require_part(number, client.code)
    return StateView(state=services.handling.effects.retry(number))


@router.get("/cases/{number}/replay", summary="Replay the decision")
def replay(number: str, client: Asking, services: Used) -> ReplayView:
    """From what was sealed, with the rule as it was then; not while a person decides."""
    handling = of_office(services, client, number)
    handling.seeing.require_decided(number)
    found = handling.deciding.replay(number)
    return ReplayView(outcome=found.outcome, same=found.same)


def of_office(services: Services, client: Client, number: str) -> cases.Cases:
    """The use cases of cases, for a case that this department decides. Raises NoSuchCase."""
    services.handling.seeing.require_office(number, client.code)
    return services.handling
