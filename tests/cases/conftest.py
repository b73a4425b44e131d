"""A town where one case does what took several counters: its departments, and a phone that shows it all."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import yaml

from registry.cases import Cases
from registry.usecases import UseCases
from tests.api import town as towns
from tests.api.conftest import founded, http, new_wallet, town, written
from tests.api.town import MARKET, POLICE, PORTRAIT, Town, citizen_number
from tests.openid4vp.conftest import Phone
from wallet.keyfile import WalletFile

__all__ = ["founded", "http", "new_wallet", "town", "written"]

OFFICES = {
    "market_regulation": MARKET,
    "public_security": POLICE,
    "natural_resources": POLICE,
    "taxation": towns.HOUSING,
    "human_resources": MARKET,
    "construction": MARKET,
    "health": POLICE,
    "government_services": towns.HOUSING,
}
POLICE_ISSUES = ("household_register_page", "real_estate_title", "social_security", "birth")
INPUTS = {"business_address": "羊城市珠江新城 8 号", "items": "热食类食品制售", "complaints": "12315"}


def title_row(number: int, **changed: str) -> dict[str, str]:
    return {
        "title_number": f"粤(2020)羊城市不动产权第{number:07d}号",
        "owner_name": f"买买提·艾力{chr(0x4E00 + number)}",
        "owner_id_type": "citizen_number",
        "owner_number": citizen_number(number),
        "sharing": "单独所有",
        "location": "羊城市珠江新城 8 号",
        "unit_number": f"440106001001GB00001F{number:08d}",
        "right_kind": "国有建设用地使用权/房屋所有权",
        "right_nature": "出让",
        "use": "商业服务",
        "floor_area": "88.5",
        "registered_on": "2020-05-20",
    } | changed


def card_row(number: int) -> dict[str, str]:
    return {
        "name": f"买买提·艾力{chr(0x4E00 + number)}",
        "citizen_number": citizen_number(number),
        "card_number": f"A{number:08d}",
        "sex": "男" if number % 2 else "女",
        "birth_date": "1990-01-01",
        "insured_place": "羊城市",
        "portrait": PORTRAIT,
        "issuing_authority": "羊城市人力资源和社会保障局",
        "issued_on": "2024-01-01",
    }


RIGHTS = {
    "open_restaurant": {
        "resident_identity": ["name", "citizen_number"],
        "household_register_page": ["household_number", "citizen_number"],
        "real_estate_title": ["owner_number", "location"],
        "social_security": ["citizen_number", "insured_place"],
    },
    "close_enterprise": {
        "food_business_licence": ["credit_code"],
        "construction_safety_licence": ["credit_code"],
    },
}

EQUALS = {"real_estate_title": ["location"]}


GROUND = {"zh": "法", "en": "law"}
DAYS = {"from": "2026-01-01", "until": "2027-01-01"}


def write_rights(town: Town) -> None:
    """The market regulator asks, for its matters; everybody shares all there is."""
    folder = town.runtime.settings.rights
    folder.mkdir(parents=True)
    rules = [
        {
            "id": f"market-{matter}-{alias}".replace("_", "-"),
            "type": town.definition(alias).type,
            "questions": ["has_valid", "claims"],
            "claims": claims,
            "equals": EQUALS.get(alias, []),
            "matter": matter,
            "purpose": GROUND,
            "basis": GROUND,
            **DAYS,
        }
        for matter, types in RIGHTS.items()
        for alias, claims in types.items()
    ]
    for code, types in towns.ISSUES.items():
        document: dict[str, Any] = {
            "department": code,
            "version": 1,
            "issues": [
                {
                    "type": town.definition(alias).type,
                    "basis": GROUND,
                    **DAYS,
                    "sharing": [
                        {
                            "as": "unconditional",
                            "claims": list(town.definition(alias).labels),
                            "ground": GROUND,
                        }
                    ],
                }
                for alias in types
            ],
        }
        if code == MARKET:
            document["asks"] = rules
        (folder / f"{code}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    (folder.parent / "offices.yaml").write_text(yaml.safe_dump(OFFICES), "utf-8")


@dataclass
class CaseTown:
    """The town, its cases, and phones by the number of who carries them."""

    town: Town
    cases: Cases
    http: httpx.Client
    new_wallet: Callable[[str], WalletFile]
    phones: dict[int, Phone] = field(default_factory=dict)

    def phone(self, number: int, *certificates: tuple[str, str], **roles: tuple[str, str]) -> Phone:
        """A phone with an identity and these certificates (issuer, identifier), claimed as that role."""
        phone = Phone(self.town, self.http, self.new_wallet(f"phone {number}"))
        phone.claim(POLICE, self.town.citizen(number))
        for issuer, certificate_id in certificates:
            phone.claim(issuer, certificate_id)
        for role, (issuer, certificate_id) in roles.items():
            phone.claim(issuer, certificate_id, role=role)
        self.phones[number] = phone
        return phone

    def issued(self, issuer: str, alias: str, row: dict[str, str]) -> tuple[str, str]:
        certificate_id = self.town.issue(issuer, alias, row)
        self.town.anchor(issuer)
        return issuer, certificate_id

    def answer(self, number: str, role: str, phone: Phone, *, optional: bool = True) -> str:
        """The party answers its request from that phone."""
        made = self.cases.collecting.request(number, role)
        assert made is not None
        request = phone.read(made.link)
        token = phone.everything(request) if optional else phone.token(request)
        assert phone.answer(request, token).is_success
        return self.cases.collecting.take(number, role)

    def restaurant(self, number: int = 7, **more: str) -> tuple[str, Phone]:
        """A case with all that the wallet has: identity, business licence, title, social security."""
        phone = self.phone(
            number,
            self.issued(MARKET, "business_licence", self.town.licence_row(number)),
            self.issued(POLICE, "real_estate_title", title_row(number)),
            self.issued(POLICE, "social_security", card_row(number)),
        )
        opened = self.cases.opening.open("open_restaurant", INPUTS | more)
        self.answer(opened, "operator", phone)
        return opened, phone


def everything(phone: Phone, request: Any) -> dict[str, list[str]]:
    """What a request asks for and, besides, what is optional."""
    from registry.dcql import match

    selection = match(request.dcql_query, phone.candidates)
    assert selection is not None
    return {
        id: [phone.present(request, each.index, [path[0] for path in each.claims]) for each in chosen]
        for id, chosen in (selection.chosen | selection.optional).items()
    }


@pytest.fixture
def here(
    town: Town,
    http: httpx.Client,
    new_wallet: Callable[[str], WalletFile],
    monkeypatch: pytest.MonkeyPatch,
) -> CaseTown:
    monkeypatch.setitem(towns.ISSUES, POLICE, (*towns.ISSUES[POLICE], *POLICE_ISSUES))
    licences = ("food_business_licence", "combined_licence", "construction_safety_licence")
    issues = (*towns.ISSUES[MARKET], *licences)
    monkeypatch.setitem(towns.ISSUES, MARKET, issues)
    monkeypatch.setattr(Phone, "everything", everything, raising=False)
    monkeypatch.setattr("registry.cases.opening.is_drawn", lambda _secret, _number: False)
    settings = town.runtime.settings.model_copy(update={"rights": town.runtime.settings.data / "rights"})
    town.runtime = replace(town.runtime, settings=settings)
    write_rights(town)
    use_cases = UseCases.of(town.runtime, town.trust)
    assert use_cases.querying.rights is not None
    cases = Cases.of(use_cases)
    return CaseTown(town, cases, http, new_wallet)
