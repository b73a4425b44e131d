"""The installation that the tests of this folder share."""

import pytest

from tests.end_to_end.installation import Installation


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A folder; nothing is there before its first run."""
    return Installation(tmp_path_factory.mktemp("run") / "data")


@pytest.fixture(scope="session")
def installed(installation: Installation) -> Installation:
    """As the runs until now left it; where a file is tried alone, after a first one."""
    if not installation.stories:
        installation.run_once()
    return installation
