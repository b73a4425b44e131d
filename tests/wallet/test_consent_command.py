"""`wallet consents` and `consent`, as a citizen runs them."""

from pathlib import Path

import pytest

from tests.api.town import POLICE, Town
from tests.consents.conftest import ask, word
from tests.wallet.conftest import Authority
from tests.wallet.test_cli import run, served  # noqa: F401


@pytest.fixture
def wallet(served: Town, tmp_path: Path) -> Path:  # noqa: F811
    """A folder with a wallet that is logged in."""
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, served.citizen(), made_by="clerk 7", seen="card")
    run(tmp_path, "claim", offer.link(served.origin), "--pin", offer.pin)
    Authority(served).publish(served.trust())
    run(tmp_path, "login")
    return tmp_path


def test_a_citizen_reads_who_asks_agrees_and_takes_it_back(served: Town, wallet: Path) -> None:  # noqa: F811
    asked = ask(served, 7)
    listed = run(wallet, "consents")
    assert asked.id in listed and "住房补贴" in listed and "Housing" in listed and "not answered" in listed
    run(wallet, "consent", asked.id, "perhaps", ok=False)
    run(wallet, "consent", "another", "yes", "--yes", ok=False)
    assert word(served, asked.id) == "pending"
    assert "agreed" in run(wallet, "consent", asked.id, "yes", "--yes")
    assert word(served, asked.id) == "granted"
    assert "withdrawn" in run(wallet, "consent", asked.id, "withdraw", "--yes")
    assert word(served, asked.id) == "pending"
