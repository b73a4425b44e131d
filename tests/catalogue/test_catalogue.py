"""The files: what ships stands; what contradicts itself, or could not be printed, is refused."""

import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry import definition as definitions
from registry import values
from registry.catalogue import FOLDER, Catalogue, load_catalogue, load_definition
from registry.catalogue.flaws import RESERVED, largest_copy_bytes
from registry.definition import BadDefinition
from registry.errors import NotFound

ALIASES = {
    "resident_identity", "household_register_page", "driving_licence", "business_licence",
    "food_business_licence", "marriage", "birth", "real_estate_title",
    "construction_safety_licence", "social_security", "mandate", "guardianship",
    "combined_licence",
}  # fmt: skip


def _changed(tmp_path: Path, change: Any, alias: str = "business_licence", name: str = "one.yaml") -> Path:
    """A copy of a shipped file with something changed."""
    document = json.loads(load_definition(FOLDER / f"{alias}.yaml").canonical)
    change(document)
    path = tmp_path / name
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return path


def test_what_departments_issue_today_ships_each_named_as_its_file(catalogue: Catalogue) -> None:
    assert ALIASES == {one.alias for one in catalogue} == {path.stem for path in FOLDER.glob("*.yaml")}


def test_a_type_is_found_by_version_alias_and_day(catalogue: Catalogue) -> None:
    one = catalogue.by_alias("marriage")
    assert catalogue.definition(one.type, 1) is catalogue.newest(one.type) is one
    assert catalogue.in_force(one.type, date(2026, 1, 1)) is one
    missing: list[Callable[[], object]] = [
        lambda: catalogue.definition(one.type, 2),
        lambda: catalogue.newest("x"),
        lambda: catalogue.by_alias("x"),
        lambda: catalogue.in_force(one.type, date(2019, 12, 31)),
    ]
    for look in missing:
        with pytest.raises(NotFound):
            look()


def test_the_representatives_number_is_never_on_paper(catalogue: Catalogue) -> None:
    one = catalogue.by_alias("business_licence")
    assert "representative_number" in one.claim
    assert "representative_number" not in one.paper


def test_no_claim_is_named_like_a_member_of_the_payload(catalogue: Catalogue) -> None:
    for one in catalogue:
        assert not RESERVED & set(one.labels)


def test_the_three_with_a_portrait_have_it(catalogue: Catalogue) -> None:
    assert {one.alias for one in catalogue if "portrait" in one.claim} == {
        "resident_identity", "driving_licence", "social_security",
    }  # fmt: skip


def _rename(document: dict[str, Any]) -> None:
    document["claims"][0]["name"] = "status"
    document["holders"] = document["holders"][1:]


SPOILED = {
    "a payload member as claim": _rename,
    "a claim twice": lambda each: each["claims"].append(each["claims"][0]),
    "another authority": lambda each: each["authority"].update(code="11100000000013338W"),
    "no type code": lambda each: each.update(type="11100000MB0143028X001"),
    "paper of a claim that is not there": lambda each: each["paper"].append("fax"),
    "validity from a text": lambda each: each["validity"].update(begins="scope"),
    "two ways to end": lambda each: each["validity"].update(years=3),
    "a number that is none": lambda each: each.update(number_claim="capital"),
    "an age of an amount": lambda each: each["derived"][0].update(years=18),
    "a role that acts for nobody": lambda each: each["holders"][1].update(acts_for="owner"),
    "two types of identifier": lambda each: each["holders"][0].update(id_type_claim="kind"),
    "a pattern that could run long": lambda each: each["claims"][1].update(
        formats=[{"pattern": "(a+)+", "zh": "坏", "en": "bad"}]
    ),
    "until before from": lambda each: each.update(until="2018-01-01"),
    "an unknown member": lambda each: each.update(issuers=[]),
    "a claim name in capitals": lambda each: each["claims"][0].update(name="Code"),
    "a stated default": lambda each: each["claims"][0].update(required=True),
    "a rule over nothing": lambda each: each["rules"][0].update(claims=["approved_on", "fax"]),
    "dependence on itself": lambda each: each["depends_on"][0].update(type=each["type"]),
    "dependence by what is not looked up": lambda each: each["depends_on"][0].update(claim="scope"),
    "dependence that a suspension would end": lambda each: each["depends_on"][0].update(reasons=["frozen"]),
    "codes without a list": lambda each: each["claims"][2].pop("codes"),
}


@pytest.mark.parametrize("change", SPOILED.values(), ids=SPOILED)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, change: Any) -> None:
    with pytest.raises(BadDefinition):
        load_definition(_changed(tmp_path, change))


def test_the_same_file_unchanged_is_taken(tmp_path: Path, catalogue: Catalogue) -> None:
    again = load_definition(_changed(tmp_path, lambda _: None))
    assert definitions.hash(again) == definitions.hash(catalogue.by_alias("business_licence"))


def test_a_type_whose_largest_copy_fits_no_qr_code_is_refused(tmp_path: Path) -> None:
    def widen(document: dict[str, Any]) -> None:
        next(claim for claim in document["claims"] if claim["name"] == "scope")["longest"] = 1_000

    with pytest.raises(BadDefinition, match="QR"):
        load_definition(_changed(tmp_path, widen))
    with pytest.raises(BadDefinition, match="QR"):
        load_definition(_changed(tmp_path, lambda _: None), largest_copy=lambda _: 10_000)


def test_a_portrait_on_paper_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDefinition, match="QR"):
        load_definition(
            _changed(tmp_path, lambda each: each["paper"].append("portrait"), "resident_identity")
        )


def test_two_files_of_one_version_are_refused(tmp_path: Path) -> None:
    _changed(tmp_path, lambda _: None)
    _changed(tmp_path, lambda each: each.update(alias="other"), name="two.yaml")
    with pytest.raises(BadDefinition, match="same type and version"):
        load_catalogue(tmp_path)


def test_two_versions_of_a_type_are_each_read_by_their_own(
    tmp_path: Path, catalogue: Catalogue, licence: dict[str, str]
) -> None:
    def second(document: dict[str, Any]) -> None:
        del document["depends_on"]
        document["version"] = 2
        document["from"] = "2027-01-01"
        document["claims"] = [claim for claim in document["claims"] if claim["name"] != "premises"]
        document["claims"].append({"name": "website", "zh": "网站", "en": "Website", "type": "text"})
        document["paper"].remove("premises")

    def first(document: dict[str, Any]) -> None:
        del document["depends_on"]
        document["until"] = "2027-01-01"

    _changed(tmp_path, first)
    with pytest.raises(NotFound):
        load_catalogue(tmp_path).in_force("11100000MB0143028R001", date(2027, 1, 1))
    _changed(tmp_path, second, name="two.yaml")
    both = load_catalogue(tmp_path)
    old, new = both.definition("11100000MB0143028R001", 1), both.definition("11100000MB0143028R001", 2)
    assert both.newest(old.type) is both.by_alias("business_licence") is new
    assert both.in_force(old.type, date(2026, 12, 31)) is old
    assert both.in_force(old.type, date(2027, 1, 1)) is new

    moved = {name: value for name, value in licence.items() if name != "premises"} | {
        "website": "example.org"
    }
    assert definitions.validate(old, licence) == [] == definitions.validate(new, moved)
    assert {fault.field for fault in definitions.validate(new, licence)} == {"premises", "website"}
    assert {fault.field for fault in definitions.validate(old, moved)} == {"premises", "website"}
    assert definitions.fits(old, {"premises": licence["premises"]}) == []
    assert definitions.fits(new, {"premises": licence["premises"]})
    assert len({definitions.hash(one) for one in (old, new, catalogue.by_alias("business_licence"))}) == 3


@pytest.mark.parametrize("change", [{"type": "11100000MB9A00022H009"}, {"is": "address"}, {"is": "name"}])
def test_a_type_that_depends_on_what_is_not_there_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    _changed(tmp_path, lambda each: None, "resident_identity", "identity.yaml")
    _changed(tmp_path, lambda each: None)
    load_catalogue(tmp_path)
    _changed(tmp_path, lambda each: each["depends_on"][0].update(change))
    with pytest.raises(BadDefinition, match="depends_on"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    "pattern", ["a*", "a+", "(a)", "a|b", "a{1,}", "[^a]", ".", "^a$", "a{1,99}b{1,99}", "\\w", ""]
)
def test_a_pattern_that_is_not_plainly_bounded_is_no_pattern(pattern: str) -> None:
    assert not values.is_linear(pattern) or pattern == ""


HOSTILE = {
    "digits": "0" * 1_000_000,
    "wide digits": "９" * 1_000_000,
    "accents": "a\u0301" * 200_000,
    "marks out of order": "a" + "\u0301\u0316" * 2_000,
    "more marks out of order": "a" + "\u0301\u0316" * 100_000,
    "formulas": "=" * 1_000_000,
    "base64": "A" * 44_000,
    "nearly a licence number": "(榕)JZ安许证字[" * 10_000,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_value_is_refused_at_once(catalogue: Catalogue, value: str) -> None:
    for one in catalogue:
        for name in one.claim:
            began = time.process_time()
            faults = definitions.validate(one, {name: value})
            assert time.process_time() - began < 0.05
            assert name in {fault.field for fault in faults}


def test_every_type_leaves_room_on_paper(catalogue: Catalogue) -> None:
    assert all(largest_copy_bytes(one) <= 2_850 for one in catalogue)
