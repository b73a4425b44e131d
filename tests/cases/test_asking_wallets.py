"""What a party's wallet is asked for: every version of a type in force, from every origin that is trusted."""

import pytest
from sqlmodel import select

from registry.credential import type_uri
from registry.matters.asking import fact_of, query_of, wanted
from registry.store.tables import Origin, Partner
from tests.cases.conftest import CaseTown

ELSEWHERE = "https://zt.other.example"


@pytest.mark.parametrize("matter", ["open_restaurant", "newborn", "transfer_real_estate", "close_enterprise"])
def test_each_party_is_asked_in_one_go_for_every_version_from_every_origin(
    here: CaseTown, matter: str
) -> None:
    catalogue, found = here.cases.world.catalogue, here.cases.world.matters.named(matter)
    partner = Partner(origin=ELSEWHERE, root_document=b"", bundle=b"", version=1, taken_at=1, fetched_at=1)
    with here.town.runtime.store.write() as session:
        session.add(partner)
        session.flush()
        origins = [*session.exec(select(Origin.origin)), ELSEWHERE]
        for party in found.parties:
            facts = found.facts_of(party.name)
            query = query_of(session, catalogue, facts)
            assert query is not None
            asked = {each["id"]: each for each in query.to_dict()["credentials"]}
            assert {fact_of(id) for id in asked} == {each.name for each in wanted(facts)}
            for fact in wanted(facts):
                for place, alias in enumerate(fact.types):
                    type = catalogue.named(alias).type
                    versions = {each.version for each in catalogue if each.type == type}
                    one = asked[f"{fact.name}-{place}"]
                    assert set(one["meta"]["vct_values"]) == {
                        type_uri(origin, type, version) for origin in origins for version in versions
                    }
                    assert [each["path"] for each in one["claims"]] == [[name] for name in fact.claims]
