"""Somebody with no phone opens a restaurant at a window: copies on paper, a promise by hand, two clerks."""

from typing import Any

import pytest
from sqlmodel import select

from registry import accesslog, jcs
from registry.cases.errors import SheetOfAnotherCase
from registry.cases.keeping import CaseKeeper
from registry.standing import standing
from registry.store.tables import AccessEntry
from tests.api.test_cases import CLERK, PARTY, SEEN, SOMEBODY, Office, World, kind, names, world
from tests.api.town import HOUSING, MARKET, POLICE
from tests.cases.conftest import card_row, founded, here, http, new_wallet, title_row, town, written
from tests.cases.test_restaurant import PLAN, food_licences

__all__ = ["founded", "here", "http", "new_wallet", "town", "world", "written"]

DAY = 86_400
SHEET = b"%PDF-1.7 signed by hand"


def sheet_of_paper(world: World, issuer: str, certificate_id: str) -> str:
    """Text of the QR on a copy that a counter printed."""
    services = world.town.services
    assert services is not None
    return services.sharing.copies.copy(issuer, certificate_id, world.town.now).paper.link


def holds(world: World, number: int = 7) -> dict[str, str]:
    """What somebody has of departments, of which no phone knows; copies of the licence by its number."""
    world.town.citizen(number)
    issued = {
        "licence": world.here.issued(MARKET, "business_licence", world.town.licence_row(number)),
        "title": world.here.issued(POLICE, "real_estate_title", title_row(number)),
        "insurance": world.here.issued(POLICE, "social_security", card_row(number)),
    }
    world.town.settle()
    return {name: sheet_of_paper(world, *each) for name, each in issued.items()}


def known(office: Office) -> str:
    """A case whose operator a clerk has seen."""
    number = office.open()
    office.post(f"/cases/{number}/parties", PARTY | SEEN | {"holder": SOMEBODY})
    return number


def copy(text: str, **changed: Any) -> dict[str, Any]:
    return PARTY | SEEN | {"fact": "licence", "text": text} | changed


def signed(office: Office, number: str, content: bytes = SHEET) -> str:
    headers = {"Content-Type": "application/pdf", "Clerk": "clerk%203"}
    put = office.send("PUT", f"/cases/{number}/documents/operator/signed-promise", content, **headers)
    assert put.status_code == 201, put.text
    return str(put.json()["id"])


def promise(document: str, **changed: Any) -> dict[str, Any]:
    given = {"promise": ["floor_plan"], "document": document, "second": "clerk 4"}
    return PARTY | SEEN | given | changed


def refused(office: Office, path: str, body: Any) -> tuple[int, str]:
    answered = office.send("POST", path, body)
    return answered.status_code, kind(answered)


def manners(world: World, issuer: str = MARKET) -> list[tuple[str, str, str, str]]:
    """Rule, clerk, second clerk and manner of each entry in a department's log."""
    vault = world.town.runtime.sealed
    with world.town.runtime.store.read() as session:
        rows = session.exec(select(AccessEntry).where(AccessEntry.issuer == issuer).order_by("seq"))
        entries = [jcs.loads(accesslog.opened(session, vault, each)) for each in rows]
    return [(each["rule"], each["clerk"], each["second"], each["manner"]) for each in entries]


def test_a_whole_case_without_a_phone(world: World) -> None:
    """The licence on a copy, the rest asked for, the floor plan promised by hand; another clerk decides."""
    papers, office = holds(world), world.office()
    number = known(office)
    office.post(f"/cases/{number}/copies", copy(papers["licence"]))
    assert names(office.get(f"/cases/{number}")["missing"]) == ["identity", "insurance", "floor_plan"]
    (sheet, *_) = [
        each for each in office.get(f"/cases/{number}/promises/operator") if each["fact"] == "floor_plan"
    ]
    assert sheet["words"]["case"] == number and "Floor plan" in sheet["words"]["promise"]
    document = signed(office, number)
    shown = office.post(f"/cases/{number}/promises", promise(document))
    assert shown["promises"] == [
        {**shown["promises"][0], "state": "open", "paper": document, "clerk": "clerk 3", "second": "clerk 4"}
    ]
    read = office.send("GET", f"/cases/{number}/documents/{document}")
    assert read.content == SHEET
    said = office.post(f"/cases/{number}/submission", CLERK | {"assisted": True})
    assert said["outcome"] == "person"
    decided = {"clerk": "clerk 5", "outcome": "grant", "reason": "seen"}
    office.post(f"/cases/{number}/person", decided)
    assert office.post(f"/cases/{number}/effects") == {"state": "ended"}
    (licence,) = food_licences(world.here)
    log = manners(world)
    assert {manner for *_, manner in log} == {"assisted"}
    assert ("promise on paper, seen card", "clerk 3", "clerk 4", "assisted") in log
    assert {(clerk, manner) for _, clerk, _, manner in manners(world, POLICE)} == {("clerk 3", "assisted")}
    world.town.now += 31 * DAY
    CaseKeeper(world.here.cases.world).tick()
    with world.town.runtime.store.read() as session:
        assert standing(session, licence) != 0


def test_a_sheet_signed_for_one_case_is_no_promise_in_another(world: World) -> None:
    holds(world)
    office = world.office()
    one, other = known(office), office.open(key="other")
    office.post(f"/cases/{other}/parties", PARTY | SEEN | {"holder": SOMEBODY})
    document = signed(office, one)
    assert refused(office, f"/cases/{other}/promises", promise(document)) == (404, "not-found")
    headers = {"Content-Type": "application/pdf", "Clerk": "clerk%203"}
    place = f"/cases/{other}/documents/operator/signed-promise"
    again = office.send("PUT", place, SHEET, **headers)
    assert (again.status_code, kind(again)) == (409, "sheet-of-another-case")
    with pytest.raises(SheetOfAnotherCase):
        world.here.cases.documents.reuse(other, "operator", "floor_plan", document, consent=True)
    office.post(f"/cases/{one}/promises", promise(signed(office, one)))
    assert office.get(f"/cases/{other}")["promises"] == []
    office.post(f"/cases/{other}/promises", promise(signed(office, other, SHEET + b", once more")))


def test_a_copy_counts_for_who_was_seen_and_whom_it_names(world: World) -> None:
    papers, strangers, office = holds(world), holds(world, 8), world.office()
    unseen = office.open(key="2")
    assert refused(office, f"/cases/{unseen}/copies", copy(papers["licence"])) == (409, "case-state")
    number = known(office)
    path = f"/cases/{number}/copies"
    assert refused(office, path, copy(strangers["licence"])) == (409, "another-person")
    assert refused(office, path, copy(papers["title"])) == (422, "bad-case-input")
    assert refused(office, path, copy(papers["insurance"], fact="floor_plan"))[1] == "no-such-case"
    assert names(office.get(f"/cases/{number}")["missing"])[0] == "identity"
    assert not office.get(f"/cases/{number}")["facts"]


def test_a_copy_of_what_is_suspended_is_not_taken(world: World) -> None:
    papers, office = holds(world), world.office()
    number = known(office)
    (certificate,) = {each.certificate_id for each in licences(world)}
    world.town.suspend(MARKET, certificate)
    world.town.settle()
    assert refused(office, f"/cases/{number}/copies", copy(papers["licence"])) == (422, "bad-case-input")


def licences(world: World) -> list[Any]:
    from registry.store.tables import Certificate
    from tests.cases.test_restaurant import rows

    type = world.town.definition("business_licence").type
    return [each for each in rows(world.here, Certificate) if each.type == type]


def test_who_took_the_copy_does_not_decide(world: World) -> None:
    papers, office = holds(world), world.office()
    number = known(office)
    office.post(f"/cases/{number}/copies", copy(papers["licence"]))
    office.put(f"/cases/{number}/documents/operator/floor_plan", PLAN)
    assert office.post(f"/cases/{number}/submission", CLERK)["outcome"] == "person"
    grant = {"outcome": "grant", "reason": "seen"}
    for same in ("clerk 3", "Clerk  3", "clerk\u200b3"):
        person = {"clerk": same} | grant
        assert refused(office, f"/cases/{number}/person", person) == (409, "took-the-copy")
    office.post(f"/cases/{number}/person", {"clerk": "clerk 4"} | grant)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"second": " Clerk 3"}, "bad-case-input"),
        ({"second": "clerk\u200b-3"}, "bad-case-input"),
        ({"promise": ["licence"]}, "bad-case-input"),
        ({"document": "none"}, "not-found"),
    ],
    ids=["one person alone", "one person in disguise", "what cannot come later", "no sheet"],
)
def test_a_promise_on_paper_takes_two_people_a_sheet_and_what_may_come_later(
    world: World, changed: dict[str, Any], why: str
) -> None:
    office = world.office()
    number = known(office)
    asked = promise(signed(office, number)) | changed
    assert refused(office, f"/cases/{number}/promises", asked)[1] == why
    assert office.get(f"/cases/{number}")["promises"] == []


def test_a_sheet_of_another_case_is_no_promise_in_this_one(world: World) -> None:
    office = world.office()
    sheet = signed(office, known(office))
    world.town.now += 1
    later = office.open(key="2")
    office.post(f"/cases/{later}/parties", PARTY | SEEN | {"holder": SOMEBODY})
    assert refused(office, f"/cases/{later}/promises", promise(sheet)) == (404, "not-found")


def test_what_a_clerk_does_for_a_person_is_in_the_log_as_help_and_what_a_wallet_does_is_not(
    world: World,
) -> None:
    office = world.office()
    number = known(office)
    headers = {"Content-Type": "application/pdf", "Clerk": "%E7%8E%8B"}
    office.send("PUT", f"/cases/{number}/documents/operator/floor_plan", PLAN, **headers)
    office.put(f"/cases/{number}/documents/operator/floor_plan", PLAN)
    office.post(f"/cases/{number}/inputs", {"inputs": {"items": "热食"}, "clerk": "clerk 3"})
    assert manners(world) == [
        ("seen card", "clerk 3", "", "assisted"),
        ("document taken in", "王", "", "assisted"),
        ("document used again", f"case {number}", "", ""),
        ("stated", "clerk 3", "", "assisted"),
    ]


def test_another_person_than_the_party_is_not_taken_for_it(world: World) -> None:
    office = world.office()
    number = known(office)
    other = SOMEBODY | {"identifier": world.town.licence_row(8)["representative_number"]}
    assert refused(office, f"/cases/{number}/parties", PARTY | SEEN | {"holder": other}) == (
        409,
        "another-person",
    )
    assert kind(world.office(HOUSING).send("POST", f"/cases/{number}/parties", {})) != "another-person"
