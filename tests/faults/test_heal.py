"""Threat 6: the chain is reset while things are in flight; all is healed, nothing lost, nothing repeated."""

from tests.authority.conftest import MARKET, POLICE
from tests.faults.whole import Whole


def test_what_was_in_flight_when_the_chain_was_reset_is_final_in_the_end(whole: Whole) -> None:
    """One batch final, one mined, two stored and never sent; a revocation final, one sent, one pending."""
    stands, gone, going, to_go = whole.issue(4)
    whole.settle()
    held = {each: whole.claim(each) for each in (stands, gone, going, to_go)}
    whole.revoke(gone)
    whole.settle()
    mined = whole.issue(2)
    whole.work()
    whole.mine()
    whole.work()
    stored, licence = whole.issue(3), whole.issue(1, MARKET)
    whole.revoke(going)
    whole.work(unsent=True)
    whole.revoke(to_go)
    assert whole.batches() == [(1, 4, "final"), (2, 2, "mined"), (3, 3, "sent")]
    assert whole.batches(MARKET) == [(1, 1, "sent")]
    assert whole.intents() == ["final", "sent", "pending"]
    before = {each: whole.verdict(one) for each, one in held.items()}
    assert before == {stands: "valid", gone: "invalid", going: "invalid", to_go: "invalid"}
    times = dict(whole.query("SELECT seq, block_time FROM batch WHERE issuer = ?", POLICE))

    whole.lose_the_chain()
    whole.work()
    assert whole.health().colour == "red"
    assert {each.code for each in whole.health().reasons} == {"reset"}
    assert whole.verdict(held[stands]) == "unknown"
    assert [whole.verdict(held[each]) for each in (gone, going, to_go)] == ["invalid"] * 3, "what is known"
    assert whole.batches() == [(1, 4, "final"), (2, 2, "mined"), (3, 3, "sent")], "nothing is signed"

    whole.heal()
    whole.settle()
    assert (whole.stops(), whole.health().colour) == (set(), "green")
    assert whole.batches() == [(1, 4, "final"), (2, 2, "final"), (3, 3, "final")]
    assert whole.intents() == ["final", "final", "final"]
    assert {each: whole.verdict(one) for each, one in held.items()} == before
    assert dict(whole.query("SELECT seq, block_time FROM batch WHERE issuer = ?", POLICE))[1] == times[1]
    assert [whole.verdict(whole.claim(each)) for each in (mined[0], stored[2])] == ["valid", "valid"]
    assert whole.verdict(whole.claim(licence[0], MARKET)) == "valid"
    whole.check_independently()
    for certificate_id, wanted in zip((stands, gone, going, to_go), (0, 1, 1, 1), strict=True):
        assert whole.on_chain(certificate_id) == wanted

    whole.lose_the_chain()
    whole.work()
    whole.heal()
    whole.settle()
    assert {each: whole.verdict(one) for each, one in held.items()} == before, "and once more"
    whole.check_independently()
    whole.decide.void(POLICE, 3, 3)
    assert whole.batches() == [(1, 4, "final"), (2, 2, "final"), (3, 3, "voided")]
