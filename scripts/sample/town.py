"""The town's departments and who may ask whom for what (rights files, docs/rights.md)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from registry.catalogue import Catalogue
from registry.definition import TypeDefinition
from registry.matters import Matter, Matters
from scripts.sample.names import TOWN


@dataclass(frozen=True, slots=True)
class Department:
    """One department: what it issues and what it may ask for (types by alias)."""

    alias: str
    code: str
    zh: str
    en: str
    issues: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As in town.json."""
        return {
            "alias": self.alias,
            "code": self.code,
            "zh": TOWN + self.zh,
            "en": f"{self.en}, Rongzhou",
            "kind": "issues" if self.issues else "asks",
            "issues": list(self.issues),
            "asks": list(self.asks),
            "batch_after": 2.0,
        }


DEPARTMENTS = (
    Department(
        "public_security",
        "11440100MB9A00014G",
        "公安局",
        "Public Security Bureau",
        ("resident_identity", "household_register_page", "driving_licence"),
        ("birth",),
    ),
    Department(
        "market_regulation",
        "11440100MB9A00022B",
        "市场监督管理局",
        "Administration for Market Regulation",
        ("business_licence", "food_business_licence", "combined_licence"),
        ("resident_identity", "real_estate_title"),
    ),
    Department(
        "civil_affairs",
        "11440100MB9A000306",
        "民政局",
        "Civil Affairs Bureau",
        ("marriage", "mandate"),
        ("resident_identity", "household_register_page"),
    ),
    Department(
        "health", "11440100MB9A000493", "卫生健康委员会", "Health Commission", ("birth",), ("marriage",)
    ),
    Department(
        "natural_resources",
        "11440100MB9A00057X",
        "规划和自然资源局",
        "Planning and Natural Resources Bureau",
        ("real_estate_title",),
        ("resident_identity", "marriage", "household_register_page"),
    ),
    Department(
        "construction",
        "11440100MB9A00065Q",
        "住房和城乡建设局",
        "Housing and Urban-Rural Development Bureau",
        ("construction_safety_licence",),
        ("business_licence", "social_security"),
    ),
    Department(
        "human_resources",
        "11440100MB9A00073K",
        "人力资源和社会保障局",
        "Human Resources and Social Security Bureau",
        ("social_security",),
        ("resident_identity", "business_licence"),
    ),
    Department(
        "taxation",
        "11440100MB9A00081E",
        "税务局",
        "Tax Service",
        (),
        ("resident_identity", "business_licence", "real_estate_title", "marriage"),
    ),
    Department(
        "education",
        "11440100MB9A0009X6",
        "教育局",
        "Education Bureau",
        (),
        ("resident_identity", "household_register_page", "birth", "real_estate_title", "social_security"),
    ),
    Department(
        "housing_fund",
        "12440100MB9A00102U",
        "住房公积金管理中心",
        "Housing Provident Fund Centre",
        (),
        ("resident_identity", "marriage", "real_estate_title", "social_security"),
    ),
)

CLAIMS: dict[str, tuple[str, ...]] = {
    "resident_identity": ("name", "citizen_number", "age_over_18"),
    "household_register_page": ("household_number", "relation", "name", "citizen_number", "address"),
    "business_licence": (
        "credit_code",
        "company_name",
        "kind",
        "representative_name",
        "capital_over_1000000",
    ),
    "marriage": ("registered_on", "spouse_1_name", "spouse_1_number", "spouse_2_name", "spouse_2_number"),
    "birth": ("child_name", "birth_date", "mother_name", "mother_number", "father_name", "father_number"),
    "real_estate_title": (
        "title_number",
        "owner_name",
        "owner_number",
        "co_owner_2_number",
        "co_owner_3_number",
        "location",
        "use",
        "registered_on",
    ),
    "social_security": ("name", "citizen_number", "insured_place"),
}
"""What may be asked of a type, by whoever may ask for it at all: as little as the matter needs."""

MATTERS: dict[str, tuple[str, str, str, str, str]] = {
    "public_security": (
        "birth_registration",
        "出生登记",
        "birth registration",
        "户口登记条例第七条",
        "Household Registration, art. 7",
    ),
    "market_regulation": (
        "enterprise_registration",
        "市场主体登记",
        "registration of enterprises",
        "市场主体登记管理条例第十六条",
        "Registration of Market Entities, art. 16",
    ),
    "civil_affairs": (
        "marriage_registration",
        "婚姻登记",
        "marriage registration",
        "婚姻登记条例第七条",
        "Marriage Registration, art. 7",
    ),
    "health": (
        "maternity_service",
        "生育登记服务",
        "maternity service",
        "人口与计划生育法第十八条",
        "Population and Family Planning Law, art. 18",
    ),
    "natural_resources": (
        "title_registration",
        "不动产登记",
        "title registration",
        "不动产登记暂行条例第十六条",
        "Real-Estate Registration, art. 16",
    ),
    "construction": (
        "safety_licence",
        "安全生产许可",
        "safety licence",
        "安全生产许可证条例第六条",
        "Safety Licences, art. 6",
    ),
    "human_resources": (
        "insurance_registration",
        "社会保险登记",
        "social insurance registration",
        "社会保险法第五十七条",
        "Social Insurance Law, art. 57",
    ),
    "taxation": (
        "tax_registration",
        "税务登记与减免",
        "tax registration and relief",
        "税收征收管理法第十五条",
        "Tax Collection Administration Law, art. 15",
    ),
    "education": (
        "school_enrolment",
        "义务教育入学",
        "school enrolment",
        "义务教育法第十二条",
        "Compulsory Education Law, art. 12",
    ),
    "housing_fund": (
        "fund_withdrawal",
        "住房公积金提取",
        "housing fund withdrawal",
        "住房公积金管理条例第二十四条",
        "Housing Provident Fund, art. 24",
    ),
}
"""Department → matter, its name in both languages, legal basis in both languages."""


NEVER_SHARED = frozenset({"portrait", "file"})
"""Kinds of claims that no department gives to another: pictures of people and scans."""
CONDITIONAL: dict[str, tuple[str, ...]] = {
    "household_register_page": ("education", "marital_status"),
    "birth": ("weight", "length"),
}
"""Claims that their department gives after looking at each request."""
GROUNDS: dict[str, tuple[str, str]] = {
    "unconditional": ("政务数据共享条例：无条件共享", "Sharing of Government Data (2025), unconditional"),
    "conditional": ("政务数据共享条例：有条件共享", "Sharing of Government Data (2025), conditional"),
    "never": ("个人信息保护法第二十八条：生物识别信息", "Personal Information Protection Law, art. 28"),
}
MORE_CLAIMS: dict[tuple[str, str], tuple[str, ...]] = {
    ("civil_affairs", "household_register_page"): ("marital_status",),
}
"""(asker, type) → what that department may ask for besides."""
EQUALS: dict[str, tuple[str, ...]] = {
    "resident_identity": ("name", "address"),
    "business_licence": ("company_name", "representative_name"),
}
"""Claims that a value which the holder stated may be compared with, instead of asking for the value."""
MATTER_EQUALS: dict[tuple[str, str], tuple[str, ...]] = {
    ("open_restaurant", "real_estate_title"): ("location",),
}
"""(matter, type) → claims that what was stated to a case may be compared with."""
CONSENT = frozenset({("housing_fund", "real_estate_title"), ("housing_fund", "marriage")})
"""(asker, type) of rights under which the holder is asked first."""
THRESHOLDS: dict[tuple[str, str], tuple[dict[str, str], ...]] = {
    ("taxation", "business_licence"): ({"claim": "capital", "over": "500000"},),
    ("construction", "business_licence"): ({"claim": "capital", "over": "6000000"},),
}
"""(asker, type) → the only limits that may be asked about."""
ISSUED_UNDER: dict[str, tuple[str, str]] = {
    "resident_identity": ("居民身份证法第三条", "Resident Identity Cards Law, art. 3"),
    "household_register_page": ("户口登记条例第四条", "Household Registration, art. 4"),
    "driving_licence": ("道路交通安全法第十九条", "Road Traffic Safety Law, art. 19"),
    "business_licence": ("市场主体登记管理条例第二十一条", "Registration of Market Entities, art. 21"),
    "food_business_licence": ("食品安全法第三十五条", "Food Safety Law, art. 35"),
    "combined_licence": ("国函〔2020〕155号", "State Council Reply No. 155 (2020)"),
    "marriage": ("民法典第一千零四十九条", "Civil Code, art. 1049"),
    "birth": ("母婴保健法第二十三条", "Maternal and Infant Health Care Law, art. 23"),
    "real_estate_title": ("民法典第二百一十七条", "Civil Code, art. 217"),
    "construction_safety_licence": ("安全生产许可证条例第四条", "Safety Licences, art. 4"),
    "social_security": ("社会保险法第五十八条", "Social Insurance Law, art. 58"),
    "mandate": ("民法典第一百六十五条", "Civil Code, art. 165"),
}


def write_offices(path: Path) -> None:
    """Which department each short name in a matter's file means here."""
    offices = {each.alias: each.code for each in DEPARTMENTS}
    path.write_text(yaml.safe_dump(offices, sort_keys=False), "utf-8")


def write_rights(folder: Path, catalogue: Catalogue, matters: Matters) -> None:
    """One rights file for each department that asks."""
    folder.mkdir(parents=True, exist_ok=True)
    for department in DEPARTMENTS:
        text = yaml.safe_dump(
            rights_of(department, catalogue, matters), allow_unicode=True, sort_keys=False, width=110
        )
        (folder / f"{department.alias}.yaml").write_text(text, "utf-8")


def rights_of(department: Department, catalogue: Catalogue, matters: Matters) -> dict[str, Any]:
    """A rights file's content: what its own work needs, and each fact that a matter it decides asks for."""
    document: dict[str, Any] = {"department": department.code, "version": 3}
    if department.issues:
        document["issues"] = [_issuance(catalogue.by_alias(alias)) for alias in department.issues]
    document["asks"] = [_right(department.alias, catalogue.by_alias(alias)) for alias in department.asks]
    for matter in matters:
        if matter.department == department.alias:
            document["asks"] += rights_for(matter, catalogue)
    return document


def rights_for(matter: Matter, catalogue: Catalogue) -> list[dict[str, Any]]:
    """As little as the matter's own file says: these claims of these types, and nothing else."""
    claims: dict[str, set[str]] = {}
    for fact in matter.facts:
        for alias in fact.types if "query" in fact.sources else ():
            claims.setdefault(alias, set()).update(fact.claims)
    return [
        {
            "id": f"{matter.name}-{alias}".replace("_", "-"),
            "type": catalogue.by_alias(alias).type,
            "questions": ["has_valid", "claims"],
            "claims": sorted(named),
            **({"equals": list(compared)} if (compared := MATTER_EQUALS.get((matter.name, alias))) else {}),
            "matter": matter.name,
            "purpose": _text(matter.zh, matter.en),
            "basis": dict(matter.basis),
            "from": "2026-01-01",
            "until": "2036-01-01",
        }
        for alias, named in claims.items()
    ]


def _issuance(definition: TypeDefinition) -> dict[str, Any]:
    """What a department issues, with how each claim of it is shared."""
    never = [claim.name for claim in definition.claims if claim.type in NEVER_SHARED]
    conditional = [name for name in definition.labels if name in CONDITIONAL.get(definition.alias, ())]
    free = [name for name in definition.labels if name not in {*never, *conditional}]
    lists = {"unconditional": free, "conditional": conditional, "never": never}
    return {
        "type": definition.type,
        "basis": _text(*ISSUED_UNDER[definition.alias]),
        "from": "2026-01-01",
        "until": "2036-01-01",
        "sharing": [
            {"as": shared, "claims": claims, "ground": _text(*GROUNDS[shared])}
            for shared, claims in lists.items()
            if claims
        ],
    }


def _right(asker: str, definition: TypeDefinition) -> dict[str, Any]:
    matter, zh, en, basis_zh, basis_en = MATTERS[asker]
    comparisons = {
        "equals": list(EQUALS.get(definition.alias, ())),
        "thresholds": list(THRESHOLDS.get((asker, definition.alias), ())),
    }
    return {
        "id": f"{asker}-{definition.alias}".replace("_", "-"),
        "type": definition.type,
        "questions": ["has_valid", "claims", "status"],
        "claims": [*CLAIMS[definition.alias], *MORE_CLAIMS.get((asker, definition.alias), ())],
        **{name: each for name, each in comparisons.items() if each},
        "matter": matter,
        "purpose": _text(zh, en),
        "basis": _text(basis_zh, basis_en),
        **({"consent": True} if (asker, definition.alias) in CONSENT else {}),
        "from": "2026-01-01",
        "until": "2036-01-01",
    }


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}
