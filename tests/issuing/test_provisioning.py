"""Keys of API and worker: made once, each in the process that uses it, public halves for the authority."""

from pathlib import Path

import pytest
from sqlmodel import select

from registry.chain.ledger import LOG
from registry.keys import KeyRing, KeysClosed, NoSuchKey
from registry.provisioning import Member, provision
from registry.runtime import NotFounded, Runtime, open_ring
from registry.settings import Settings
from registry.signing import Use
from registry.store import open_store
from registry.store.tables import ChainAccount, PublicKey
from tests.issuing.conftest import HOUSING, POLICE, World, credit_code, settings_in


def test_public_halves_of_what_the_rings_hold_are_in_the_store(world: World) -> None:
    api, worker = (open_ring(world.runtime.settings, role) for role in ("api", "worker"))
    with world.runtime.store.read() as session:
        public = {(row.issuer, row.uses): row.thumbprint for row in session.exec(select(PublicKey))}
        accounts = {row.issuer: row.address for row in session.exec(select(ChainAccount))}
    messages = Use.REQUESTS | Use.MESSAGES
    assert set(public) == {
        (POLICE, Use.CREDENTIALS),
        (POLICE, Use.STATUS_LISTS | Use.ANSWERS | messages),
        (HOUSING, messages),
    }
    assert api.signing_key(POLICE, Use.CREDENTIALS).public.thumbprint == public[POLICE, Use.CREDENTIALS]
    assert accounts == {POLICE: worker.account(POLICE).address, LOG: worker.account(LOG).address}


def test_each_process_has_its_own_keys_and_not_the_others(world: World) -> None:
    api, worker = (open_ring(world.runtime.settings, role) for role in ("api", "worker"))
    assert [api.secret(name) for name in ("master", "index")] == [
        worker.secret(name) for name in ("master", "index")
    ]
    for missing in (
        lambda: worker.secret("permutation"),
        lambda: worker.signing_key(POLICE, Use.CREDENTIALS),
        lambda: api.account(POLICE),
    ):
        with pytest.raises(NoSuchKey):
            missing()
    for ring, passphrase in ((api, "worker's"), (worker, "api's")):
        with pytest.raises(KeysClosed):
            KeyRing.open(ring.path, passphrase)


def test_again_it_adds_only_what_is_missing(world: World) -> None:
    settings, newcomer = world.runtime.settings, credit_code("11440100MB9A0009X")
    before = open_ring(settings, "api").signing_key(POLICE, Use.CREDENTIALS).public
    provision(settings, world.runtime.store, [Member(POLICE, issues=True), Member(newcomer, issues=True)])
    ring = open_ring(settings, "api")
    assert [held.key.public for held in ring.signing(POLICE) if held.uses == Use.CREDENTIALS] == [before]
    assert len(ring.signing(newcomer)) == 2


def test_what_a_crash_kept_out_of_the_store_is_put_there_next_time(world: World, tmp_path: Path) -> None:
    settings = world.runtime.settings
    (settings.data / "registry.sqlite").rename(tmp_path / "gone.sqlite")
    store = open_store(f"sqlite:///{tmp_path / 'new.sqlite'}")
    provision(settings, store, [Member(POLICE, issues=True)])
    with store.read() as session:
        assert len(session.exec(select(PublicKey)).all()) == 2
        assert len(session.exec(select(ChainAccount)).all()) == 2
    store.close()


def test_before_founding_there_is_nothing_to_open(tmp_path: Path) -> None:
    with pytest.raises(NotFounded):
        Runtime.open(settings_in(tmp_path / "empty"), "api")
    with pytest.raises(ValueError, match="passphrase"):
        provision(Settings(data=tmp_path), open_store("sqlite://"), [Member(POLICE, issues=True)])
