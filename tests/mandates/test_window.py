"""A mandate made at a window by two clerks, and what an agent may have asked with it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from registry.answer_checking import check_answer
from registry.errors import NotFound
from registry.issuing import NoRight
from registry.mandates.scope import BadMandate, Scope
from registry.queries import limits
from registry.querying import MandateFallsShort, TooManyQueries
from registry.store.tables import Consent, ConsentState, InboxItem
from tests.api.town import HOUSING, MARKET, POLICE, citizen_number
from tests.mandates.conftest import CLERK, DAUGHTER, MOTHER, SECOND, STRANGER, Mandates, day, person
from tests.tasks.conftest import marriage_row

DAY = 86_400


def test_two_clerks_make_it_and_neither_is_the_agent(here: Mandates) -> None:
    def write(clerk: int, agent: int = DAUGHTER) -> str:
        return here.making.write_down(POLICE, person(MOTHER), here.wish(agent), person(clerk), "card")

    for clerk in (DAUGHTER, MOTHER):
        with pytest.raises(BadMandate):
            write(clerk)
    id = write(91)
    for second in (91, DAUGHTER, MOTHER):
        with pytest.raises(BadMandate):
            here.making.confirm(POLICE, id, person(second))
    assert here.making.waiting(POLICE, id)[1].agent == person(DAUGHTER)
    made = here.making.confirm(POLICE, id, SECOND)
    assert here.making.confirm(POLICE, id, SECOND) == made
    assert here.town.stored(made).issued_by == f"{CLERK.name}, {SECOND.name}"


def test_only_the_department_that_issues_mandates_takes_them_down(here: Mandates) -> None:
    with pytest.raises(NoRight):
        here.making.write_down(HOUSING, person(MOTHER), here.wish(), CLERK, "card")
    id = here.making.write_down(POLICE, person(MOTHER), here.wish(), CLERK, "card")
    with pytest.raises(NotFound):
        here.making.waiting(MARKET, id)
    here.town.now += DAY
    with pytest.raises(NotFound):
        here.making.confirm(POLICE, id, SECOND)


@pytest.mark.parametrize(
    "facts", ["mandate", "mandate.matters", "resident_identity.no_such_claim", "no_such_type", ""]
)
def test_no_mandate_is_about_mandates_or_what_is_not(here: Mandates, facts: str) -> None:
    with pytest.raises(BadMandate):
        here.at_window(scope=Scope(("housing_allowance",), tuple(facts.split())))


def test_a_mandate_lasts_a_year_at_most_and_names_somebody_else(here: Mandates) -> None:
    here.at_window(last=day(here.town, 364))
    for wrong in (
        {"last": day(here.town, 365)},
        {"first": day(here.town, -1)},
        {"last": day(here.town) - timedelta(days=1)},
        {"agent": MOTHER},
        {"scope": Scope(("no_such_matter",), ("*",))},
    ):
        with pytest.raises(BadMandate):
            here.at_window(**wrong)


def test_every_wallet_of_the_grantor_is_told(here: Mandates) -> None:
    mandate = here.at_window()
    (notice,) = [each for each in here.logged_in(MOTHER).inbox() if each["kind"] == "mandate"]
    assert notice["reference"] == mandate
    assert "窗口" in notice["content"]["zh"] and person(DAUGHTER).name in notice["content"]["zh"]
    with here.town.runtime.store.read() as session:
        told = session.exec(select(InboxItem.holder)).all()
    assert set(told) == {here.index(MOTHER), here.index(DAUGHTER)}


def test_the_agent_is_answered_for_the_department_and_the_log_says_so(here: Mandates) -> None:
    here.phone(MOTHER)
    mandate = here.at_window()
    here.acts(mandate)
    answer = here.ask(mandate)
    assert answer.outcome == "yes"
    trust = here.town.trust()
    checked = check_answer(answer.envelope(), answer.question, trust, asker=HOUSING, now=here.town.now)
    other = check_answer(answer.envelope(), answer.question, trust, asker=MARKET, now=here.town.now)
    assert (checked.verdict, other.verdict) == ("proven", "invalid")
    acting, asked = here.log()
    assert (acting["manner"], acting["case"], acting["rule"]) == ("mandate", "C1", "acting mandate")
    assert (asked["manner"], asked["case"], asked["outcome"]) == ("mandate", "C1", "yes")


def test_a_mandate_is_the_grantors_word_where_a_right_wants_consent(here: Mandates) -> None:
    here.phone(MOTHER)
    scope = Scope(("rent_subsidy",), ("resident_identity.address",))
    mandate = here.at_window(scope=scope)
    here.acts(mandate, matter="rent_subsidy")
    assert here.ask(mandate, matter="rent_subsidy").outcome == "yes"
    assert here.ask(None, matter="rent_subsidy").outcome == "pending"


def test_a_mandate_is_no_word_of_who_else_holds_the_certificate(here: Mandates) -> None:
    marriage = here.town.issue(POLICE, "marriage", marriage_row(MOTHER, 10))
    here.town.anchor(POLICE)
    scope = Scope(("rent_subsidy",), ("marriage.registration_office",))
    mandate = here.at_window(scope=scope)
    here.acts(mandate, matter="rent_subsidy")
    asked: dict[str, Any] = {
        "matter": "rent_subsidy",
        "type": "marriage",
        "claims": ("registration_office",),
        "holder": None,
        "certificate_id": marriage,
    }
    assert here.ask(mandate, **asked).outcome == "pending"
    with here.town.runtime.store.write() as session:
        (consent,) = session.exec(select(Consent)).all()
        assert consent.holder == here.index(10)
        consent.state = ConsentState.YES
        session.add(consent)
    assert here.ask(mandate, **asked).outcome == "yes"


def test_typing_numbers_until_one_acts_for_somebody_is_logged_alerted_and_stops_at_a_cap(
    here: Mandates,
) -> None:
    here.phone(MOTHER)
    mandate = here.at_window()
    caps = here.use_cases.querying.caps
    for number in range(200, 200 + limits.REFUSED):
        with pytest.raises(MandateFallsShort):
            here.acts(mandate, number)
    with here.town.runtime.store.read() as session:
        assert [each.kind for each in limits.standing(session)] == [limits.REFUSALS]
    with pytest.raises(MandateFallsShort):
        here.acts("no such certificate", 200)
    tried = here.log(HOUSING)
    assert {(each["rule"], each["outcome"], each["case"]) for each in tried} == {
        ("mandate-falls-short", "refused", "C1")
    }
    assert len(tried) == limits.REFUSED + 1
    with here.town.runtime.store.write() as session:
        for _ in range(caps.clerk_hour - len(tried)):
            limits.record(session, HOUSING, "C", "no", here.town.now)
    with pytest.raises(TooManyQueries):
        here.acts(mandate)
    assert here.log(HOUSING)[-1]["rule"] == "too-many-queries"


def test_answers_stay_within_mandate_and_right(here: Mandates) -> None:
    here.phone(MOTHER)
    here.phone(STRANGER)
    mandate = here.at_window()
    here.acts(mandate)
    falls_short = "mandate-falls-short"
    assert here.refused(mandate) == ""
    assert here.refused(mandate, claims=("name",)) == falls_short
    assert here.refused(mandate, type="business_licence", claims=("company_name",)) == falls_short
    assert here.refused(mandate, matter="rent_subsidy") == falls_short
    assert here.refused(mandate, holder=("citizen_number", citizen_number(STRANGER))) == falls_short
    assert here.refused(mandate, claims=("ethnicity",)) == "not-shared"
    assert here.refused(mandate, asker=MARKET, claims=("name",)) == falls_short


def test_everything_means_what_the_department_may_ask(here: Mandates) -> None:
    here.phone(MOTHER)
    mandate = here.at_window(scope=Scope(("housing_allowance",), ("*",)))
    here.acts(mandate)
    assert here.refused(mandate, claims=("name", "address")) == ""
    assert here.refused(mandate, claims=("ethnicity",)) == "not-shared"


def test_whether_there_is_one_says_no_more(here: Mandates) -> None:
    here.phone(MOTHER)
    mandate = here.at_window(scope=Scope(("housing_allowance",), ("resident_identity",)))
    here.acts(mandate)
    assert here.refused(mandate, ask="has_valid", claims=()) == ""
    assert here.refused(mandate) == "mandate-falls-short"


def test_nobody_but_the_agent_acts_and_only_in_the_case_they_came_for(here: Mandates) -> None:
    here.phone(MOTHER)
    mandate = here.at_window()
    assert here.refused(mandate) == "mandate-falls-short"
    with pytest.raises(Exception, match="does not cover"):
        here.acts(mandate, STRANGER)
    here.acts(mandate)
    assert here.refused(mandate, case="C2") == "mandate-falls-short"
    assert here.refused(mandate) == ""


def test_an_agent_passes_nothing_on(here: Mandates) -> None:
    here.phone(MOTHER)
    first = here.at_window()
    second = here.at_window(DAUGHTER, STRANGER, scope=Scope(("housing_allowance",), ("*",)))
    here.acts(second, STRANGER)
    assert here.refused(second) == "mandate-falls-short"
    for ground in (first, second):
        assert here.refused(ground) == "mandate-falls-short"


@pytest.mark.parametrize("how", ["revoked", "suspended", "over", "not begun", "not anchored"])
def test_its_status_is_read_at_each_question(here: Mandates, how: str) -> None:
    here.phone(MOTHER)
    mandate = here.at_window()
    here.acts(mandate)
    assert here.refused(mandate) == ""
    if how == "revoked":
        here.town.revoke(POLICE, mandate)
    elif how == "suspended":
        here.town.suspend(POLICE, mandate)
    elif how == "over":
        here.town.now += 31 * DAY
    elif how == "not begun":
        here.town.now -= DAY
    else:
        with here.town.runtime.store.write() as session:
            from registry.store.tables import Batch

            batch = session.get_one(Batch, here.town.stored(mandate).batch)
            batch.state = "mined"
            session.add(batch)
    assert here.refused(mandate) == "mandate-falls-short"


@pytest.mark.parametrize("who", [MOTHER, DAUGHTER])
def test_death_ends_it(here: Mandates, who: int) -> None:
    identities = {number: here.town.citizen(number) for number in (MOTHER, DAUGHTER)}
    mandate, other = here.at_window(), here.at_window(STRANGER, 10)
    here.acts(mandate)
    here.town.revoke(POLICE, identities[who], "cancelled_holder_deceased")
    assert here.refused(mandate) == "mandate-falls-short"
    here.acts(other, 10)
    from registry.standing import standings

    ids = [here.town.stored(each).id or 0 for each in (mandate, other)]
    with here.town.runtime.store.read() as session:
        assert list(standings(session, ids).values()) == [1, 0]


def test_a_new_card_ends_no_mandate(here: Mandates) -> None:
    identity = here.town.citizen(MOTHER)
    mandate = here.at_window()
    here.acts(mandate)
    here.town.revoke(POLICE, identity, "cancelled_on_request")
    assert here.refused(mandate) == ""
