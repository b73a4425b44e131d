"""Heads of the access logs on the chain: all of them, once a minute, whatever happens to the chain."""

import pytest
from sqlmodel import select

from registry import stops
from registry.chain.contracts import ACCESS_LOG, code_bytes, interface
from registry.chain.ledger import LOG, AccessLog, load_ledger
from registry.health import Health, look
from registry.logproof import content_of
from registry.store.tables import AccessEntry, AccessHead, ChainTransaction
from tests.accesslog.conftest import Ask
from tests.authority.conftest import HOUSING, MARKET, POLICE
from tests.faults.whole import Whole


def round_of_heads(whole: Whole, later: int = 0) -> None:
    """The worker works until the next heads are final."""
    if later:
        whole.later(later)
    for _ in range(6):
        whole.work()
        whole.mine()
    whole.work()


def on_chain(whole: Whole) -> AccessLog:
    with whole.store.read() as session:
        return load_ledger(session, whole.deployment().id or 0).log


def heads(whole: Whole, issuer: str) -> list[AccessHead]:
    with whole.store.read() as session:
        rows = select(AccessHead).where(AccessHead.issuer == issuer)
        return list(session.exec(rows.order_by(AccessHead.deployment, AccessHead.seq)))


def transactions(whole: Whole) -> list[ChainTransaction]:
    with whole.store.read() as session:
        return list(session.exec(select(ChainTransaction).where(ChainTransaction.kind == "heads")))


def test_all_departments_heads_go_up_in_one_call_asked_or_not(whole: Whole, asking: Ask) -> None:
    asking(POLICE)
    round_of_heads(whole)
    assert len(transactions(whole)) == 1
    assert {code: head.seq for code, head in on_chain(whole).heads.items()} == {
        POLICE: 1,
        MARKET: 1,
        HOUSING: 1,
    }


def test_the_contract_holds_the_heads_that_open_to_the_logs(whole: Whole, asking: Ask) -> None:
    digests = [asking(POLICE).digest for _ in range(5)]
    round_of_heads(whole)
    (stored,) = heads(whole, POLICE)
    content = content_of(digests)
    assert (stored.size, stored.link, stored.root) == (5, content.link, content.root)
    deployment = whole.deployment()
    assert deployment.access_log is not None
    told = interface(ACCESS_LOG).ask(
        whole.node.rpc,
        deployment.access_log,
        "headOf",
        deployment.certificate_registry,
        code_bytes(POLICE),
    )
    assert (told[0], told[2]) == (1, content.head(stored.blinding))


def test_an_unchanged_log_gets_another_head_after_a_minute_that_cannot_be_told_from_a_changed_one(
    whole: Whole, asking: Ask
) -> None:
    asking(POLICE)
    round_of_heads(whole)
    first = on_chain(whole).heads
    asking(POLICE)
    round_of_heads(whole, later=61)
    second = on_chain(whole).heads
    assert [(first[code].seq, second[code].seq) for code in (POLICE, MARKET)] == [(1, 2), (1, 2)]
    assert all(first[code].head != second[code].head for code in first)
    assert [head.size for head in heads(whole, MARKET)] == [0, 0]


def test_within_the_minute_nothing_more_is_sent(whole: Whole, asking: Ask) -> None:
    round_of_heads(whole)
    asking(POLICE)
    round_of_heads(whole)
    assert len(transactions(whole)) == 1


def test_a_rolled_back_head_is_sent_again_as_it_was(whole: Whole, asking: Ask) -> None:
    asking(POLICE)
    state = whole.node.rpc.request("evm_snapshot")
    round_of_heads(whole)
    before = on_chain(whole).heads
    whole.node.rpc.request("evm_revert", state)
    whole.mine()
    whole.work()
    round_of_heads(whole)
    assert {code: head.head for code, head in on_chain(whole).heads.items()} == {
        code: head.head for code, head in before.items()
    }
    assert len(transactions(whole)) == 1


def test_after_the_chain_was_lost_the_heads_go_on_with_the_next_numbers(whole: Whole, asking: Ask) -> None:
    asking(POLICE)
    round_of_heads(whole)
    before = on_chain(whole).heads[POLICE]
    whole.lose_the_chain()
    whole.work()
    whole.heal()
    assert on_chain(whole).heads[POLICE] == before
    asking(POLICE)
    round_of_heads(whole, later=61)
    assert on_chain(whole).heads[POLICE].seq == 2
    assert [head.size for head in heads(whole, POLICE)] == [1, 2]


@pytest.mark.parametrize("harm", ["digest = x'00'", "seq = 9"])
def test_a_log_that_is_not_what_was_anchored_gets_no_more_heads_and_the_light_is_red(
    whole: Whole, asking: Ask, harm: str
) -> None:
    for _ in range(3):
        asking(POLICE)
    round_of_heads(whole)
    with whole.store.write() as session:
        row = session.get_one(AccessEntry, (POLICE, 3))
        if harm.startswith("seq"):
            session.delete(row)
        else:
            row.digest = bytes(32)
    whole.worker._line = None  # another worker process, which reads the log anew
    round_of_heads(whole, later=61)
    assert on_chain(whole).heads[POLICE].seq == 1
    assert on_chain(whole).heads[MARKET].seq == 2
    assert whole.stops() == {(POLICE, stops.LOG_CHANGED)}
    assert whole.health().colour == "red"


def test_once_what_was_anchored_is_restored_the_log_goes_on(whole: Whole, asking: Ask) -> None:
    genuine = asking(POLICE).digest
    round_of_heads(whole)
    put_digest(whole, bytes(32))
    whole.worker._line = None
    round_of_heads(whole, later=61)
    assert whole.stops() == {(POLICE, stops.LOG_CHANGED)}
    put_digest(whole, genuine)
    round_of_heads(whole, later=61)
    assert whole.stops() == set()
    assert on_chain(whole).heads[POLICE].seq == 2


def put_digest(whole: Whole, digest: bytes) -> None:
    with whole.store.write() as session:
        session.get_one(AccessEntry, (POLICE, 1)).digest = digest


def test_a_stolen_log_account_stops_the_log_until_the_authority_has_put_another_in_its_place(
    whole: Whole, asking: Ask
) -> None:
    round_of_heads(whole)
    stolen = whole.accounts(LOG)[0]
    whole.by_account(stolen, "anchorHeads", [code_bytes(POLICE)], [7], [b"\x01" * 32], contract=ACCESS_LOG)
    asking(POLICE)
    round_of_heads(whole, later=61)
    assert (LOG, stops.FOREIGN_NONCE) in whole.stops()
    assert on_chain(whole).heads[MARKET].seq == 1
    whole.decide.end_log_account(stolen.address)
    whole.decide.add_log_account(whole.published_account(LOG))
    round_of_heads(whole, later=61)
    assert whole.stops() == set()
    assert (on_chain(whole).heads[POLICE].seq, on_chain(whole).heads[MARKET].seq) == (8, 2)


def test_health_says_how_old_the_heads_are_and_is_red_once_three_rounds_are_missing(whole: Whole) -> None:
    round_of_heads(whole)

    def health(later: int) -> Health:
        with whole.store.read() as session:
            return look(session, now=whole.clock() + later, head_age=10_000, heads_every=60)

    assert health(0).heads is not None and health(0).colour == "green"
    late = health(200)
    assert (late.colour, [reason.code for reason in late.reasons]) == ("red", ["heads_late"])
