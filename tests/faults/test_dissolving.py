"""A batch that was never mined, and whose right has ended: its leaves are taken back, the others go on."""

import pytest

from tests.authority.conftest import MARKET
from tests.faults.whole import Whole


@pytest.mark.parametrize("lost", ["its account was ended", "its chain was reset"])
def test_leaves_whose_right_ended_before_they_were_mined_are_taken_back_with_notice(
    whole: Whole, lost: str
) -> None:
    licence, identity = "business_licence", "resident_identity"
    catalogue = whole.runtime.catalogue
    whole.decide.grant(MARKET, catalogue.by_alias(identity).type)
    whole.settle()
    [early] = whole.issue(1, MARKET)
    whole.settle()
    held = whole.claim(early, MARKET)
    whole.later(2)
    late, good = whole.issue(2, MARKET, licence), whole.issue(1, MARKET, identity)
    whole.work(unsent=True)
    assert whole.batches(MARKET) == [(1, 1, "final"), (2, 3, "sent")]
    whole.decide.end_right(MARKET, catalogue.by_alias(licence).type)
    if lost == "its account was ended":
        whole.decide.end_account(MARKET, whole.accounts(MARKET)[-1].address)
        for _ in range(6):
            whole.work()
            whole.mine()
        assert taken_back(whole) == sorted(late), "no account is needed for that"
        whole.register_new_account(MARKET)
    else:
        for _ in range(3):
            whole.mine()
            whole.office.step(whole.deployment())
        whole.lose_the_chain()
        whole.work()
        whole.heal()
    whole.settle()
    assert whole.batches(MARKET) == [(1, 1, "final"), (2, 3, "dissolved"), (2, 1, "final")]
    assert taken_back(whole) == sorted(late)
    assert [whole.certificate(one).state for one in late + good] == ["taken_back"] * 2 + ["batched"]
    assert [whole.verdict(one) for one in (held, whole.claim(good[0], MARKET))] == ["valid", "valid"]
    assert whole.stops() == set()
    whole.check_independently()


def taken_back(whole: Whole) -> list[str]:
    """Certificates of which the store notes that the worker took them back because their right ended."""
    rows = whole.query(
        "SELECT c.certificate_id FROM status_event e JOIN certificate c ON c.id = e.certificate "
        "WHERE e.reason = 'taken_back' AND e.recorded_by = 'worker: right ended' ORDER BY 1"
    )
    return [one for (one,) in rows]
