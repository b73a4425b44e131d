"""Founding: once, twice, killed and resumed."""

import time

import pytest
from sqlmodel import func, select

from registry.authority import founding
from registry.authority.decisions import Decisions
from registry.authority.founding import found, put_on_chain
from registry.authority.loop import Rounds
from registry.authority.office import Office
from registry.chain.contracts import code_hash
from registry.chain.ledger import load_ledger
from registry.store.tables import ChainTransaction, Deployment, DeploymentState, Origin, Policy, PublicKey
from registry.trusting import NoTrust
from tests.authority.conftest import (
    HOUSING,
    MARKET,
    ORIGIN,
    POLICE,
    TOWN,
    heads_anchored,
    in_force,
    root,
    settle,
)


def transactions(office: Office) -> int:
    with office.store.read() as session:
        return session.exec(select(func.count()).select_from(ChainTransaction)).one()


def test_a_founded_registry_has_departments_keys_rights_and_types_in_its_trust(founded: Office) -> None:
    trust = founded.trust.current()
    assert set(trust.issuers) == {POLICE, MARKET, HOUSING}
    identity = founded.catalogue.by_alias("resident_identity")
    now = int(time.time()) + 60
    assert [window.covers(now) for window in trust.issuers[POLICE].rights[identity.type]] == [True]
    assert identity.type not in trust.issuers[MARKET].rights
    assert len(trust.issuers[POLICE].keys) == 2
    assert len(trust.issuers[HOUSING].keys) == 1
    assert all(kind.genuine for kind in trust.types.values())
    assert len(trust.types) == len(founded.catalogue)
    assert trust.issuers[POLICE].origins == (ORIGIN,)


def test_every_key_is_certified(founded: Office) -> None:
    with founded.store.read() as session:
        assert all(key.x5c for key in session.exec(select(PublicKey)))


def test_founding_twice_sends_nothing_more(founded: Office) -> None:
    before = transactions(founded)
    again = found(founded, TOWN, ORIGIN)
    assert transactions(founded) == before
    assert again.state == DeploymentState.LIVE


def test_the_access_log_takes_heads_from_the_registrys_log_account(founded: Office) -> None:
    heads_anchored(founded, {POLICE: 1, MARKET: 1})
    with founded.store.read() as session:
        log = load_ledger(session, in_force(founded).id or 0).log
    assert set(log.heads) == {POLICE, MARKET}


def test_the_rights_in_force_are_anchored_once_each(founded: Office) -> None:
    decide = Decisions(founded)
    assert [decide.anchor_policy(root(number)) for number in (1, 1, 2)] == [1, 1, 2]


def test_the_authority_anchors_the_versions_of_the_rights_one_after_the_other(founded: Office) -> None:
    with founded.store.write() as session:
        for number in (1, 2):
            session.add(Policy(number=number, digest=root(number), document=b"", since=1))
    rounds = Rounds(founded)
    for _ in range(6):
        rounds.once()
        founded.wait()
    with founded.store.read() as session:
        log = load_ledger(session, in_force(founded).id or 0).log
        rows = session.exec(select(Policy).order_by(Policy.number)).all()
    assert [policy for policy, _ in log.policies] == [root(1), root(2)]
    assert [row.anchored for row in rows] == [time for _, time in log.policies]


def test_a_registry_founded_without_an_access_log_gets_one(office: Office) -> None:
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(founding, "put_on_chain", _without_log)
        earlier.setattr(founding, "CLOSED", ("IssuerRegistry", "CertificateRegistry"))
        earlier.setattr(founding, "LOG", "nobody")
        assert found(office, TOWN, ORIGIN).access_log is None
    follower = office.follower(in_force(office))
    found(office, TOWN, ORIGIN)
    heads_anchored(office, {POLICE: 1})
    with office.store.read() as session:
        assert load_ledger(session, in_force(office).id or 0).log.heads[POLICE].seq == 1
    office.wait()
    assert not follower.step().reached  # it would miss what the new contract says


def _without_log(office: Office) -> Deployment:
    deployment = put_on_chain(office)
    addresses = [deployment.issuer_registry, deployment.certificate_registry]
    with office.store.write() as session:
        row = session.get_one(Deployment, deployment.id)
        row.access_log, row.code_hash = None, code_hash(office.chain, addresses)
    return row


def test_a_new_origin_is_appended(founded: Office) -> None:
    found(founded, TOWN, "http://localhost:8001")
    with founded.store.read() as session:
        rows = session.exec(select(Origin).order_by(Origin.index)).all()
    assert [(row.index, row.origin) for row in rows] == [(0, ORIGIN), (1, "http://localhost:8001")]


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 5])
def test_founding_killed_while_it_waits_is_completed_by_the_next_run(office: Office, after: int) -> None:
    mine, waits = office.wait, 0

    def wait() -> None:
        nonlocal waits
        waits += 1
        if waits > after:
            raise Killed
        mine()

    office.wait = wait
    try:
        found(office, TOWN, ORIGIN)
    except Killed:
        with pytest.raises(NoTrust):
            office.trust.current()
    office.wait = mine
    deployment = found(office, TOWN, ORIGIN)
    settle(office, deployment)
    assert set(office.trust.current().issuers) == {POLICE, MARKET, HOUSING}
    with office.store.read() as session:
        ledger = load_ledger(session, deployment.id or 0)
        assert len(session.exec(select(Deployment)).all()) == 1
    assert all(len(spans) == 1 for each in ledger.departments.values() for spans in each.rights.values())
