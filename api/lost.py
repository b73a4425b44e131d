"""`/lost`: a wallet that was lost is withdrawn from any browser, by its recovery code or by logging in.

The recovery code needs no script. Who has another wallet logs in with it through the one door for the scope
`holder`, as any client would (`static/lost.js`).
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.pages import rendered
from api.services import Used
from registry.errors import RegistryError
from registry.wording import Words

PATH = "/lost"

router = APIRouter(include_in_schema=False)


@router.get(PATH)
def page(request: Request) -> Response:
    """The page."""
    return rendered(request, "lost.html", {}, address=PATH)


@router.post(PATH)
def withdraw(
    request: Request, services: Used, recovery_code: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Withdraw the wallet whose recovery code this is."""
    try:
        count = services.sharing.withdraw_by_code(recovery_code)
    except RegistryError as error:
        response = rendered(request, "lost.html", {"refused": Words(error.zh, error.en)}, address=PATH)
        response.status_code = error.status
        return response
    return rendered(request, "lost.html", {"withdrawn": count}, address=PATH)
