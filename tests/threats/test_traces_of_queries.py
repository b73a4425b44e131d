"""Threat 22 where departments ask each other: nothing personal in store, log, address, error or backup."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from registry.consents.deciding import AtWindow, Deciding
from registry.querying import Querying
from tests.api.conftest import Written, serve
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, ORIGIN, POLICE, Town, citizen_number
from tests.consents.conftest import ask
from tests.queries.conftest import desk, rule
from tests.queries.test_bad_input import EQUALS, PLAIN, asked
from tests.threats.traces import files, traces

__all__ = ["desk"]

SOMEBODY, NOBODY = 7, 8
NAME, NUMBER = "夏俊飞", "440105199205037799"
"""Somebody whom a clerk names where nobody should be named: as a matter, a claim, a reason."""


@pytest.fixture
def http(town: Town, written: Written) -> Iterator[httpx.Client]:
    rule(town, query_batch_alone=1)
    yield from serve(town, written)


def provoke(town: Town, housing: Desk, police: Desk) -> list[httpx.Response]:
    """Every way in, asked rightly and wrongly; what was refused."""
    answers = []
    for number in (SOMEBODY, NOBODY):
        for changed in (
            {},
            EQUALS,
            {"ask": "claims", "claims": ["ethnicity"]},
            {"ask": "claims", "claims": ["birth_date"], "matter": "rent_subsidy"},
            {"ask": "claims", "claims": [NAME]},
            {"matter": f"{NAME} {NUMBER}"},
            {"type": NAME},
            {"value": NAME},
            {"holder": {"id_type": NUMBER, "identifier": NUMBER}},
            {"holder": {"id_type": "citizen_number", "identifier": NUMBER[:-1] + "0"}},
            {NAME: NUMBER},
        ):
            answers.append(housing.post("/queries", asked(number, **changed)))
        answers += [
            housing.post(
                "/query-batches",
                {
                    "matter": matter,
                    "clerk": "clerk 3",
                    "reason": f"{NAME} {NUMBER}",
                    "queries": [question] * 2,
                },
                **{"Idempotency-Key": f"{NAME} {number} {matter == NAME} {len(question)}".encode()},
            )
            for matter in (PLAIN["matter"], NAME)
            for question in (
                {k: v for k, v in asked(number).items() if k not in ("matter", "clerk")},
                {"type": "resident_identity", "ask": "claims", "claims": [NAME], "certificate_id": NUMBER},
            )
        ]
    for made in [each.json()["id"] for each in answers if each.status_code == 201]:
        approved = housing.post(f"/query-batches/{made}/approval", {"clerk": "clerk 4", "approve": True})
        assert approved.status_code == 202
    assert town.services is not None
    while town.services.cases.batching.step():
        pass
    for review in police.get("/reviews").json():
        decision = {"granted": True, "by": "officer 1", "reason": f"{NAME} {NUMBER}"}
        answers.append(police.post(f"/reviews/{review['id']}/decision", decision))
    deciding = Deciding.of(town.runtime, town.trust, town.services.cases.requesting)
    deciding.at_window(
        ask(town, SOMEBODY).id, HOUSING, "yes", AtWindow("c 3", "c 4", f"{NAME} {NUMBER}", "0" * 64)
    )
    return [answer for answer in answers if not answer.is_success]


def test_nobodys_name_or_number_is_in_any_byte_written_or_any_refusal(
    town: Town, http: httpx.Client, desk: Callable[[str], Desk], written: Written, tmp_path: Path
) -> None:
    housing, police = desk(HOUSING), desk(POLICE)
    assert police.issue(town.identity_row(SOMEBODY)).is_success
    town.anchor(POLICE)
    refusals = provoke(town, housing, police)
    assert len(refusals) >= 14
    person = town.identity_row(SOMEBODY)
    values = [
        NAME,
        NUMBER,
        citizen_number(SOMEBODY),
        citizen_number(NOBODY),
        person["name"],
        person["address"],
    ]
    file = town.runtime.settings.data / "registry.sqlite"
    with sqlite3.connect(file) as store, sqlite3.connect(tmp_path / "backup.sqlite") as copy:
        store.backup(copy)
        dumped = "\n".join(copy.iterdump()).encode("utf-8", "surrogateescape")
    tables = {
        "query_batch",
        "query_case",
        "query_review",
        "consent",
        "inbox_item",
        "access_entry",
        "comparison",
    }
    assert all(f'INSERT INTO "{name}"'.encode() in dumped for name in tables), "everything was written to"
    places = [
        *files(tmp_path),
        ("every row of the store", dumped),
        ("the log", written.text.encode()),
        *((f"refusal {n}", str(each.headers).encode() + each.content) for n, each in enumerate(refusals)),
    ]
    assert traces(values, places) == []


def test_nothing_that_is_printed_names_anybody(town: Town) -> None:
    querying: Querying = rule(town).querying
    town.citizen(SOMEBODY)
    from tests.queries.test_batches import posted
    from tests.queries.test_querying import query

    (answer,) = querying.ask(query(ask="claims", claims=("name",)))
    shown = repr((answer, query(), posted(8, reason=NAME), AtWindow("c 3", "c 4", "card", "0" * 64), ORIGIN))
    assert (
        traces(
            [NAME, citizen_number(SOMEBODY), town.identity_row(SOMEBODY)["name"]], [("repr", shown.encode())]
        )
        == []
    )
