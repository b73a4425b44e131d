"""The API's town, for what is shown against it here."""

from tests.api.conftest import founded, http, new_wallet, town, written

__all__ = ["founded", "http", "new_wallet", "town", "written"]
