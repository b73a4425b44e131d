"""Key files: opened by one process with one passphrase, never half-written, and silent about themselves."""

import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry import keys
from registry.keys import KeyRing, KeysClosed, NoSuchKey, Secret
from registry.signing import Use

ISSUER = "11440101MB2D00017N"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    made = KeyRing.create(tmp_path / "api.ring", "a passphrase")
    made.add(
        keys.new_signing(ISSUER, Use.CREDENTIALS, 1),
        keys.new_signing(ISSUER, Use.STATUS_LISTS | Use.ANSWERS, 2),
        keys.new_account(ISSUER, 3),
        keys.new_secret("master", 4),
    )
    return made


def test_what_was_added_is_there_after_opening_again(ring: KeyRing) -> None:
    again = KeyRing.open(ring.path, "a passphrase")
    for use in (Use.CREDENTIALS, Use.ANSWERS):
        key = ring.signing_key(ISSUER, use)
        assert again.signing_key(ISSUER, use).public == key.public
        assert key.public.verify(again.signing_key(ISSUER, use).sign(b"x"), b"x")
    assert again.account(ISSUER).address == ring.account(ISSUER).address
    assert again.secret("master") == ring.secret("master")


def test_a_key_is_given_for_its_uses_only(ring: KeyRing) -> None:
    with pytest.raises(NoSuchKey):
        ring.signing_key(ISSUER, Use.REQUESTS)
    with pytest.raises(NoSuchKey):
        ring.signing_key(ISSUER, Use.CREDENTIALS, among=[ring.signing_key(ISSUER, 2).public.thumbprint])
    with pytest.raises(NoSuchKey):
        ring.account("11440101MB2D00025H")


def test_the_newest_of_several_keys_is_given(ring: KeyRing) -> None:
    old = ring.signing_key(ISSUER, Use.CREDENTIALS)
    ring.add(keys.new_signing(ISSUER, Use.CREDENTIALS, 9))
    assert ring.signing_key(ISSUER, Use.CREDENTIALS).public != old.public
    assert ring.signing_key(ISSUER, Use.CREDENTIALS, among=[old.public.thumbprint]).public == old.public


@pytest.mark.parametrize("passphrase", ["", "A passphrase", "another"])
def test_a_wrong_passphrase_opens_nothing(ring: KeyRing, passphrase: str) -> None:
    with pytest.raises(KeysClosed):
        KeyRing.open(ring.path, passphrase)


def test_one_process_cannot_open_another_ones_ring(ring: KeyRing, tmp_path: Path) -> None:
    worker = KeyRing.create(tmp_path / "worker.ring", "the worker's")
    with pytest.raises(KeysClosed):
        KeyRing.open(worker.path, "a passphrase")
    worker.path.write_bytes(ring.path.read_bytes())
    with pytest.raises(KeysClosed):
        KeyRing.open(worker.path, "a passphrase")


def test_every_changed_byte_is_noticed(ring: KeyRing) -> None:
    content = ring.path.read_bytes()
    for position in range(0, len(content), 41):
        changed = bytearray(content)
        changed[position] ^= 1
        ring.path.write_bytes(changed)
        with pytest.raises(KeysClosed):
            ring.reload()
    ring.path.write_bytes(content)
    ring.reload()


def test_neither_the_file_nor_a_repr_nor_a_traceback_shows_a_secret(ring: KeyRing) -> None:
    secret = ring.secret("master")
    scalar = ring.signing_key(ISSUER, 1).secret
    shown = repr(ring) + repr(vars(ring))
    try:
        KeyRing.open(ring.path, "not this passphrase")
    except KeysClosed as error:
        shown += "".join(traceback.format_exception(error)) + repr(error)
    shown += repr([Secret("master", secret), keys.Signing("x", scalar, 1, 1), keys.ChainKey("y", secret)])
    stored = ring.path.read_bytes()
    for value in (secret, scalar):
        assert repr(value)[2:-1] not in shown
        assert value.hex() not in shown
        assert value not in stored
    assert "not this passphrase" not in shown.replace('open(ring.path, "not this passphrase")', "")
    assert ISSUER.encode() not in stored


def test_the_file_is_for_its_owner_alone_and_never_overwritten_by_a_new_one(ring: KeyRing) -> None:
    assert ring.path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        KeyRing.create(ring.path, "a passphrase")


def test_a_write_that_fails_leaves_the_old_file(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr(os, "fsync", fail)
        ring.add(keys.new_secret("late", 5))
    again = KeyRing.open(ring.path, "a passphrase")
    assert again.secret("master") == ring.secret("master")
    with pytest.raises(NoSuchKey):
        again.secret("late")


def test_two_that_add_at_once_lose_nothing(ring: KeyRing) -> None:
    rings = [ring, KeyRing.open(ring.path, "a passphrase")]

    def add(number: int) -> None:
        rings[number % 2].add(keys.new_secret(f"s{number}", number))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, range(20)))
    ring.reload()
    assert all(ring.has(Secret, f"s{number}") for number in range(20))
