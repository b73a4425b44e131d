"""A guardian acts by the birth or court certificate, judged at each use, until the 16th birthday."""

from datetime import datetime

import pytest
from stdnum.cn import ric

from registry import holding
from registry.errors import RegistryError
from registry.holding import Person
from tests.api.town import POLICE, Town, citizen_number
from tests.cases.test_several_parties import birth_row
from tests.mandates.conftest import DAUGHTER, STRANGER, Mandates, person

BODY = "44010620101201002"
CHILD = BODY + ric.calc_check_digit(BODY + "0")
WARD = ("citizen_number", CHILD)


def ruling_row(guardian: int) -> dict[str, str]:
    return {
        "ruling_number": "（2026）粤0106民特12号",
        "ward_name": "阿依努尔",
        "ward_number": CHILD,
        "ward_birth_date": "2010-12-01",
        "guardian_name": person(guardian).name,
        "guardian_id_type": "citizen_number",
        "guardian_number": citizen_number(guardian),
        "court": "羊城市人民法院",
        "ruled_on": "2026-01-01",
    }


@pytest.fixture(params=["birth", "guardianship"])
def ground(request: pytest.FixtureRequest, here: Mandates) -> str:
    """What makes the daughter (8) the guardian of a child who is 16 on 1 December 2026."""
    born = {"birth_date": "2010-12-01", "issued_on": "2010-12-02", "child_number": CHILD}
    row = birth_row() | born if request.param == "birth" else ruling_row(DAUGHTER)
    made = here.town.issue(POLICE, request.param, row)
    card = here.town.identity_row(2, name="阿依努尔", citizen_number=CHILD, birth_date="2010-12-01", sex="女")
    here.town.issue(POLICE, "resident_identity", card)
    here.town.anchor(POLICE)
    return made


def midnight(town: Town, day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=town.runtime.tz).timestamp())


def test_it_ends_with_the_16th_birthday(here: Mandates, ground: str) -> None:
    here.acts(ground)
    birthday = midnight(here.town, "2026-12-01")
    here.town.now = birthday - 1
    assert here.ask(ground, holder=WARD).outcome == "yes"
    assert here.log()[-1]["manner"] == "guardian"
    here.town.now = birthday
    assert here.refused(ground, holder=WARD) == "mandate-falls-short"


def test_only_the_guardian_and_only_for_the_child(here: Mandates, ground: str) -> None:
    with pytest.raises(RegistryError):
        here.acts(ground, STRANGER)
    here.acts(ground)
    stranger = ("citizen_number", citizen_number(STRANGER))
    assert here.refused(ground, holder=stranger) == "mandate-falls-short"
    here.town.revoke(POLICE, ground, "annulled")
    assert here.refused(ground, holder=WARD) == "mandate-falls-short"


def test_a_guardians_credential_ends_with_the_birthday_too(here: Mandates, ground: str) -> None:
    from registry import credential

    definition = here.town.stored(ground).type
    role = "mother" if here.town.definition("birth").type == definition else "guardian"
    phone = here.phone(DAUGHTER)
    phone.claim(POLICE, ground, role=role)
    birthday = midnight(here.town, "2026-12-01")
    assert credential.parse(phone.credentials[-1][0]).payload.exp == birthday
    here.town.now = birthday
    with pytest.raises(RegistryError):
        phone.claim(POLICE, ground, role=role)


def listed(here: Mandates, number: str) -> dict[str, bool]:
    """The certificates in somebody's list, and whether a wallet may claim each."""
    runtime = here.town.runtime
    holder = Person(runtime.sealed.holder_index("citizen_number", number), "")
    with runtime.store.read() as session:
        found = holding.holdings(
            session, runtime.catalogue, runtime.sealed, runtime.tz, holder, here.town.now
        )
    return {each.certificate.certificate_id: each.claimable for each in found}


def test_a_guardians_list_ends_with_the_birthday_and_the_childs_own_does_not(
    here: Mandates, ground: str
) -> None:
    mine = here.town.citizen(DAUGHTER)
    guardian, birthday = citizen_number(DAUGHTER), midnight(here.town, "2026-12-01")
    here.town.now = birthday - 1
    assert listed(here, guardian) == {ground: True, mine: True}
    assert listed(here, CHILD)[ground]
    here.town.now = birthday
    assert listed(here, guardian) == {mine: True}
    assert listed(here, CHILD)[ground]


def test_what_stands_no_more_leaves_a_guardians_list_too(here: Mandates, ground: str) -> None:
    here.town.revoke(POLICE, ground, "annulled")
    assert listed(here, citizen_number(DAUGHTER)) == {ground: False}
    here.town.now = midnight(here.town, "2026-12-01")
    assert listed(here, citizen_number(DAUGHTER)) == {}
    assert listed(here, CHILD)[ground] is False


def test_a_wallets_list_follows(here: Mandates, ground: str) -> None:
    here.town.now = midnight(here.town, "2026-12-01") - 1
    wallet = here.logged_in(DAUGHTER)
    assert ground in {each["certificate_id"] for each in wallet.read("certificates")}
    here.town.now += 1
    (own,) = wallet.read("certificates")
    assert own["type_name"]["zh"] == "居民身份证"


def test_who_is_named_may_object_after_it_too(here: Mandates, ground: str) -> None:
    here.town.now = midnight(here.town, "2026-12-01")
    said = {"certificate": ground, "text": "我的姓名写错了"}
    assert here.logged_in(DAUGHTER).write("objections", said)["certificate"] == ground
