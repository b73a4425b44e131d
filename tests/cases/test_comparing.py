"""A case compares only what its holder stated to it, or a certificate proved there: nobody guesses."""

from dataclasses import replace

import pytest
from sqlmodel import select

from registry import accesslog, jcs
from registry.casefacts import CaseSources
from registry.querying import Query, SourceUnknown
from registry.store.tables import AccessEntry, Case, CaseState
from tests.api.town import HOUSING, MARKET, POLICE, citizen_number
from tests.cases.conftest import (
    INPUTS,
    CaseTown,
    founded,
    here,
    http,
    new_wallet,
    title_row,
    town,
    written,
)
from tests.cases.test_restaurant import rows

__all__ = ["founded", "here", "http", "new_wallet", "town", "written"]

ADDRESS = INPUTS["business_address"]


def question(number: str, **changed: object) -> Query:
    """Whether the operator's title is of the place that the application names."""
    plain = Query(
        asker=MARKET,
        clerk="clerk 3",
        matter="open_restaurant",
        type="real_estate_title",
        ask="equals",
        claims=("location",),
        holder=("citizen_number", citizen_number(7)),
        value=ADDRESS,
        source="stated",
        case=number,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def licence(here: CaseTown, number: str) -> str:
    with here.town.runtime.store.read() as session:
        case = here.cases.world.case(session, number)
        facts = here.cases.world.facts(session, case)
    return next(each.certificate_id for each in facts if each.name == "licence")


def manner(here: CaseTown) -> str:
    """How the police's log names the last question."""
    with here.town.runtime.store.read() as session:
        entries = select(AccessEntry).where(AccessEntry.issuer == POLICE)
        last = max(session.exec(entries), key=lambda each: each.seq)
        return str(jcs.loads(accesslog.opened(session, here.town.runtime.sealed, last))["manner"])


def test_what_the_holder_stated_to_the_case_is_compared_and_the_log_says_that_it_was_stated(
    here: CaseTown,
) -> None:
    number, _ = here.restaurant()
    querying = here.cases.world.querying
    (answer,) = querying.ask(question(number, value=f" {ADDRESS}"))
    assert (answer.outcome, answer.question["source"], manner(here)) == ("yes", "stated", "stated")
    with pytest.raises(SourceUnknown):
        querying.ask(question(number, value="羊城市别处 1 号"))
    assert len(rows(here, AccessEntry)) and manner(here) == "stated"


def test_what_a_certificate_proved_to_the_case_is_compared_by_its_identifier(here: CaseTown) -> None:
    """The premises that the business licence names, with the place of the title."""
    number, _ = here.restaurant(business_address="羊城市别处 1 号")
    querying, proof = here.cases.world.querying, licence(here, number)
    with pytest.raises(SourceUnknown):
        querying.ask(question(number))
    (answer,) = querying.ask(question(number, source=proof))
    assert (answer.outcome, answer.question["source"], manner(here)) == ("yes", proof, "proven")
    stranger = here.town.issue(POLICE, "real_estate_title", title_row(9))
    with pytest.raises(SourceUnknown):
        querying.ask(question(number, source=stranger))


def test_a_case_is_a_source_for_who_decides_it_in_its_matter_about_its_people_while_it_goes_on(
    here: CaseTown,
) -> None:
    number, _ = here.restaurant()
    sources, vault = CaseSources(here.town.runtime.sealed), here.town.runtime.sealed

    def has(about: int = 7, **changed: object) -> bool:
        asked = question(number, holder=("citizen_number", citizen_number(about)), **changed)
        assert asked.holder is not None
        with here.town.runtime.store.read() as session:
            return sources.has(session, asked, [vault.holder_index(*asked.holder)])

    assert has()
    assert not has(about=8)
    assert not has(asker=HOUSING)
    assert not has(matter="close_enterprise")
    assert not has(case="C-1")
    with here.town.runtime.store.write() as session:
        case = session.get_one(Case, number)
        case.state, case.ended_at = CaseState.ENDED, here.town.now
        session.add(case)
    assert not has()


def test_without_a_right_to_vouch_a_department_cannot_do_so(here: CaseTown) -> None:
    number, _ = here.restaurant()
    with pytest.raises(SourceUnknown):
        here.cases.world.querying.ask(question(number, source="vouched"))
