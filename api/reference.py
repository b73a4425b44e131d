"""`/docs`: the API described for people, out of the OpenAPI document; nothing is loaded from elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(Path(__file__).parent / "templates")
AUDIENCES: Final = {
    "Departments": ("部门", "A token first; then everything under the department's own code."),
    "Registries": ("外省登记系统", "Signed messages (RFC 9421) from departments of other registries."),
    "Wallets": ("钱包", "OpenID4VCI 1.0: an offer, tokens bound to the wallet's key, credentials."),
    "Holders": ("持证人", "What is a person's own: a token with the scope `holder`, got by logging in."),
    "Operators": ("运维", "Measures for Prometheus, by the bearer token of the settings."),
    "Everybody": ("公众", "No token: types, keys, status lists, trust files, checking."),
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a request's body, or a header."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, as the page shows it. example: a body, as JSON text or a form."""

    method: str
    path: str
    summary: str
    about: str
    members: list[Member]
    example: str
    answers: list[tuple[str, str]]


@router.get("/docs")
def reference(request: Request) -> Response:
    """The page."""
    document = request.app.openapi()
    operations = {tag: list(_operations(document, tag)) for tag in AUDIENCES}
    context = {"about": document["info"]["description"], "audiences": AUDIENCES, "operations": operations}
    return templates.TemplateResponse(
        request, "reference.html", context, headers={"Content-Security-Policy": _POLICY}
    )


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[Operation]:
    for path, routes in document["paths"].items():
        for method, route in routes.items():
            if tag in route.get("tags", ()):
                schema, is_form = _body(document, route)
                yield Operation(
                    method.upper(),
                    path,
                    route["summary"],
                    route.get("description", ""),
                    [*_headers(route), *_members(document, schema)],
                    _example(document, schema, is_form),
                    [(code, answer["description"]) for code, answer in sorted(route["responses"].items())],
                )


def _body(document: Mapping[str, Any], route: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The schema of a route's body, and whether it is sent as a form."""
    for kind, content in route.get("requestBody", {}).get("content", {}).items():
        return _resolved(document, content["schema"]), kind != "application/json"
    return {}, False


def _headers(route: Mapping[str, Any]) -> Iterator[Member]:
    for parameter in route.get("parameters", ()):
        if parameter["in"] == "header":
            yield Member(parameter["name"], "header", parameter["required"], parameter.get("description", ""))


def _members(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Member]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        said = _resolved(document, member)
        about = member.get("description") or said.get("description", "")
        yield Member(name, said.get("type", "object"), name in required, about)


def _example(document: Mapping[str, Any], schema: Mapping[str, Any], is_form: bool) -> str:
    if not schema:
        return ""
    value = schema.get("example") or {
        name: _value(_resolved(document, member), member)
        for name, member in schema.get("properties", {}).items()
        if name in schema.get("required", ()) or "examples" in member
    }
    if is_form:
        return "\n".join(f"{name}={text}" for name, text in value.items())
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _value(schema: Mapping[str, Any], member: Mapping[str, Any]) -> Any:
    if examples := member.get("examples") or schema.get("examples"):
        return examples[0]
    return {"string": "…", "integer": 0, "array": [], "object": {}}.get(schema.get("type", "object"), "…")


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema behind its reference; of alternatives, the one that is not null."""
    for alternative in schema.get("anyOf", ()):
        if alternative.get("type") != "null":
            return _resolved(document, alternative)
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found
