"""At rest, chain, store and served lists say the same of every entry, by the contract's own view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from registry import lists, offers
from registry.authority.office import Office
from registry.chain.contracts import code_bytes
from registry.chain.node import LocalNode
from registry.claims import Claimed, ProvenKey
from registry.cli import auditing
from registry.drafting import Request
from registry.grants import redeem
from registry.list_keeping import ListKeeper
from registry.lists import Change
from registry.running import make_worker
from registry.runtime import Runtime
from registry.signing import SigningKey
from registry.standing import standing
from registry.status import LIST_SIZE, StatusBits, parse_list
from registry.status_audit import NotAtRest, audit
from registry.status_changes import Decision
from registry.store.tables import (
    Authorisation,
    Batch,
    Certificate,
    Credential,
    Department,
    Grant,
    StatusIntent,
)
from registry.trusting import TrustCache
from registry.usecases import UseCases
from registry.worker import Worker
from tests.authority.conftest import POLICE, as_issuer
from tests.chain.town import row

VALID, REVOKED, SUSPENDED = 0, 1, 2
WAITING = ("pending", "sent", "mined")


@dataclass
class Running:
    """A founded registry with its worker and its use cases, whose blocks come as the worker needs them."""

    cases: UseCases
    worker: Worker
    node: LocalNode
    issued: int = 0

    def issue(self, count: int) -> list[str]:
        definition = self.cases.runtime.catalogue.by_alias("resident_identity")
        start, self.issued = self.issued, self.issued + count
        requests = [Request(row(number), f"row-{number}") for number in range(start, self.issued)]
        made = self.cases.issuing.issue_chunk(POLICE, definition, requests)
        return [each.certificate_id for each in made]

    def claim(self, certificate_id: str) -> None:
        """A wallet claims it: one more entry, in a list off the chain."""
        offer = self.cases.sharing.offer(POLICE, certificate_id, made_by="clerk", seen="card")
        now, dpop = self.cases.runtime.clock(), SigningKey.generate()
        store = self.cases.runtime.store
        with store.read() as session:
            document = offers.offer_document(session, offer.handle, credential_issuer="", now=now)
        code = document["grants"][offers.PRE_AUTHORISED]["pre-authorized_code"]
        redeem(
            store,
            code=code,
            pin=offer.pin,
            dpop_thumbprint=dpop.public.thumbprint,
            now=now,
            randomness=self.cases.sharing.randomness,
        )
        with store.read() as session:
            grant = session.exec(
                select(Grant)
                .join(Authorisation, col(Authorisation.id) == col(Grant.authorisation))
                .where(Authorisation.dpop_thumbprint == dpop.public.thumbprint)
            ).one()
        keys = [ProvenKey(SigningKey.generate().public)]
        assert isinstance(self.cases.sharing.claims.claim(grant, keys, now), Claimed)

    def settle(self) -> None:
        """Until nothing waits for the chain, and the lists say so too."""
        for _ in range(40):
            self.worker.round()
            if self._at_rest():
                break
            self.node.mine()
        else:
            raise AssertionError("not at rest")
        runtime = self.cases.runtime
        ListKeeper(runtime.store, self.cases.sharing.lists, runtime.clock, "test").tick()

    def _at_rest(self) -> bool:
        with self.cases.runtime.store.read() as session:
            waiting = [
                *session.exec(select(Certificate.id).where(Certificate.state == "open")),
                *session.exec(select(Batch.id).where(col(Batch.state).in_(("sent", "mined")))),
                *session.exec(select(StatusIntent.id).where(col(StatusIntent.state).in_(WAITING))),
            ]
        return not waiting

    def change(self, operation: str, certificate_id: str, reason: str) -> None:
        getattr(self.cases.changing, operation)(POLICE, certificate_id, Decision(reason))


@pytest.fixture
def running(founded: Office, founded_node: LocalNode) -> Iterator[Running]:
    settings = founded.settings
    api, work = Runtime.open(settings, "api"), Runtime.open(settings, "worker")
    with api.store.write() as session:
        session.get_one(Department, POLICE).batch_after = 0
    trust = TrustCache(api.store, api.catalogue, settings, api.clock)
    made = Running(UseCases.of(api, trust.current), make_worker(work, founded_node.rpc), founded_node)
    yield made
    made.worker.release()
    api.close()
    work.close()


@pytest.fixture
def changed(running: Running) -> Running:
    """Certificates in every state, each in a wallet, and everything at rest."""
    certificates = running.issue(7)
    running.settle()
    for each in certificates:
        running.claim(each)
    running.change("revoke", certificates[0], "cancelled_on_request")
    for each in certificates[1:5]:
        running.change("suspend", each, "withheld")
    running.settle()
    for each in certificates[2:4]:
        running.change("resume", each, "resumed")
    running.change("revoke", certificates[4], "cancelled_on_request")
    running.settle()
    return running


def test_at_rest_every_list_says_what_the_contract_says(
    changed: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = changed.cases.runtime
    found = audit(runtime.store, changed.node.rpc, runtime.clock())
    assert found.differences == ()
    assert (found.certificates, found.credentials) == (1, 1)
    monkeypatch.setenv("ZT_DATA", str(runtime.settings.data))
    monkeypatch.setenv("ZT_CHAIN_URL", changed.node.url)
    assert "1 lists on the chain" in CliRunner().invoke(auditing.status, []).output
    bits = served_bits(changed)
    values = [int(bits.get(idx)) for idx in range(LIST_SIZE)]
    assert [values.count(each) for each in range(4)] == [LIST_SIZE - 3, 2, 1, 0], "as was decided above"


def test_what_does_not_agree_is_found(
    changed: Running, founded: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, type_code = changed.cases.runtime, founded.catalogue.by_alias("resident_identity").type
    used = {each.idx for each in held(changed)}
    unused = next(idx for idx in range(LIST_SIZE) if idx not in used)
    with runtime.store.write() as session:
        changed.cases.sharing.lists.after(session, [Change(POLICE, 0, unused, SUSPENDED)], runtime.clock())
    (found,) = audit(runtime.store, changed.node.rpc, runtime.clock()).differences
    assert (found.idx, found.expected, found.found) == (unused, VALID, SUSPENDED)

    valid = next(place for place in places(changed) if status_of(changed, place) == VALID)
    word, shift = divmod(valid.status_idx, 128)
    as_issuer(founded, POLICE, "setStatus", code_bytes(type_code), 0, [word], [1 << 2 * shift], REVOKED)
    on_chain, *served = audit(runtime.store, changed.node.rpc, runtime.clock()).differences
    assert (on_chain.idx, on_chain.expected, on_chain.found) == (valid.status_idx, VALID, REVOKED)
    assert (REVOKED, VALID) in [(each.expected, each.found) for each in served], (
        "its credential shows too much"
    )

    monkeypatch.setenv("ZT_DATA", str(runtime.settings.data))
    monkeypatch.setenv("ZT_CHAIN_URL", changed.node.url)
    assert isinstance(CliRunner().invoke(auditing.status, []).exception, auditing.ListsDiffer)
    changed.change("suspend", valid.certificate_id, "withheld")
    assert isinstance(CliRunner().invoke(auditing.status, []).exception, NotAtRest)


def served_bits(running: Running) -> StatusBits:
    with running.cases.runtime.store.read() as session:
        token = lists.served(session, POLICE, 0)
    assert token is not None
    return StatusBits(packed=parse_list(token.token).packed)


def places(running: Running) -> Sequence[Certificate]:
    with running.cases.runtime.store.read() as session:
        return session.exec(select(Certificate).order_by(col(Certificate.id))).all()


def held(running: Running) -> Sequence[Credential]:
    with running.cases.runtime.store.read() as session:
        return session.exec(select(Credential)).all()


def status_of(running: Running, certificate: Certificate) -> int:
    with running.cases.runtime.store.read() as session:
        return standing(session, certificate)
