"""Acting for others: mandates that people make, read and end; windows, and who acts for whom in a case."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.department_views import Holder
from api.holders import Asking as Grantor
from api.oauth import Asking
from api.problems import TOO_MANY, Problem
from api.protocol_errors import REFUSALS, ProtocolRoute
from api.services import Used
from registry.errors import NotFound
from registry.mandates import family
from registry.mandates.acting import Acting, Principal
from registry.mandates.holding import Held, Holding
from registry.mandates.making import Making, Person, Wish
from registry.mandates.scope import Scope
from registry.store.tables import MandateAlert

_REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "`no-right`, `unknown-matter`, `mandate-falls-short`."},
    404: {"model": Problem, "description": "Nothing there that you may see."},
    409: {"model": Problem, "description": "It has ended."},
    422: {"model": Problem, "description": "`bad-mandate`: it cannot be like that."},
}
holders = APIRouter(
    prefix="/holder", tags=["Holders"], route_class=ProtocolRoute, responses={**REFUSALS, **_REFUSED}
)
departments = APIRouter(
    prefix="/issuers/{issuer}",
    tags=["Departments"],
    responses={401: {"model": Problem, "description": "No token, or not a good one."}, **_REFUSED},
)
_STATUS = ("valid", "revoked", "suspended", "superseded")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Fact = Annotated[str, Field(pattern=r"^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?)$", max_length=130)]
Clerk = Annotated[str, Field(min_length=1, max_length=80)]
Seen = Annotated[str, Field(min_length=1, max_length=200, description="How the person was known: `card`.")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Named(_Sent):
    """A natural person."""

    name: str = Field(min_length=1, max_length=50, repr=False)
    id_type: str = Field(examples=["citizen_number"], max_length=40)
    identifier: str = Field(max_length=40, repr=False)

    def person(self) -> Person:
        """As the use cases have it."""
        return Person(self.name.strip(), self.id_type, self.identifier.strip().upper())


class MandateRequest(_Sent):
    """Who is to act, in which matters, what may be asked there, and when; a year at most."""

    agent: Named
    matters: list[Name] = Field(min_length=1, max_length=10, examples=[["housing_allowance"]])
    facts: list[Fact] = Field(
        min_length=1,
        max_length=20,
        description="`type.claim`; a type alone for whether there is one; `*` for all that the matter needs.",
        examples=[["resident_identity.address"]],
    )
    first_day: date
    last_day: date = Field(description="Inclusive.")

    def wish(self) -> Wish:
        """As the use cases have it."""
        return Wish(
            agent=self.agent.person(),
            scope=Scope(tuple(self.matters), tuple(self.facts)),
            first=self.first_day,
            last=self.last_day,
        )


class SigningView(BaseModel):
    """A mandate that waits for the grantor's wallet: a request (OpenID4VP) by whose answer it is signed."""

    id: str
    link: str
    expires: int = Field(description="Unix seconds.")


class SignedRequest(_Sent):
    """What the wallet got for its answer: `presentation_during_issuance_session`."""

    code: str = Field(max_length=200)


class MadeView(BaseModel):
    """An issued mandate."""

    certificate_id: str


class MandateView(BaseModel):
    """A mandate, as one who is named in it sees it. Nobody's number is told."""

    certificate_id: str
    role: Literal["grantor", "agent"] = Field(description="What you are in it.")
    grantor_name: str
    agent_name: str
    matters: list[str]
    facts: list[str]
    first_day: str
    last_day: str
    made: str = Field(description="钱包 in the grantor's wallet, 窗口 at a window.")
    status: str = Field(examples=["valid"], description="valid, revoked, suspended.")
    ended: bool


class WindowMandateRequest(MandateRequest):
    """A mandate that a person makes at a window, written down by a clerk who saw that person."""

    grantor: Named
    clerk: Named = Field(description="Neither the agent nor the grantor; kept as a keyed index and a name.")
    seen: Seen


class WaitingView(BaseModel):
    """A mandate that waits for the second clerk."""

    id: str
    grantor_name: str
    grantor_number: str
    agent_name: str
    agent_number: str
    matters: list[str]
    facts: list[str]
    first_day: date
    last_day: date


class ConfirmationRequest(_Sent):
    """The second clerk."""

    clerk: Named


class EndingRequest(_Sent):
    """Who saw the person that ends it, and how."""

    by: Clerk
    seen: Seen


class ActingRequest(_Sent):
    """An agent comes with a phone: what the case is, and what gives the power."""

    case: str = Field(min_length=1, max_length=80, description="Your case's number.")
    matter: Name
    clerk: Clerk
    through: Name = Field(
        default="mandate", description="Type that gives it: `mandate`, `birth`, `business_licence` …"
    )


class ActingAtWindow(_Sent):
    """An agent comes without a phone: a clerk saw the person and the card."""

    case: str = Field(min_length=1, max_length=80, description="Your case's number.")
    matter: Name
    clerk: Clerk
    seen: Seen
    ground: str = Field(max_length=200, description="Identifier of the certificate that gives the power.")
    agent: Holder


class PrincipalView(BaseModel):
    """For whom somebody acts; `ground` is what queries name as `on_behalf`."""

    ground: str
    name: str
    id_type: str
    identifier: str
    matters: list[str] | None = Field(description="null: whatever the principal may do.")
    facts: list[str] | None
    until: int | None = Field(description="Unix seconds.")


class ActingView(BaseModel):
    """An acting, and for whom, once the agent's wallet has shown it."""

    id: str
    case: str | None = None
    principal: PrincipalView | None


class AlertView(BaseModel):
    """Somebody acts for many people outside the family. Who it is, is not told here."""

    id: str
    mandate: str = Field(description="Identifier of the mandate that made it so many.")
    grantors: int
    created: int


class EndRequest(_Sent):
    """Who looked into it."""

    by: Clerk


@holders.get("/mandates", summary="Mandates that I gave or was given")
def read_own(person: Grantor, services: Used) -> list[MandateView]:
    """Newest first, ended ones too."""
    return [_held(each) for each in Holding(services.cases).of(person.holder)]


@holders.post("/mandates", status_code=201, summary="Let somebody act for me")
def make(person: Grantor, body: MandateRequest, services: Used) -> SigningView:
    """By answering the request that this makes, with the identity credential and over these very words."""
    id, made = Making(services.cases).begin(person.holder, body.wish())
    return SigningView(id=id, link=made.link, expires=made.expires)


@holders.post("/mandates/{id}/signed", status_code=201, summary="The request was answered")
def signed(id: str, person: Grantor, body: SignedRequest, services: Used) -> MadeView:
    """The mandate is issued, once."""
    return MadeView(certificate_id=Making(services.cases).settle(id, person.holder, body.code))


@holders.delete("/mandates/{certificate_id}", status_code=204, summary="End a mandate")
def end_own(certificate_id: str, person: Grantor, services: Used) -> None:
    """The grantor takes it back, or the agent lays it down; at once."""
    Holding(services.cases).end(person.holder, certificate_id)


@departments.post("/mandates", status_code=201, summary="Write a mandate down at a window")
def write_down(body: WindowMandateRequest, client: Asking, services: Used) -> WaitingView:
    """For a person whom a clerk saw. It is issued once a second clerk confirms it within a day."""
    making = Making(services.cases)
    id = making.write_down(client.code, body.grantor.person(), body.wish(), body.clerk.person(), body.seen)
    return _waiting(making, client.code, id)


@departments.get("/mandates/{id}", summary="What a second clerk is to confirm")
def read_waiting(id: str, client: Asking, services: Used) -> WaitingView:
    """Of this department's windows."""
    return _waiting(Making(services.cases), client.code, id)


@departments.post("/mandates/{id}/confirmation", status_code=201, summary="Confirm a mandate")
def confirm(id: str, body: ConfirmationRequest, client: Asking, services: Used) -> MadeView:
    """By another clerk, neither agent nor grantor. Every wallet of the grantor is told."""
    made = Making(services.cases).confirm(client.code, id, body.clerk.person())
    return MadeView(certificate_id=made)


@departments.post("/mandates/{certificate_id}/ending", status_code=204, summary="End a mandate at a window")
def end_at_window(certificate_id: str, body: EndingRequest, client: Asking, services: Used) -> None:
    """For the grantor or the agent, whom a clerk saw; both are told."""
    Holding(services.cases).end_at_window(client.code, certificate_id, body.by, body.seen)


@departments.post(
    "/acting", status_code=201, summary="Ask an agent's wallet for its power", responses=TOO_MANY
)
def ask(body: ActingRequest, client: Asking, services: Used) -> SigningView:
    """A request for the agent's identity and the certificate that gives the power, and nothing else."""
    id, made = Acting(services.cases).ask(
        client.code, body.case, body.matter, through=body.through, clerk=body.clerk
    )
    return SigningView(id=id, link=made.link, expires=made.expires)


@departments.post("/acting/window", status_code=201, summary="An agent without a phone")
def ask_at_window(body: ActingAtWindow, client: Asking, services: Used) -> ActingView:
    """Refused in the same words whether there is no such certificate, or it is another person's, or over."""
    found = Acting(services.cases).at_window(
        client.code,
        body.case,
        body.matter,
        body.ground,
        body.agent.pair,
        clerk=body.clerk,
        seen=body.seen,
    )
    return ActingView(id=found.id, case=found.case, principal=_principal(found))


@departments.get("/acting/{id}", summary="For whom somebody acts")
def read_acting(id: str, client: Asking, services: Used) -> ActingView:
    """`principal` is null until the agent's wallet has answered."""
    found = Acting(services.cases).take(client.code, id)
    if found is None:
        return ActingView(id=id, principal=None)
    return ActingView(id=id, case=found.case, principal=_principal(found))


@departments.get("/mandate-alerts", summary="Agents of unusually many people")
def read_alerts(client: Asking, services: Used) -> list[AlertView]:
    """About mandates that this department issued."""
    with services.store.read() as session:
        return [_alert(row) for row in family.standing_alerts(session, client.code)]


@departments.post("/mandate-alerts/{id}/end", summary="End an alert about mandates")
def end_alert(id: str, body: EndRequest, client: Asking, services: Used) -> AlertView:
    """Once somebody has looked into it."""
    with services.store.write() as session:
        row = family.end_alert(session, client.code, id, body.by, services.now())
        if row is None:
            raise NotFound("没有这条预警，或已解除。", "There is no such alert, or not any more.")
        return _alert(row)


def _waiting(making: Making, issuer: str, id: str) -> WaitingView:
    grantor, wish = making.waiting(issuer, id)
    return WaitingView(
        id=id,
        grantor_name=grantor.name,
        grantor_number=grantor.identifier,
        agent_name=wish.agent.name,
        agent_number=wish.agent.identifier,
        matters=list(wish.scope.matters),
        facts=list(wish.scope.facts),
        first_day=wish.first,
        last_day=wish.last,
    )


def _held(each: Held) -> MandateView:
    return MandateView(
        certificate_id=each.certificate_id,
        role="grantor" if each.role == "grantor" else "agent",
        grantor_name=each.grantor_name,
        agent_name=each.agent_name,
        matters=list(each.scope.matters),
        facts=list(each.scope.facts),
        first_day=each.first_day,
        last_day=each.last_day,
        made=each.made,
        status=_STATUS[each.status],
        ended=each.ended,
    )


def _principal(found: Principal) -> PrincipalView:
    return PrincipalView(
        ground=found.ground,
        name=found.name,
        id_type=found.id_type,
        identifier=found.identifier,
        matters=None if found.scope is None else list(found.scope.matters),
        facts=None if found.scope is None else list(found.scope.facts),
        until=found.until,
    )


def _alert(row: MandateAlert) -> AlertView:
    return AlertView(id=row.id, mandate=row.mandate, grantors=row.grantors, created=row.created)
