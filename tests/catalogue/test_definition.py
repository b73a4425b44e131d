"""Rows against their type: what is refused and how it is said, what becomes of a row that stands."""

import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import definition as definitions
from registry import jcs
from registry.catalogue import Catalogue, load_catalogue
from registry.definition import BadDefinition, Holder
from registry.identifiers import is_citizen_number
from tests.catalogue.conftest import SHANGHAI

Row = dict[str, str]
ALL = list(load_catalogue())


@pytest.fixture(autouse=True)
def right_check_digit(identity: Row) -> None:
    body = identity["citizen_number"][:17]
    identity["citizen_number"] = next(body + last for last in "0123456789X" if is_citizen_number(body + last))


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.alias)
def test_a_definition_reads_back_from_the_bytes_that_are_hashed(one: definitions.TypeDefinition) -> None:
    assert definitions.parse(one.canonical) == one
    assert definitions.parse(one.canonical).canonical == one.canonical
    assert definitions.hash(one) == hashlib.sha256(one.canonical).digest()


def test_a_definition_that_states_a_default_is_refused_as_it_would_hash_otherwise(
    catalogue: Catalogue,
) -> None:
    text = catalogue.by_alias("birth").canonical.replace(b'"version":1', b'"multiple":false,"version":1')
    with pytest.raises(BadDefinition):
        definitions.parse(text)


@pytest.mark.parametrize("document", [b"{", b"[]", b'{"type":"x"}', b'{"unknown":1}'])
def test_other_bytes_are_no_definition(document: bytes) -> None:
    with pytest.raises(BadDefinition):
        definitions.parse(document)


def test_a_right_row_has_no_faults(catalogue: Catalogue, licence: Row, identity: Row) -> None:
    assert definitions.validate(catalogue.by_alias("business_licence"), licence) == []
    assert definitions.validate(catalogue.by_alias("resident_identity"), identity) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_code", "91110000600037341M"),
        ("kind", "公司"),
        ("representative_name", "王\ue000"),
        ("representative_name", "王•明"),
        ("representative_name", "王\u200b明"),
        ("representative_name", "王\ud800"),
        ("representative_name", "王2"),
        ("representative_number", "360426199101010072"),
        ("capital", "1e6"),
        ("capital", "-1"),
        ("capital", "１００"),
        ("established_on", "2023-02-29"),
        ("established_on", "20230228"),
        ("last_day", "2019-12-31"),
        ("premises", "=1+1"),
        ("premises", "路\x00"),
        ("premises", ""),
        ("scope", "饭" * 281),
        ("scope", "𠮷" * 250),
    ],
)
def test_a_wrong_value_is_refused_with_its_field_and_never_repeated(
    catalogue: Catalogue, licence: Row, field: str, value: str
) -> None:
    [fault] = definitions.validate(catalogue.by_alias("business_licence"), licence | {field: value})
    assert fault.field == field
    assert fault.zh
    assert fault.en
    assert not value or (value not in fault.zh and value not in fault.en)


def test_an_unknown_column_is_refused(catalogue: Catalogue, licence: Row) -> None:
    [fault] = definitions.validate(catalogue.by_alias("business_licence"), licence | {"fax": "1"})
    assert fault.field == "fax"


def test_a_passport_stands_where_its_type_says_so(catalogue: Catalogue) -> None:
    marriage = catalogue.by_alias("marriage")
    spouse = {
        "spouse_1_id_type": "passport",
        "spouse_1_number": "E12345678",
        "spouse_1_birth_date": "1990-01-01",
    }
    assert not [fault for fault in definitions.validate(marriage, spouse) if fault.field == "spouse_1_number"]
    spouse["spouse_1_id_type"] = "citizen_number"
    assert [fault for fault in definitions.validate(marriage, spouse) if fault.field == "spouse_1_number"]


def test_a_half_given_co_owner_is_refused(catalogue: Catalogue) -> None:
    title = catalogue.by_alias("real_estate_title")
    faults = definitions.validate(title, {"co_owner_2_name": "王芳"})
    assert {"co_owner_2_id_type", "co_owner_2_number"} <= {fault.field for fault in faults}


def test_names_keep_their_dot_and_rare_characters_and_numbers_become_upper_case(
    catalogue: Catalogue, licence: Row
) -> None:
    licence["credit_code"] = licence["credit_code"].lower()
    licence["company_name"] = " cafe\u0301 䶮𠮷㛃 "
    cleaned = definitions.clean(catalogue.by_alias("business_licence"), licence)
    assert cleaned["credit_code"] == "91110000600037341L"
    assert cleaned["company_name"] == "caf\u00e9 䶮𠮷㛃"
    assert cleaned["representative_name"] == "阿依古丽·买买提"
    assert "last_day" not in cleaned


@given(st.dictionaries(st.sampled_from([*ALL[1].claim, "other"]), st.text(max_size=40)))
def test_cleaning_twice_is_cleaning_once(row: Row) -> None:
    once = definitions.clean(ALL[1], row)
    assert definitions.clean(ALL[1], once) == once


@given(st.sampled_from(ALL), st.data())
def test_any_row_at_all_gets_an_answer(one: definitions.TypeDefinition, data: st.DataObject) -> None:
    row = data.draw(st.fixed_dictionaries({name: st.text(max_size=30) for name in one.claim}))
    assert isinstance(definitions.validate(one, row), list)


def test_an_age_not_reached_is_made_now_and_released_on_the_birthday(
    catalogue: Catalogue, identity: Row
) -> None:
    one = catalogue.by_alias("resident_identity")
    made = definitions.claims_for(one, identity, today=date(2026, 6, 1), tz=SHANGHAI)
    assert "age_over_18" not in made.claims
    assert made.unreleased["age_over_18"] == (definitions.day_start(date(2030, 3, 1), SHANGHAI), "true")
    eve = definitions.claims_for(one, identity, today=date(2030, 2, 28), tz=SHANGHAI)
    assert "age_over_18" not in eve.claims
    grown = definitions.claims_for(one, identity, today=date(2030, 3, 1), tz=SHANGHAI)
    assert grown.claims["age_over_18"] == "true"
    assert set(grown.unreleased) == {"age_over_60"}


def test_a_capital_too_small_leaves_a_decoy(catalogue: Catalogue, licence: Row) -> None:
    one = catalogue.by_alias("business_licence")
    for capital, reached in (("999999.999999", False), ("1000000.00", True), ("20000000", True)):
        made = definitions.claims_for(
            one, licence | {"capital": capital}, today=date(2026, 1, 1), tz=SHANGHAI
        )
        assert ("capital_over_1000000" in made.claims) is reached
        assert not made.unreleased


def test_the_count_of_digests_says_nothing_about_a_row(
    catalogue: Catalogue, licence: Row, identity: Row
) -> None:
    for alias, rows in {
        "business_licence": [licence, licence | {"last_day": "2050-01-01"}, licence | {"capital": "1"}],
        "resident_identity": [identity, identity | {"last_day": ""}],
    }.items():
        one = catalogue.by_alias(alias)
        for row in rows:
            made = definitions.claims_for(one, row, today=date(2026, 1, 1), tz=SHANGHAI)
            assert len(made.claims) + len(made.unreleased) + made.decoys == 12


def test_a_representative_acts_for_the_enterprise_and_holds_nothing(
    catalogue: Catalogue, licence: Row
) -> None:
    one = catalogue.by_alias("business_licence")
    claims = definitions.clean(one, licence)
    company, representative = definitions.holders(one, claims)
    assert company == Holder("holder", licence["company_name"], "credit_code", "91110000600037341L")
    assert (representative.role, representative.acts_for) == ("legal_representative", "holder")
    assert definitions.subjects(one, claims) == [jcs.dumps([one.type, "credit_code", "91110000600037341L"])]


def test_each_co_owner_is_a_holder_and_a_subject(catalogue: Catalogue) -> None:
    one = catalogue.by_alias("real_estate_title")
    claims = {
        "owner_name": "王伟", "owner_id_type": "citizen_number", "owner_number": "360426199101010071",
        "co_owner_2_name": "李娜", "co_owner_2_id_type": "passport", "co_owner_2_number": "E12345678",
        "unit_number": "440103001001GB00001F00000001",
    }  # fmt: skip
    assert [holder.role for holder in definitions.holders(one, claims)] == ["owner", "co_owner_2"]
    assert len(definitions.subjects(one, claims)) == 2
    elsewhere = definitions.subjects(one, claims | {"unit_number": "440103001001GB00001F00000002"})
    assert not set(elsewhere) & set(definitions.subjects(one, claims))


def test_a_child_without_a_number_is_found_through_its_parents(catalogue: Catalogue) -> None:
    one = catalogue.by_alias("birth")
    claims = {
        "certificate_number": "T440000001",
        "child_name": "王小明",
        "mother_name": "李娜",
        "mother_id_type": "citizen_number",
        "mother_number": "360426199101010071",
    }
    [mother] = definitions.holders(one, claims)
    assert mother.acts_for == "child"
    assert len(definitions.subjects(one, claims)) == 1


def test_validity_runs_from_the_first_midnight_to_the_one_after_the_last_day(
    catalogue: Catalogue, identity: Row, licence: Row
) -> None:
    one = catalogue.by_alias("resident_identity")
    first, until = definitions.validity(one, identity, SHANGHAI)
    assert first == definitions.day_start(date(2024, 7, 1), SHANGHAI) == 1719763200
    assert until == definitions.day_start(date(2029, 7, 2), SHANGHAI)
    licence_type = catalogue.by_alias("business_licence")
    assert definitions.validity(licence_type, definitions.clean(licence_type, licence), SHANGHAI)[1] is None
    card = catalogue.by_alias("social_security")
    assert definitions.validity(card, {"issued_on": "2024-02-29"}, SHANGHAI)[1] == definitions.day_start(
        date(2034, 3, 1), SHANGHAI
    )


def test_disclosed_claims_fit_or_are_named(catalogue: Catalogue, licence: Row) -> None:
    one = catalogue.by_alias("business_licence")
    assert definitions.fits(one, {"capital": "1", "capital_over_1000000": "true"}) == []
    for wrong in ({"capital_over_1000000": "false"}, {"admin": "true"}, {"kind": "公司"}):
        assert [fault.field for fault in definitions.fits(one, wrong)] == list(wrong)


def test_a_row_cannot_state_a_derived_claim(catalogue: Catalogue, licence: Row) -> None:
    one = catalogue.by_alias("business_licence")
    faults = definitions.validate(one, licence | {"capital": "1", "capital_over_1000000": "true"})
    assert [fault.field for fault in faults] == ["capital_over_1000000"]
