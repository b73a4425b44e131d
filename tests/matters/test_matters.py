"""A matter is loaded only when all its parts fit; its rule says grant, person or incomplete, no more."""

import time
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from registry.catalogue import load_catalogue
from registry.matters import BadMatter, Rule, load_matters
from registry.matters.loading import FILES, UnknownMatter
from registry.matters.rule import NotARule, typed

CATALOGUE = load_catalogue()
SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
NAMES: dict[str, Any] = {"licence.capital": "amount", "licence.day": "date", "identity.old": "truth"}


def decide(text: str, **values: Any) -> str:
    given = {name.replace("_", ".", 1): (value,) for name, value in values.items()}
    return Rule.compiled(text, NAMES).decide(given, TODAY, SHANGHAI)


def test_the_matters_that_come_with_the_registry_are_these() -> None:
    names = {each.name for each in load_matters(CATALOGUE)}
    assert {"open_restaurant", "newborn", "transfer_real_estate", "close_enterprise"} <= names


def test_a_matter_that_is_not_there_is_its_own_problem() -> None:
    with pytest.raises(UnknownMatter):
        load_matters(CATALOGUE).named("opening_a_circus")


@pytest.mark.parametrize(
    "text",
    [
        "licence.capital.exists(c, c > 'much') ? 'grant' : 'person'",
        "licence.capitol.size() > 0 ? 'grant' : 'person'",
        "licence.capital > 3 ? 'grant' : 'person'",
        "licence.capital.first().orValue('0') > 3 ? 'grant' : 'person'",
        "licence.capital.size() > 0",
        "'grant",
        "'grant' + '" + "t" * 5_000 + "'",
    ],
)
def test_a_rule_that_does_not_type_check_is_not_loaded(text: str) -> None:
    with pytest.raises(NotARule):
        Rule.compiled(text, NAMES)


def test_an_amount_is_whole_fen_and_a_date_is_a_moment() -> None:
    assert typed("amount", "1000000.50", SHANGHAI) == 100_000_050
    with pytest.raises(ValueError, match="分"):
        typed("amount", "0.001", SHANGHAI)
    day = typed("date", "2026-11-24", SHANGHAI)
    assert decide("licence.day.first().value() == today ? 'grant' : 'person'", licence_day=day) == "grant"


def test_what_is_absent_is_an_optional_and_no_value() -> None:
    text = "licence.capital.first().orValue(0) >= 100 ? 'grant' : 'incomplete'"
    assert decide(text) == "incomplete"
    assert decide(text, licence_capital=100) == "grant"


@pytest.mark.parametrize(
    "text", ["licence.capital.first().value() > 3 ? 'grant' : 'person'", "'refuse'", "'GRANT'", "''"]
)
def test_an_error_and_any_other_word_mean_a_person(text: str) -> None:
    assert decide(text) == "person"


def test_a_value_of_another_type_means_a_person() -> None:
    assert decide("licence.capital.exists(c, c > 3) ? 'grant' : 'person'", licence_capital="4") == "person"


def test_a_rule_that_would_take_long_means_a_person_soon() -> None:
    ten = "[1,2,3,4,5,6,7,8,9,10]"
    text = f"{ten}.all(a,{ten}.all(b,{ten}.all(c,{ten}.all(d,{ten}.all(e,a+b+c+d+e>0)))))?'grant':'grant'"
    began = time.monotonic()
    assert decide(text) == "person"
    assert time.monotonic() - began < 1


def changed(folder: Path, change: Any) -> Path:
    document = yaml.safe_load((FILES / "transfer_real_estate.yaml").read_text("utf-8"))
    change(document)
    (folder / "transfer_real_estate.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda matter: matter["facts"][0].update(claims=["name", "shoe_size"]),
        lambda matter: matter["facts"][0].update(party="notary"),
        lambda matter: matter["facts"][1].update(sources=["query"]),
        lambda matter: matter["facts"][3].update(sources=["wallet"]),
        lambda matter: matter.update(joins=[["title.owner_number", "buyer_identity.height"]]),
        lambda matter: matter.update(locks=["contract"]),
        lambda matter: matter.update(rule="title.nothing.size() > 0 ? 'grant' : 'person'"),
        lambda matter: matter["steps"][0].update(after=["tax"]),
        lambda matter: matter["effects"][0].update(reason="cancelled_on_request"),
        lambda matter: matter["effects"][0]["claims"].update(colour="=red"),
        lambda matter: matter["effects"][0].update(do="refuse"),
        lambda matter: matter.update(unheard_of=1),
        lambda matter: matter.update(name="another"),
    ],
)
def test_a_matter_that_names_what_is_not_there_is_not_loaded(tmp_path: Path, change: Any) -> None:
    assert load_matters(CATALOGUE, changed(tmp_path, lambda matter: None))
    with pytest.raises(BadMatter):
        load_matters(CATALOGUE, changed(tmp_path, change))


def test_an_issued_certificate_has_every_claim_that_its_type_demands(tmp_path: Path) -> None:
    document = yaml.safe_load((FILES / "open_restaurant.yaml").read_text("utf-8"))
    del document["effects"][0]["claims"]["items"]
    (tmp_path / "open_restaurant.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    with pytest.raises(BadMatter, match="items"):
        load_matters(CATALOGUE, tmp_path)


def test_any_change_of_the_file_is_another_rule_version(tmp_path: Path) -> None:
    before = load_matters(CATALOGUE).named("transfer_real_estate").version
    same = load_matters(CATALOGUE, changed(tmp_path, lambda matter: None))
    other = load_matters(CATALOGUE, changed(tmp_path, lambda matter: matter["steps"][0].update(days=4)))
    assert same.named("transfer_real_estate").version == before
    assert other.named("transfer_real_estate").version != before
