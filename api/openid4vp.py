"""OpenID4VP 1.0, the verifier: requests that wallets fetch and answer, and what departments learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, Self

import orjson
from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.forms import described, form_of
from api.oauth import Asking
from api.problems import TOO_MANY, Problem
from api.protocol_errors import NO_STORE, REFUSALS, ProtocolError, ProtocolRoute
from api.services import Used
from registry import asking, transactiondata
from registry.errors import NotFound
from registry.requesting import Outcome, RequestOver, UnsuitableWallet
from registry.requestobject import MEDIA_TYPE
from registry.walletanswers import BadAnswer, Presented

wallets = APIRouter(tags=["Wallets"], route_class=ProtocolRoute, responses=REFUSALS)
departments = APIRouter(
    prefix="/issuers/{issuer}",
    tags=["Departments"],
    responses={
        401: {"model": Problem, "description": "No token, or not a good one."},
        404: {"model": Problem, "description": "Nothing there that this department may see."},
        422: {"model": Problem, "description": "The request does not fit."},
    },
)

_OBJECT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "A signed request object."}
}
_LONGEST: Final = 2**20
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: PostgreSQL stores no NUL, and a log has lines."""
_NAMED: Final = (BadAnswer, RequestOver, UnsuitableWallet)


class FetchForm(BaseModel):
    """OpenID4VP 1.0, section 5.10."""

    wallet_nonce: str | None = Field(default=None, min_length=1, max_length=512)
    wallet_metadata: str | None = Field(default=None, max_length=32_768, description="JSON.")


class AnswerForm(BaseModel):
    """OpenID4VP 1.0, section 8.2 (`vp_token`), 8.3 (`response`) and 8.5 (`error`)."""

    response: str | None = Field(default=None, description="JWE of the members below (direct_post.jwt).")
    vp_token: str | None = Field(default=None, description="JSON: presentations by credential query.")
    state: str | None = Field(default=None, max_length=512)
    error: str | None = Field(
        default=None, max_length=512, pattern=r"^[ !#-\[\]-~]+$", examples=["access_denied"]
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if sum(each is not None for each in (self.response, self.vp_token, self.error)) != 1:
            raise ValueError("one of response, vp_token and error")
        return self


class AnswerTaken(BaseModel):
    """Where the wallet sends its user next (section 8.2), or what it brings to the challenge endpoint."""

    model_config = ConfigDict(json_schema_extra={"example": {}})

    redirect_uri: str | None = None
    presentation_during_issuance_session: str | None = None


@wallets.get("/openid4vp/{id}", summary="A request object", response_class=Response, responses=_OBJECT)
def fetch(id: str, services: Used) -> Response:
    """Signed by the department that asks (RFC 9101)."""
    with _named():
        return _object(services.cases.requesting.fetch(id))


@wallets.post(
    "/openid4vp/{id}",
    summary="A request object, by POST",
    response_class=Response,
    responses=_OBJECT,
    openapi_extra=described(FetchForm),
)
def fetch_by_post(
    id: str, services: Used, form: Annotated[FetchForm, Depends(form_of(FetchForm, longest=_LONGEST))]
) -> Response:
    """The same, with the wallet's nonce in it."""
    with _named():
        metadata = _metadata(form.wallet_metadata)
        return _object(
            services.cases.requesting.fetch(id, wallet_nonce=form.wallet_nonce, wallet_metadata=metadata)
        )


@wallets.post(
    "/openid4vp/{id}/response",
    summary="Answer a request",
    response_model=AnswerTaken,
    openapi_extra=described(AnswerForm),
)
def answer(
    id: str, services: Used, form: Annotated[AnswerForm, Depends(form_of(AnswerForm, longest=_LONGEST))]
) -> JSONResponse:
    """Once. What cannot be read leaves the request open."""
    with _named():
        taken = services.cases.requesting.answer(id, form.model_dump(exclude_none=True))
    body = AnswerTaken(redirect_uri=taken.back, presentation_during_issuance_session=taken.code)
    return JSONResponse(body.model_dump(exclude_none=True), headers=NO_STORE)


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WantedCertificate(_Sent):
    """A certificate to be shown."""

    type: str = Field(examples=["resident_identity"], description="Alias or code of the type.")
    claims: list[str] = Field(default=[], max_length=100, examples=[["name", "age_over_18"]])
    values: dict[str, list[str]] = Field(
        default={},
        max_length=100,
        examples=[{"kind": ["有限责任公司"]}],
        description="Claims that must have one of these values.",
    )

    @property
    def wanted(self) -> asking.Wanted:
        """It as the use case knows it."""
        return self.type, {name: self.values.get(name, []) for name in [*self.claims, *self.values]}


class Transaction(_Sent):
    """What the holder is to agree to, with a certificate that is asked for."""

    type: str = Field(min_length=1, max_length=512, examples=["urn:example:transfer"])
    credential_ids: list[str] = Field(min_length=1, max_length=100, examples=[["resident_identity"]])
    members: dict[str, str | int | bool] = Field(default={}, description="Shown to the holder.")


class AskRequest(_Sent):
    """What to ask a wallet for: `certificates` and `any_of`, or a `query` in DCQL."""

    certificates: list[WantedCertificate] = Field(default=[], max_length=20, description="All of these.")
    any_of: list[Annotated[list[WantedCertificate], Field(min_length=1, max_length=20)]] = Field(
        default=[], max_length=20, description="Of each group one, the first preferred."
    )
    query: dict[str, Any] | None = Field(default=None, description="DCQL (OpenID4VP 1.0, section 6).")
    clerk: str = Field(default="", max_length=80, pattern=_ONE_LINE)
    matter: str = Field(default="", max_length=200, pattern=_ONE_LINE)
    transactions: list[Transaction] = Field(default=[], max_length=20)
    return_to: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^https?://[^\s#]+$",
        description="The page that the wallet opens when it is on the same device: `response_code` is added.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """A query beside certificates would leave open which of the two is meant."""
        if self.query is not None and (self.certificates or self.any_of):
            raise ValueError("query stands alone")
        return self


class AskedView(BaseModel):
    """A request, open for five minutes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"id": "…", "link": "openid4vp://?client_id=…", "request_uri": "…", "expires": 0}
        }
    )

    id: str
    link: str = Field(description="For a wallet: as a link on the same device, as a QR across devices.")
    request_uri: str
    expires: int = Field(description="Unix seconds.")


class PresentedView(BaseModel):
    """One certificate of an answer."""

    query: str = Field(description="Which of what was asked for.")
    answers: bool = Field(description="Whether it is what was asked for; a valid one may not be.")
    zh: str = Field(description="Why not.")
    en: str
    agreed: list[int] = Field(description="Transactions that its holder agreed to, by place.")
    report: dict[str, Any] = Field(description="What was found (docs/verification.md).")
    presentation: str = Field(description="What was shown, as evidence.")

    @classmethod
    def of(cls, each: Presented) -> "PresentedView":
        """The view of one presentation."""
        return cls(
            query=each.query,
            answers=each.answers,
            zh=each.zh,
            en=each.en,
            agreed=list(each.agreed),
            report=each.report,
            presentation=each.text,
        )


class OutcomeView(BaseModel):
    """What became of a request. Kept for a day."""

    state: str = Field(description="open, answered, refused or expired.")
    fetched: bool = Field(description="Whether a wallet took it.")
    satisfied: bool = Field(description="Whether everything required was shown, is valid, and was agreed to.")
    certificates: list[PresentedView]
    error: str = Field(description="The wallet's, where it refused.")
    expires: int
    answered_at: int | None

    @classmethod
    def of(cls, outcome: Outcome) -> "OutcomeView":
        """The view of an outcome."""
        return cls(
            state=outcome.state,
            fetched=outcome.fetched,
            satisfied=outcome.satisfied,
            certificates=[PresentedView.of(each) for each in outcome.presented],
            error=outcome.error,
            expires=outcome.expires,
            answered_at=outcome.answered_at,
        )


@departments.post("/requests", status_code=201, summary="Ask a wallet", responses=TOO_MANY)
def ask(body: AskRequest, client: Asking, services: Used) -> AskedView:
    """For certificates of several departments at once; each gets its own verdict."""
    with services.store.write() as session:
        query = body.query or asking.query_for(
            session,
            services.runtime.catalogue,
            [each.wanted for each in body.certificates],
            [[each.wanted for each in group] for group in body.any_of],
            everywhere=True,
        )
        made = services.cases.requesting.make(
            session,
            client.code,
            query,
            clerk=body.clerk,
            matter=body.matter,
            transaction_data=[
                transactiondata.encode(each.type, each.credential_ids, each.members)
                for each in body.transactions
            ],
            same_device_return=body.return_to,
        )
    return AskedView(id=made.id, link=made.link, request_uri=made.request_uri, expires=made.expires)


@departments.get("/requests/{id}", summary="What a wallet answered")
def outcome(id: str, client: Asking, services: Used, response_code: str | None = None) -> OutcomeView:
    """For the department that asked, and for no other."""
    found = services.cases.requesting.outcome(id, asker=client.code, response_code=response_code)
    return OutcomeView.of(found)


@contextmanager
def _named() -> Iterator[None]:
    """Refusals by the name that the specification has for them (OpenID4VP 1.0, section 8.5)."""
    try:
        yield
    except NotFound as error:
        raise ProtocolError("invalid_request", error.en, 404) from error
    except _NAMED as error:
        raise ProtocolError("invalid_request", error.en) from error


def _metadata(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ProtocolError("invalid_request", "wallet_metadata is no JSON object")
    return found


def _object(text: str) -> Response:
    return Response(text, media_type=MEDIA_TYPE, headers=NO_STORE)
