"""Transactions that are slow, dropped, refused, or somebody else's."""

from sqlmodel import col, select

from registry.chain.contracts import CERTIFICATE_REGISTRY, FOREVER, ISSUER_REGISTRY, code_bytes
from registry.store.tables import Attempt, ChainAccount, ChainTransaction
from tests.chain.checker import check
from tests.chain.town import POLICE, Town


def test_what_is_not_mined_after_three_blocks_pays_an_eighth_more_under_the_same_nonce(town: Town) -> None:
    town.issue(1)
    worker = town.worker()
    worker.round()
    for _ in range(3):
        _mine_nothing(town)
        worker.round()
    first, second = _attempts(town)
    assert first.tx == second.tx
    for before, after in ((first.max_fee, second.max_fee), (first.priority_fee, second.priority_fee)):
        assert after >= before * 1.125
    town.settle(worker)
    assert len({one.nonce for one in _transactions(town)}) == 1
    check(town)


def test_whichever_attempt_is_mined_counts(town: Town) -> None:
    town.issue(1)
    worker = town.worker()
    worker.round()
    for _ in range(3):
        _mine_nothing(town)
        worker.round()
    town.node.rpc.request("anvil_dropAllTransactions")
    town.node.rpc.send(_attempts(town)[0].raw)
    town.node.mine()
    town.settle(worker)
    assert len(_attempts(town)) == 2
    assert _transactions(town)[0].mined_hash == _attempts(town)[0].hash
    check(town)


def test_after_a_rollback_the_very_bytes_that_were_mined_are_sent_again(town: Town) -> None:
    """Of two attempts the first was mined: that one is sent again, not the dearer one."""
    town.issue(1)
    worker = town.worker()
    worker.round()
    for _ in range(3):
        _mine_nothing(town)
        worker.round()
    town.node.rpc.request("anvil_dropAllTransactions")
    first = _attempts(town)[0]
    town.node.rpc.send(first.raw)
    town.node.mine()
    worker.round()
    town.node.rpc.request("anvil_reorg", 1, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    worker.round()
    assert _transactions(town)[0].state == "sent"
    assert town.node.rpc.knows(first.hash)
    town.settle(worker)
    assert _transactions(town)[0].mined_hash == first.hash
    check(town)


def test_a_transaction_that_the_node_forgot_is_sent_again(town: Town) -> None:
    town.issue(1)
    worker = town.worker()
    worker.round()
    town.node.rpc.request("anvil_dropAllTransactions")
    town.settle(worker)
    assert len(_attempts(town)) == 1
    check(town)


def test_a_reverted_anchor_is_signed_anew_under_the_next_nonce(town: Town) -> None:
    """The account is cut off for a moment, while its anchor waits."""
    town.issue(2)
    worker = town.worker()
    worker.round()
    address = town.account(POLICE).address
    town.node.rpc.request("anvil_dropAllTransactions")
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), address, 0, 0)
    worker.round()
    town.node.mine()
    worker.round()
    assert town.stops() == {"not_authorised"}
    assert [one.state for one in _transactions(town)] == ["failed"]
    town.authority.act(ISSUER_REGISTRY, "addAccount", code_bytes(POLICE), address, 0, FOREVER)
    town.settle(worker)
    assert [(one.nonce, one.state) for one in _transactions(town)] == [(0, "failed"), (1, "final")]
    assert town.stops() == set()
    check(town)


def test_a_reverted_row_fills_its_nonce_again_after_a_rollback(town: Town) -> None:
    town.issue(2)
    worker = town.worker()
    worker.round()
    address = town.account(POLICE).address
    town.node.rpc.request("anvil_dropAllTransactions")
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), address, 0, 0)
    town.node.mine(3)
    worker.round()
    town.node.mine()
    worker.round()
    town.authority.act(ISSUER_REGISTRY, "addAccount", code_bytes(POLICE), address, 0, FOREVER)
    worker.round()
    before = [one.raw for one in _attempts(town)]
    assert len(before) == 2
    town.node.rpc.request("anvil_reorg", 2, [])
    town.node.rpc.request("anvil_dropAllTransactions")
    worker.round()
    assert {one.state for one in _transactions(town)} == {"sent"}
    town.authority.act(ISSUER_REGISTRY, "addAccount", code_bytes(POLICE), address, 0, FOREVER)
    town.settle(worker)
    assert [one.raw for one in _attempts(town)][:2] == before
    check(town)


def test_a_foreign_transaction_stops_the_account_and_a_new_one_takes_over(town: Town) -> None:
    """Somebody has the key: the department stops, red, until the authority registers its new account."""
    town.issue(2)
    worker = town.worker()
    worker.round()
    stolen = town.account(POLICE)
    town.node.rpc.request("anvil_dropAllTransactions")
    town.authority.act(CERTIFICATE_REGISTRY, "openSequences", [code_bytes(POLICE)], account=stolen)
    worker.round()
    assert "foreign_nonce" in town.stops()
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), stolen.address, 0, 0)
    for _ in range(3):
        worker.round()
        town.node.mine()
    assert "foreign_nonce" in town.stops()
    fresh = _accounts(town)[-1]
    assert fresh != stolen.address
    town.node.fund(fresh)
    town.authority.act(ISSUER_REGISTRY, "addAccount", code_bytes(POLICE), fresh, 0, FOREVER)
    town.settle(worker)
    assert town.stops() == set()
    assert [one.seq for one in town.batches()] == [1]
    check(town)


def test_a_foreign_transaction_is_noticed_before_anything_new_is_signed(town: Town) -> None:
    worker = town.worker()
    town.issue(1)
    town.settle(worker)
    call = ("openSequences", [code_bytes(POLICE)])
    town.authority.act(CERTIFICATE_REGISTRY, *call, account=town.account(POLICE))
    town.issue(1)
    worker.round()
    assert town.stops() == {"foreign_nonce"}
    assert len(_attempts(town)) == 1


def test_a_thiefs_batch_stops_the_issuer_until_it_is_voided(town: Town) -> None:
    """Stolen account: a foreign root under our seq. Cut off and voided, ours takes the next seq."""
    worker = town.worker()
    town.issue(2)
    town.settle(worker)
    stolen = town.account(POLICE)
    town.authority.act(
        CERTIFICATE_REGISTRY, "anchorBatch", code_bytes(POLICE), 2, b"\7" * 32, 1, account=stolen
    )
    town.issue(3)
    worker.round()
    assert "seq_taken" in town.stops()
    assert len(town.batches()) == 1
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), stolen.address, 0, 0)
    town.authority.act(
        CERTIFICATE_REGISTRY, "voidBatches", code_bytes(POLICE), 2, 2, b"stolen".ljust(32, b"\0")
    )
    worker.round()
    assert town.stops() == {"not_authorised", "foreign_nonce"}
    fresh = _accounts(town)[-1]
    assert fresh != stolen.address
    town.node.fund(fresh)
    town.authority.act(ISSUER_REGISTRY, "addAccount", code_bytes(POLICE), fresh, 0, FOREVER)
    town.settle(worker)
    assert [(one.seq, one.size, one.state) for one in town.batches()] == [(1, 2, "final"), (3, 3, "final")]


def test_a_batch_whose_seq_was_taken_meanwhile_takes_the_next_one(town: Town) -> None:
    town.issue(2)
    worker = town.worker()
    worker.round()
    stolen = town.account(POLICE)
    town.node.rpc.request("anvil_dropAllTransactions")
    town.authority.act(
        CERTIFICATE_REGISTRY, "anchorBatch", code_bytes(POLICE), 1, b"\7" * 32, 1, account=stolen
    )
    worker.round()
    assert {"seq_taken", "foreign_nonce"} <= town.stops()
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), stolen.address, 0, 0)
    town.authority.act(
        CERTIFICATE_REGISTRY, "voidBatches", code_bytes(POLICE), 1, 1, b"stolen".ljust(32, b"\0")
    )
    fresh = _accounts(town)[-1]
    town.node.fund(fresh)
    town.authority.act(ISSUER_REGISTRY, "addAccount", code_bytes(POLICE), fresh, 0, FOREVER)
    town.settle(worker)
    assert [(one.seq, one.state) for one in town.batches()] == [(2, "final")]
    assert town.stops() == set()


def test_a_batch_whose_root_was_taken_counts_once_it_is_replaced(town: Town) -> None:
    """The thief anchored our very root, under another size: voided, it is replaced at the old place."""
    town.issue(2)
    worker = town.worker()
    worker.round()
    (batch,) = town.batches()
    stolen = town.account(POLICE)
    town.node.rpc.request("anvil_dropAllTransactions")
    call = ("anchorBatch", code_bytes(POLICE), 1, batch.root, 7)
    town.authority.act(CERTIFICATE_REGISTRY, *call, account=stolen)
    worker.round()
    town.authority.act(ISSUER_REGISTRY, "endAccount", code_bytes(POLICE), stolen.address, 0, 0)
    reason = b"stolen".ljust(32, b"\0")
    town.authority.act(CERTIFICATE_REGISTRY, "voidBatches", code_bytes(POLICE), 1, 1, reason)
    worker.round()
    assert "root_taken" in town.stops()
    replace = ("replaceBatch", code_bytes(POLICE), 1, batch.root, batch.root, 2)
    town.authority.act(CERTIFICATE_REGISTRY, *replace)
    town.settle(worker)
    assert [(one.seq, one.state) for one in town.batches()] == [(1, "final")]


def _mine_nothing(town: Town) -> None:
    """A block without the waiting transactions, which wait on."""
    waiting = town.node.rpc.request("txpool_content")["pending"]
    town.node.rpc.request("anvil_dropAllTransactions")
    town.node.mine()
    raws = {one.hash: one.raw for one in _attempts(town)}
    for sender in waiting.values():
        for transaction in sender.values():
            town.node.rpc.send(raws[bytes.fromhex(transaction["hash"][2:])])


def _attempts(town: Town) -> list[Attempt]:
    with town.store.read() as session:
        return list(session.exec(select(Attempt).order_by(col(Attempt.id))))


def _transactions(town: Town) -> list[ChainTransaction]:
    with town.store.read() as session:
        return list(session.exec(select(ChainTransaction).order_by(col(ChainTransaction.id))))


def _accounts(town: Town) -> list[str]:
    with town.store.read() as session:
        query = select(ChainAccount.address).where(ChainAccount.issuer == POLICE)
        return list(session.exec(query.order_by(col(ChainAccount.created))))
