"""Who acts for more than five people outside the family is looked at."""

from registry import health
from registry.mandates import family
from registry.store.tables import Mandate
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, POLICE, citizen_number
from tests.cases.test_several_parties import birth_row, page_row
from tests.mandates.conftest import DAUGHTER, MOTHER, Mandates, person


def marriage_row(one: int, other: int) -> dict[str, str]:
    row = {
        "certificate_number": "J440106-2020-000001",
        "registered_on": "2020-05-20",
        "registration_office": "羊城市民政局",
    }
    for place, number in (("spouse_1", one), ("spouse_2", other)):
        row |= {
            f"{place}_name": person(number).name,
            f"{place}_sex": "男" if number % 2 else "女",
            f"{place}_nationality": "中国",
            f"{place}_birth_date": "1990-01-01",
            f"{place}_id_type": "citizen_number",
            f"{place}_number": citizen_number(number),
        }
    return row


def are_family(here: Mandates, one: int, other: int) -> bool:
    runtime = here.town.runtime
    with runtime.store.read() as session:
        return family.are_family(
            session, runtime.sealed, runtime.catalogue, here.index(one), here.index(other), here.town.now
        )


def test_family_is_what_certificates_that_stand_say(here: Mandates) -> None:
    assert not are_family(here, MOTHER, DAUGHTER)
    marriage = here.town.issue(POLICE, "marriage", marriage_row(11, 12))
    assert are_family(here, 11, 12) and not are_family(here, 11, DAUGHTER)
    here.town.anchor(POLICE)
    here.town.revoke(POLICE, marriage)
    assert not are_family(here, 11, 12)
    born = birth_row() | {
        "father_name": person(7).name, "father_id_type": "citizen_number", "father_number": citizen_number(7)
    }  # fmt: skip
    here.town.issue(POLICE, "birth", born)
    assert are_family(here, 7, 8)
    stranger = {"household_kind": "家庭户", "relation": "非亲属"}
    for number, more in ((21, {}), (22, {"relation": "女", "sex": "女"}), (23, stranger)):
        here.town.issue(POLICE, "household_register_page", page_row(number) | more)
    assert are_family(here, 21, 22) and not are_family(here, 21, 23)


def test_the_sixth_grantor_outside_the_family_raises_an_alert_that_somebody_ends(here: Mandates) -> None:
    here.town.issue(POLICE, "marriage", marriage_row(30, DAUGHTER))
    police, housing = Desk(here.town, here.http, POLICE), Desk(here.town, here.http, HOUSING)

    def alerts() -> list[dict[str, object]]:
        return police.get("/mandate-alerts").json()  # type: ignore[no-any-return]

    first = here.at_window(31)
    for grantor in (30, 31, 32, 33, 34, 35):
        here.at_window(grantor)
    assert [row.family for row in here.town.rows(Mandate)].count(True) == 1  # type: ignore[attr-defined]
    assert alerts() == []
    sixth = here.at_window(36)
    (alert,) = alerts()
    assert (alert["mandate"], alert["grantors"]) == (sixth, 6)
    with here.town.runtime.store.read() as session:
        found = health.look(session, now=here.town.now, head_age=30)
    assert [each.issuer for each in found.reasons if each.code == "mandates"] == [POLICE]
    assert here.http.get("/health").json()["status"] == "red"
    here.at_window(37)
    assert len(alerts()) == 1 and housing.get("/mandate-alerts").json() == []
    end = f"/mandate-alerts/{alert['id']}/end"
    assert housing.post(end, {"by": "x"}).status_code == 404
    assert police.post(end, {"by": "auditor 1"}).status_code == 200
    assert alerts() == [] and here.http.get("/health").json()["alerts"] == 0
    here.town.revoke(POLICE, first)


def test_ended_mandates_count_no_more(here: Mandates) -> None:
    mandates = [here.at_window(grantor) for grantor in range(31, 36)]
    here.town.revoke(POLICE, mandates[0])
    here.at_window(36)
    with here.town.runtime.store.read() as session:
        assert family.standing_alerts(session) == []
