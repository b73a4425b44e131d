"""As of a past time, too, both verifiers say the same."""

import pytest

from tests.formats import test_past
from tests.formats.test_past import licence, world
from tests.web.borrowing import borrowed

__all__ = ["licence", "world"]

pytestmark = pytest.mark.usefixtures("both")

globals().update(borrowed(test_past))
