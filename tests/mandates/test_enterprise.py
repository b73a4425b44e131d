"""An agent of an enterprise (企业经办人): appointed by its representative, acts for it in a case."""

import pytest
from sqlmodel import Session

from registry import agents
from registry.queries.refusals import MandateFallsShort
from tests.api.town import MARKET
from tests.mandates.conftest import DAUGHTER, MOTHER, STRANGER, Mandates

DAY = 86_400


def appointed(here: Mandates, licence: str, days: int = 10) -> str:
    """The representative (the mother) lets the daughter act; the appointment's id."""
    runtime = here.town.runtime
    with runtime.store.write() as session:
        return agents.appoint(
            session,
            runtime.catalogue,
            person=here.index(MOTHER),
            licence=licence,
            agent=here.index(DAUGHTER),
            until=here.town.now + days * DAY,
            now=here.town.now,
            randomness=runtime.randomness,
        ).id


def dismiss(here: Mandates, session: Session, id: str) -> None:
    assert here.town.services is not None
    lists = here.town.services.sharing.lists
    agents.end(session, here.town.runtime.catalogue, lists, here.index(MOTHER), id, here.town.now)


def test_an_enterprises_agent_acts_for_it_until_dismissed_and_in_nothing_of_the_representatives(
    here: Mandates,
) -> None:
    here.town.citizen(MOTHER)
    row = here.town.licence_row(MOTHER)
    licence = here.town.issue(MARKET, "business_licence", row)
    here.town.anchor(MARKET)
    enterprise = {
        "type": "business_licence",
        "claims": ("company_name",),
        "holder": ("credit_code", row["credit_code"]),
    }
    for nobody in (DAUGHTER, STRANGER):
        with pytest.raises(MandateFallsShort):
            here.acts(licence, nobody)
    appointment = appointed(here, licence)
    assert here.acts(licence) == licence
    assert here.ask(licence, **enterprise).outcome == "yes"
    assert here.log(MARKET)[-1]["manner"] == "representative"
    assert here.refused(licence) == "mandate-falls-short", "the representative's own address"
    with here.town.runtime.store.write() as session:
        dismiss(here, session, appointment)
    assert here.refused(licence, **enterprise) == "mandate-falls-short"
    with pytest.raises(MandateFallsShort):
        here.acts(licence, case="C2")


def test_an_appointment_ends_on_its_day(here: Mandates) -> None:
    row = here.town.licence_row(MOTHER)
    licence = here.town.issue(MARKET, "business_licence", row)
    here.town.anchor(MARKET)
    appointed(here, licence, days=10)
    here.acts(licence)
    holder = ("credit_code", row["credit_code"])
    asked = {"type": "business_licence", "claims": ("company_name",), "holder": holder}
    here.town.now += 10 * DAY - 1
    assert here.ask(licence, **asked).outcome == "yes"
    here.town.now += 1
    assert here.refused(licence, **asked) == "mandate-falls-short"
