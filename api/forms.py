"""Forms as OAuth has them: `application/x-www-form-urlencoded`, each parameter once (RFC 6749, 3.2)."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.protocol_errors import ProtocolError

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
LONGEST: Final = 20_000
"""Characters of a value."""
_VISIBLE: Final = re.compile(r"[\x20-\x7e]*", re.ASCII)
M = TypeVar("M", bound=BaseModel)


async def parameters(request: Request) -> dict[str, str]:
    """The form's parameters; one without a value counts as left out (RFC 6749, section 3.2).

    Raises:
        ProtocolError: `invalid_request`, for another media type, and a parameter that comes twice or is no
            plain text.
    """
    return await _read(request, LONGEST)


async def _read(request: Request, longest: int) -> dict[str, str]:
    sent = request.headers.get("Content-Type", MEDIA_TYPE).partition(";")[0].strip().lower()
    if sent != MEDIA_TYPE:
        raise ProtocolError("invalid_request", f"the media type must be {MEDIA_TYPE}")
    found: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        plain = isinstance(value, str) and len(value) <= longest and _VISIBLE.fullmatch(value)
        if name in found or not plain:
            raise ProtocolError("invalid_request", "a parameter comes twice or is no plain text")
        found[name] = str(value)
    return {name: value for name, value in found.items() if value}


def form_of(model: type[M], *, longest: int = LONGEST) -> Callable[[Request], Awaitable[M]]:
    """A dependency: the form's parameters as this model. longest: characters of a value."""

    async def read(request: Request) -> M:
        try:
            return model.model_validate(await _read(request, longest))
        except ValidationError as error:
            raise ProtocolError("invalid_request", "a parameter is missing or of another kind") from error

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What the OpenAPI document says of a form that `form_of` reads."""
    content = {MEDIA_TYPE: {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}
