"""What is missing may come later against a promise that the wallet signs, and its day is watched."""

import pytest

from registry import transactiondata
from registry.cases.errors import AnotherPerson, BadInput, WrongState
from registry.standing import standing
from registry.store.tables import CaseFact, CaseState, Commitment, CommitmentState, Document
from tests.api.town import MARKET, POLICE
from tests.cases.conftest import INPUTS, CaseTown, card_row, everything, title_row
from tests.cases.test_restaurant import PLAN, complete, food_licences, plan, rows
from tests.openid4vp.conftest import Phone

DAY = 86_400


def equipped(here: CaseTown) -> Phone:
    return here.phone(
        7,
        here.issued(MARKET, "business_licence", here.town.licence_row(7)),
        here.issued(POLICE, "real_estate_title", title_row(7)),
        here.issued(POLICE, "social_security", card_row(7)),
    )


def promised(here: CaseTown, *, agree: bool = True) -> str:
    """A case whose floor plan is promised in the same answer that shows the certificates."""
    phone = equipped(here)
    number = here.cases.opening.open("open_restaurant", INPUTS)
    made = here.cases.collecting.request(number, "operator", promise=["floor_plan"])
    assert made is not None
    request = phone.read(made.link)
    (text,) = request.transaction_data or ()
    assert transactiondata.parse(text).type == "urn:zt:commitment"
    assert transactiondata.members(text)["until"] == "2026-12-24"
    assert transactiondata.members(text)["case"] == number
    token = everything(phone, request)
    if agree:
        token |= {"identity-0": [phone.present(request, 0, CLAIMS, [transactiondata.digest(text)])]}
    assert phone.answer(request, token).is_success
    here.cases.collecting.take(number, "operator")
    return number


CLAIMS = ("name", "citizen_number")


def state_of(here: CaseTown) -> str:
    (row,) = rows(here, Commitment)
    return str(row.state)


def status(here: CaseTown) -> int:
    (licence,) = food_licences(here)
    with here.town.runtime.store.read() as session:
        return standing(session, licence)


def test_a_promise_signed_by_the_wallet_stands_in_for_what_is_missing(here: CaseTown) -> None:
    number = promised(here)
    assert state_of(here) == CommitmentState.OPEN
    assert here.cases.deciding.missing(number) == ()
    assert here.cases.deciding.decide(number).outcome == "grant"
    assert here.cases.effects.carry_out(number) == CaseState.ENDED


def test_a_promise_that_was_only_asked_for_stands_for_nothing(here: CaseTown) -> None:
    number = promised(here, agree=False)
    assert state_of(here) == CommitmentState.ASKED
    assert [each.name for each in here.cases.deciding.missing(number)] == ["floor_plan"]


def test_when_the_day_has_passed_the_certificate_is_suspended(here: CaseTown) -> None:
    number = promised(here)
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    here.town.now += 30 * DAY
    assert here.cases.commitments.watch() == []
    assert status(here) == 0
    here.town.now += DAY
    (passed,) = here.cases.commitments.watch()
    assert (passed.case, passed.fact, len(passed.certificates)) == (number, "floor_plan", 2), (
        "food and combined licence"
    )
    assert (status(here), state_of(here)) == (2, CommitmentState.OVERDUE)
    assert here.cases.commitments.watch() == []


def test_what_is_issued_after_the_day_has_passed_is_suspended_too(here: CaseTown) -> None:
    number = promised(here)
    here.cases.deciding.decide(number)
    here.cases.deciding.review(number)
    here.town.now += 40 * DAY
    assert here.cases.commitments.watch() == []
    here.cases.deciding.by_person(number, "clerk 3", "grant", "seen")
    assert here.cases.commitments.watch() == []
    here.cases.effects.carry_out(number)
    (passed,) = here.cases.commitments.watch()
    assert (len(passed.certificates), status(here), state_of(here)) == (2, 2, CommitmentState.OVERDUE)
    assert here.cases.commitments.watch() == []


def test_what_comes_in_time_keeps_the_promise(here: CaseTown) -> None:
    number = promised(here)
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    plan(here, number)
    here.town.now += 40 * DAY
    assert here.cases.commitments.watch() == []
    assert (status(here), state_of(here)) == (0, CommitmentState.KEPT)


def test_a_case_that_ended_takes_in_only_what_was_promised(here: CaseTown) -> None:
    number = promised(here)
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    with pytest.raises(WrongState):
        here.cases.documents.put(number, "operator", "lease", PLAN, "application/pdf")


def test_a_late_answer_changes_nothing_that_the_case_was_decided_from(here: CaseTown) -> None:
    """A second title stands, the one that was decided on does not: nothing is issued on the second."""
    number, phone = promised(here), here.phones[7]
    (title,) = [each for each in rows(here, CaseFact) if each.name == "title"]
    with here.town.runtime.store.write() as session:
        session.delete(session.get_one(CaseFact, title.id))
    made = here.cases.collecting.request(number, "operator")
    assert made is not None
    here.cases.collecting.ask(number, clerk="clerk 3")
    assert here.cases.deciding.decide(number).outcome == "grant"
    decided_on = {(each.name, each.certificate_id) for each in rows(here, CaseFact)}
    other = title_row(
        7, title_number="粤(2021)羊城市不动产权第0000099号", unit_number="440106001001GB00001F00000099"
    )
    phone.claim(*here.issued(POLICE, "real_estate_title", other))
    phone.credentials[:] = [phone.credentials[0], phone.credentials[-1]]
    request = phone.read(made.link)
    assert phone.answer(request, everything(phone, request)).is_success
    here.cases.collecting.take(number, "operator")
    assert {(each.name, each.certificate_id) for each in rows(here, CaseFact)} == decided_on
    here.town.revoke(POLICE, title.certificate_id)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    assert not food_licences(here)


def test_only_what_the_matter_lets_come_later_can_be_promised(here: CaseTown) -> None:
    number = here.cases.opening.open("open_restaurant", INPUTS)
    with pytest.raises(BadInput):
        here.cases.collecting.request(number, "operator", promise=["licence"])


def test_a_document_is_taken_in_once_and_used_again_with_consent(here: CaseTown) -> None:
    first = complete(here)
    (document,) = rows(here, Document)
    assert here.cases.documents.read(document.id) == PLAN
    second = here.cases.opening.open("open_restaurant", INPUTS)
    phone = here.phones[7]
    here.answer(second, "operator", phone)
    assert [each.id for each in here.cases.documents.of(second, "operator")] == [document.id]
    with pytest.raises(AnotherPerson):
        here.cases.documents.reuse(second, "operator", "floor_plan", document.id, consent=False)
    here.cases.documents.reuse(second, "operator", "floor_plan", document.id, consent=True)
    assert here.cases.deciding.missing(second) == ()
    assert first != second


def test_somebody_elses_document_is_not_used(here: CaseTown) -> None:
    complete(here)
    (document,) = rows(here, Document)
    other, _ = here.restaurant(8)
    with pytest.raises(AnotherPerson):
        here.cases.documents.reuse(other, "operator", "floor_plan", document.id, consent=True)


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"", "application/pdf"),
        (b"<html>", "text/html"),
        (b"MZ", "application/pdf"),
        (b"%PDF" + bytes(6_000_000), "application/pdf"),
    ],
)
def test_a_document_is_a_picture_or_a_pdf_and_not_too_large(
    here: CaseTown, content: bytes, media: str
) -> None:
    number, _ = here.restaurant()
    with pytest.raises(BadInput):
        here.cases.documents.put(number, "operator", "floor_plan", content, media)
