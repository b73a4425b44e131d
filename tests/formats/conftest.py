import pytest

from tests.formats.world import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def licence(world):
    return world.licence()
