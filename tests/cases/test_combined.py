"""What opening a restaurant ends in: a combined licence (一业一证) that stands as long as its parts."""

from datetime import date
from typing import Any

import msgspec
import pytest

from registry import taking_back
from registry.asking import query_for
from registry.cases.errors import NotStanding
from registry.cases.written import Granted, Referred, finished
from registry.catalogue import load_catalogue
from registry.credential import Kind
from registry.matters import load_matters
from registry.matters.loading import check
from registry.matters.matter import parse
from registry.store.tables import CaseEffect, CaseState, Certificate, TaskState
from registry.taking_back import PartOfAnother
from registry.tasks.desk import TaskDesk
from registry.verification import Expected, Report, verify
from tests.api.town import MARKET
from tests.cases.conftest import CaseTown
from tests.cases.test_restaurant import combined_licences, complete, food_licences, rows
from tests.openid4vp.conftest import Phone
from wallet.presenting import claims_of, find, present


def opened(here: CaseTown) -> tuple[str, Certificate, Certificate]:
    """A case that ended, its food licence and its combined licence."""
    number = complete(here)
    here.cases.deciding.decide(number)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    (food,), (combined,) = food_licences(here), combined_licences(here)
    return number, food, combined


def place(row: Certificate) -> str:
    return f"{row.issuer}.{row.type}.{row.status_list}.{row.status_idx}"


def shown(here: CaseTown, phone: Phone, name: str) -> Report:
    """The verdict on a code with one claim of the holder's choice, against the chain as it is now."""
    here.town.keep_lists()
    held = find(phone.wallet, name)
    text = present(phone.wallet, held, ["operator_name"], now=here.town.now)
    return verify(text, here.town.trust(), Expected(frozenset({Kind.CODE})), here.town.now)


def status(report: Report) -> str:
    return next(each.zh for each in report.checks if each.id == "status")


def test_a_combined_licence_names_its_parts_and_falls_with_one_of_them(here: CaseTown) -> None:
    number, food, combined = opened(here)
    phone = here.phones[7]
    here.town.anchor(MARKET)
    phone.claim(MARKET, combined.certificate_id, role="legal_representative")
    business = next(
        each for each in rows(here, Certificate) if each.type == here.town.definition("business_licence").type
    )
    said = claims_of(find(phone.wallet, combined.certificate_id))
    assert said["part_status"] == f"{place(business)} {place(food)}"
    assert (said["part_1_name"], said["part_1_identifier"]) == ("营业执照", business.certificate_id)
    assert (said["part_2_name"], said["part_2_identifier"]) == ("食品经营许可证", food.certificate_id)
    assert (combined.issued_by, combined.valid_until) == (f"case {number}", food.valid_until)

    report = shown(here, phone, combined.certificate_id)
    assert (report.verdict, set(report.claims)) == ("valid", {"operator_name", "part_status"})

    with here.town.runtime.store.read() as session:
        asked = query_for(session, here.town.runtime.catalogue, [("combined_licence", ("trade",))]).to_dict()
    assert [each["path"] for each in asked["credentials"][0]["claims"]] == [["trade"], ["part_status"]]

    here.town.revoke(MARKET, food.certificate_id, "penalty")
    report = shown(here, phone, combined.certificate_id)
    assert (report.verdict, report.failed) == ("invalid", ["status"])
    assert "“食品经营许可证”已被撤销" in status(report)
    assert here.town.services is not None
    tasks = TaskDesk.of(here.town.services.cases).list(MARKET, TaskState.OPEN)
    assert [each.row.certificate for each in tasks if each.row.kind == "linked"] == [combined.certificate_id]


def test_the_combined_licence_is_issued_once_whatever_is_interrupted(here: CaseTown) -> None:
    number, _, combined = opened(here)
    with here.town.runtime.store.write() as session:
        row = session.get_one(CaseEffect, (number, "combined_licence", 0))
        row.state, row.certificate_id = "waiting", ""
        here.cases.world.case(session, number).state = CaseState.GRANTED
        session.add(row)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    assert [each.certificate_id for each in combined_licences(here)] == [combined.certificate_id]
    again = next(each for each in rows(here, CaseEffect) if each.name == "combined_licence")
    assert again.certificate_id == combined.certificate_id


def test_a_part_is_not_taken_back_from_under_a_combined_licence(here: CaseTown) -> None:
    """Nothing on the chain would say so: the combined licence would go on as if it stood."""
    _, food, combined = opened(here)

    def take_back(row: Certificate) -> None:
        types = here.town.runtime.catalogue.combined
        with here.town.runtime.store.write() as session:
            taking_back.take_back(
                session, MARKET, row.certificate_id, by="clerk 3", now=here.town.now, combined=types
            )

    with pytest.raises(PartOfAnother):
        take_back(food)
    assert [each.state for each in food_licences(here)] == ["open"]
    take_back(combined)
    take_back(food)
    assert [each.state for each in food_licences(here)] == ["taken_back"]


def test_a_part_that_ended_before_the_whole_was_issued_stops_it(
    here: CaseTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    issue = type(here.cases.effects)._issue

    def revoked_between(self: Any, case: Any, effect: Any, row: Any) -> None:
        if effect.name == "combined_licence":
            (food,) = food_licences(here)
            if food.state == "open":
                here.town.anchor(MARKET)
                here.town.revoke(MARKET, food.certificate_id, "penalty")
        issue(self, case, effect, row)

    monkeypatch.setattr(type(here.cases.effects), "_issue", revoked_between)
    assert here.cases.effects.carry_out(number) == CaseState.RED
    assert not combined_licences(here)
    problem = next(each.problem for each in rows(here, CaseEffect) if each.name == "combined_licence")
    assert problem == NotStanding.kind


class TestWritten:
    """What may be written of other certificates, without a town."""

    first = Referred("id-1", "A.T.0.1", "2030-05-01")
    endless = Referred("id-2", "B.T.0.2", "")

    def granted(self, **facts: Referred) -> Granted:
        return Granted({"input.text": ["effect:other.status"]}, facts, date(2026, 11, 24), b"secret", "case")

    def test_what_is_known_at_the_grant_is_fixed_with_it(self) -> None:
        texts = {
            "id": "fact:licence",
            "at": "all: fact:licence.status",
            "end": "earliest: today+5 fact:licence.last_day",
        }
        assert self.granted(licence=self.first).claims(texts) == {
            "id": "id-1", "at": "A.T.0.1", "end": "2030-05-01",
        }  # fmt: skip
        assert self.granted(licence=self.endless).claims(texts)["end"] == "2031-11-23"
        assert self.granted().claims(texts) == {"end": "2031-11-23"}

    def test_what_another_effect_has_to_make_comes_when_it_is_made(self) -> None:
        texts = {
            "at": "all: fact:licence.status effect:other.status",
            "end": "earliest: today+5 fact:licence.last_day effect:other.last_day",
            "id": "effect:other",
        }
        kept = self.granted(licence=self.endless).claims(texts)
        assert set(kept) == {"at:later", "end:later", "id:later"}
        assert finished(kept, {"other": self.first}) == {
            "at": "B.T.0.2 A.T.0.1", "end": "2030-05-01", "id": "id-1",
        }  # fmt: skip

    def test_what_somebody_stated_is_never_taken_for_a_reference(self) -> None:
        kept = self.granted().claims({"scope": "input.text"})
        assert finished(kept, {"other": self.first}) == {"scope": "effect:other.status"}


@pytest.mark.parametrize(
    ("claim", "text", "why"),
    [
        ("part_2_identifier", "effect:inspection", "comes not after"),
        ("part_2_identifier", "effect:food_licence.claims", "nothing of a certificate"),
        ("part_1_identifier", "fact:floor_plan", "no certificate of that name"),
        ("part_status", "all:", "of nothing"),
        ("part_status", "all: licence.scope", "no certificate and no day"),
    ],
)
def test_a_matter_that_writes_what_is_not_there_is_not_loaded(
    here_matters: Any, claim: str, text: str, why: str
) -> None:
    matters, catalogue = here_matters
    document = msgspec.to_builtins(matters.named("open_restaurant"))
    effect = next(each for each in document["effects"] if each["name"] == "combined_licence")
    effect["claims"][claim] = text
    with pytest.raises(ValueError, match=why):
        check(parse(document), catalogue)


@pytest.fixture(scope="module")
def here_matters() -> Any:
    catalogue = load_catalogue()
    return load_matters(catalogue), catalogue
