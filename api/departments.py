"""Departments: issue, change, share and find, each under its own code and no other."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from api.department_views import (
    CertificateView,
    CopyView,
    DecisionRequest,
    IssuedView,
    IssueRequest,
    OfferAgainRequest,
    OfferRequest,
    OfferView,
    ReasonRequest,
    RenewalRequest,
    ResumptionRequest,
    SearchRequest,
    StatusChangeView,
    SuspensionRequest,
    WithdrawalRequest,
    WithdrawalView,
)
from api.oauth import Asking
from api.problems import Problem
from api.services import Used
from registry import finding, taking_back
from registry.drafting import LONGEST_KEY
from registry.drafting import Request as IssuingRequest
from registry.errors import NotAllowed
from registry.issuing import Issued
from registry.renewing import Renewal
from registry.status_changes import Decision

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No token, or not a good one."},
    404: {"model": Problem, "description": "Nothing there that this department may see."},
    409: {"model": Problem, "description": "It does not fit the state of things."},
    422: {"model": Problem, "description": "The request, or the row, does not fit; `fields` says which."},
}
router = APIRouter(prefix="/issuers/{issuer}", tags=["Departments"], responses=REFUSALS)

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        description="Your own name for this request: sent again, nothing is issued twice.",
        examples=["2026-11-24/0017"],
    ),
]


@router.post("/certificates", status_code=201, summary="Issue a certificate")
def issue(body: IssueRequest, key: Key, client: Asking, services: Used) -> IssuedView:
    """Durable when answered, anchored a little later."""
    definition = services.runtime.catalogue.named(body.type)
    request = IssuingRequest(body.claims, key, serial=body.serial, hold=body.hold, by=body.by)
    return _issued(services.cases.issuing.issue(client.code, definition.type, request))


@router.get("/certificates/{certificate_id}", summary="One certificate and its history")
def show(certificate_id: str, client: Asking, services: Used) -> CertificateView:
    """Without its claims."""
    with services.store.read() as session:
        found = finding.by_identifier(session, [client.code], certificate_id, services.now())
        return CertificateView.of(found, finding.history(session, found))


@router.post("/searches", summary="Find certificates by printed number or by holder")
def search(body: SearchRequest, client: Asking, services: Used) -> list[CertificateView]:
    """This department's own, newest first, at most 200."""
    vault, now = services.sharing.vault, services.now()
    if (body.number is None) == (body.holder is None):
        raise NotAllowed(
            "请按证照号码或持证主体二者择一查找。", "Search by number or by holder: one of the two."
        )
    with services.store.read() as session:
        if body.number is not None:
            rows = finding.by_number(session, vault, [client.code], body.number, now)
        else:
            assert body.holder is not None
            rows = finding.by_holder(session, vault, [client.code], *body.holder.pair, now=now)
    return [CertificateView.of(found) for found in rows]


@router.post("/certificates/{certificate_id}/taking-back", status_code=204, summary="Take a certificate back")
def take_back(certificate_id: str, body: ReasonRequest, client: Asking, services: Used) -> Response:
    """Before its batch closes; afterwards revoke it as `issued_in_error`."""
    with services.store.write() as session:
        taking_back.take_back(
            session,
            client.code,
            certificate_id,
            by=body.by,
            now=services.now(),
            combined=services.cases.runtime.catalogue.combined,
        )
    return Response(status_code=204)


@router.post("/certificates/{certificate_id}/revocation", status_code=202, summary="Revoke")
def revoke(certificate_id: str, body: DecisionRequest, client: Asking, services: Used) -> StatusChangeView:
    """For good. The status lists say so when this is answered; the chain follows."""
    return StatusChangeView.of(services.cases.changing.revoke(client.code, certificate_id, _decision(body)))


@router.post("/certificates/{certificate_id}/suspension", status_code=202, summary="Suspend")
def suspend(certificate_id: str, body: SuspensionRequest, client: Asking, services: Used) -> StatusChangeView:
    """It can come back."""
    return StatusChangeView.of(services.cases.changing.suspend(client.code, certificate_id, _decision(body)))


@router.post("/certificates/{certificate_id}/resumption", status_code=202, summary="Resume")
def resume(certificate_id: str, body: ResumptionRequest, client: Asking, services: Used) -> StatusChangeView:
    """Takes effect once it is final on the chain."""
    return StatusChangeView.of(services.cases.changing.resume(client.code, certificate_id, _decision(body)))


@router.post("/certificates/{certificate_id}/renewal", status_code=201, summary="Issue the next version")
def renew(certificate_id: str, body: RenewalRequest, key: Key, client: Asking, services: Used) -> IssuedView:
    """The version before is superseded once this one is final and has begun."""
    renewal = Renewal(_decision(body), body.changes, key)
    return _issued(services.cases.changing.renew(client.code, certificate_id, renewal))


@router.post("/certificates/{certificate_id}/offers", status_code=201, summary="Offer it to its holder")
def offer(certificate_id: str, body: OfferRequest, client: Asking, services: Used) -> OfferView:
    """Open for fifteen minutes, for one wallet; dead after five wrong PINs."""
    made = services.sharing.offer(
        client.code,
        certificate_id,
        made_by=body.by,
        role=body.role,
        holder=None if body.holder is None else body.holder.pair,
        seen=body.seen,
    )
    return OfferView.of(made, services.origin())


@router.post("/offers/{id}/again", status_code=201, summary="Make an offer anew")
def offer_again(id: str, body: OfferAgainRequest, client: Asking, services: Used) -> OfferView:
    """With another code and PIN: five wrong PINs killed it, it is over, or its link was lost."""
    made = services.sharing.offer_again(client.code, id, made_by=body.by, seen=body.seen)
    return OfferView.of(made, services.origin())


@router.post("/certificates/{certificate_id}/copies", status_code=201, summary="Make a copy for paper")
def copy(certificate_id: str, client: Asking, services: Used) -> CopyView:
    """With the claims that the type allows on paper."""
    made = services.sharing.copies.copy(client.code, certificate_id, services.now())
    return CopyView(link=made.paper.link, presentation=made.presentation)


@router.post("/certificates/{certificate_id}/withdrawal", summary="Withdraw a lost wallet")
def withdraw(certificate_id: str, body: WithdrawalRequest, client: Asking, services: Used) -> WithdrawalView:
    """Every credential of the wallets in which a holder has this certificate; the certificates stand."""
    count = services.sharing.withdraw_by_clerk(
        client.code,
        certificate_id,
        by=body.by,
        holder=None if body.holder is None else body.holder.pair,
    )
    return WithdrawalView(credentials=count)


def _decision(body: DecisionRequest) -> Decision:
    return Decision(body.reason, body.basis, body.decision, body.effective_from, body.by)


def _issued(issued: Issued) -> IssuedView:
    return IssuedView(certificate_id=issued.certificate_id, state=issued.state, repeated=issued.repeated)
