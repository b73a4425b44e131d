"""Cases at a window: a person with no phone, whom a clerk saw; who acts for a party; what is on paper."""

from base64 import b64encode

from fastapi import APIRouter, Response

from api.case_views import (
    ActingView,
    AgentAtWindow,
    AgentRequest,
    AskedAgent,
    PaperCopyRequest,
    PaperPromiseRequest,
    PartyRequest,
    SeenRequest,
)
from api.cases import REFUSALS, of_office
from api.oauth import Asking
from api.problems import TOO_MANY
from api.services import Used
from registry import pictures
from registry.cases.paper_promises import Sheet
from registry.cases.shown import ShownCase

router = APIRouter(prefix="/issuers/{issuer}/cases/{number}", tags=["Departments"], responses=REFUSALS)


@router.post("/parties", status_code=204, summary="Say who a party is, whom you saw")
def identify(number: str, body: SeenRequest, client: Asking, services: Used) -> Response:
    """A clerk saw person and card; from then on departments can be asked about that person (帮办)."""
    of_office(services, client, number).at_window.identify(
        number, body.role, body.holder.pair, clerk=body.clerk, seen=body.seen, position=body.position
    )
    return Response(status_code=204)


@router.post("/agents", status_code=201, summary="Ask the phone of who acts for a party", responses=TOO_MANY)
def ask_agent(number: str, body: AgentRequest, client: Asking, services: Used) -> AskedAgent:
    """For the agent's identity and what gives the power, and nothing of the party's."""
    acting, made = of_office(services, client, number).at_window.ask_agent(
        number, through=body.through, clerk=body.clerk
    )
    qr = b64encode(pictures.draw(made.link)).decode()
    return AskedAgent(acting=acting, link=made.link, qr=qr, expires=made.expires)


@router.post("/agents/window", status_code=201, summary="Let somebody act for a party, whom you saw")
def see_agent(number: str, body: AgentAtWindow, client: Asking, services: Used) -> ActingView:
    """An agent without a phone; refused in the same words for every reason."""
    found = of_office(services, client, number).at_window.see_agent(
        number,
        body.role,
        body.ground,
        body.agent.pair,
        clerk=body.clerk,
        seen=body.seen,
        position=body.position,
    )
    return ActingView(ground=found.ground, name=found.name)


@router.post("/agents/{acting}/answers", summary="Take what the agent's phone answered")
def take_agent(number: str, acting: str, body: PartyRequest, client: Asking, services: Used) -> ActingView:
    """The party is known then; both empty while the phone has not answered."""
    found = of_office(services, client, number).at_window.take_agent(
        number, body.role, acting, position=body.position
    )
    return (
        ActingView(ground="", name="") if found is None else ActingView(ground=found.ground, name=found.name)
    )


@router.get("/promises/{role}", summary="What a promise on paper has to say")
def sheets(number: str, role: str, client: Asking, services: Used) -> list[Sheet]:
    """For each fact of that party that may come later: the words that a wallet would sign."""
    return of_office(services, client, number).paper_promises.sheets(number, role)


@router.post("/promises", status_code=201, summary="Take a promise that was signed on paper")
def promise(number: str, body: PaperPromiseRequest, client: Asking, services: Used) -> ShownCase:
    """The scanned sheet is a document of the case, put as `signed-promise`; two people stand for it."""
    handling = of_office(services, client, number)
    handling.paper_promises.take(
        number,
        body.role,
        body.promise,
        body.document,
        clerk=body.clerk,
        second=body.second,
        seen=body.seen,
        position=body.position,
    )
    return handling.seeing.to_department(number, client.code)


@router.post("/copies", status_code=201, summary="Take a copy on paper")
def copy(number: str, body: PaperCopyRequest, client: Asking, services: Used) -> ShownCase:
    """For what only a wallet could show, from a party whom you saw and whom the certificate names.

    It is checked as `POST /verify` does. A person decides the case then, and not the one who took the copy.
    """
    handling = of_office(services, client, number)
    handling.paper_copies.accept(
        number, body.role, body.fact, body.text, clerk=body.clerk, seen=body.seen, position=body.position
    )
    return handling.seeing.to_department(number, client.code)
