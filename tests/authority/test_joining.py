"""A second registry on the chain: it joins the contracts that are there, and each keeps to its own."""

from collections.abc import Iterator
from dataclasses import replace as changed
from pathlib import Path

import httpx
import msgspec
import pytest

from registry.authority import joining
from registry.authority.bundles import ensure_root, publish
from registry.authority.decisions import Decisions
from registry.authority.founding import Town, TownDepartment, found
from registry.authority.healing import heal
from registry.authority.joining import Invitation, JoinAgain, NotInvited
from registry.authority.office import Office
from registry.chain.ledger import load_ledger
from registry.chain.node import LocalNode, local_node
from registry.errors import NotFound
from registry.provinces.partners import Partners, PartnerUnreachable
from registry.provisioning import Member, provision
from registry.signing import SigningKey, Use
from registry.status import StatusList
from registry.store.tables import Deployment, DeploymentState
from registry.trust import TrustedKey, TrustedList, Window
from registry.trusting import _Beyond
from tests.authority.conftest import POLICE, as_issuer, heads_anchored, in_force, open_office, root, settle

pytestmark = pytest.mark.slow

THEIRS, ASKS = "11450100MB9B00015A", "11450100MB9B000235"
ORIGIN = "http://localhost:8100"
TOWN = Town(
    (
        TownDepartment(THEIRS, "邻省人社厅", "Neighbours", "issues", ("social_security",), 1.0),
        TownDepartment(ASKS, "邻省税务局", "Neighbouring tax", "asks"),
    )
)


@pytest.fixture
def second(tmp_path: Path, founded_node: LocalNode) -> Iterator[Office]:
    """The other authority's desk, before founding; its departments have their keys."""
    (tmp_path / "second").mkdir()
    opened = open_office(tmp_path / "second", founded_node)
    provision(
        opened.settings, opened.store, [Member(each.code, each.kind == "issues") for each in TOWN.departments]
    )
    yield opened
    opened.store.close()


@pytest.fixture
def invitation(founded: Office, second: Office) -> Invitation:
    return joining.admit(founded, second.account.address)


@pytest.fixture
def joined(second: Office, invitation: Invitation) -> Office:
    settle(second, found(second, TOWN, ORIGIN, invitation))
    return second


def ledger_of(office: Office) -> set[str]:
    with office.store.read() as session:
        return set(load_ledger(session, in_force(office).id or 0).departments)


def test_two_registries_have_their_departments_in_one_authority_contract(
    founded: Office, joined: Office
) -> None:
    ours, theirs = in_force(founded), in_force(joined)
    assert ours.issuer_registry == theirs.issuer_registry
    assert ours.certificate_registry == theirs.certificate_registry
    assert ours.access_log != theirs.access_log
    settle(founded)
    assert ledger_of(founded) == ledger_of(joined) >= {POLICE, THEIRS, ASKS}
    assert POLICE in founded.trust.current().issuers
    assert set(joined.trust.current().issuers) == {THEIRS, ASKS}


def test_each_follows_what_the_other_anchors(founded: Office, joined: Office) -> None:
    as_issuer(joined, THEIRS, "anchorBatch", 1, root(1), 5)
    settle(founded)
    with founded.store.read() as session:
        department = load_ledger(session, in_force(founded).id or 0).departments[THEIRS]
    assert department.batches[1].root == root(1)


def test_their_heads_are_counted_apart(founded: Office, joined: Office) -> None:
    heads_anchored(founded, {POLICE: 1})
    heads_anchored(joined, {THEIRS: 1, ASKS: 1})
    with joined.store.read() as session:
        assert set(load_ledger(session, in_force(joined).id or 0).log.heads) == {THEIRS, ASKS}


def test_founding_again_changes_nothing(joined: Office, invitation: Invitation) -> None:
    before = in_force(joined)
    assert found(joined, TOWN, ORIGIN, invitation).id == before.id
    assert found(joined, TOWN, ORIGIN).id == before.id


def test_an_authority_decides_on_its_own_departments_only(founded: Office, joined: Office) -> None:
    with pytest.raises(NotFound):
        Decisions(joined).compromised(POLICE, next(iter(founded.trust.current().issuers[POLICE].keys)))


def test_nobody_joins_without_having_been_admitted(
    second: Office, invitation: Invitation, tmp_path: Path, founded_node: LocalNode
) -> None:
    (tmp_path / "third").mkdir()
    third = open_office(tmp_path / "third", founded_node)
    with pytest.raises(NotInvited):
        found(third, TOWN, ORIGIN, invitation)
    third.store.close()


@pytest.mark.parametrize("field", ["genesis", "block_hash", "code"])
def test_an_invitation_to_other_contracts_is_refused(
    second: Office, invitation: Invitation, field: str
) -> None:
    with pytest.raises(NotInvited):
        found(second, TOWN, ORIGIN, msgspec.structs.replace(invitation, **{field: "00" * 32}))
    with second.store.read() as session:
        assert joining.joined(session) is None


def partner(founded: Office, joined: Office) -> Partners:
    """The second registry as a partner of the first; its trust files, as its API serves them."""

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(joined.settings.data / request.url.path[1:]).read_bytes())

    def client() -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(serve))

    return Partners(founded.store, (ORIGIN,), 10, founded.clock, client)


def test_a_partner_is_known_by_its_bundle_and_counts_by_the_chain(founded: Office, joined: Office) -> None:
    ensure_root(joined)
    older = publish(joined, joined.trust.current())
    folder = joined.settings.data / "trust"
    kept = (folder / "bundle.jws").read_bytes()
    settle(founded)
    partners = partner(founded, joined)
    partners.refresh(ORIGIN)
    known = founded.trust.everywhere().issuers[THEIRS]
    assert (known.en, known.origins) == ("Neighbours", (ORIGIN,))
    assert known.keys == older.issuers[THEIRS].keys
    assert THEIRS not in founded.trust.current().issuers, "theirs are never taken for ours"

    stolen = next(iter(known.keys))
    Decisions(joined).compromised(THEIRS, stolen)
    settle(founded)
    assert founded.trust.everywhere().issuers[THEIRS].keys[stolen].compromised is not None

    publish(joined, joined.trust.current())
    partners.refresh(ORIGIN)
    (folder / "bundle.jws").write_bytes(kept)
    with pytest.raises(PartnerUnreachable):  # an older one than what is known
        partners.refresh(ORIGIN)

    forged = SigningKey.generate().public
    lie = {forged.thumbprint: TrustedKey(forged, Use.MESSAGES, (Window(0),)), **known.keys}
    issuers = {**older.issuers, THEIRS: changed(older.issuers[THEIRS], keys=lie, rights={})}
    publish(joined, changed(older, issuers=issuers))
    partners.refresh(ORIGIN)
    now = founded.trust.everywhere().issuers[THEIRS]
    assert forged.thumbprint not in now.keys, "a key that is not on the chain is nobody's"
    assert now.rights == known.rights


def test_after_a_reset_both_go_on_once_the_first_has_healed(
    founded: Office, joined: Office, tmp_path: Path
) -> None:
    as_issuer(joined, THEIRS, "anchorBatch", 1, root(1), 5)
    heads_anchored(joined, {THEIRS: 3})
    settle(joined)
    settle(founded)
    with local_node() as fresh:
        here = changed(founded, chain=fresh.rpc, wait=fresh.mine)
        there = changed(joined, chain=fresh.rpc, wait=fresh.mine)
        with pytest.raises(JoinAgain):
            heal(there)
        heal(here)
        again = joining.admit(here, there.account.address)
        found(there, TOWN, ORIGIN, again)
        settle(there)
        with there.store.read() as session:
            ledger = load_ledger(session, in_force(there).id or 0)
            lost = session.get_one(Deployment, 1)
        assert lost.state == DeploymentState.LOST
        assert ledger.departments[THEIRS].batches[1].root == root(1)
        assert ledger.log.heads[THEIRS].seq == 3


def test_a_partners_lists_are_as_fresh_as_the_last_look_at_it(founded: Office, joined: Office) -> None:
    ensure_root(joined)
    publish(joined, joined.trust.current())
    settle(founded)
    partners, now = partner(founded, joined), founded.clock()
    object.__setattr__(partners, "clock", lambda: now)
    partners.refresh(ORIGIN)
    uri = f"{ORIGIN}/issuers/{THEIRS}/status/0"
    read = StatusList(
        uri=uri, packed=b"", iat=now - 500, exp=now + 9_000, ttl=60, version=1, kid="", token=""
    )
    beyond = _Beyond({}, {ORIGIN: {uri: TrustedList(read, THEIRS, 0)}})
    fresh = founded.trust._fresh_beyond(beyond)
    assert fresh[uri].fresh_until == now + founded.settings.list_ttl
    silent = founded.trust._fresh_beyond(_Beyond({}, {"https://silent.example": beyond.lists[ORIGIN]}))
    assert silent[uri].fresh_until < now
