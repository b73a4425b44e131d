"""Whatever the tests of the checks ask, the JavaScript verifier answers as the Python one does.

Every test of tests/formats that asks a world for a report runs here once more, and each report that it gets
is compared, whole, with the one from Node.
"""

import pytest

from tests.formats import (
    test_checks_of_the_anchor,
    test_checks_of_the_holder,
    test_checks_of_the_issuer,
    test_parts,
    test_threats,
    test_verification,
)
from tests.web.borrowing import borrowed

pytestmark = pytest.mark.usefixtures("both")

globals().update(
    borrowed(
        test_checks_of_the_anchor,
        test_checks_of_the_holder,
        test_checks_of_the_issuer,
        test_parts,
        test_verification,
        test_threats,
    )
)
