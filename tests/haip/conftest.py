"""The town of the API's tests."""

from tests.api.conftest import founded, http, new_wallet, town, written

__all__ = ["founded", "http", "new_wallet", "town", "written"]
