"""The town of the chain tests, and a whole registry, for faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authority.conftest import template
from tests.chain.conftest import ground, town
from tests.faults.whole import Whole, whole_over

__all__ = ["ground", "template", "town", "whole"]


@pytest.fixture
def whole(template: Path, tmp_path: Path) -> Iterator[Whole]:
    """Authority, worker, API and a wallet over a chain of their own; nothing issued yet."""
    with whole_over(template, tmp_path / "data") as made:
        yield made
