"""The second province of the sample: small, its own, and insured there are people of the first town."""

import csv
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from registry import definition as definitions
from registry import identifiers
from registry.catalogue import load_catalogue
from registry.rights import Asked, Rule, load_rights
from scripts.sample.__main__ import SIZES, make_town, write_town
from scripts.sample.province import AREA, DEPARTMENTS, MATTER, write
from scripts.sample.town import DEPARTMENTS as NEIGHBOURS

NOON = 1_795_492_800


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("provinces")
    write_town(make_town(1, SIZES["small"]), folder / "first", 1)
    write(folder / "first", folder / "second", 2)
    return folder / "first", folder / "second"


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def plan(folder: Path) -> Any:
    return json.loads((folder / "town.json").read_text("utf-8"))


def test_every_row_may_be_issued(folders: tuple[Path, Path]) -> None:
    catalogue = load_catalogue()
    for each in plan(folders[1])["files"]:
        one = catalogue.by_alias(each["type"])
        made = rows(folders[1] / each["file"])
        assert 0 < len(made) == each["rows"] < 200
        taken: set[bytes] = set()
        for row in made:
            assert not definitions.validate(one, row)
            subjects = set(definitions.subjects(one, definitions.clean(one, row)))
            assert not taken & subjects
            taken |= subjects


def test_its_departments_are_its_own(folders: tuple[Path, Path]) -> None:
    ours, theirs = ({each["code"] for each in plan(folder)["departments"]} for folder in folders)
    assert len(theirs) == 4
    assert not ours & theirs
    assert all(identifiers.is_credit_code(code) and code[2:8] == AREA for code in theirs)


def test_people_of_the_story_were_insured_there(folders: tuple[Path, Path]) -> None:
    name = "human_resources-social_security.csv"
    here, there = ({row["citizen_number"] for row in rows(folder / name)} for folder in folders)
    moved = here & there
    assert moved
    assert here - there
    assert moved & {each["citizen_number"] for each in plan(folders[0])["story"]}


def test_each_side_has_granted_the_pension_question_itself(folders: tuple[Path, Path]) -> None:
    type = load_catalogue().by_alias("social_security").type
    asker = next(each.code for each in NEIGHBOURS if each.alias == "human_resources")
    asked = Asked(asker, MATTER, type, "claims", ("insured_place",))
    found = [
        load_rights(folder / "rights", ZoneInfo("Asia/Shanghai")).decide(asked, NOON) for folder in folders
    ]
    assert all(isinstance(each, Rule) for each in found)
    issuer = next(each.code for each in DEPARTMENTS if each.alias == "human_resources")
    there = load_rights(folders[1] / "rights", ZoneInfo("Asia/Shanghai"))
    assert there.shared(issuer, type, ["insured_place"]) == "unconditional"
