"""A chain that was reset: everything moves to new contracts, or nothing does."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account import Account
from sqlmodel import select

from registry.authority import healing
from registry.authority.decisions import Decisions
from registry.authority.founding import found
from registry.authority.healing import NothingToHeal, NotTheSame, heal
from registry.authority.loop import Rounds
from registry.authority.office import Office
from registry.chain.contracts import FOREVER, code_bytes
from registry.chain.ledger import load_ledger
from registry.store.tables import Deployment, DeploymentState
from registry.trust import Trust
from registry.trusting import live
from tests.authority.case import licence_of
from tests.authority.conftest import (
    HOUSING,
    MARKET,
    ORIGIN,
    POLICE,
    TOWN,
    as_issuer,
    heads_anchored,
    root,
    settle,
)


def busy(office: Office) -> Deployment:
    """A registry with a past: batches, a void and a replacement, words, windows ended and to come."""
    identity = office.catalogue.by_alias("resident_identity").type
    licence = office.catalogue.by_alias("business_licence").type
    for seq in (1, 2, 3):
        as_issuer(office, POLICE, "anchorBatch", seq, root(seq), 10 + seq)
    as_issuer(office, MARKET, "anchorBatch", 1, root(9), 4)
    as_issuer(office, POLICE, "setStatus", code_bytes(identity), 0, [3, 1023], [1 << 4, 1 << 254], 1)
    as_issuer(office, POLICE, "setStatus", code_bytes(identity), 0, [3], [1], 2)
    as_issuer(office, POLICE, "setStatus", code_bytes(identity), 0, [3], [1], 0)
    decide = Decisions(office)
    decide.void(POLICE, 2, 3)
    decide.replace(POLICE, 2, root(22), 11)
    trust = office.trust.current()
    decide.compromised(POLICE, next(iter(trust.issuers[POLICE].keys)))
    decide.end_right(MARKET, licence)
    decide.grant(MARKET, licence)
    decide.grant(HOUSING, licence, start=office.chain.head().time + 86_400)
    decide.succeed(MARKET, licence, HOUSING)
    heads_anchored(office, {POLICE: 1, MARKET: 1})
    heads_anchored(office, {POLICE: 2})
    decide.anchor_policy(root(50))
    decide.anchor_policy(root(51))
    decide.add_log_account(Account.from_key(b"\x07" * 32).address)
    with office.store.read() as session:
        deployment = live(session)
    settle(office, deployment)
    return deployment


def without_place(trust: Trust) -> Trust:
    return replace(
        trust,
        contracts={},
        epoch=0,
        version=0,
        created=0,
        expires=0,
        words_block=0,
        words_fresh_until=0,
        history=None,
    )


@pytest.fixture
def lost(founded: Office) -> tuple[Office, Deployment, Trust]:
    """The registry after its chain's state file was deleted, and what was trusted before."""
    deployment = busy(founded)
    before = founded.trust.current()
    reset_chain(founded)
    return founded, deployment, before


def reset_chain(office: Office) -> None:
    """Another chain answers at the same address: as after the state file was deleted."""
    time = office.chain.head().time
    office.chain.request("anvil_reset")  # type: ignore[attr-defined]
    office.chain.request("evm_setNextBlockTimestamp", time + 1)  # type: ignore[attr-defined]
    office.wait()


def test_a_healed_registry_says_what_the_old_one_said(lost: tuple[Office, Deployment, Trust]) -> None:
    office, old, before = lost
    new = heal(office)
    settle(office, new)
    after = office.trust.current()
    assert new.id != old.id and after.epoch == before.epoch + 1
    assert without_place(after) == without_place(before)
    assert before.issuers[POLICE].roots[3].voided and before.issuers[POLICE].roots[2].root == root(22)


def test_the_access_log_goes_on_where_it_stood(lost: tuple[Office, Deployment, Trust]) -> None:
    office, old, _ = lost
    new = heal(office)
    assert new.access_log != old.access_log
    with office.store.read() as session:
        logs = [load_ledger(session, each.id or 0).log for each in (old, new)]
    assert logs[0] == logs[1]
    assert {code: head.seq for code, head in logs[1].heads.items()} == {POLICE: 2, MARKET: 1}
    assert [policy for policy, _ in logs[1].policies] == [root(50), root(51)]
    assert len(logs[1].accounts) == 2


def test_a_reset_chain_leaves_nothing_to_trust_until_it_is_healed(
    lost: tuple[Office, Deployment, Trust],
) -> None:
    office, old, _ = lost
    assert office.step(old).reset is not None
    trust = office.trust.current()
    assert not any(issuer.roots for issuer in trust.issuers.values())
    assert trust.words_fresh_until == 0


def test_a_certificate_has_the_same_verdict_after_healing(founded: Office) -> None:
    case = licence_of(founded)
    case.anchor()
    before = case.report()
    reset_chain(founded)
    settle(founded, heal(founded))
    after = case.report()
    assert (after.failed, after.unknown) == (before.failed, before.unknown) == ([], ["status"])


def test_the_authority_heals_a_local_chain_by_itself(lost: tuple[Office, Deployment, Trust]) -> None:
    office, _, before = lost
    Rounds(office).once()
    assert office.trust.current().epoch == before.epoch + 1


def test_where_it_may_not_the_authority_waits_for_a_person(lost: tuple[Office, Deployment, Trust]) -> None:
    office, _, before = lost
    office.settings = office.settings.model_copy(update={"heal": False})
    Rounds(office).once()
    assert office.trust.current().epoch == before.epoch


def test_a_registry_that_stands_is_not_healed(founded: Office) -> None:
    with pytest.raises(NothingToHeal):
        heal(founded)


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", [0, 2, 4])
def test_healing_killed_while_it_waits_is_completed_by_the_next_run(
    lost: tuple[Office, Deployment, Trust], after: int
) -> None:
    office, _, before = lost
    mine, waits = office.wait, 0

    def wait() -> None:
        nonlocal waits
        waits += 1
        if waits > after:
            raise Killed
        mine()

    office.wait = wait
    try:
        heal(office)
    except Killed:
        office.wait = mine
        healed = found(office, TOWN, ORIGIN)
        settle(office, healed)
    office.wait = mine
    with office.store.read() as session:
        settle(office, live(session))
    assert without_place(office.trust.current()) == without_place(before)


def test_contracts_that_differ_are_not_put_in_force(
    lost: tuple[Office, Deployment, Trust], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, old, _ = lost
    complete: Callable[..., object] = healing._words
    monkeypatch.setattr(healing, "_words", lambda *_: iter(()))
    with pytest.raises(NotTheSame):
        heal(office)
    with office.store.read() as session:
        states = {row.id: row.state for row in session.exec(select(Deployment))}
    assert states[old.id] == DeploymentState.LIVE
    monkeypatch.setattr(healing, "_words", complete)
    assert heal(office).state == DeploymentState.LIVE


def test_an_action_that_was_not_final_is_done_again(founded: Office) -> None:
    licence = founded.catalogue.by_alias("business_licence").type
    Decisions(founded).grant(HOUSING, licence)
    reset_chain(founded)
    healed = heal(founded)
    with founded.store.read() as session:
        ledger = load_ledger(session, healed.id or 0)
    assert [until for _, until in ledger.departments[HOUSING].rights[licence]] == [FOREVER]
