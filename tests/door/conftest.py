"""The town of the API's tests, with more kinds of certificates than one person needs."""

import pytest

from tests.api.conftest import founded, http, new_wallet, town, written
from tests.api.town import ISSUES, MARKET

__all__ = ["founded", "http", "new_wallet", "town", "written"]


@pytest.fixture(autouse=True)
def more_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """The market regulator issues food licences too, and (for want of a health commission) births."""
    monkeypatch.setitem(ISSUES, MARKET, (*ISSUES[MARKET], "food_business_licence", "birth"))
