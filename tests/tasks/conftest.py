"""A town whose departments issue what depends on each other: lives, marriages, houses, a restaurant."""

from collections.abc import Callable

import httpx
import pytest

from registry.tasks import Todo
from registry.tasks.desk import TaskDesk
from tests.api import town as towns
from tests.api.conftest import founded, http, new_wallet, town, written
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number, credit_code

__all__ = ["founded", "http", "new_wallet", "town", "written"]

MORE = {
    POLICE: ("household_register_page",),
    MARKET: ("food_business_licence", "social_security"),
    HOUSING: ("marriage", "real_estate_title", "construction_safety_licence", "birth"),
}


def firm(number: int) -> str:
    """Credit code of the enterprise that citizen `number` represents."""
    return credit_code(f"91440101MA5A{number:04d}0")


def marriage_row(one: int, other: int) -> dict[str, str]:
    def spouse(place: int, number: int) -> dict[str, str]:
        shared = {
            "name": f"买买提·艾力{chr(0x4E00 + number)}",
            "sex": "男" if number % 2 else "女",
            "nationality": "中国",
            "birth_date": "1990-01-01",
            "id_type": "citizen_number",
            "number": citizen_number(number),
        }
        return {f"spouse_{place}_{name}": value for name, value in shared.items()}

    return (
        spouse(1, one)
        | spouse(2, other)
        | {
            "certificate_number": f"J440106-2020-{one * 1000 + other:06d}",
            "registered_on": "2020-05-20",
            "registration_office": "羊城市民政局",
        }
    )


def food_row(number: int, **changed: str) -> dict[str, str]:
    return {
        "operator_name": f"羊城珠江{chr(0x4E00 + number)}餐饮有限公司",
        "credit_code": firm(number),
        "representative_name": f"买买提·艾力{chr(0x4E00 + number)}",
        "registered_address": "羊城市珠江新城 8 号",
        "business_address": "羊城市珠江新城 8 号",
        "main_format": "餐饮服务经营者",
        "items": "热食类食品制售",
        "licence_number": f"JY2{number:013d}",
        "complaints": "12315",
        "issuing_authority": "羊城市市场监督管理局",
        "signatory": "张三",
        "issued_on": "2026-01-05",
        "last_day": "2031-01-04",
    } | changed


@pytest.fixture(autouse=True)
def _issuing(monkeypatch: pytest.MonkeyPatch) -> None:
    for code, more in MORE.items():
        monkeypatch.setitem(towns.ISSUES, code, (*towns.ISSUES.get(code, ()), *more))


@pytest.fixture
def here(town: Town, http: httpx.Client) -> Town:
    """The town, its API running."""
    assert town.services is not None
    return town


@pytest.fixture
def desk(here: Town) -> TaskDesk:
    """What departments do with their tasks."""
    assert here.services is not None
    return TaskDesk.of(here.services.cases)


@pytest.fixture
def system(here: Town, http: httpx.Client) -> Callable[[str], Desk]:
    """A department's own system, over HTTP."""
    return lambda code: Desk(here, http, code)


def about(found: list[Todo]) -> list[str]:
    """The certificates that tasks are about."""
    return sorted(each.row.certificate for each in found)
