"""Many queries at once: a few at once, more with a second person, each one once, under the same caps."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

import api
from registry import accesslog
from registry.answer_checking import check_answer
from registry.errors import NotAllowed, NotFound
from registry.issuing import KeyReused
from registry.queries import batches, limits
from registry.queries.batches import BadBatch, Batching, Posted, SameClerk
from registry.queries.limits import Caps
from registry.querying import MissingPurpose, Querying
from registry.store.tables import AccessEntry, QueryBatch, QueryCase
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.end_to_end.installation import eventually
from tests.queries.test_comparing import VOUCHED
from tests.queries.test_querying import query
from tests.threats.traces import traces


@pytest.fixture
def batching(querying: Querying) -> Batching:
    return Batching(querying, at_once=3, most=40)


SPELLINGS = (
    "clerk 3",
    " Clerk 3 ",
    "clerk\u200b 3",
    "ｃｌｅｒｋ　３",
    "clerk-3",
    "clerk  3",
    "clérk 3",
    " ",
    "-",
)


def posted(people: int, name: str = "1", **changed: Any) -> Posted:
    asked = tuple(query(holder=("citizen_number", citizen_number(number))) for number in range(people))
    return replace(Posted(HOUSING, name, "title_registration", "clerk 3", asked), **changed)


def decided(town: Town, batching: Batching, row: QueryBatch) -> list[batches.Decided]:
    with town.runtime.store.read() as session:
        return batching.decided(session, row, 0, 100)


def entries(town: Town) -> list[accesslog.Entry]:
    with town.runtime.store.read() as session:
        vault = town.runtime.sealed
        rows = [row for row in town.rows(AccessEntry) if isinstance(row, AccessEntry)]
        return [accesslog.read(accesslog.opened(session, vault, row)) for row in rows]


def approve(batching: Batching, row: QueryBatch, clerk: str = "clerk 4") -> QueryBatch:
    return batching.decide(HOUSING, row.id, clerk=clerk, approve=True)


def test_a_few_are_answered_at_once_and_their_answers_fetched_as_often_as_wanted(
    town: Town, batching: Batching
) -> None:
    town.citizen(1)
    row = batching.post(posted(3))
    assert row.state == "answered"
    for _ in range(2):
        found = decided(town, batching, row)
        assert [(each.position, each.outcome) for each in found] == [(0, "no"), (1, "yes"), (2, "no")]
    (envelope,) = found[1].answers
    checked = check_answer(envelope, envelope["question"], town.trust(), asker=HOUSING, now=town.now)
    assert checked.verdict == "proven"
    assert len(entries(town)) == 3


def test_more_wait_sealed_for_a_second_clerk_who_stands_in_the_log(town: Town, batching: Batching) -> None:
    row = batching.post(posted(4))
    assert (row.state, batching.step(), entries(town)) == ("waiting", False, [])
    numbers = [citizen_number(number) for number in range(4)]
    folder = town.runtime.settings.data
    stored = [(path.name, path.read_bytes()) for path in folder.glob("registry.sqlite*")]
    assert traces(numbers, stored) == []
    for same in SPELLINGS:
        with pytest.raises(SameClerk):
            approve(batching, row, same)
    with pytest.raises(NotFound):
        batching.decide(MARKET, row.id, clerk="clerk 4", approve=True)
    approve(batching, row)
    assert batching.step() and not batching.step()
    assert [each.outcome for each in decided(town, batching, row)] == ["no"] * 4
    assert [(entry.clerk, entry.second) for entry in entries(town)] == [("clerk 3", "clerk 4")] * 4
    with pytest.raises(NotAllowed):
        approve(batching, row)


def test_small_batches_of_one_clerk_do_not_add_up_to_a_large_one(town: Town, batching: Batching) -> None:
    assert batching.post(posted(2, "1")).state == "answered"
    assert batching.post(posted(2, "2")).state == "waiting"
    assert batching.post(posted(1, "3")).state == "answered"
    town.now += limits.DAY
    assert batching.post(posted(3, "4")).state == "answered"


def test_a_declined_batch_and_one_that_waited_too_long_are_never_answered(
    town: Town, batching: Batching
) -> None:
    declined, late = batching.post(posted(4, "1")), batching.post(posted(4, "2"))
    batching.decide(HOUSING, declined.id, clerk="clerk 3", approve=False)
    town.now += batches.LAPSES
    for row in (declined, late):
        with pytest.raises(NotAllowed):
            approve(batching, row)
    assert (batching.step(), entries(town)) == (False, [])


def test_a_cap_stops_an_approved_batch_with_an_alert_and_it_goes_on_later_each_query_once(
    town: Town, querying: Querying
) -> None:
    capped = Batching(replace(querying, caps=Caps(clerk_hour=3, clerk_day=100)), at_once=0, most=40)
    row = capped.post(posted(5))
    approve(capped, row)
    stopped = capped.go_on(row.id)
    assert (stopped.state, len(decided(town, capped, row))) == ("answering", 3)
    with town.runtime.store.read() as session:
        assert [alert.kind for alert in limits.standing(session)] == [limits.CAP]
    assert not capped.step()
    town.now += limits.HOUR
    assert capped.step()
    assert [each.position for each in decided(town, capped, row)] == list(range(5))
    answered = [entry for entry in entries(town) if entry.outcome != "refused"]
    assert (len(answered), len(town.rows(QueryCase))) == (5, 5)


def test_a_batch_that_was_cut_short_goes_on_and_two_processes_answer_each_query_once(
    town: Town, batching: Batching
) -> None:
    row = batching.post(posted(12))
    approve(batching, row)
    assert batching.go_on(row.id, 2).state == "answering"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: batching.go_on(row.id), range(4)))
    assert [each.position for each in decided(town, batching, row)] == list(range(12))
    assert (len(entries(town)), len(town.rows(QueryCase))) == (12, 12)


def test_a_second_comparison_within_thirty_days_goes_this_way(town: Town, batching: Batching) -> None:
    first, again = replace(VOUCHED, value="x"), replace(VOUCHED, value="y", case="C2")
    asked = posted(0, "1", queries=(first,))
    assert batching.post(asked).state == "answered"
    row = batching.post(replace(asked, name="2", queries=(again,)))
    assert row.state == "waiting"
    approve(batching, row)
    assert batching.go_on(row.id).state == "answered"
    assert [each.outcome for each in decided(town, batching, row)] == ["no"]


def test_whether_a_certificate_is_somebodys_is_not_told_by_a_batch_that_no_right_covers(
    town: Town, batching: Batching
) -> None:
    certificate = town.citizen()
    assert batching.post(posted(0, "1", queries=(replace(VOUCHED, value="x"),))).state == "answered"
    unfounded = replace(VOUCHED, value="y", case="C2", matter="old_scheme")
    by_certificate = replace(unfounded, holder=None, certificate_id=certificate)
    for name, asked in (("2", unfounded), ("3", by_certificate)):
        row = batching.post(posted(0, name, queries=(asked,)))
        assert [each.outcome for each in decided(town, batching, row)] == ["not-shared"]
    assert [entry.outcome for entry in entries(town)] == ["no", "refused", "refused"]


def test_what_no_right_allows_is_refused_one_by_one_and_logged(town: Town, batching: Batching) -> None:
    refused = query(ask="claims", claims=("portrait",))
    row = batching.post(posted(0, queries=(query(), refused)))
    assert [each.outcome for each in decided(town, batching, row)] == ["no", "not-shared"]
    assert [entry.outcome for entry in entries(town)] == ["no", "refused"]


def test_a_batch_with_a_question_that_makes_no_sense_asks_nobody(town: Town, batching: Batching) -> None:
    wrong = query(holder=("citizen_number", "440106199001010070"))
    with pytest.raises(BadBatch) as refused:
        batching.post(posted(0, queries=(query(), wrong, query(holder=None))))
    assert [fault.field for fault in refused.value.faults] == ["queries.1", "queries.2"]
    assert "440106" not in str(refused.value)
    for posting in (posted(0), posted(41)):
        with pytest.raises(BadBatch):
            batching.post(posting)
    with pytest.raises(MissingPurpose):
        batching.post(posted(1, matter="", queries=(query(matter=""),)))
    assert (town.rows(QueryBatch), entries(town)) == ([], [])


def test_sent_again_it_is_the_same_batch_and_another_body_is_refused(town: Town, batching: Batching) -> None:
    first, second = batching.post(posted(2)), batching.post(posted(2))
    assert (first.id, len(entries(town))) == (second.id, 2)
    with pytest.raises(KeyReused):
        batching.post(posted(3))


def test_over_the_api_and_the_answers_say_nothing_by_their_size(
    town: Town, http: httpx.Client, desk: Callable[[str], Desk]
) -> None:
    housing, market = desk(HOUSING), desk(MARKET)
    questions = [
        {
            "type": "resident_identity",
            "ask": "has_valid",
            "holder": {"id_type": "citizen_number", "identifier": n},
        }
        for n in map(citizen_number, range(4))
    ]
    body = {"matter": "title_registration", "clerk": "clerk 3", "reason": "move", "queries": questions}
    made = housing.post("/query-batches", body, **{"Idempotency-Key": "k"}).json()
    assert (made["state"], made["decided"], made["size"]) == ("waiting", 0, 4)
    path = f"/query-batches/{made['id']}"
    shown = housing.get(path).json()
    assert shown["reason"] == "move" and shown["queries"][3]["holder"] == [
        "citizen_number",
        citizen_number(3),
    ]
    assert market.get(path).json() | {"reference": ""} == market.get(path + "x").json() | {"reference": ""}
    refused = housing.post(f"{path}/approval", {"clerk": "clerk 3", "approve": True})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:zt:problem:same-clerk")
    approved = housing.post(f"{path}/approval", {"clerk": "clerk 4", "approve": True})
    assert (approved.status_code, approved.json()["state"]) == (202, "answering")
    assert town.services is not None and town.services.cases.batching.step()
    answers = housing.get(f"{path}/answers")
    assert len(answers.content) % 4_096 == 0
    assert [each["outcome"] for each in answers.json()["answers"]] == ["no"] * 4
    assert housing.get(f"{path}/answers?after=3").json()["answers"][0]["position"] == 3
    assert [each["state"] for each in housing.get("/query-batches").json()] == ["answered"]
    wrong = housing.post("/query-batches", {**body, "queries": []}, **{"Idempotency-Key": "l"})
    assert (wrong.status_code, wrong.json()["fields"]) == (422, ["queries"])
    assert POLICE not in str(made)


def test_the_serving_process_answers_what_was_approved_by_itself(
    town: Town, http: httpx.Client, batching: Batching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "LOOKED_AT_EVERY", 0.05)
    row = batching.post(posted(4))
    assert isinstance(http, TestClient)
    with http:  # its lifespan
        approve(batching, row)
        assert eventually(lambda: len(decided(town, batching, row)) == 4)
