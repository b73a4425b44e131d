"""Cases over HTTP: a window and a wallet, each seeing its own, and going on where the other stopped."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlmodel import select
from stdnum.iso7064 import mod_37_36

from api import at_window
from api import cases as routes
from api.logs import Log
from registry.cases.errors import AnotherPerson
from registry.cases.keeping import CaseKeeper
from registry.clients import give_token
from registry.queries import limits
from registry.standing import standings
from registry.store.tables import (
    AskedAgain,
    AskedQuery,
    Case,
    CaseEffect,
    CaseKey,
    CaseRating,
    CaseState,
    Commitment,
    Document,
)
from tests.api.apps import app_over
from tests.api.town import HOUSING, MARKET, ORIGIN, POLICE, Town, citizen_number
from tests.cases.conftest import (
    INPUTS,
    CaseTown,
    card_row,
    founded,
    here,
    http,
    new_wallet,
    title_row,
    town,
    written,
)
from tests.cases.test_restaurant import PLAN, food_licences, rows
from tests.cases.test_several_parties import page_row
from tests.openid4vp.conftest import Phone
from tests.refusals import refused
from wallet.answering import Answering
from wallet.casework import Casework, NothingLeft, still_missing
from wallet.claiming import Claiming
from wallet.logging_in import Door

__all__ = ["founded", "here", "http", "new_wallet", "town", "written"]
CLERK = {"clerk": "clerk 3"}
PARTY = {"role": "operator"}
SEEN = {"clerk": "clerk 3", "seen": "card"}
SOMEBODY = {"id_type": "citizen_number", "identifier": citizen_number(7)}


@dataclass
class Office:
    """A department's system, with a token of its own."""

    town: Town
    http: httpx.Client
    code: str

    @property
    def headers(self) -> dict[str, str]:
        runtime = self.town.runtime
        token = give_token(
            runtime.store, self.code, dpop_thumbprint=None, now=self.town.now, randomness=runtime.randomness
        )
        return {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.http.request(
            method, f"/issuers/{self.code}{path}", headers=self.headers | headers, **content
        )

    def put(self, path: str, content: bytes, media_type: str = "application/pdf") -> httpx.Response:
        return self.send("PUT", path, content, **{"Content-Type": media_type})

    def get(self, path: str) -> Any:
        answered = self.send("GET", path)
        assert answered.is_success, answered.text
        return answered.json()

    def post(self, path: str, body: Any = None) -> Any:
        answered = self.send("POST", path, body if body is not None else {})
        assert answered.is_success, answered.text
        return answered.json() if answered.content else None

    def open(self, matter: str = "open_restaurant", key: str = "1", **more: Any) -> str:
        body = {"matter": matter, "clerk": "clerk 3", "inputs": INPUTS} | more
        answered = self.send("POST", "/cases", body, **{"Idempotency-Key": key})
        assert answered.status_code == 201, answered.text
        return str(answered.json()["number"])


@dataclass
class World:
    """The town over HTTP: its offices, and citizens with phones that are logged in."""

    here: CaseTown
    http: httpx.Client

    @property
    def town(self) -> Town:
        return self.here.town

    def office(self, code: str = MARKET) -> Office:
        return Office(self.town, self.http, code)

    def citizen(self, number: int = 7, *, insured: bool = True) -> "Citizen":
        certificates = [self.here.issued(MARKET, "business_licence", self.town.licence_row(number))]
        others = [("real_estate_title", title_row(number))]
        others += [("social_security", card_row(number))] if insured else []
        return self.person(
            number, *certificates, *(self.here.issued(POLICE, alias, row) for alias, row in others)
        )

    def person(self, number: int, *certificates: tuple[str, str]) -> "Citizen":
        phone = self.here.phone(number, *certificates)
        door = Door(Claiming(phone.wallet, self.http, lambda: self.town.now))
        door.log_in(ORIGIN)
        return Citizen(self.town, phone, door, Casework(door, ORIGIN))


@dataclass
class Citizen:
    """Somebody with a wallet."""

    town: Town
    phone: Phone
    door: Door
    work: Casework

    @property
    def answering(self) -> Answering:
        return Answering(self.phone.wallet, self.door.claiming.http, lambda: self.town.now)

    def answer(self, number: str, *promise: str) -> list[str]:
        """Show everything that is asked for; what the wallet knew beforehand would still be missing."""
        asked = self.answering.consider(self.answering.read(self.work.request(number, list(promise))))
        lacking = still_missing(self.work.show(number), asked, list(promise))
        self.answering.send(asked, optional=True)
        return [each["name"] for each in lacking]


@pytest.fixture
def world(here: CaseTown, written: Any) -> Iterator[World]:
    with app_over(here.town.runtime, here.town.trust, Log(written)) as app:
        here.town.services = app.state.services
        client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
        yield World(here, client)
        client.close()


def names(missing: list[dict[str, str]]) -> list[str]:
    return [each["name"] for each in missing]


def test_a_case_goes_from_the_wallet_to_the_licence_and_is_rated(world: World) -> None:
    citizen = world.citizen()
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "key")
    assert citizen.answer(number) == ["floor_plan"]
    document = citizen.work.document(number, "floor_plan", PLAN, "application/pdf")
    assert citizen.work.submit(number) == {"outcome": "grant", "missing": []}
    case = citizen.work.show(number)
    assert (case["state"], case["decision"]["by"], case["decision"]["outcome"]) == ("ended", "rule", "grant")
    licence = next(each for each in case["effects"] if each["name"] == "food_licence")
    assert [each.certificate_id for each in food_licences(world.here)] == [licence["certificate_id"]]
    assert citizen.work.rate(number, 5)["number"] == number
    assert [each.stars for each in rows(world.here, CaseRating)] == [5]
    citizen.work.asked_again(number, "floor_plan")
    assert [each.fact for each in rows(world.here, AskedAgain)] == ["floor_plan"]
    assert [each["id"] for each in citizen.work.documents()] == [document]


def test_what_a_case_asks_for_who_hands_it_in_counts_for_that_one_and_not_for_the_office(
    world: World,
) -> None:
    def counted(handing_in: Any) -> set[bytes | None]:
        before = {each.seq for each in rows(world.here, AskedQuery)}
        handing_in()
        asked = [each for each in rows(world.here, AskedQuery) if each.seq not in before]
        assert asked
        return {each.holder for each in asked}

    citizens = [world.citizen(7), world.citizen(8)]
    numbers = [each.work.open("open_restaurant", "operator", INPUTS, "key") for each in citizens]
    for citizen, number in zip(citizens, numbers, strict=True):
        citizen.answer(number)
    (one,), (other,) = (
        counted(lambda citizen=citizen, number=number: citizen.work.submit(number))
        for citizen, number in zip(citizens, numbers, strict=True)
    )
    assert one and other and one != other
    assert world.town.runtime.sealed.holder_index("citizen_number", citizen_number(7)) != one
    number = known_at_window(world.office())
    assert counted(lambda: world.office().post(f"/cases/{number}/submission", CLERK)) == {None}


def known_at_window(office: Office) -> str:
    number = office.open(key="window")
    office.post(f"/cases/{number}/parties", PARTY | SEEN | {"holder": SOMEBODY})
    return number


def test_what_is_missing_is_said_before_anything_is_sent(world: World) -> None:
    citizen = world.citizen(insured=False)
    facts = citizen.work.matter("open_restaurant")["facts"]
    assert {each["name"] for each in facts if each["held"]} == {"identity", "licence", "title"}
    number = citizen.work.open("open_restaurant", "operator", {}, "key")
    asked = citizen.answering.consider(citizen.answering.read(citizen.work.request(number)))
    lacking = names(still_missing(citizen.work.show(number), asked, []))
    assert lacking == ["business_address", "items", "complaints", "insurance", "floor_plan"]
    assert not world.office().get(f"/cases/{number}")["facts"]
    assert citizen.work.submit(number)["outcome"] == "incomplete"
    citizen.answer(number)
    assert names(citizen.work.submit(number)["missing"]) == [
        "business_address",
        "items",
        "complaints",
        "insurance",
        "floor_plan",
    ]


def test_what_the_wallet_begins_a_window_goes_on_with_and_back(world: World) -> None:
    citizen, office = world.citizen(), world.office()
    number = citizen.work.open("open_restaurant", "operator", {}, "key")
    office.post(f"/cases/{number}/inputs", {"inputs": INPUTS})
    citizen.answer(number)
    assert office.post(f"/cases/{number}/answers", PARTY) == {"state": "answered"}
    seen = office.get(f"/cases/{number}")
    assert (seen["by_window"], names(seen["missing"])) == (False, ["floor_plan"])
    assert {each["name"]: each["source"] for each in seen["form"]}["operator_name"] == "wallet"
    put = office.put(f"/cases/{number}/documents/operator/floor_plan", PLAN)
    assert put.status_code == 201, put.text
    assert citizen.work.show(number)["missing"] == []
    assert office.post(f"/cases/{number}/decision") == {"outcome": "grant", "missing": []}
    assert office.post(f"/cases/{number}/effects") == {"state": "ended"}
    assert citizen.work.show(number)["state"] == "ended"
    read = office.send("GET", f"/cases/{number}/documents/{put.json()['id']}")
    assert (read.content, read.headers["content-type"]) == (PLAN, "application/pdf")
    assert office.get(f"/cases/{number}/replay") == {"outcome": "grant", "same": True}


def test_what_a_window_begins_a_wallet_goes_on_with(world: World) -> None:
    citizen, office = world.citizen(), world.office()
    number = office.open()
    with refused("no-such-case"):
        citizen.work.show(number)
    assert citizen.work.join(number, "operator")["number"] == number
    assert [each["number"] for each in citizen.work.all()] == [number]
    assert citizen.answer(number) == ["floor_plan"]
    stranger = world.citizen(8)
    for look in (lambda: stranger.work.join(number, "operator"), lambda: stranger.work.show(number)):
        with refused("no-such-case"):
            look()


def test_the_same_request_opens_one_case_and_everything_done_twice_is_done_once(world: World) -> None:
    citizen, office = world.citizen(), world.office()
    assert office.open() == office.open()
    reused = office.send(
        "POST",
        "/cases",
        {"matter": "open_restaurant", **CLERK},
        **{"Idempotency-Key": "1"},
    )
    assert (reused.status_code, kind(reused)) == (409, "idempotency-key-reused")
    assert office.open(key="2") != office.open()
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "1")
    assert number == citizen.work.open("open_restaurant", "operator", INPUTS, "1")
    citizen.answer(number)
    for _ in range(2):
        assert citizen.work.take(number) == "answered"
        citizen.work.document(number, "floor_plan", PLAN, "application/pdf")
    for _ in range(2):
        assert citizen.work.submit(number)["outcome"] == "grant"
        assert office.post(f"/cases/{number}/effects") == {"state": "ended"}
    assert len(food_licences(world.here)) == len(rows(world.here, Document)) == 1
    assert len(office.get("/cases?state=ended")) == 1
    citizen.work.rate(number, 4)
    with refused("said-before"):
        citizen.work.rate(number, 1)


def test_two_who_carry_a_case_out_at_once_issue_one_certificate(world: World) -> None:
    number = granted(world)
    with ThreadPoolExecutor(2) as both:
        effects = world.here.cases.effects
        assert "ended" in set(both.map(lambda _: effects.carry_out(number), range(2)))
    assert len(food_licences(world.here)) == 1


def granted(world: World) -> str:
    """A case whose effects nobody has carried out yet."""
    citizen, office = world.citizen(), world.office()
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "key")
    citizen.answer(number)
    citizen.work.take(number)
    citizen.work.document(number, "floor_plan", PLAN, "application/pdf")
    assert office.post(f"/cases/{number}/decision")["outcome"] == "grant"
    return number


BODIES: dict[str, Any] = {
    "inputs": {"inputs": {"items": "x"}},
    "requests": PARTY,
    "answers": PARTY,
    "queries": CLERK,
    "documents/{role}/{fact}/reuse": {"document": "x", "consent": True},
    "steps/{step}": CLERK | {"agreed": True},
    "parties": PARTY | SEEN | {"holder": SOMEBODY},
    "agents": CLERK,
    "agents/window": PARTY | SEEN | {"ground": "x", "agent": SOMEBODY},
    "agents/{acting}/answers": PARTY,
    "promises": PARTY | SEEN | {"promise": ["floor_plan"], "document": "x", "second": "clerk 4"},
    "copies": PARTY | SEEN | {"fact": "licence", "text": "ZT1:"},
    "submission": CLERK,
    "person": CLERK | {"outcome": "grant"},
}


def of_a_case() -> list[tuple[str, str]]:
    """Every route of one case: method and path below `/cases/{number}`."""
    found = []
    for route in (*routes.router.routes, *at_window.router.routes):
        assert isinstance(route, APIRoute)
        if "/cases/{number}" in route.path:
            found += [(each, route.path.partition("/cases/{number}")[2]) for each in route.methods]
    return sorted(found)


@pytest.mark.parametrize("code", [HOUSING, POLICE])
def test_another_departments_case_is_as_one_that_does_not_exist(world: World, code: str) -> None:
    """Every route of a case; housing has a part in other matters, but none in this one."""
    number, office = world.office().open(), world.office(code)
    nobodys = "20261124" + number[8:-1]
    nobodys += mod_37_36.calc_check_digit(nobodys[:-1] + ("A" if nobodys[-1] != "A" else "B"))
    assert len(of_a_case()) >= 23
    for method, path in of_a_case():
        body = BODIES.get(path.strip("/"), {})
        place = (
            path.replace("{role}", "operator")
            .replace("{fact}", "floor_plan")
            .replace("{id}", "x")
            .replace("{acting}", "x")
        )
        place = place.replace("{step}", "tax")
        send = partial(office.send, method, body=PLAN if method == "PUT" else body)
        theirs, none = (send(f"/cases/{each}{place}") for each in (number, nobodys))
        assert theirs.status_code == none.status_code == 404, (method, path, theirs.text)
        assert without_reference(theirs) == without_reference(none)
        assert kind(theirs) == "no-such-case"
    assert office.get("/cases") == []
    assert world.office().get(f"/cases/{number}")["state"] == "open"


def test_without_a_token_or_under_another_code_nobody_gets_in(world: World) -> None:
    number = world.office().open()
    for method, path in of_a_case():
        place = f"/issuers/{MARKET}/cases/{number}{path}"
        assert world.http.request(method, place).status_code == 401
        other = world.http.request(method, place, headers=world.office(POLICE).headers)
        assert other.status_code == 404
    assert world.http.get(f"/holder/cases/{number}").status_code == 401


def test_a_department_with_a_step_sees_its_step_and_the_form_and_no_more(world: World) -> None:
    """A transfer: the police decide here, the tax service (housing) has a step."""
    seller = world.person(7, world.here.issued(POLICE, "real_estate_title", title_row(7)))
    number = seller.work.open("transfer_real_estate", "seller", {}, "key")
    seller.answer(number)
    seller.work.take(number)
    buyer = world.person(8)
    buyer.work.join(number, "buyer")
    buyer.answer(number)
    buyer.work.take(number)
    seller.work.document(number, "contract", PLAN, "application/pdf")
    tax, registrar = world.office(HOUSING), world.office(POLICE)
    seen = tax.get(f"/cases/{number}")
    assert names(seen["steps"]) == ["tax"]
    assert {each["name"] for each in seen["form"]} == {"location", "owner_name"}
    assert not any(seen[each] for each in ("facts", "parties", "inputs", "promises", "decision"))
    assert [each["number"] for each in tax.get("/cases")] == [number]
    assert {each["name"] for each in buyer.work.show(number)["facts"]} == {"buyer_identity"}
    assert {each["name"] for each in buyer.work.show(number)["form"]} == {"owner_name"}
    assert kind(tax.send("POST", f"/cases/{number}/decision")) == "no-such-case"
    said = CLERK | {"agreed": True, "reason": "paid"}
    assert kind(registrar.send("POST", f"/cases/{number}/steps/tax", said)) == "case-state"
    tax.post(f"/cases/{number}/steps/tax", said)
    assert registrar.get(f"/cases/{number}")["steps"][0]["state"] == "agreed"
    assert seller.work.show(number)["steps"][0]["by"] == ""


def test_the_window_decides_as_a_person_without_the_rules_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.cases.opening.is_drawn", lambda _secret, _number: True)
    citizen, office = world.citizen(), world.office()
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "key")
    citizen.answer(number)
    citizen.work.document(number, "floor_plan", PLAN, "application/pdf")
    assert citizen.work.submit(number)["outcome"] == "person"
    for seen in (office.get(f"/cases/{number}"), citizen.work.show(number)):
        assert (seen["state"], seen["decision"]) == ("person", None)
    assert kind(office.send("GET", f"/cases/{number}/replay")) == "case-state"
    refused = CLERK | {"outcome": "refuse", "reason": "the kitchen is too small"}
    office.post(f"/cases/{number}/person", refused)
    decision = office.get(f"/cases/{number}")["decision"]
    assert (decision["by"], decision["outcome"], decision["reversal"]) == ("person", "refuse", True)
    assert citizen.work.show(number)["decision"]["clerk"] == ""
    assert citizen.work.review(number)["state"] == "person"
    office.post(f"/cases/{number}/person", {"clerk": "clerk 4", "outcome": "grant"})
    assert CaseKeeper(world.here.cases.world).tick()
    assert citizen.work.show(number)["state"] == "ended"


def test_what_was_granted_goes_on_by_itself_after_a_process_died_in_the_middle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    granted(world)
    first, second = (CaseKeeper(world.here.cases.world) for _ in range(2))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("registry.cases.effects.Effects._settle", dies)
        first.tick()
    assert second.tick() == 0  # the lease of the one that died is still held
    world.town.now += 30
    assert second.tick() == 1
    assert [each.state for each in rows(world.here, Case)] == [CaseState.ENDED]
    assert len(food_licences(world.here)) == 1
    assert second.tick() == 0


def test_answers_are_taken_and_refused_effects_tried_again_by_themselves(world: World) -> None:
    citizen, office = world.citizen(), world.office()
    keeper = CaseKeeper(world.here.cases.world)
    number = office.open()
    asked = citizen.answering.read(office.post(f"/cases/{number}/requests", PARTY)["link"])
    citizen.answering.send(citizen.answering.consider(asked), optional=True)
    assert keeper.tick() == 1
    assert office.get(f"/cases/{number}")["parties"][0]["taken"]
    office.put(f"/cases/{number}/documents/operator/floor_plan", PLAN)
    office.post(f"/cases/{number}/decision")
    title = next(each for each in office.get(f"/cases/{number}")["facts"] if each["name"] == "title")
    world.town.suspend(POLICE, title["certificate_id"])
    keeper.tick()
    effects = {each["name"]: each for each in office.get(f"/cases/{number}")["effects"]}
    assert (effects["food_licence"]["state"], effects["food_licence"]["problem"]) == (
        "refused",
        "not-standing",
    )
    world.town.resume(POLICE, title["certificate_id"])
    world.town.settle()
    assert keeper.tick() == 0
    world.town.now += 601
    assert keeper.tick() == 1
    assert office.get(f"/cases/{number}")["state"] == "ended"


def test_an_answer_of_somebody_else_is_refused_once_and_stops_nobody(world: World) -> None:
    office, stranger = world.office(), world.citizen(8)
    parties = [{"role": "operator", "id_type": "citizen_number", "identifier": citizen_number(7)}]
    number = office.open(parties=parties)
    asked = stranger.answering.read(office.post(f"/cases/{number}/requests", PARTY)["link"])
    stranger.answering.send(stranger.answering.consider(asked))
    keeper = CaseKeeper(world.here.cases.world)
    with pytest.raises(AnotherPerson):
        keeper.tick()
    assert keeper.tick() == 0
    assert kind(office.send("POST", f"/cases/{number}/answers", PARTY)) == "another-person"


def test_what_is_promised_in_the_wallet_stands_for_what_is_missing(world: World) -> None:
    citizen = world.citizen()
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "key")
    assert citizen.answer(number, "floor_plan") == []
    assert citizen.work.submit(number)["outcome"] == "grant"
    (promise,) = citizen.work.show(number)["promises"]
    assert (promise["name"], promise["state"]) == ("floor_plan", "open")
    world.town.now = promise["due"] + 1
    assert CaseKeeper(world.here.cases.world).tick() == 2, "the promise, and the clocks that ran out"
    (licence,) = food_licences(world.here)
    with world.town.runtime.store.read() as session:
        assert standings(session, [licence.id or 0]) == {licence.id: 2}, "suspended"
        assert session.exec(select(Commitment.state)).one() == "overdue"


def test_a_document_is_capped_and_used_again_with_consent(world: World) -> None:
    citizen, office = world.citizen(), world.office()
    first = citizen.work.open("open_restaurant", "operator", INPUTS, "1")
    place = f"/cases/{first}/documents/operator/floor_plan"
    for content, media in ((b"", "application/pdf"), (b"MZ", "application/pdf"), (PLAN, "text/html")):
        assert kind(office.put(place, content, media)) == "bad-case-input"
    assert kind(office.put(place, b"%PDF-" + bytes(5_000_000))) == "bad-case-input"
    assert office.put(place, b"%PDF-" + bytes(7 << 20)).status_code == 413
    large = b"%PDF-" + bytes(4_999_995)
    id = citizen.work.document(first, "floor_plan", large, "application/pdf")
    assert office.send("GET", f"/cases/{first}/documents/{id}").content == large
    second = citizen.work.open("open_restaurant", "operator", INPUTS, "2")
    assert kind(office.send("GET", f"/cases/{second}/documents/{id}")) == "not-found"
    assert "floor_plan" not in names(citizen.work.use_again(second, "floor_plan", id)["missing"])
    reuse = {"document": id, "consent": False}
    assert kind(office.send("POST", f"/cases/{second}/documents/operator/lease/reuse", reuse)) == "malformed"
    stranger = world.citizen(8)
    other = stranger.work.open("open_restaurant", "operator", INPUTS, "1")
    with refused("another-person"):
        stranger.work.use_again(other, "floor_plan", id)
    assert stranger.work.documents() == []


def test_problems_have_types_of_their_own(world: World) -> None:
    office, citizen = world.office(), world.citizen()
    for body, expected in (
        ({"matter": "open_a_circus"}, "unknown-matter"),
        ({"matter": "transfer_real_estate"}, "no-such-case"),
        ({"matter": "open_restaurant", "inputs": {"shoe_size": "42"}}, "bad-case-input"),
        ({"matter": "open_restaurant", "parties": [{"role": "cook", **NUMBER}]}, "bad-case-input"),
        ({"matter": "open_restaurant", "surprise": 1}, "malformed"),
    ):
        answered = office.send("POST", "/cases", body | CLERK, **{"Idempotency-Key": "x"})
        assert kind(answered) == expected, answered.text
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "1")
    for call, expected in (
        (lambda: citizen.work.open("open_a_circus", "operator", {}, "2"), "unknown-matter"),
        (lambda: citizen.work.open("open_restaurant", "cook", {}, "3"), "bad-case-input"),
        (lambda: citizen.work.request(number, ["licence"]), "bad-case-input"),
        (lambda: citizen.work.rate(number, 5), "case-not-finished"),
        (lambda: citizen.work.review(number), "case-state"),
        (lambda: citizen.work.show("20261124AAAAAAAAA"), "no-such-case"),
    ):
        with refused(expected):
            call()
    assert not rows(world.here, CaseEffect)


def test_the_key_that_opens_a_case_is_stored_as_a_keyed_hash(world: World) -> None:
    key = f"file of {citizen_number(7)}"
    number = world.office().open(key=key)
    assert world.office().open(key=key) == number
    (kept,) = world.town.rows(CaseKey)
    assert citizen_number(7).encode() not in kept.key  # type: ignore[attr-defined]


def test_a_wallet_that_has_shown_everything_is_asked_for_nothing(world: World) -> None:
    citizen = world.citizen()
    page = world.here.issued(POLICE, "household_register_page", page_row(7))
    citizen.phone.claim(*page)
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "key")
    citizen.answer(number)
    citizen.work.take(number)
    with pytest.raises(NothingLeft):
        citizen.work.request(number)


def test_nothing_personal_is_written_to_the_log(world: World, written: Any) -> None:
    granted(world)
    assert "/holder/cases/{number}" in written.text
    for secret in (citizen_number(7), world.town.licence_row(7)["company_name"], INPUTS["items"]):
        assert secret not in written.text


NUMBER = {"id_type": "citizen_number", "identifier": citizen_number(7)}


def kind(answered: httpx.Response) -> str:
    """The problem's type, or the protocol's error."""
    body = answered.json()
    return str(body.get("type", "")).rpartition(":")[2] or str(body.get("error"))


def without_reference(answered: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answered.json().items() if name != "reference"}


CAPPED = [
    "/issuers/{issuer}/queries",
    "/issuers/{issuer}/requests",
    "/issuers/{issuer}/acting",
    "/issuers/{issuer}/cases/{number}/requests",
    "/issuers/{issuer}/cases/{number}/queries",
    "/issuers/{issuer}/cases/{number}/submission",
    "/issuers/{issuer}/cases/{number}/agents",
    "/holder/cases/{number}/request",
    "/holder/cases/{number}/submission",
]


def test_where_a_cap_can_be_met_the_description_says_so_and_a_case_is_told_it(world: World) -> None:
    paths = world.http.get("/openapi.json").json()["paths"]
    assert [each for each in CAPPED if "429" not in paths[each]["post"]["responses"]] == []
    office, citizen = world.office(), world.citizen()
    number = citizen.work.open("open_restaurant", "operator", INPUTS, "key")
    asked = citizen.answering.consider(citizen.answering.read(citizen.work.request(number)))
    citizen.answering.send(asked)
    office.post(f"/cases/{number}/answers", PARTY)
    with world.town.runtime.store.write() as session:
        for _ in range(100):  # of this clerk in this hour, which is the cap
            limits.record(session, MARKET, "clerk 3", "yes", world.town.now)
    refused = office.send("POST", f"/cases/{number}/submission", CLERK)
    assert (refused.status_code, kind(refused)) == (429, "too-many-queries")
