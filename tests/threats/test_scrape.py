"""Threat 20: an insider asks about everybody, over HTTP, with a token and a right that are in order."""

from collections.abc import Callable, Iterator
from itertools import count

import httpx
import pytest

from tests.api.conftest import Written, serve
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.queries.conftest import desk, rule

__all__ = ["desk"]

PEOPLE = 300
SECONDS = 60


@pytest.fixture
def http(town: Town, written: Written) -> Iterator[httpx.Client]:
    rule(town, query_department_hour=150)
    yield from serve(town, written)


def scrape(town: Town, housing: Desk, clerk: Callable[[int], str], seconds: int = SECONDS) -> list[int]:
    """Ask about one after the other, all within so many seconds; the status of each answer."""
    answers, began = [], town.now
    for number in range(PEOPLE):
        holder = {"id_type": "citizen_number", "identifier": citizen_number(number)}
        body = {"type": "resident_identity", "ask": "has_valid", "matter": "title_registration"}
        answer = housing.post("/queries", {**body, "clerk": clerk(number), "holder": holder})
        answers.append(answer.status_code)
        if answer.status_code == 429:
            break
        town.now = began + number * seconds // PEOPLE
    return answers


def test_a_scrape_stops_at_the_clerks_cap_and_the_light_is_red_within_a_minute(
    town: Town, http: httpx.Client, desk: Callable[[str], Desk]
) -> None:
    housing, market, police = desk(HOUSING), desk(MARKET), desk(POLICE)
    began = town.now
    assert http.get("/health").json()["status"] == "green"
    answers = scrape(town, housing, lambda _: "clerk 3")
    assert (answers.count(200), answers[-1]) == (100, 429)
    health = http.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "red")
    assert town.now - began <= SECONDS
    about = {"asker": HOUSING, "clerk": "clerk 3"}
    seen = [each for each in police.get("/query-alerts").json() if each["kind"] == "cap"]
    assert [{name: each[name] for name in about} for each in seen] == [about]
    assert market.get("/query-alerts").json() == []
    assert len(housing.get("/query-alerts").json()) == health.json()["alerts"]


def test_nobody_ends_alerts_about_themselves_and_once_ended_the_light_is_green(
    town: Town, http: httpx.Client, desk: Callable[[str], Desk]
) -> None:
    housing, police = desk(HOUSING), desk(POLICE)
    body = {"type": "resident_identity", "matter": "title_registration", "clerk": "clerk 3"}
    for _ in range(10):
        housing.post("/queries", {**body, "ask": "claims", "claims": ["portrait"], "certificate_id": "x"})
    (alert,) = housing.get("/query-alerts").json()
    assert alert["kind"] == "refusals" and http.get("/health").json()["status"] == "red"
    path, body = f"/query-alerts/{alert['id']}/end", {"by": "auditor 1"}
    assert housing.post(path, body).status_code == 404
    assert police.post(path, body).json()["id"] == alert["id"]
    assert police.post(path, body).status_code == 404
    assert police.post(f"/query-alerts/{10**30}/end", body).status_code == 404
    assert http.get("/health").json()["status"] == "green"


def test_clerks_of_many_names_stop_at_the_departments_cap(
    town: Town, http: httpx.Client, desk: Callable[[str], Desk]
) -> None:
    names = count()
    answers = scrape(town, desk(HOUSING), lambda _: f"clerk {next(names)}")
    assert (answers.count(200), answers[-1]) == (150, 429)
    assert http.get("/health").json()["status"] == "red"
