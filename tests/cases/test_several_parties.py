"""A transfer, a closing, a newborn: several parties, departments side by side, effects in their order."""

import pytest
from stdnum.cn import ric

from registry.cases.errors import CertificateHeld, WrongState
from registry.standing import standings
from registry.store.tables import CaseEffect, CaseFact, CaseLock, CaseState, Certificate
from tests.api.town import HOUSING, MARKET, POLICE, citizen_number
from tests.cases.conftest import CaseTown, title_row
from tests.cases.test_restaurant import PLAN, complete, rows
from tests.openid4vp.conftest import Phone


def transfer(here: CaseTown) -> tuple[str, Phone]:
    """A case that seller (7) and buyer (8) have answered, with the contract."""
    seller = here.phone(7, here.issued(POLICE, "real_estate_title", title_row(7)))
    number = here.cases.opening.open("transfer_real_estate", {})
    here.answer(number, "seller", seller)
    here.answer(number, "buyer", here.phone(8))
    here.cases.documents.put(number, "seller", "contract", PLAN, "application/pdf")
    return number, seller


def titles(here: CaseTown) -> list[int]:
    """Status of each version of the title, oldest first."""
    type = here.town.definition("real_estate_title").type
    ids = [each.id for each in rows(here, Certificate) if each.type == type]
    with here.town.runtime.store.read() as session:
        found = standings(session, ids)
    return [found[each] for each in ids]


def test_each_party_answers_a_request_of_its_own(here: CaseTown) -> None:
    transfer(here)
    assert {each.name for each in rows(here, CaseFact)} == {
        "seller_identity",
        "title",
        "buyer_identity",
        "contract",
    }


def test_a_case_waits_for_the_tax_service_and_only_that_one_can_say(here: CaseTown) -> None:
    number, _ = transfer(here)
    assert [each.name for each in here.cases.deciding.missing(number)] == ["tax"]
    with pytest.raises(WrongState):
        here.cases.deciding.step(number, "tax", MARKET, "clerk 1", agreed=True, reason="")
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    assert here.cases.deciding.decide(number).outcome == "grant"


def test_an_objection_means_a_person(here: CaseTown) -> None:
    number, _ = transfer(here)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=False, reason="not paid")
    assert here.cases.deciding.decide(number).outcome == "person"


def test_old_and_new_title_are_never_both_valid(here: CaseTown) -> None:
    number, _ = transfer(here)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    here.cases.deciding.decide(number)
    assert titles(here) == [0]
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    assert titles(here) == [2, 0]
    here.town.anchor(POLICE)
    assert titles(here)[0] != 0
    here.town.settle()
    assert titles(here) == [3, 0]


def test_when_the_new_title_is_refused_the_old_one_comes_back(here: CaseTown) -> None:
    number, _ = transfer(here)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    here.cases.deciding.decide(number)
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: False)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    here.town.settle()
    assert titles(here) == [0]
    object.__setattr__(here.cases.world.issuing, "may_issue", lambda *_: True)
    assert here.cases.effects.retry(number) == CaseState.ENDED
    assert titles(here) == [2, 0]


def test_one_case_holds_the_title_until_it_ends(here: CaseTown) -> None:
    number, seller = transfer(here)
    second = here.cases.opening.open("transfer_real_estate", {})
    with pytest.raises(CertificateHeld):
        here.answer(second, "seller", seller)
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    assert not rows(here, CaseLock)


def closing(here: CaseTown) -> str:
    """An enterprise with a food licence that its representative closes."""
    restaurant = complete(here)
    here.cases.deciding.decide(restaurant)
    here.cases.effects.carry_out(restaurant)
    here.town.anchor(MARKET)
    number = here.cases.opening.open("close_enterprise", {})
    here.answer(number, "representative", here.phones[7])
    here.cases.collecting.ask(number)
    return number


def test_tax_and_insurance_are_asked_in_parallel_then_every_licence_is_cancelled(here: CaseTown) -> None:
    number = closing(here)
    assert sorted(each.name for each in here.cases.deciding.missing(number)) == ["insurance", "tax"]
    here.cases.deciding.step(number, "insurance", MARKET, "clerk 1", agreed=True, reason="")
    here.cases.deciding.step(number, "tax", HOUSING, "clerk 2", agreed=True, reason="")
    assert here.cases.deciding.decide(number).outcome == "grant"
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    effects = {each.name: each.state for each in rows(here, CaseEffect) if each.case == number}
    assert effects == {"food_licence": "done", "licence": "done"}
    with here.town.runtime.store.read() as session:
        kinds = {here.town.definition(alias).type for alias in ("food_business_licence", "business_licence")}
        ids = [each.id for each in rows(here, Certificate) if each.type in kinds]
        assert set(standings(session, ids).values()) == {1}


def newborn(here: CaseTown) -> str:
    """A case for which its mother has shown all."""
    mother = here.phone(
        8,
        here.issued(POLICE, "household_register_page", page_row(8)),
        mother=here.issued(POLICE, "birth", birth_row()),
    )
    number = here.cases.opening.open("newborn", {"child_number": CHILD, "relation": "女"})
    here.answer(number, "mother", mother)
    return number


def test_a_newborn_is_registered_and_its_birth_certificate_names_its_number(here: CaseTown) -> None:
    number = newborn(here)
    assert here.cases.deciding.decide(number).outcome == "grant"
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    here.town.anchor(POLICE)
    page = here.town.definition("household_register_page").type
    assert len([each for each in rows(here, Certificate) if each.type == page]) == 2


CHILD_BODY = "44010620261101002"
CHILD = CHILD_BODY + ric.calc_check_digit(CHILD_BODY + "0")


def birth_row() -> dict[str, str]:
    return {
        "certificate_number": "A440000001",
        "child_name": "阿依努尔",
        "child_sex": "女",
        "birth_date": "2026-11-01",
        "birth_time": "08:30",
        "gestational_weeks": "39",
        "weight": "3200",
        "length": "50",
        "birthplace": "羊城市",
        "facility": "羊城市妇幼保健院",
        "mother_name": f"买买提·艾力{chr(0x4E00 + 8)}",
        "mother_birth_date": "1990-01-01",
        "mother_nationality": "中国",
        "mother_ethnicity": "维吾尔",
        "mother_address": "羊城市珠江新城 8 号",
        "mother_id_type": "citizen_number",
        "mother_number": citizen_number(8),
        "issuing_authority": "羊城市妇幼保健院",
        "issued_on": "2026-11-02",
    }


def page_row(number: int) -> dict[str, str]:
    return {
        "household_number": "440100001",
        "household_kind": "家庭户",
        "head_name": f"买买提·艾力{chr(0x4E00 + number)}",
        "relation": "户主",
        "name": f"买买提·艾力{chr(0x4E00 + number)}",
        "sex": "男" if number % 2 else "女",
        "ethnicity": "维吾尔",
        "birth_date": "1990-01-01",
        "birthplace": "羊城市",
        "native_place": "羊城市",
        "citizen_number": citizen_number(number),
        "address": "羊城市珠江新城 8 号",
        "issuing_authority": "羊城市公安局",
        "registered_on": "2020-01-01",
    }
