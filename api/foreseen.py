"""Whether a holder wants to be offered what ends soon and what is newly possible."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.holders import Asking
from api.protocol_errors import REFUSALS, ProtocolRoute
from api.services import Used
from registry.foreseen.quiet import is_quiet, set_quiet

router = APIRouter(prefix="/holder", tags=["Holders"], route_class=ProtocolRoute, responses={**REFUSALS})


class Offers(BaseModel):
    """For all wallets of the person."""

    model_config = ConfigDict(extra="forbid")

    wanted: bool = Field(description="Whether anything is offered before being asked; at first it is.")


@router.get("/offers", summary="Whether I want offers")
def read_wish(person: Asking, services: Used) -> Offers:
    """They come into the inbox, as `offer`, and nowhere else."""
    with services.store.read() as session:
        return Offers(wanted=not is_quiet(session, person.holder))


@router.post("/offers", summary="Want offers, or not")
def wish(person: Asking, body: Offers, services: Used) -> Offers:
    """Switched off, those in the inbox go, and nothing is offered until it is switched on."""
    with services.store.write() as session:
        set_quiet(session, person.holder, not body.wanted, services.now())
    return body
