"""Before being asked: what ends soon, and what is newly possible, is offered in the wallet, once."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest
from sqlmodel import select

from registry.catalogue import Catalogue, load_catalogue
from registry.consents import inbox
from registry.foreseen import Foreseeing, keeper, sweeping
from registry.matters import Matters
from registry.matters.loading import NotARule, check
from registry.matters.matter import parse
from registry.renewing import Renewal
from registry.status_changes import Decision
from registry.store.tables import DataKey, Foreseen, InboxItem, Offered
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.cases.conftest import card_row
from tests.cases.test_several_parties import CHILD, birth_row
from tests.consents.conftest import logged_in
from tests.tasks.conftest import food_row
from tests.tasks.test_linked import changing, statements
from wallet.keyfile import WalletFile

DAY = 86_400
OFFICES = {"public_security": POLICE, "market_regulation": MARKET, "human_resources": MARKET}
PENSION = {
    "name": "pension",
    "zh": "领取养老金",
    "en": "Drawing a pension",
    "basis": {"zh": "社会保险法第十六条", "en": "Social Insurance Law, art. 16"},
    "department": "human_resources",
    "supervisor": "government_services",
    "parties": [{"name": "pensioner", "zh": "参保人", "en": "Insured"}],
    "facts": [
        {
            "name": "identity",
            "zh": "身份",
            "en": "Identity",
            "party": "pensioner",
            "types": ["resident_identity"],
            "claims": ["citizen_number"],
            "sources": ["wallet"],
            "identifies": "citizen_number",
        }
    ],
    "rule": "'grant'",
    "effects": [],
    "offer_when": {"type": "resident_identity", "role": "holder", "claim": "age_over_60"},
}


def matters(catalogue: Catalogue, *files: dict[str, Any]) -> Matters:
    return Matters([check(parse(each), catalogue) for each in files])


def foreseeing(here: Town, *files: dict[str, Any]) -> Foreseeing:
    """The matters that ship, or these."""
    return Foreseeing.of(here.runtime, matters(here.runtime.catalogue, *files) if files else None, OFFICES)


def later(here: Town, days: float) -> None:
    here.now += int(days * DAY)


def look(here: Town, *files: dict[str, Any]) -> None:
    """Ten minutes later, and all that is due is done, by a process that has just begun."""
    here.now += sweeping.SETTLED
    working = foreseeing(here, *files)
    while working.tick():
        pass
    working.release()


def box(here: Town, number: int) -> list[inbox.Item]:
    holder = here.runtime.sealed.holder_index("citizen_number", citizen_number(number))
    with here.runtime.store.read() as session:
        return inbox.of(session, here.runtime.sealed, holder, here.now)


def driving(here: Town, number: int = 7, last_day: str = "2027-02-22", **changed: str) -> str:
    """A driving licence that ends 91 days from now; its type reminds 90 days before."""
    row = here.driving_row(number) | {"last_day": last_day} | changed
    licence = here.issue(POLICE, "driving_licence", row)
    here.anchor(POLICE)
    return licence


def test_what_ends_soon_is_offered_once_from_the_day_that_its_type_names(here: Town) -> None:
    licence = driving(here)
    look(here)
    assert not box(here, 7)
    later(here, 1)
    for _ in range(3):
        look(here)
    (item,) = box(here, 7)
    assert (item.kind, item.sender, item.reference) == ("offer", POLICE, licence)
    assert "2027-02-22" in item.content["zh"] and "2027-02-22" in item.content["en"]
    assert "公安局" in item.content["zh"] and "Police" in item.content["en"]
    assert item.expires == here.stored(licence).valid_until
    assert not box(here, 8) and not here.rows(Foreseen)


def test_where_a_type_says_nothing_it_is_sixty_days(here: Town) -> None:
    here.issue(MARKET, "social_security", card_row(7) | {"issued_on": "2017-01-24"})  # ends 24 January 2027
    here.anchor(MARKET)
    look(here)
    assert not box(here, 7)
    later(here, 1)
    look(here)
    assert len(box(here, 7)) == 1


def test_what_stands_no_more_is_not_offered_and_what_may_stand_again_waits(here: Town) -> None:
    revoked, suspended = driving(here), driving(here, 8)
    driving(here, 9, last_day="2026-11-23")
    held = here.issue(POLICE, "driving_licence", here.driving_row(10) | {"last_day": "2027-01-01"}, hold="x")
    here.revoke(POLICE, revoked)
    here.suspend(POLICE, suspended)
    later(here, 2)
    look(here)
    assert not any(box(here, number) for number in (7, 8, 9, 10))
    here.resume(POLICE, suspended)
    here.settle()
    later(here, 1)
    look(here)
    assert [len(box(here, number)) for number in (7, 8, 9, 10)] == [0, 1, 0, 0]
    assert {row.certificate for row in here.rows(Foreseen)} == {here.stored(held).id}  # type: ignore[attr-defined]


def test_who_has_renewed_is_not_told_to_and_hears_of_the_new_end_later(here: Town) -> None:
    licence = driving(here)
    renewal = Renewal(Decision("extended"), {"first_day": "2026-11-24", "last_day": "2036-11-23"}, "1")
    new = changing(here).renew(POLICE, licence, renewal).certificate_id
    here.anchor(POLICE)
    later(here, 2)
    look(here)
    assert not box(here, 7)
    here.now = (here.stored(new).valid_until or 0) - 89 * DAY
    look(here)
    assert [item.reference for item in box(here, 7)] == [new]


def test_a_short_certificate_is_not_offered_for_renewal_as_soon_as_it_begins(here: Town) -> None:
    driving(here, first_day="2026-11-24", last_day="2026-12-23")
    look(here)
    assert not box(here, 7)
    later(here, 20)
    look(here)
    assert len(box(here, 7)) == 1


def test_an_enterprises_end_is_told_to_who_represents_it_now(here: Town) -> None:
    licence = here.issue(MARKET, "business_licence", here.licence_row(7))
    here.issue(MARKET, "food_business_licence", food_row(7, last_day="2027-01-20"))
    here.anchor(MARKET)
    other = {"representative_number": citizen_number(8), "representative_name": "某"}
    changing(here).renew(MARKET, licence, Renewal(Decision("changed"), other, "1"))
    here.anchor(MARKET)
    here.settle()
    look(here)
    renewals = [
        [each for each in box(here, number) if "食品经营许可证" in each.content["zh"]] for number in (7, 8)
    ]
    assert [len(each) for each in renewals] == [0, 1]


def test_a_birth_brings_its_matter_to_the_mother_once(here: Town) -> None:
    birth = here.issue(HOUSING, "birth", birth_row())
    here.anchor(HOUSING)
    look(here)
    (item,) = box(here, 8)
    assert (item.kind, item.sender, item.reference) == ("offer", POLICE, "newborn")
    assert "新生儿出生一件事" in item.content["zh"] and item.content["certificate"] == birth
    changing(here).renew(HOUSING, birth, Renewal(Decision("changed"), {"child_number": CHILD}, "1"))
    here.issue(HOUSING, "birth", birth_row() | {"certificate_number": "A440000002"})
    here.anchor(HOUSING)
    look(here)
    assert len(box(here, 8)) == 2  # her second child's


def test_a_birthday_brings_its_matter_on_that_day(here: Town) -> None:
    born = {"birth_date": "1966-12-01", "citizen_number": pensioner()}
    here.issue(POLICE, "resident_identity", here.identity_row(7) | born)
    here.anchor(POLICE)
    holder = here.runtime.sealed.holder_index("citizen_number", pensioner())

    def offered() -> Sequence[str]:
        with here.runtime.store.read() as session:
            return [each.reference for each in inbox.of(session, here.runtime.sealed, holder, here.now)]

    look(here, PENSION)
    assert offered() == []
    here.now = int(here.now) + (date(2026, 12, 1) - date(2026, 11, 24)).days * DAY
    look(here, PENSION)
    assert offered() == ["pension"]
    here.issue(POLICE, "driving_licence", here.driving_row(7) | born)
    look(here, PENSION)
    assert offered() == ["pension"]


def test_who_has_long_qualified_is_not_bothered(here: Town) -> None:
    old = birth_row() | {"birth_date": "2026-08-01", "issued_on": "2026-08-02"}
    here.issue(HOUSING, "birth", old)
    here.issue(POLICE, "resident_identity", here.identity_row(7) | {
        "birth_date": "1950-12-01", "citizen_number": pensioner("19501201")})  # fmt: skip
    here.anchor(HOUSING)
    here.anchor(POLICE)
    look(here)
    look(here, PENSION)
    assert not here.rows(InboxItem)


def test_a_condition_reads_the_certificate_by_itself(here: Town) -> None:
    for number, scope in ((7, "餐饮服务"), (8, "软件开发")):
        row = here.licence_row(number, established_on="2026-11-20", approved_on="2026-11-20", scope=scope)
        here.issue(MARKET, "business_licence", row)
    here.anchor(MARKET)
    look(here)
    assert [[each.reference for each in box(here, number)] for number in (7, 8)] == [["open_restaurant"], []]


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "mother"},
        {"claim": "birth_date"},
        {"rule": "resident_identity.fax.size() == 0"},
        {"rule": "'grant'"},
    ],
)
def test_an_offer_that_does_not_type_check_is_not_loaded(wrong: dict[str, str]) -> None:
    with pytest.raises((ValueError, NotARule)):
        matters(load_catalogue(), PENSION | {"offer_when": {**PENSION["offer_when"], **wrong}})  # type: ignore[dict-item]


def test_whoever_wants_none_gets_none_in_any_wallet(
    here: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile]
) -> None:
    licence = driving(here, last_day="2027-01-20")
    phone, tablet = (logged_in(here, http, new_wallet(name), 7) for name in ("phone", "tablet"))
    assert tablet.offers() is True
    look(here)
    assert [each["kind"] for each in phone.inbox()] == ["offer"]
    assert phone.offers(False) is False and tablet.offers() is False
    assert tablet.inbox() == []
    here.issue(MARKET, "social_security", card_row(7) | {"issued_on": "2017-01-10"})
    here.anchor(MARKET)
    look(here)
    assert phone.inbox() == []
    assert not [row for row in here.rows(Foreseen) if row.at <= here.now]  # type: ignore[attr-defined]
    assert tablet.offers(True) is True
    here.revoke(POLICE, licence)
    driving(here, last_day="2027-01-10")
    look(here)
    assert len(phone.inbox()) == 1


def test_after_a_stop_it_goes_on_where_it_was(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PIECE", 2)
    numbers = range(7, 12)
    for number in numbers:
        driving(here, number, last_day="2027-01-20")
    here.now += sweeping.SETTLED
    looked = 0
    while done := foreseeing(here).sweeping.step():  # each time another process
        looked += done
    assert looked == len(numbers) * len(foreseeing(here).sweeping.sources)
    assert len(here.rows(Foreseen)) == len(numbers)
    look(here)
    assert [len(box(here, number)) for number in numbers] == [1] * len(numbers)
    assert len(here.rows(Offered)) == len(numbers)


def test_a_certificate_whose_key_was_destroyed_holds_nobody_up(here: Town) -> None:
    driving(here)
    for row in (
        here.identity_row(7) | {"birth_date": "1966-12-01", "citizen_number": pensioner()},
        birth_row(),
    ):
        issuer, alias = (HOUSING, "birth") if "child_name" in row else (POLICE, "resident_identity")
        here.issue(issuer, alias, row)
    here.anchor(POLICE)
    here.anchor(HOUSING)
    with here.runtime.store.write() as session:
        for key in session.exec(select(DataKey)):
            key.wrapped, key.retired_at = bytes(60), here.now
            session.add(key)
    object.__setattr__(here.runtime.sealed, "_opened", {})
    driving(here, 9, last_day="2027-01-20")
    look(here)
    look(here, PENSION)
    assert not box(here, 8) and len(box(here, 9)) == 1


def test_what_was_written_just_now_is_not_passed_by(here: Town) -> None:
    """Row ids are set aside before rows are written: one with a lower id may come a little later."""
    driving(here)
    assert foreseeing(here).sweeping.step() == 0
    here.now += sweeping.SETTLED
    assert foreseeing(here).sweeping.step() > 0


def test_one_process_at_a_time_looks(here: Town) -> None:
    driving(here, last_day="2027-01-20")
    here.now += sweeping.SETTLED
    one, other = foreseeing(here), foreseeing(here)
    assert one.tick() > 0 and other.tick() == 0
    one.release()
    while other.tick():
        pass
    here.now += keeper._QUIET_SECONDS
    assert other.tick() == 0 and len(box(here, 7)) == 1


def test_no_table_is_read_through(here: Town) -> None:
    driving(here, last_day="2027-01-20")
    here.now += sweeping.SETTLED
    working = foreseeing(here)
    with statements(here) as seen:
        while working.tick():
            pass
    asked = [each for each in seen if each[0].startswith("SELECT")]
    assert len(asked) > 10
    with here.runtime.store.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            scans = [step for *_, step in plan if step.startswith("SCAN")]
            assert not [step for step in scans if "USING INDEX" not in step], statement


def pensioner(born: str = "19661201") -> str:
    from stdnum.cn import ric

    body = f"440106{born}017"
    return body + ric.calc_check_digit(body + "0")
