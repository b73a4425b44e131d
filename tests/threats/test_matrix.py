"""Threat 19: every route, asked by everybody: nothing of others, and no telling whether there is any."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Route

from tests.api.conftest import founded
from tests.api.town import HOUSING, MARKET, POLICE
from tests.threats.matrix import MATRIX
from tests.threats.matrix_world import GUEST, HELD, NEIGHBOUR, World, opened

__all__ = ["founded"]

NOWHERE = "X" * 18


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(founded, tmp_path_factory.mktemp("matrix")) as made:
        yield made


def of(audience: str) -> Any:
    return pytest.mark.parametrize(
        "route", [name for name, row in MATRIX.items() if row.audience == audience]
    )


def request(
    world: World, route: str, by: str = "", *, issuer: str = POLICE, exists: bool = True
) -> httpx.Response:
    """Ask as somebody. by: nobody, a department's code, or a citizen's wallet (`7`)."""
    row, method = MATRIX[route], route.split(maxsplit=1)[0]
    path = world.filled(row.at.replace("{issuer}", issuer), exists=exists)
    headers = {"Idempotency-Key": route}
    if by in world.desks:
        headers["Authorization"] = f"Bearer {world.desks[by].token}"
    elif by:
        wallet = world.wallets[int(by)]
        proof = wallet.proof(path.partition("?")[0], wallet.access, htm=method)
        headers |= {"Authorization": f"DPoP {wallet.access}", "DPoP": proof}
    del world.statements[:]
    sent = {"json": world.filled(row.body, exists=exists), "data": world.filled(row.form, exists=exists)}
    if row.file is not None:
        sent, headers["Content-Type"] = {"content": row.file}, "application/pdf"
    return world.http.request(
        method, path, headers=headers, **{k: v for k, v in sent.items() if v is not None}
    )


def seen(world: World, answer: httpx.Response) -> tuple[object, ...]:
    """What an asker sees of an answer but its reference: status, headers, words; and the work done."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    members = answer.json() if "json" in headers.get("content-type", "") else answer.text
    if isinstance(members, dict):
        members = {name: value for name, value in members.items() if name != "reference"}
    return answer.status_code, headers, members, tuple(world.statements)


def served(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """`METHOD /path` of every route, also of those that are in no description."""
    for route in routes:
        if isinstance(route, Route):
            yield from (f"{method} {route.path}" for method in route.methods or ())
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from served(inner.routes)
        else:
            raise AssertionError(f"{route} is served, and no line can name it")


def leaks(world: World, answer: httpx.Response) -> list[str]:
    said = answer.text + str(answer.headers)
    return [secret for secret in world.secrets if secret in said]


def test_every_route_stands_in_the_matrix_and_every_line_is_a_route(world: World) -> None:
    routes = set(served(world.app.routes))
    described = {
        f"{method.upper()} {path}"
        for path, methods in world.app.openapi()["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert described <= routes
    assert routes - MATRIX.keys() == set(), "add a line to tests/threats/matrix.py"
    assert MATRIX.keys() - routes == set()


@of("department")
def test_a_departments_route_tells_strangers_nothing(world: World, route: str) -> None:
    owner = world.owner(MATRIX[route])
    nobody = {exists: request(world, route, issuer=owner, exists=exists) for exists in (True, False)}
    assert nobody[True].status_code == 401
    assert seen(world, nobody[True])[:3] == seen(world, nobody[False])[:3]
    for citizen in (HELD, GUEST):
        assert request(world, route, str(citizen), issuer=owner).status_code == 401
    # A stranger at the owner's address, and at one that is nobody's:
    at_owner = seen(world, request(world, route, MARKET, issuer=owner))
    at_nobody = seen(world, request(world, route, MARKET, issuer=NOWHERE, exists=False))
    assert at_owner[0] == 404
    assert at_owner == at_nobody
    # A stranger under its own code, who knows what it is called:
    theirs = request(world, route, MARKET, issuer=MARKET)
    told = seen(world, theirs)
    assert leaks(world, theirs) == []
    if "<" in MATRIX[route].at:
        assert told == seen(world, request(world, route, MARKET, issuer=MARKET, exists=False))
        assert told[0] == 404


@of("holder")
def test_a_holders_route_tells_strangers_nothing(world: World, route: str) -> None:
    nobody = {exists: request(world, route, exists=exists) for exists in (True, False)}
    assert nobody[True].status_code == 401
    assert seen(world, nobody[True])[:3] == seen(world, nobody[False])[:3]
    for department in (POLICE, HOUSING):
        assert request(world, route, department).status_code == 401
    scopeless = request(world, route, str(GUEST))
    assert (scopeless.status_code, scopeless.json()["error"]) == (403, "insufficient_scope")
    theirs = request(world, route, str(NEIGHBOUR))
    told = seen(world, theirs)
    assert leaks(world, theirs) == []
    if "<" in MATRIX[route].at:
        assert told == seen(world, request(world, route, str(NEIGHBOUR), exists=False))
    if "<" in MATRIX[route].at + str(MATRIX[route].body):
        assert told[0] == 404


@of("holder")
def test_its_holder_is_answered(world: World, route: str) -> None:
    answer = request(world, route, str(HELD))
    assert answer.status_code == MATRIX[route].then, answer.text


@of("everybody")
def test_what_is_everybodys_is_the_same_for_all(world: World, route: str) -> None:
    answers = [request(world, route, by) for by in ("", POLICE, MARKET, str(HELD), str(NEIGHBOUR))]
    assert {answer.status_code for answer in answers} == {MATRIX[route].then}
    assert not any(leaks(world, answer) for answer in answers)


@of("bearer")
def test_who_has_no_code_token_or_handle_gets_nothing_whoever_it_is(world: World, route: str) -> None:
    assert request(world, route).status_code == MATRIX[route].then
    answers = [request(world, route, by) for by in (POLICE, MARKET, str(HELD), str(NEIGHBOUR))]
    assert all(answer.is_client_error for answer in answers)
    assert not any(leaks(world, answer) for answer in answers)


@of("department")
def test_its_own_department_is_answered(world: World, route: str) -> None:
    owner = world.owner(MATRIX[route])
    answer = request(world, route, owner, issuer=owner)
    assert answer.status_code == MATRIX[route].then, answer.text


def test_what_is_the_owners_is_found_by_the_same_look(world: World) -> None:
    """The look for leaks sees what it should: the owner's own answers are full of them."""
    found = [
        request(world, route, HOUSING, issuer=HOUSING)
        for route in MATRIX
        if route.startswith("GET /issuers/{issuer}/query-b")
    ]
    assert all(leaks(world, answer) for answer in found)
