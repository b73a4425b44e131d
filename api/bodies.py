"""JSON bodies of protocol requests: one object, each member once; refused in the protocol's words."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.protocol_errors import ProtocolError

_JSON: Final = "application/json"
M = TypeVar("M", bound=BaseModel)


def media_type(request: Request) -> str:
    """The body's media type without its parameters, lower case; "" where none was said."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def demand_json(request: Request, refusal: str) -> None:
    """Raises ProtocolError (`refusal`) for a body that says it is something else than JSON."""
    if media_type(request) not in (_JSON, ""):
        raise ProtocolError(refusal, f"the media type must be {_JSON}")


def as_model(raw: bytes, model: type[M], refusal: str) -> M:
    """A JSON object as this model; members that the model does not know are passed over.

    Raises:
        ProtocolError: `refusal`: no JSON, a member missing, of another kind, or there twice.
    """
    try:
        read = model.model_validate_json(raw)
        json.loads(raw, object_pairs_hook=_once)
    except (ValidationError, ValueError, RecursionError) as error:
        raise ProtocolError(refusal, "a member is missing, of another kind, or there twice") from error
    return read


def body_of(model: type[M], refusal: str) -> Callable[[Request], Awaitable[M]]:
    """A dependency: the request's body as this model."""

    async def read(request: Request) -> M:
        demand_json(request, refusal)
        return as_model(await request.body(), model, refusal)

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What the OpenAPI document says of a body that `body_of` reads."""
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": model.model_json_schema()}}}}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members
