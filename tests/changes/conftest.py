"""The town of the API's tests, with the use cases of a department's process."""

import pytest

from registry.usecases import UseCases
from tests.api.conftest import founded, town
from tests.api.town import Town

__all__ = ["founded", "town"]


@pytest.fixture
def cases(town: Town) -> UseCases:
    return UseCases.of(town.runtime, town.trust)
