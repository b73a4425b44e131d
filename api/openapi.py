"""The OpenAPI document as it is meant: refusals are problem documents, under their own content type."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_VALIDATION: Final = {"$ref": "#/components/schemas/HTTPValidationError"}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` say which content type a refusal has (RFC 9457, section 3).

    FastAPI writes every model down as `application/json`, and its own 422, which is never sent here: what a
    route takes for malformed is answered by the route's own refusal (the `4XX` of each).
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            for path in made["paths"].values():
                for operation in path.values():
                    _mend(operation["responses"])
            for name in ("HTTPValidationError", "ValidationError"):
                made["components"]["schemas"].pop(name, None)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _mend(responses: dict[str, Any]) -> None:
    for status, response in list(responses.items()):
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema == _VALIDATION:
            del responses[status]
        elif schema == _PROBLEM:
            content["application/problem+json"] = content.pop("application/json")
