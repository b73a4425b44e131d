"""Intents on their way to the chain, read back by the contract's own view."""

import pytest
from sqlmodel import col, select

from registry.chain.contracts import (
    CERTIFICATE_REGISTRY,
    ISSUER_REGISTRY,
    code_bytes,
    interface,
)
from registry.store.tables import (
    Certificate,
    ChainTransaction,
    StatusIntent,
)
from tests.chain.checker import check
from tests.chain.town import HARBOUR, POLICE, Town, now

REVOKED, SUSPENDED, SUPERSEDED = 1, 2, 3


def test_a_revocation_reaches_the_chain(town: Town) -> None:
    first, second = town.issue(2)
    worker = town.worker()
    town.settle(worker)
    _intend(town, first, REVOKED)
    town.settle(worker)
    assert (_on_chain(town, first), _on_chain(town, second)) == (REVOKED, 0)
    assert _states(town) == ["final"]


def test_only_the_last_intent_of_an_entry_is_sent(town: Town) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    for value in (SUSPENDED, 0, SUSPENDED, REVOKED):
        _intend(town, one, value)
    town.settle(worker)
    assert _on_chain(town, one) == REVOKED
    assert _states(town) == ["dropped", "dropped", "dropped", "final"]
    assert len(_calls(town)) == 1


def test_one_call_carries_all_entries_of_a_list_that_take_the_same_value(town: Town) -> None:
    some = town.issue(40)
    worker = town.worker()
    town.settle(worker)
    for number, one in enumerate(some):
        _intend(town, one, REVOKED if number % 2 else SUSPENDED)
    town.settle(worker)
    assert len(_calls(town)) == 2
    assert [_on_chain(town, one) for one in some] == [SUSPENDED, REVOKED] * 20


def test_a_suspension_comes_back(town: Town) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    for value in (SUSPENDED, 0, REVOKED):
        _intend(town, one, value)
        town.settle(worker)
        assert _on_chain(town, one) == value
    check(town)


def test_one_revoked_before_its_batch_closes_is_anchored_all_the_same(town: Town) -> None:
    (one,) = town.issue(1)
    _intend(town, one, REVOKED)
    town.settle(town.worker())
    assert _on_chain(town, one) == REVOKED
    check(town)


def test_a_renewal_supersedes_only_when_it_is_final_and_has_begun(town: Town) -> None:
    old, new = town.issue(2)
    worker = town.worker()
    _intend(town, old, SUPERSEDED, after=new)
    worker.round()
    assert _states(town) == ["pending"]
    while town.batches()[0].state != "final":
        assert _states(town) == ["pending"]
        town.node.mine()
        worker.round()
    town.settle(worker)
    assert _on_chain(town, old) == SUPERSEDED


def test_a_renewal_that_has_not_begun_supersedes_nothing_yet(town: Town) -> None:
    old, new = town.issue(2)
    worker = town.worker()
    town.settle(worker)
    with town.store.write() as session:
        row = session.get(Certificate, town.certificate(new).id)
        assert row is not None
        row.valid_from = now() + 86_400
    _intend(town, old, SUPERSEDED, after=new)
    for _ in range(3):
        worker.round()
        town.node.mine()
    assert _states(town) == ["pending"]


def test_what_is_revoked_by_then_is_not_superseded(town: Town) -> None:
    old, new = town.issue(2)
    worker = town.worker()
    _intend(town, old, REVOKED)
    town.settle(worker)
    _intend(town, old, SUPERSEDED, after=new)
    town.settle(worker)
    assert _states(town) == ["final", "dropped"]
    assert _on_chain(town, old) == REVOKED


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_a_rolled_back_revocation_is_sent_again(town: Town, depth: int) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    _intend(town, one, REVOKED)
    worker.round()
    town.node.mine(2)
    worker.round()
    town.node.rpc.request("anvil_reorg", depth, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    town.settle(worker)
    assert _on_chain(town, one) == REVOKED
    assert len(_calls(town)) == 1
    check(town)


def test_nothing_new_is_signed_before_a_rolled_back_revocation_is_mined_again(town: Town) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    town.node.mine(3)
    worker.round()
    _intend(town, one, REVOKED)
    worker.round()
    town.node.mine()
    worker.round()
    town.node.rpc.request("anvil_reorg", 1, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    town.issue(1)
    before = len(_raws(town))
    worker.round()
    assert (_states(town), len(_raws(town))) == (["sent"], before)
    town.settle(worker)
    check(town)


def test_a_reverted_call_is_made_anew_without_the_move_that_is_forbidden(town: Town) -> None:
    """A thief revoked one entry between our signing and our mining."""
    stolen, other = town.issue(2)
    address = town.account(HARBOUR).address
    worker = town.worker()
    town.settle(worker)
    _intend(town, stolen, SUSPENDED)
    _intend(town, other, SUSPENDED)
    worker.round()
    raw = [bytes(one) for one in _raws(town)]
    town.node.rpc.request("anvil_dropAllTransactions")
    _as_successor(town)
    _set_by(town, HARBOUR, stolen, REVOKED)
    town.node.rpc.send(raw[-1])
    town.node.mine()
    for _ in range(6):
        worker.round()
        town.node.mine()
    assert (_on_chain(town, stolen), _on_chain(town, other)) == (REVOKED, SUSPENDED)
    assert town.stops() == {"forbidden_move", "foreign_nonce"}
    assert sorted(_states(town)) == ["dropped", "final", "foreign"]
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(HARBOUR), address, 0, 0)
    _intend(town, other, 0)
    town.settle(worker)
    assert town.stops() == {"foreign_nonce"}, "the harbour office has no account now"


def test_a_successor_sets_status_for_what_its_predecessor_issued(town: Town) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    _as_successor(town)
    address = town.account(POLICE).address
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), address, 0, 0)
    _intend(town, one, REVOKED)
    town.settle(worker)
    assert _on_chain(town, one) == REVOKED
    assert _calls(town)[0].account == town.account(HARBOUR).address.lower()


def test_reconciliation_records_what_a_foreign_hand_revoked(town: Town) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    _as_successor(town)
    _set_by(town, HARBOUR, one, REVOKED)
    _let_reconcile(town, worker)
    assert _states(town) == ["foreign"]


def test_reconciliation_mends_what_a_foreign_hand_suspended(town: Town) -> None:
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    _as_successor(town)
    _set_by(town, HARBOUR, one, SUSPENDED)
    _let_reconcile(town, worker)
    town.settle(worker)
    assert _on_chain(town, one) == 0


def test_a_thousand_words_go_in_two_calls_below_the_gas_limit(town: Town) -> None:
    """As if one certificate in each of 1,000 words were revoked: 500 words a call."""
    (one,) = town.issue(1)
    worker = town.worker()
    town.settle(worker)
    row = town.certificate(one)
    assert row.id is not None
    with town.store.write() as session:
        for word in range(1_000):
            session.add(
                StatusIntent(
                    certificate=row.id,
                    issuer=row.issuer,
                    type=row.type,
                    list=row.status_list,
                    idx=word * 128 + 5,
                    value=REVOKED,
                )
            )
    town.settle(worker)
    assert [one.state for one in _calls(town)] == ["final", "final"]
    view = interface(CERTIFICATE_REGISTRY)
    words = view.ask(
        town.node.rpc,
        _contract(town),
        "wordsOf",
        code_bytes(row.issuer),
        code_bytes(row.type),
        row.status_list,
        0,
        1_000,
    )
    assert all(word >> 10 & 3 == REVOKED for word in words)


def _intend(town: Town, identifier: str, value: int, after: str | None = None) -> None:
    row = town.certificate(identifier)
    assert row.id is not None
    with town.store.write() as session:
        session.add(
            StatusIntent(
                certificate=row.id,
                issuer=row.issuer,
                type=row.type,
                list=row.status_list,
                idx=row.status_idx,
                value=value,
                after=town.certificate(after).id if after else None,
            )
        )


def _on_chain(town: Town, identifier: str) -> int:
    row = town.certificate(identifier)
    found = interface(CERTIFICATE_REGISTRY).ask(
        town.node.rpc,
        _contract(town),
        "statusOf",
        code_bytes(row.issuer),
        code_bytes(row.type),
        row.status_list,
        row.status_idx,
    )
    return int(found)


def _contract(town: Town) -> str:
    return town.authority.addresses[CERTIFICATE_REGISTRY]


def _set_by(town: Town, thief: str, identifier: str, value: int) -> None:
    """Status set with an account that somebody got hold of."""
    row = town.certificate(identifier)
    town.authority.act(
        CERTIFICATE_REGISTRY,
        "setStatus",
        code_bytes(row.issuer),
        code_bytes(row.type),
        row.status_list,
        [row.status_idx // 128],
        [1 << 2 * (row.status_idx % 128)],
        value,
        account=town.account(thief),
    )


def _as_successor(town: Town) -> None:
    """The harbour office acts for what the police issued."""
    town.authority.act(
        ISSUER_REGISTRY,
        "setSuccessor",
        code_bytes(POLICE),
        code_bytes(town.identity.type),
        code_bytes(HARBOUR),
        0,
    )


def _let_reconcile(town: Town, worker) -> None:
    worker._reconciled = 0
    worker.round()


def _states(town: Town) -> list[str]:
    with town.store.read() as session:
        return list(session.exec(select(StatusIntent.state).order_by(col(StatusIntent.id))))


def _calls(town: Town) -> list[ChainTransaction]:
    with town.store.read() as session:
        query = select(ChainTransaction).where(ChainTransaction.kind == "status")
        return list(session.exec(query.order_by(col(ChainTransaction.id))))


def _raws(town: Town) -> list[bytes]:
    from registry.store.tables import Attempt

    with town.store.read() as session:
        return list(session.exec(select(Attempt.raw).order_by(col(Attempt.id))))
