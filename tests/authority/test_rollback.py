"""The chain loses its last blocks: what the authority did is done again, before anybody else's work."""

from sqlmodel import select

from registry.authority.decisions import Decisions
from registry.authority.founding import found
from registry.authority.office import Office
from registry.chain.contracts import FOREVER
from registry.chain.ledger import load_ledger
from registry.chain.node import LocalNode
from registry.store.tables import ChainTransaction, TransactionState
from tests.authority.conftest import HOUSING, ORIGIN, TOWN, in_force, settle


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


def test_a_decision_that_was_rolled_back_is_sent_again(founded: Office, founded_node: LocalNode) -> None:
    licence = founded.catalogue.by_alias("business_licence").type
    Decisions(founded).grant(HOUSING, licence)
    assert len(windows(founded, licence)) == 1
    lose_the_last_action(founded, founded_node)
    founded.step(in_force(founded))
    assert windows(founded, licence) == []
    assert last_state(founded) == TransactionState.SENT
    founded.step(in_force(founded))
    settle(founded)
    assert len(windows(founded, licence)) == 1
    assert last_state(founded) == TransactionState.FINAL


def test_a_rolled_back_decision_whose_time_has_passed_takes_effect_now(
    founded: Office, founded_node: LocalNode
) -> None:
    licence = founded.catalogue.by_alias("business_licence").type
    founded_node.mine()
    start = founded.chain.head().time + 30
    Decisions(founded).grant(HOUSING, licence, start=start)
    assert windows(founded, licence) == [(start, FOREVER)]
    lose_the_last_action(founded, founded_node)
    founded_node.rpc.request("evm_increaseTime", 60)
    founded_node.mine()
    clock = founded.clock
    founded.clock = lambda: clock() + 60
    for _ in range(5):
        founded.step(in_force(founded))
        founded.wait()
    settle(founded)
    ((began, until),) = windows(founded, licence)
    assert (began > start, until) == (True, FOREVER)


def test_a_founding_that_was_rolled_back_is_completed(office: Office, node: LocalNode) -> None:
    settle(office, found(office, TOWN, ORIGIN))
    before = office.trust.current()
    node.rpc.request("anvil_rollback", 4)
    for _ in range(4):
        office.step(in_force(office))
        office.wait()
    settle(office)
    after = office.trust.current()
    assert {code: list(issuer.rights) for code, issuer in after.issuers.items()} == {
        code: list(issuer.rights) for code, issuer in before.issuers.items()
    }
