"""Inbox and consents: the holder reads and decides in the wallet; windows take down what people say there."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.department_views import Holder
from api.holders import Asking as Person
from api.oauth import Asking
from api.problems import Problem
from api.protocol_errors import REFUSALS, ProtocolRoute
from api.services import Services, Used
from registry.consents import consents, inbox
from registry.consents.deciding import AtWindow, Deciding
from registry.store.tables import Consent

holders = APIRouter(
    prefix="/holder",
    tags=["Holders"],
    route_class=ProtocolRoute,
    responses={
        **REFUSALS,
        404: {"model": Problem, "description": "Nothing of yours by that name."},
        409: {"model": Problem, "description": "It does not fit."},
    },
)
departments = APIRouter(
    prefix="/issuers/{issuer}",
    tags=["Departments"],
    responses={
        401: {"model": Problem, "description": "No token, or not a good one."},
        404: {"model": Problem, "description": "Nothing there that this department may see."},
        409: {"model": Problem, "description": "It does not fit."},
    },
)


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InboxView(BaseModel):
    """Something for this person. content: always `zh` and `en`, and what its kind has besides."""

    id: str
    sender: str = Field(description="Credit code of a department.")
    kind: str = Field(examples=["consent"])
    reference: str = Field(description="What it is about, by the identifier it has there.")
    content: dict[str, Any]
    created: int
    expires: int | None = None


class ConsentView(BaseModel):
    """A consent, as its holder sees it."""

    id: str
    state: str = Field(description="open, yes, no or withdrawn.")
    content: dict[str, Any] = Field(description="who, what, why, until; zh and en: in a sentence.")
    created: int
    due: int = Field(description="Unix seconds; without a yes it is withheld from then on.")
    until: int = Field(description="Unix seconds; the end of a yes.")
    decided_at: int | None


class DecisionRequest(_Sent):
    """What the holder wants to say."""

    answer: Literal["yes", "no", "withdraw"]


class LinkView(BaseModel):
    """A request (OpenID4VP) by whose answer the wallet's key says so."""

    link: str
    expires: int = Field(description="Unix seconds.")


class SignedRequest(_Sent):
    """What the wallet got for its answer: `presentation_during_issuance_session`."""

    code: str = Field(max_length=200)


class WindowRequest(_Sent):
    """What a person said at a window, taken down by two clerks (帮办)."""

    answer: Literal["yes", "no", "withdraw"]
    clerk: str = Field(min_length=1, max_length=80)
    second: str = Field(min_length=1, max_length=80)
    seen: str = Field(min_length=1, max_length=200, description="How the person was known.")
    paper: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of what the person signed.")


class WordView(BaseModel):
    """A consent, as the department that asks sees it: the same words whether there is a wallet or not."""

    id: str
    word: Literal["pending", "granted", "withheld"]
    due: int


class AskedView(WordView):
    """A consent that the department asked for, in the words that the holder reads."""

    content: dict[str, Any] = Field(description="who, what, why, until; zh and en: in a sentence.")


class SearchRequest(_Sent):
    """Whom the department asked."""

    holder: Holder


@holders.get("/inbox", summary="What is for me")
def read_inbox(person: Person, services: Used) -> list[InboxView]:
    """Newest first; the same in every wallet of the person."""
    with services.store.read() as session:
        found = inbox.of(session, services.runtime.sealed, person.holder, services.now())
    return [
        InboxView(
            id=each.id,
            sender=each.sender,
            kind=each.kind,
            reference=each.reference,
            content=dict(each.content),
            created=each.created,
            expires=each.expires,
        )
        for each in found
    ]


@holders.get("/consents", summary="What I was asked to allow")
def read_consents(person: Person, services: Used) -> list[ConsentView]:
    """Newest first, with what was decided."""
    with services.store.read() as session:
        vault = services.runtime.sealed
        return [
            _view(row, consents.content(session, vault, row))
            for row in consents.all_of(session, person.holder)
        ]


@holders.post("/consents/{id}/decision", status_code=201, summary="Say yes or no, or withdraw")
def decide(id: str, person: Person, body: DecisionRequest, services: Used) -> LinkView:
    """By answering the request that this makes; it agrees to the very words, with the wallet's key."""
    made = _deciding(services).begin(id, person.holder, body.answer)
    return LinkView(link=made.link, expires=made.expires)


@holders.post("/consents/{id}/signed", summary="The request was answered")
def signed(id: str, person: Person, body: SignedRequest, services: Used) -> ConsentView:
    """The consent as it stands then."""
    row = _deciding(services).settle(id, person.holder, body.code)
    with services.store.read() as session:
        return _view(row, consents.content(session, services.runtime.sealed, row))


@departments.post("/consents/searches", summary="What I asked of a person")
def search(body: SearchRequest, client: Asking, services: Used) -> list[AskedView]:
    """At a window, before the person says yes or no there; newest first. For the department that asked."""
    vault, now = services.runtime.sealed, services.now()
    with services.store.read() as session:
        rows = consents.asked_of(session, client.code, vault.holder_index(*body.holder.pair))
        return [
            AskedView(
                id=row.id,
                word=consents.word(row, now).value,
                due=row.due,
                content=consents.content(session, vault, row),
            )
            for row in rows
        ]


@departments.get("/consents/{id}", summary="What became of a consent")
def read_word(id: str, client: Asking, services: Used) -> WordView:
    """For the department that asked."""
    with services.store.read() as session:
        return _word(consents.of_asker(session, id, client.code), services)


@departments.post("/consents/{id}/window", summary="Take down what a person says at a window")
def at_window(id: str, body: WindowRequest, client: Asking, services: Used) -> WordView:
    """For a person without a phone: two clerks, a signed paper, and a notice to every wallet there is."""
    how = AtWindow(body.clerk, body.second, body.seen, body.paper)
    return _word(_deciding(services).at_window(id, client.code, body.answer, how), services)


def _deciding(services: Services) -> Deciding:
    return Deciding.of(services.runtime, services.trust, services.cases.requesting)


def _view(row: Consent, content: dict[str, Any]) -> ConsentView:
    return ConsentView(
        id=row.id,
        state=row.state,
        content=content,
        created=row.created,
        due=row.due,
        until=row.until,
        decided_at=row.decided_at,
    )


def _word(row: Consent, services: Services) -> WordView:
    return WordView(id=row.id, word=consents.word(row, services.now()).value, due=row.due)
