"""The catalogue as it ships, and rows that may be issued."""

from zoneinfo import ZoneInfo

import pytest

from registry.catalogue import Catalogue, load_catalogue

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def licence() -> dict[str, str]:
    """A business licence's row."""
    return {
        "credit_code": "91110000600037341L",
        "company_name": "榕州市恒通餐饮管理有限公司",
        "kind": "有限责任公司",
        "representative_name": "阿依古丽·买买提",
        "representative_number": "360426199101010071",
        "capital": "1000000",
        "established_on": "2020-02-29",
        "last_day": "",
        "premises": "榕州市东湖区榕荫路 1 号",
        "scope": "餐饮服务；食品销售",
        "approved_on": "2020-02-29",
    }


@pytest.fixture
def identity() -> dict[str, str]:
    """An identity card's row, of somebody born on a 29 February."""
    return {
        "name": "𠮷䶮",
        "sex": "女",
        "ethnicity": "汉",
        "birth_date": "2012-02-29",
        "address": "榕州市东湖区榕荫路 1 号",
        "citizen_number": "440103201202290021",
        "portrait": "iVBORw0KGgo=",
        "issuing_authority": "榕州市公安局东湖分局",
        "first_day": "2024-07-01",
        "last_day": "2029-07-01",
    }
