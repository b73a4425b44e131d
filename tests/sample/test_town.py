"""The sample town: the same every time, right but for the rows it says are wrong."""

import csv
import filecmp
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry import definition as definitions
from registry import identifiers
from registry.catalogue import Catalogue, load_catalogue
from registry.matters import load_matters
from scripts.sample import wrong
from scripts.sample.__main__ import SIZES, make_town, write_town


def _write(folder: Path, seed: int, size: str) -> Path:
    write_town(make_town(seed, SIZES[size]), folder, seed)
    return folder


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("full"), 1, "full")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_a_seed_makes_the_same_town_byte_for_byte_and_another_seed_another(tmp_path: Path) -> None:
    one, again, other = (
        _write(tmp_path / name, seed, "small") for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    files = _files(one)
    assert files == _files(again) == _files(other)
    assert filecmp.cmpfiles(one, again, files, shallow=False) == (files, [], [])
    assert not filecmp.cmp(one / "people.csv", other / "people.csv", shallow=False)


def test_the_town_has_what_it_promises(full: Path) -> None:
    town = _json(full / "town.json")
    assert Counter(each["kind"] for each in town["departments"]) == {"issues": 7, "asks": 3}
    assert sum(len(_read(full / each["file"])) for each in town["files"]) == 30_000
    assert sum(each["rows"] for each in town["files"]) == 30_000
    assert len(_read(full / "people.csv")) == 10_000
    assert len(_read(full / "enterprises.csv")) == 2_000
    assert all(identifiers.is_credit_code(each["code"]) for each in town["departments"])
    assert len({each["code"] for each in town["departments"]}) == 10


def test_numbers_check_and_names_have_their_dots_and_rare_characters(full: Path) -> None:
    people = _read(full / "people.csv")
    assert len({each["citizen_number"] for each in people}) == 10_000
    assert all(identifiers.is_citizen_number(each["citizen_number"]) for each in people)
    assert all(identifiers.is_credit_code(each["credit_code"]) for each in _read(full / "enterprises.csv"))
    names = [each["name"] for each in people]
    assert sum("·" in name for name in names) > 100
    for rare in "䶮𠮷㛃":
        assert any(rare in name for name in names)


def test_forty_rows_are_wrong_in_their_ways_and_every_other_row_may_be_issued(
    full: Path, catalogue: Catalogue
) -> None:
    told = {(each["file"], each["row"]): each for each in _json(full / "wrong.json")}
    assert len(told) == 40
    assert len({each["way"] for each in told.values()}) == len(wrong.WAYS) >= 12
    taken: set[bytes] = set()
    for listed in _json(full / "town.json")["files"]:
        one = catalogue.by_alias(listed["type"])
        for at, row in enumerate(_read(full / listed["file"]), 1):
            found = {fault.field for fault in definitions.validate(one, row)}
            subjects = set() if found else set(definitions.subjects(one, definitions.clean(one, row)))
            expected = told.get((listed["file"], at))
            if expected is None:
                assert not found
                assert not taken & subjects
            elif expected["way"] == wrong.DUPLICATE:
                assert not found
                assert taken & subjects
            else:
                assert expected["field"] in found
            taken |= subjects


def test_portraits_are_small_pictures_and_the_same_person_has_the_same_one(full: Path) -> None:
    cards = _read(full / "public_security-resident_identity.csv")
    spoiled = {each["row"] for each in _json(full / "wrong.json")}
    face = {row["citizen_number"]: row["portrait"] for row in cards}
    assert max(len(portrait) for portrait in face.values()) * 3 // 4 <= 2_048
    for at, row in enumerate(_read(full / "public_security-driving_licence.csv"), 1):
        if at not in spoiled and row["citizen_number"] in face:
            assert face[row["citizen_number"]] == row["portrait"]


def test_each_citizen_of_the_story_has_both_certificates_and_is_another_one(
    full: Path, catalogue: Catalogue
) -> None:
    story = _json(full / "town.json")["story"]
    cards = _read(full / "public_security-resident_identity.csv")
    licences = _read(full / "market_regulation-business_licence.csv")
    assert len({each["citizen_number"] for each in story}) == len(story) >= 300
    for each in story:
        card, licence = cards[each["identity"]["row"] - 1], licences[each["licence"]["row"] - 1]
        assert card["citizen_number"] == licence["representative_number"] == each["citizen_number"]
        assert card["name"] == licence["representative_name"] == each["name"]
        assert licence["credit_code"] == each["licence"]["credit_code"]
        assert not definitions.validate(catalogue.by_alias("resident_identity"), card)
        assert not definitions.validate(catalogue.by_alias("business_licence"), licence)
        assert card["last_day"] == "" or card["last_day"] > "2029"


def test_rights_name_types_and_claims_that_exist_and_never_ask_for_all(
    full: Path, catalogue: Catalogue
) -> None:
    departments = {each["code"]: each for each in _json(full / "town.json")["departments"]}
    files = sorted((full / "rights").glob("*.yaml"))
    assert len(files) == 10
    matters = {each.name: each for each in load_matters(catalogue)}
    rules = []
    for path in files:
        document = yaml.safe_load(path.read_text("utf-8"))
        own = [rule for rule in document["asks"] if rule["matter"] not in matters]
        asks = [catalogue.newest(rule["type"]).alias for rule in own]
        assert asks == departments[document["department"]]["asks"]
        for rule in document["asks"]:
            one = catalogue.newest(rule["type"])
            assert set(rule["claims"]) < set(one.labels)
        rules += [rule["id"] for rule in document["asks"]]
    assert len(set(rules)) == len(rules)


def test_each_matter_may_ask_for_its_facts_and_for_nothing_else(full: Path, catalogue: Catalogue) -> None:
    offices = yaml.safe_load((full / "offices.yaml").read_text("utf-8"))
    granted = {
        (document["department"], rule["matter"], catalogue.newest(rule["type"]).alias, claim)
        for path in (full / "rights").glob("*.yaml")
        for document in (yaml.safe_load(path.read_text("utf-8")),)
        for rule in document["asks"]
        for claim in rule["claims"]
    }
    for matter in load_matters(catalogue):
        wanted = {
            (offices[matter.department], matter.name, alias, claim)
            for fact in matter.facts
            if "query" in fact.sources
            for alias in fact.types
            for claim in fact.claims
        }
        assert wanted == {each for each in granted if each[1] == matter.name}


def test_each_citizen_of_the_story_has_what_a_restaurant_takes(full: Path) -> None:
    """Five certificates of four departments, each about that person, and no food licence yet."""
    titles = {row["owner_number"]: row for row in _read(full / "natural_resources-real_estate_title.csv")}
    insured = {row["citizen_number"] for row in _read(full / "human_resources-social_security.csv")}
    pages = {row["citizen_number"] for row in _read(full / "public_security-household_register_page.csv")}
    licences = _read(full / "market_regulation-business_licence.csv")
    fed = {row["credit_code"] for row in _read(full / "market_regulation-food_business_licence.csv")}
    for each in _json(full / "town.json")["story"]:
        licence, title = licences[each["licence"]["row"] - 1], titles[each["citizen_number"]]
        assert "餐" in licence["scope"] and licence["credit_code"] not in fed
        assert (title["location"], title["sharing"]) == (licence["premises"], "单独所有")
        assert each["citizen_number"] in insured & pages


def test_thirty_thousand_rows_take_no_time(tmp_path: Path) -> None:
    began = time.monotonic()
    _write(tmp_path, 2, "full")
    assert time.monotonic() - began < 15
