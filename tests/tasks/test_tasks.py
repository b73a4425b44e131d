"""A department's tasks: its own, by date, each ended once with an outcome; another's look like none."""

from collections.abc import Callable

import pytest

from tests.api.test_departments import Desk
from tests.api.town import MARKET, POLICE, Town
from tests.tasks.conftest import food_row


@pytest.fixture
def market(here: Town, system: Callable[[str], Desk]) -> Desk:
    """The market regulator, with a task about a food licence whose enterprise was closed."""
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    here.issue(MARKET, "food_business_licence", food_row(7))
    here.revoke(MARKET, licence, "cancelled_entity_ended")
    return system(MARKET)


def get(desk: Desk, path: str) -> tuple[int, object]:
    answer = desk.http.get(f"/issuers/{desk.code}{path}", headers={"Authorization": f"Bearer {desk.token}"})
    body = answer.json()
    if isinstance(body, dict):
        body.pop("reference", None)
    return answer.status_code, body


def only(desk: Desk) -> dict[str, object]:
    (task,) = get(desk, "/tasks")[1]  # type: ignore[misc]
    return task


def test_a_task_is_listed_shown_and_ended_with_a_reason(market: Desk) -> None:
    task = only(market)
    assert (task["state"], task["overdue"], task["outcome"]) == ("open", False, None)
    said = market.post(
        f"/tasks/{task['id']}/outcome", {"outcome": "kept", "by": "clerk 3", "reason": "sold in 2025"}
    )
    assert said.status_code == 201
    assert get(market, "/tasks") == (200, [])
    (done,) = get(market, "/tasks?state=done")[1]  # type: ignore[misc]
    assert (done["outcome"], done["reason"], done["by"]) == ("kept", "sold in 2025", "clerk 3")
    assert get(market, f"/tasks/{task['id']}") == (200, done)


def test_a_task_not_done_by_its_day_is_overdue_and_stays(market: Desk) -> None:
    market.town.now = int(only(market)["due"])  # type: ignore[call-overload]
    market.token = market.ask_token().json()["access_token"]
    assert only(market)["overdue"] is True


def test_a_task_ends_once(market: Desk) -> None:
    task = only(market)
    assert market.post(f"/tasks/{task['id']}/outcome", {"outcome": "acted", "by": "a"}).status_code == 201
    again = market.post(f"/tasks/{task['id']}/outcome", {"outcome": "kept", "by": "b", "reason": "r"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:zt:problem:task-done")
    assert get(market, f"/tasks/{task['id']}")[1]["outcome"] == "acted"  # type: ignore[index]


UNFIT: list[dict[str, object]] = [
    {"outcome": "kept", "by": "a"},
    {"outcome": "kept", "by": "a", "reason": "  "},
    {"outcome": "corrected", "by": "a", "correction": "x"},
    {"outcome": "acted", "by": "a", "correction": "x"},
    {"outcome": "refused", "by": "a"},
    {"outcome": "acted"},
    {"outcome": "acted", "by": "a", "more": 1},
]


def test_an_outcome_that_does_not_fit_changes_nothing(market: Desk) -> None:
    task = only(market)
    for body in UNFIT:
        assert market.post(f"/tasks/{task['id']}/outcome", body).status_code == 422
    assert only(market) == task


def test_another_departments_task_looks_like_none(market: Desk, system: Callable[[str], Desk]) -> None:
    task, police = only(market), system(POLICE)
    assert get(police, "/tasks") == (200, [])
    assert get(police, f"/tasks/{task['id']}") == get(police, "/tasks/nothing")
    assert get(police, f"/tasks/{task['id']}")[0] == 404
    outcome = {"outcome": "acted", "by": "a"}
    theirs, none = (police.post(f"/tasks/{each}/outcome", outcome) for each in (task["id"], "nothing"))
    assert theirs.status_code == none.status_code == 404
    assert theirs.json() | {"reference": ""} == none.json() | {"reference": ""}
    assert only(market) == task


def test_what_is_to_be_done_is_sealed_in_the_store(market: Desk) -> None:
    market.post(f"/tasks/{only(market)['id']}/outcome", {"outcome": "kept", "by": "张三", "reason": "李四"})
    with market.town.runtime.store.engine.connect() as connection:
        (row,) = connection.exec_driver_sql("SELECT sealed, closing FROM task").all()
    assert not any(word.encode() in part for part in row for word in ("张三", "李四", "营业执照"))
