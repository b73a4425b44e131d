"""A whole registry over a chain of its own, and a hand that writes into its access logs."""

from collections.abc import Callable

import pytest

from registry import accesslog
from registry.accesslog import Logged
from tests.authority.conftest import HOUSING, POLICE, template
from tests.faults.conftest import whole
from tests.faults.whole import Whole

__all__ = ["template", "whole"]

Ask = Callable[..., Logged]
HOLDER = ("citizen_number", "110101199003070118")


def ask(whole: Whole, issuer: str = POLICE, *, outcome: str = "yes", **changed: object) -> Logged:
    """One decision of an issuer on a question of the housing department, on the record."""
    vault = whole.runtime.vault
    given: dict[str, object] = {
        "asker": HOUSING,
        "clerk": "clerk 3",
        "purpose": "title_registration",
        "rule": "housing-identity",
        "holder": vault.holder_index(*HOLDER),
        "outcome": outcome,
        "answer": b"\x05" * 32 if outcome == "yes" else None,
        "now": whole.clock(),
        "randomness": whole.runtime.randomness,
        "type": "resident_identity",
        "claims": ("name",),
    }
    with whole.store.write() as session:
        return accesslog.append(session, issuer, vault=vault, **(given | changed))  # type: ignore[arg-type]


@pytest.fixture
def asking(whole: Whole) -> Ask:
    """`ask`, over this registry."""
    return lambda *args, **changed: ask(whole, *args, **changed)
