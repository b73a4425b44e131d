"""What departments are asked for: again when it may have changed, never for what they said, one by one."""

from typing import Any

from registry.cases.keeping import ASKED_DAILY, CaseKeeper
from registry.queries.refusals import NotShared
from registry.querying import Querying
from registry.store.tables import CaseFact
from tests.api.town import MARKET, POLICE
from tests.cases.conftest import INPUTS, CaseTown, card_row, founded, here, http, new_wallet, town, written
from tests.cases.test_restaurant import complete, plan, rows

__all__ = ["founded", "here", "http", "new_wallet", "town", "written"]


def without_title(here: CaseTown) -> str:
    """A case that knows who its operator is; the title and the household register are nobody's."""
    phone = here.phone(
        7,
        here.issued(MARKET, "business_licence", here.town.licence_row(7)),
        here.issued(POLICE, "social_security", card_row(7)),
    )
    number = here.cases.opening.open("open_restaurant", INPUTS)
    assert here.answer(number, "operator", phone) == "answered"
    return number


def verdicts(here: CaseTown) -> dict[str, str]:
    return {each.name: each.verdict for each in rows(here, CaseFact)}


def answering(here: CaseTown, monkeypatch: Any, changed: Any) -> list[str]:
    """Types that departments are asked for from now on; `changed` may answer otherwise."""
    asked: list[str] = []
    real = Querying.ask

    def ask(self: Querying, query: Any, **more: Any) -> Any:
        asked.append(here.town.runtime.catalogue.named(query.type).alias)
        return changed(asked[-1], real(self, query, **more))

    monkeypatch.setattr(Querying, "ask", ask)
    return asked


def test_what_no_department_has_is_asked_for_once_a_day_and_is_no_doubt(
    here: CaseTown, monkeypatch: Any
) -> None:
    number = without_title(here)
    asked = answering(here, monkeypatch, lambda _, said: said)
    for _ in range(3):
        here.cases.submitting.submit(number)
    assert sorted(asked) == ["household_register_page", "real_estate_title"]
    assert (verdicts(here)["title"], verdicts(here)["household"]) == ("no", "no")
    assert [each.name for each in here.cases.deciding.missing(number)] == ["floor_plan"]
    here.town.now += ASKED_DAILY
    here.cases.collecting.ask(number)
    assert len(asked) == 4


def test_what_may_not_be_asked_for_stops_no_other_question_and_means_a_person(
    here: CaseTown, monkeypatch: Any
) -> None:
    number = without_title(here)

    def refused(alias: str, said: Any) -> Any:
        if alias == "household_register_page":
            raise NotShared
        return said

    asked = answering(here, monkeypatch, refused)
    here.cases.collecting.ask(number)
    assert asked == ["household_register_page", "real_estate_title"]
    assert verdicts(here)["household"] == "not-shared"
    plan(here, number)
    assert here.cases.deciding.decide(number).outcome == "person"


def test_what_was_pending_is_asked_for_again_by_itself_a_day_later(here: CaseTown, monkeypatch: Any) -> None:
    number = without_title(here)
    here.cases.collecting.ask(number)
    with here.town.runtime.store.write() as session:
        fact = next(each for each in here.cases.world.facts(session, here.cases.world.case(session, number))
                    if each.name == "household")  # fmt: skip
        fact.verdict = "pending"
        session.add(fact)
    asked = answering(here, monkeypatch, lambda _, said: said)
    keeper = CaseKeeper(here.cases.world)
    assert keeper.tick() == 0
    here.town.now += ASKED_DAILY
    assert keeper.tick() == 1
    assert asked == ["household_register_page"]
    assert verdicts(here)["household"] == "no"


def test_a_case_that_a_review_refused_is_not_said_to_be_granted(here: CaseTown) -> None:
    number = complete(here)
    assert here.cases.deciding.decide(number).outcome == "grant"
    here.cases.deciding.review(number)
    assert here.cases.deciding.decide(number).outcome == "person"
    here.cases.deciding.by_person(number, "clerk 3", "refuse", "wrong address")
    assert here.cases.deciding.decide(number).outcome == "person"
