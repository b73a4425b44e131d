"""Whatever the OpenAPI document allows, and what it does not, is answered as the document says."""

import contextlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import api
from api.logs import Log
from registry import clients
from tests.api.conftest import Written, founded, town  # noqa: F401
from tests.api.town import POLICE, Town

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@schemathesis.serializer("application/jose")
def as_text(_context: Any, value: Any) -> bytes:
    """A compact JWE is text; the library knows none of that media type."""
    return str(value).encode("utf-8", errors="replace")


CALLS = 5
"""Calls made of each operation and kind."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(GenerationMode))
def test_no_call_ends_in_a_server_error_or_an_undocumented_answer(
    town: Town,  # noqa: F811
    kind: GenerationMode,
) -> None:
    app = api.create_app(town.runtime, town.trust, Log(Written()))
    town.services = app.state.services
    town.citizen()
    operations = [each.ok() for each in _schema(app).get_all_operations() if isinstance(each, Ok)]
    assert len(operations) > 20
    wrong: dict[str, str] = {}
    for operation in operations:
        try:
            _call(operation, town, kind)
        except (FailureGroup, AssertionError) as failure:
            wrong[operation.label] = str(failure)[:2000]
    assert not wrong, "\n\n".join(wrong.values())


def _schema(app: Any) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def _call(operation: Any, town: Town, kind: GenerationMode) -> None:  # noqa: F811
    headers = {}
    if "Departments" in (operation.definition.raw.get("tags") or []):
        token = clients.give_token(
            town.runtime.store, POLICE, dpop_thumbprint=None, now=town.now, randomness=town.runtime.randomness
        )
        headers["Authorization"] = f"Bearer {token}"

    @settings(
        max_examples=CALLS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=kind))
    def calls(case: Any) -> None:
        if headers and "issuer" in case.path_parameters:
            case.path_parameters["issuer"] = POLICE  # another's address is one and the same 404
        case.call_and_validate(headers=headers, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):  # an operation without input cannot be called wrongly
        calls()
