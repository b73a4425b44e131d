"""The chain loses its last blocks: what the authority did is done again, before anybody else's work."""

from sqlmodel import select

from registry.authority.decisions import Decisions
from registry.authority.office import Office
from registry.chain.contracts import FOREVER
from registry.chain.ledger import load_ledger
from registry.chain.node import LocalNode
from registry.store.tables import ChainTransaction, TransactionState
from tests.authority.conftest import HOUSING, in_force, settle


def windows(office: Office, type_code: str) -> list[tuple[int, int]]:
    with office.store.read() as session:
        ledger = load_ledger(session, in_force(office).id or 0)
    return ledger.departments[HOUSING].rights.get(type_code, [])


def lose_the_last_action(office: Office, node: LocalNode) -> None:
    """Rolls the chain back to below the block of the newest transaction."""
    with office.store.read() as session:
        rows = session.exec(select(ChainTransaction).order_by(ChainTransaction.nonce.desc()))
        mined = rows.first().block_number
    node.rpc.request("anvil_rollback", node.rpc.head().number - mined + 1)


def last_state(office: Office) -> str:
    with office.store.read() as session:
        rows = session.exec(select(ChainTransaction).order_by(ChainTransaction.nonce.desc()))
        return rows.first().state


def test_a_decision_that_was_rolled_back_is_sent_again(founded: Office, node: LocalNode) -> None:
    licence = founded.catalogue.by_alias("business_licence").type
    Decisions(founded).grant(HOUSING, licence)
    assert len(windows(founded, licence)) == 1
    lose_the_last_action(founded, node)
    founded.step(in_force(founded))
    assert windows(founded, licence) == []
    assert last_state(founded) == TransactionState.SENT
    founded.step(in_force(founded))
    settle(founded)
    assert len(windows(founded, licence)) == 1
    assert last_state(founded) == TransactionState.FINAL


def test_a_rolled_back_decision_whose_time_has_passed_takes_effect_now(
    founded: Office, node: LocalNode
) -> None:
    licence = founded.catalogue.by_alias("business_licence").type
    start = founded.chain.head().time + 30
    Decisions(founded).grant(HOUSING, licence, start=start)
    assert windows(founded, licence) == [(start, FOREVER)]
    lose_the_last_action(founded, node)
    node.rpc.request("evm_increaseTime", 60)
    node.mine()
    clock = founded.clock
    founded.clock = lambda: clock() + 60
    for _ in range(5):
        founded.step(in_force(founded))
        founded.wait()
    settle(founded)
    ((began, until),) = windows(founded, licence)
    assert (began > start, until) == (True, FOREVER)


def test_a_founding_that_was_rolled_back_is_completed(founded: Office, node: LocalNode) -> None:
    before = founded.trust.current()
    node.rpc.request("anvil_rollback", 4)
    for _ in range(4):
        founded.step(in_force(founded))
        founded.wait()
    settle(founded)
    assert set(founded.trust.current().issuers) == set(before.issuers)
    assert [issuer.rights.keys() for issuer in founded.trust.current().issuers.values()] == [
        issuer.rights.keys() for issuer in before.issuers.values()
    ]
