"""Who may claim what: oneself, an enterprise's legal representative, a child's parent; and who no more."""

import pytest

from registry.entitlements import Entitlement, entitlements
from registry.renewing import Renewal
from registry.status_changes import Decision
from registry.store.tables import Ground
from registry.taking_back import take_back
from registry.usecases import UseCases
from tests.api.town import MARKET, POLICE, YEAR, Town, citizen_number
from tests.door.people import everything


@pytest.fixture
def cases(town: Town) -> UseCases:
    return UseCases.of(town.runtime, town.trust)


def claimable(town: Town, number: int) -> dict[str, Entitlement]:
    """What a citizen may claim, by alias."""
    person = town.runtime.sealed.holder_index("citizen_number", citizen_number(number))
    with town.runtime.store.read() as session:
        found = entitlements(session, town.runtime.catalogue, person, town.now)
    return {town.runtime.catalogue.newest(each.certificate.type).alias: each for each in found}


def test_a_person_may_claim_what_every_issuer_holds_for_her(town: Town) -> None:
    made = everything(town, 7)
    everything(town, 8)
    found = claimable(town, 7)
    assert {alias: each.certificate.certificate_id for alias, each in found.items()} == made
    grounds = {alias: each.granting.ground for alias, each in found.items()}
    assert grounds == {
        "resident_identity": Ground.SELF,
        "driving_licence": Ground.SELF,
        "business_licence": Ground.REPRESENTATIVE,
        "food_business_licence": Ground.REPRESENTATIVE,
        "birth": Ground.GUARDIAN,
    }
    licence = found["business_licence"].certificate.id
    assert found["business_licence"].granting.ground_certificate == licence
    assert found["food_business_licence"].granting.ground_certificate == licence
    assert found["birth"].granting.ground_certificate == found["birth"].certificate.id


def test_the_enterprises_other_certificates_go_with_its_licence(town: Town, cases: UseCases) -> None:
    made = everything(town)
    cases.changing.suspend(MARKET, made["business_licence"], Decision("withheld"))
    assert {"business_licence", "food_business_licence"}.isdisjoint(claimable(town, 7))


def test_a_new_representative_takes_over_and_the_former_one_has_nothing_of_it(
    town: Town, cases: UseCases
) -> None:
    made = everything(town)
    changes = {"representative_name": "艾山江", "representative_number": citizen_number(2)}
    renewed = cases.changing.renew(
        MARKET, made["business_licence"], Renewal(Decision("changed"), changes, "r1")
    )
    assert {"business_licence", "food_business_licence"}.isdisjoint(claimable(town, 7))
    assert claimable(town, 2)["business_licence"].certificate.certificate_id == renewed.certificate_id
    assert "food_business_licence" in claimable(town, 2)


def test_what_stands_no_more_is_not_claimed(town: Town, cases: UseCases) -> None:
    made = everything(town)
    cases.changing.revoke(POLICE, made["driving_licence"], Decision("cancelled_on_request"))
    assert "driving_licence" not in claimable(town, 7)
    town.now += 25 * YEAR
    assert "resident_identity" not in claimable(town, 7)


def test_a_taken_back_version_decides_nothing(town: Town, cases: UseCases) -> None:
    made = everything(town)
    changes = {"representative_name": "艾山江", "representative_number": citizen_number(2)}
    renewed = cases.changing.renew(
        MARKET, made["business_licence"], Renewal(Decision("changed"), changes, "r1")
    )
    with town.runtime.store.write() as session:
        take_back(session, MARKET, renewed.certificate_id, by="clerk", now=town.now)
    assert claimable(town, 7)["business_licence"].certificate.certificate_id == made["business_licence"]
    assert claimable(town, 2) == {}
