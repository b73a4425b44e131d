"""Cases for holders: begun, answered, handed in and rated from a wallet, by the scope `holder`."""

from fastapi import APIRouter, Response

from api.case_views import (
    READ,
    UPLOADED,
    AgainRequest,
    AnswerView,
    AskedWallet,
    DocumentView,
    InputsRequest,
    JoinRequest,
    OpenedView,
    OpenFromWallet,
    OwnRequest,
    RatingRequest,
    ReuseRequest,
    Uploaded,
    VerdictView,
)
from api.departments import Key
from api.holders import Asking
from api.problems import TOO_MANY, Problem
from api.protocol_errors import REFUSALS, ProtocolRoute
from api.services import Used
from registry import cases
from registry.cases.needs import Needs, held_by, needs, offered, offered_named
from registry.cases.shown import ShownCase, ShownDocument, Summary
from registry.measures.voices import Voices

router = APIRouter(
    prefix="/holder",
    tags=["Holders"],
    route_class=ProtocolRoute,
    responses={
        **REFUSALS,
        404: {"model": Problem, "description": "`no-such-case`, `unknown-matter`: nothing of yours by it."},
        409: {"model": Problem, "description": "`case-state`, `another-person` …: it does not fit."},
        422: {"model": Problem, "description": "`bad-case-input`: it does not fit the matter."},
    },
)


@router.get("/matters", summary="What I can come to do")
def matters(asking: Asking, services: Used) -> list[Needs]:
    """What each matter needs; `held`: a department here has it, so nobody hands it in."""
    world = services.handling.world
    with services.store.read() as session:
        held = held_by(world, session, asking)
    return [needs(world, each, held) for each in offered(world)]


@router.get("/matters/{name}", summary="What one matter needs of me")
def matter(name: str, asking: Asking, services: Used) -> Needs:
    """Before anything is sent; `held`: a department here has it, so nobody hands it in."""
    world = services.handling.world
    found = offered_named(world, name)
    with services.store.read() as session:
        return needs(world, found, held_by(world, session, asking))


@router.post("/cases", status_code=201, summary="Open a case")
def open_case(asking: Asking, body: OpenFromWallet, key: Key, services: Used) -> OpenedView:
    """It goes on here, in another wallet of mine, or at a window, by its number."""
    offered_named(services.handling.world, body.matter)
    number = services.handling.opening.open(
        body.matter,
        body.inputs,
        applicant=(body.role, asking.holder),
        key=cases.Key(asking.holder.hex(), key),
    )
    return OpenedView(number=number)


@router.get("/cases", summary="My cases")
def all_cases(asking: Asking, services: Used) -> list[Summary]:
    """Wherever they were begun, newest first."""
    return services.handling.seeing.of_holder(asking.holder)


@router.get("/cases/{number}", summary="One of my cases")
def show(number: str, asking: Asking, services: Used) -> ShownCase:
    """What is missing, before anything is sent; what is known of me; steps, effects and the decision."""
    return services.handling.seeing.to_holder(number, asking.holder)


@router.post("/cases/{number}/joining", summary="Take my part in a case")
def join(number: str, asking: Asking, body: JoinRequest, services: Used) -> ShownCase:
    """One that was begun at a window, or by somebody else; by its number, while that part is free."""
    services.handling.submitting.join(number, body.role, asking.holder)
    return services.handling.seeing.to_holder(number, asking.holder)


@router.post("/cases/{number}/inputs", summary="State more")
def state_inputs(number: str, asking: Asking, body: InputsRequest, services: Used) -> ShownCase:
    """Or otherwise, while the case is open."""
    services.handling.seeing.part_of(number, asking.holder)
    services.handling.opening.state(number, body.inputs)
    return services.handling.seeing.to_holder(number, asking.holder)


@router.post("/cases/{number}/request", status_code=201, summary="Be asked by the case", responses=TOO_MANY)
def request_wallet(number: str, asking: Asking, body: OwnRequest, services: Used) -> AskedWallet:
    """For everything at once that is not known of me yet; promises are signed with the same answer."""
    part = services.handling.seeing.part_of(number, asking.holder, body.role)
    made = services.handling.collecting.request(number, part.role, part.position, promise=body.promise)
    return AskedWallet.of(made)


@router.post("/cases/{number}/answer", summary="Let the case take my answer")
def take_answer(number: str, asking: Asking, services: Used, role: str = "") -> AnswerView:
    """Once, however often it is called; the registry does so by itself within seconds."""
    part = services.handling.seeing.part_of(number, asking.holder, role)
    return AnswerView(state=services.handling.collecting.take(number, part.role, part.position))


@router.post("/cases/{number}/submission", summary="Hand it in", responses=TOO_MANY)
def submit(number: str, asking: Asking, services: Used) -> VerdictView:
    """Departments are asked for the rest; it is decided in seconds, or the answer says what is missing."""
    services.handling.seeing.part_of(number, asking.holder)
    return VerdictView.of(services.handling.submitting.submit(number, handed_in_by=asking.holder))


@router.get("/documents", summary="What I have handed in")
def documents(asking: Asking, services: Used) -> list[ShownDocument]:
    """Newest first; each can be used again."""
    return services.handling.seeing.documents(asking.holder)


@router.get("/documents/{id}", summary="Read a document of mine", responses=READ)
def read_document(id: str, asking: Asking, services: Used) -> Response:
    """As it was handed in."""
    found = services.handling.seeing.document(id, asking.holder)
    return Response(services.handling.documents.read(id), media_type=found.media_type)


@router.put(
    "/cases/{number}/documents/{fact}", status_code=201, summary="Hand a document in", openapi_extra=UPLOADED
)
def put_document(number: str, fact: str, asking: Asking, content: Uploaded, services: Used) -> DocumentView:
    """What is no certificate: a PDF, PNG or JPEG of 5 MB at most; it counts as my own statement."""
    part = services.handling.seeing.part_of(number, asking.holder, fact=fact)
    id = services.handling.documents.put(number, part.role, fact, *content, position=part.position)
    return DocumentView(id=id)


@router.post("/cases/{number}/documents/{fact}/reuse", summary="Use a document of mine again")
def reuse_document(number: str, fact: str, asking: Asking, body: ReuseRequest, services: Used) -> ShownCase:
    """In another case, with my consent."""
    part = services.handling.seeing.part_of(number, asking.holder, fact=fact)
    services.handling.documents.reuse(
        number, part.role, fact, body.document, consent=body.consent, position=part.position
    )
    return services.handling.seeing.to_holder(number, asking.holder)


@router.post("/cases/{number}/review", summary="Ask for a person's review")
def review(number: str, asking: Asking, services: Used) -> ShownCase:
    """Of a decision, by another person than the one who made it."""
    services.handling.seeing.part_of(number, asking.holder)
    services.handling.deciding.review(number)
    return services.handling.seeing.to_holder(number, asking.holder)


@router.post("/cases/{number}/rating", summary="Rate a finished case (好差评)")
def rate(number: str, asking: Asking, body: RatingRequest, services: Used) -> ShownCase:
    """Once; who said it is not kept."""
    services.handling.seeing.part_of(number, asking.holder)
    Voices(services.handling.world).rate(number, body.stars, holder=asking.holder)
    return services.handling.seeing.to_holder(number, asking.holder)


@router.post("/cases/{number}/asked-again", summary="You have that already")
def asked_again(number: str, asking: Asking, body: AgainRequest, services: Used) -> ShownCase:
    """A report that the case asked for what a department has; counted for each department."""
    services.handling.seeing.part_of(number, asking.holder)
    Voices(services.handling.world).report_again(number, body.fact, holder=asking.holder)
    return services.handling.seeing.to_holder(number, asking.holder)
