"""Holders: what is a person's own, for a token with the scope `holder` (DPoP-bound, dead with its login)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.department_views import Holder
from api.problems import Problem
from api.protocol_errors import REFUSALS, ProtocolError, ProtocolRoute
from api.services import Services, Used
from api.tokens import authorised
from registry import agents, holding
from registry.holding import Holding, NotForHolders, OwnWallet, Person
from registry.store.tables import EnterpriseAgent

_STATUS = ("valid", "revoked", "suspended", "superseded")

router = APIRouter(
    prefix="/holder",
    tags=["Holders"],
    route_class=ProtocolRoute,
    responses={
        **REFUSALS,
        404: {"model": Problem, "description": "Nothing of yours by that name."},
        409: {"model": Problem, "description": "It does not fit."},
    },
)


def person(request: Request, services: Used) -> Person:
    """Who asks.

    Raises:
        ProtocolError, BadAccessToken: no such token, another scope, or its login does not stand any more.
    """
    authorisation = authorised(request, services)
    try:
        with services.store.read() as session:
            return holding.person_of(session, authorisation, services.trust(), services.now())
    except NotForHolders as error:
        raise ProtocolError("insufficient_scope", error.en, 403, "DPoP") from error


Asking = Annotated[Person, Depends(person)]


class Name(BaseModel):
    """A name in both languages."""

    zh: str
    en: str


class HoldingView(BaseModel):
    """A certificate that an issuer made for this person, or for whom this person acts."""

    certificate_id: str
    issuer: str = Field(description="Credit code.")
    issuer_name: Name
    type: str
    type_name: Name
    status: str = Field(examples=["valid"], description="valid, revoked, suspended, superseded, expired.")
    valid_from: int
    valid_until: int | None = None
    configuration: str | None = Field(
        default=None, description="`credential_configuration_id` under which it may be claimed."
    )


class WalletView(BaseModel):
    """A wallet of this person."""

    id: str
    this: bool = Field(description="Whether it is the one that asks.")
    created: int
    credentials: int = Field(description="Credentials that have not expired.")
    clients: list[str] = Field(description="What its apps call themselves; nobody has checked that.")


class WithdrawalRequest(BaseModel):
    """Which wallet is to be withdrawn."""

    wallet: str | None = Field(default=None, description="Its id; left out: the one that asks.")


class Withdrawn(BaseModel):
    """What was withdrawn: every credential of one wallet, at once and for good. The certificates stand."""

    credentials: int


class AppointmentRequest(BaseModel):
    """Whom a legal representative lets claim the enterprise's certificates."""

    licence: str = Field(max_length=200, description="Identifier of the licence that names you.")
    agent: Holder
    until: int = Field(description="Unix seconds; a year at most.")


class AppointmentView(BaseModel):
    """An agent of an enterprise. Who it is, is not told: it is kept as a keyed index only."""

    id: str
    licence: str
    created: int
    until: int


@router.get("/certificates", summary="What every issuer holds for me")
def certificates(asking: Asking, services: Used) -> list[HoldingView]:
    """Newest versions, with the status of the moment; those of one's enterprise and child, while one acts."""
    runtime = services.runtime
    with services.store.read() as session:
        found = holding.holdings(
            session, runtime.catalogue, runtime.sealed, runtime.tz, asking, services.now()
        )
    return [_holding(services, each) for each in found]


@router.get("/wallets", summary="My wallets")
def wallets(asking: Asking, services: Used) -> list[WalletView]:
    """Those in use."""
    with services.store.read() as session:
        found = holding.wallets(session, asking, services.now())
    return [_wallet(asking, each) for each in found]


@router.post("/withdraw", summary="Withdraw a wallet of mine")
def withdraw(asking: Asking, body: WithdrawalRequest, services: Used) -> Withdrawn:
    """A lost phone: every credential of that wallet is withdrawn in one action; third parties refuse them."""
    with services.store.write() as session:
        ended = holding.withdraw_own(
            session, services.sharing.lists, asking, body.wallet or asking.wallet, services.now()
        )
    return Withdrawn(credentials=ended)


@router.get("/agents", summary="Agents of my enterprises")
def agents_of(asking: Asking, services: Used) -> list[AppointmentView]:
    """Of every enterprise that one represents, whoever appointed them."""
    with services.store.read() as session:
        found = agents.appointed(session, services.runtime.catalogue, asking.holder, services.now())
        return [_appointment(row, licence) for row, licence in found]


@router.post("/agents", status_code=201, summary="Let somebody claim my enterprise's certificates")
def appoint(asking: Asking, body: AppointmentRequest, services: Used) -> AppointmentView:
    """As legal representative, for a time. The answer is the same whether there is such a person or not."""
    with services.store.write() as session:
        row = agents.appoint(
            session,
            services.runtime.catalogue,
            person=asking.holder,
            licence=body.licence,
            agent=services.runtime.sealed.holder_index(*body.agent.pair),
            until=body.until,
            now=services.now(),
            randomness=services.sharing.randomness,
        )
        return _appointment(row, body.licence)


@router.delete("/agents/{id}", status_code=204, summary="End an agent's appointment")
def dismiss(id: str, asking: Asking, services: Used) -> None:
    """Every credential that the agent holds through it is withdrawn."""
    with services.store.write() as session:
        agents.end(
            session,
            services.runtime.catalogue,
            services.sharing.lists,
            asking.holder,
            id,
            services.now(),
        )


def _appointment(row: EnterpriseAgent, licence: str) -> AppointmentView:
    return AppointmentView(id=row.id, licence=licence, created=row.created, until=row.expires)


def _holding(services: Services, each: Holding) -> HoldingView:
    row = each.certificate
    definition = services.runtime.catalogue.definition(row.type, row.type_version)
    issuer = services.trust().issuers.get(row.issuer)
    return HoldingView(
        certificate_id=row.certificate_id,
        issuer=row.issuer,
        issuer_name=Name(zh=issuer.zh if issuer else row.issuer, en=issuer.en if issuer else row.issuer),
        type=row.type,
        type_name=Name(zh=definition.name.zh, en=definition.name.en),
        status="expired" if each.ended and each.status == 0 else _STATUS[each.status],
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        configuration=f"{row.issuer}.{row.type}" if each.claimable else None,
    )


def _wallet(asking: Person, each: OwnWallet) -> WalletView:
    return WalletView(
        id=each.wallet.id,
        this=each.wallet.id == asking.wallet,
        created=each.wallet.created,
        credentials=each.credentials,
        clients=list(each.clients),
    )
