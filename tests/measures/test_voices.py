"""A party of a case says how it went and what was asked again, each once; nobody else does."""

import pytest

from registry.cases.errors import BadInput, NoSuchCase
from registry.measures.voices import NotFinished, SaidBefore, Voices
from registry.store.tables import AskedAgain, CaseRating, CaseState
from tests.api.town import MARKET, citizen_number
from tests.cases.conftest import CaseTown
from tests.cases.test_restaurant import complete, rows


def index(here: CaseTown, number: int) -> bytes:
    return here.cases.world.vault.holder_index("citizen_number", citizen_number(number))


def test_a_case_is_rated_once_when_it_is_finished_and_by_its_party(here: CaseTown) -> None:
    voices, she = Voices(here.cases.world), index(here, 7)
    number = complete(here)
    with pytest.raises(NotFinished):
        voices.rate(number, 5, holder=she)
    here.cases.deciding.decide(number)
    assert here.cases.effects.carry_out(number) == CaseState.ENDED
    with pytest.raises(NoSuchCase):
        voices.rate(number, 1, holder=index(here, 8))
    for stars in (0, 6):
        with pytest.raises(BadInput):
            voices.rate(number, stars, holder=she)
    assert rows(here, CaseRating) == []
    voices.rate(number, 5, holder=she)
    with pytest.raises(SaidBefore):
        voices.rate(number, 1, holder=she)
    assert [each.stars for each in rows(here, CaseRating)] == [5]


def test_a_fact_asked_again_is_reported_once_and_only_if_the_matter_has_it(here: CaseTown) -> None:
    voices, she = Voices(here.cases.world), index(here, 7)
    number = complete(here)
    with pytest.raises(BadInput):
        voices.report_again(number, "blood_type", holder=she)
    with pytest.raises(NoSuchCase):
        voices.report_again(number, "household", holder=index(here, 8))
    voices.report_again(number, "household", holder=she)
    with pytest.raises(SaidBefore):
        voices.report_again(number, "household", holder=she)
    voices.report_again(number, "title", holder=she)
    said = [(each.department, each.fact) for each in rows(here, AskedAgain)]
    assert said == [(MARKET, "household"), (MARKET, "title")]
