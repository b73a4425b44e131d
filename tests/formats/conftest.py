import pytest

from tests.formats.kitchen import Kitchen
from tests.formats.world import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def licence(world):
    return world.licence()


@pytest.fixture
def kitchen(world):
    return Kitchen(world)
