"""From issued to final."""

from tests.chain.checker import check
from tests.chain.town import HARBOUR, POLICE, Town


def test_what_was_issued_is_anchored_and_final(town: Town) -> None:
    town.issue(5)
    town.settle(town.worker())
    (batch,) = town.batches()
    assert (batch.state, batch.seq, batch.size) == ("final", 1, 5)
    check(town)
