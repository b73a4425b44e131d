"""A pension that moves: the case names the former province, whose department is asked, and nobody else."""

from typing import Any

import pytest
import yaml
from sqlmodel import select

from registry.cases import Cases
from registry.provinces.partners import NoPartner
from registry.store.tables import CaseFact, Certificate
from tests.api.town import citizen_number
from tests.cases.conftest import card_row
from tests.provinces.conftest import DAYS, GROUND, Line, Province, _serve, here, sharing, there

AGENCY = there.MARKET
CLAIMS = {
    "resident_identity": ["name", "citizen_number"],
    "social_security": ["citizen_number", "insured_place"],
}


def issuance(province: Province, alias: str) -> dict[str, Any]:
    definition = province.town.definition(alias)
    never = [name for name in definition.labels if name == "portrait"]
    free = [name for name in definition.labels if name != "portrait"]
    return {
        "type": definition.type,
        "basis": GROUND,
        **DAYS,
        "sharing": sharing(unconditional=free, never=never),
    }


def asks(province: Province) -> list[dict[str, Any]]:
    return [
        {
            "id": f"pension-{alias}".replace("_", "-"),
            "type": province.town.definition(alias).type,
            "questions": ["claims"],
            "claims": claims,
            "matter": "transfer_pension",
            "purpose": GROUND,
            "basis": GROUND,
            **DAYS,
        }
        for alias, claims in CLAIMS.items()
    ]


@pytest.fixture
def counter(provinces: tuple[Province, Province], network: Line, monkeypatch: pytest.MonkeyPatch) -> Cases:
    """The counter of human resources in the first province: here MARKET issues the cards."""
    home, away = provinces
    for province in provinces:
        issues = {
            province.module.POLICE: ("resident_identity",),
            province.module.MARKET: ("social_security",),
        }
        monkeypatch.setattr(province.module, "ISSUES", issues)
        folder = province.town.runtime.settings.rights
        for path in folder.glob("*.yaml"):
            path.unlink()
        for code, (alias,) in issues.items():
            document = {"department": code, "version": 1, "issues": [issuance(province, alias)]}
            if province is home and code == here.MARKET:
                document["asks"] = asks(province)
            (folder / f"{code}.yaml").write_text(yaml.safe_dump(document), "utf-8")
        (folder.parent / "offices.yaml").write_text(
            yaml.safe_dump({"human_resources": province.module.MARKET}), "utf-8"
        )
    theirs = {"department": here.MARKET, "version": 1, "asks": asks(away)}
    (away.town.runtime.settings.rights / "other.yaml").write_text(yaml.safe_dump(theirs), "utf-8")
    _serve(home, away, network)
    _serve(away, home, network)
    home.town.issue(here.POLICE, "resident_identity", home.town.identity_row(7))
    home.town.anchor(here.POLICE)
    return Cases.of(home.cases)


def insure(province: Province, place: str) -> str:
    row = card_row(7) | {"insured_place": place}
    certificate_id: str = province.town.issue(province.module.MARKET, "social_security", row)
    province.town.anchor(province.module.MARKET)
    return certificate_id


def opened(counter: Cases, agency: str = AGENCY) -> str:
    return counter.opening.open(
        "transfer_pension",
        {"former_agency": agency, "insured_place": "羊城市珠江新城"},
        parties={"insured": [("citizen_number", citizen_number(7))]},
        clerk="clerk 1",
    )


def facts(home: Province) -> dict[str, str]:
    with home.town.runtime.store.read() as session:
        return {each.name: each.verdict for each in session.exec(select(CaseFact))}


def test_a_pension_moves_with_what_the_former_province_proves(
    counter: Cases, provinces: tuple[Province, Province]
) -> None:
    home, away = provinces
    card = insure(home, "羊城市")
    insure(away, "邕城市")
    number = opened(counter)
    counter.collecting.ask(number)
    assert facts(home) == {"identity": "valid", "card": "valid", "former": "valid"}
    assert len([each for each in away.seen if each.method == "POST"]) == 1
    assert counter.deciding.missing(number) == ()
    decided = counter.deciding.decide(number)
    if decided.outcome == "person":  # drawn: a person says it first
        counter.deciding.by_person(number, "clerk 2", "grant", "as it should be")
    counter.effects.carry_out(number)
    with home.town.runtime.store.read() as session:
        rows = session.exec(select(Certificate).where(Certificate.issuer == here.MARKET)).all()
    assert len(rows) == 2
    assert {row.certificate_id == card for row in rows} == {True, False}
    form = {each.name: each.value for each in counter.deciding.form(number)}
    assert form["former_place"] == "邕城市"


def test_while_the_former_province_is_down_a_person_decides_and_nothing_is_no(
    counter: Cases, provinces: tuple[Province, Province]
) -> None:
    home, away = provinces
    insure(home, "羊城市")
    insure(away, "邕城市")
    away.down = True
    number = opened(counter)
    counter.collecting.ask(number)
    assert facts(home)["former"] == "unknown"
    assert counter.deciding.missing(number) == ()
    away.down = False
    counter.collecting.ask(number)
    assert facts(home)["former"] == "valid"


def test_what_the_former_province_has_not_is_missing(
    counter: Cases, provinces: tuple[Province, Province]
) -> None:
    insure(provinces[0], "羊城市")
    number = opened(counter)
    counter.collecting.ask(number)
    assert [each.name for each in counter.deciding.missing(number)] == ["former"]


def test_a_department_that_no_registry_has_is_said_so(
    counter: Cases, provinces: tuple[Province, Province], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = opened(counter, here.credit_code("11460100MB9C0001X"))
    partners = provinces[0].cases.elsewhere.partners
    monkeypatch.setattr(type(partners), "refresh", lambda self, origin: None)
    with pytest.raises(NoPartner):
        counter.collecting.ask(number)
