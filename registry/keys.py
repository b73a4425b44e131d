"""Where private keys live: one encrypted file a process, so that no process can open another's keys.

The file is JSON: how the passphrase becomes a key (scrypt, RFC 7914), and the sealed ring (AES-256-GCM, with
everything before it, and the process's name, as associated data). It is replaced whole: written beside,
synced, renamed. Nothing here shows a key or a passphrase in its `repr`.
"""

import fcntl
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import RegistryError
from registry.signing import SigningKey
from registry.suites import ES256, Suite, suite_named

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

Randomness = Callable[[int], bytes]


class KeysClosed(RegistryError):
    """The key file cannot be opened: wrong passphrase, another process's file, or damaged."""

    kind = "keys-closed"
    status = 503
    mender = "operator"


class NoSuchKey(RegistryError):
    """This process's ring has no key of that name and use."""

    kind = "no-such-key"
    status = 503
    mender = "operator"


class Key(msgspec.Struct, frozen=True, tag_field="kind"):
    """A key in a ring. owner: a department's code, or what it is for. created: Unix seconds."""

    owner: str
    value: bytes
    created: int = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.owner})"


class Signing(Key, frozen=True, tag="signing", dict=True):
    """A key that signs (32-byte scalar) with its uses, a bit set. suite: the name of its suite."""

    uses: int = 0
    suite: str = ES256.name

    @cached_property
    def key(self) -> SigningKey:
        """The key, ready to sign."""
        return SigningKey.from_secret(self.value, suite_named(self.suite))

    __repr__ = Key.__repr__


class ChainKey(Key, frozen=True, tag="account", dict=True):
    """A chain account's secp256k1 key."""

    __repr__ = Key.__repr__

    @cached_property
    def account(self) -> "LocalAccount":
        """The account, ready to sign transactions."""
        # eth_account brings in py_ecc: half a second, and leave to recurse 100,000 deep, where JSON that a
        # stranger nested as deep overflows the C stack and ends the process.
        from eth_account import Account

        sys.setrecursionlimit(1_000)
        account: LocalAccount = Account.from_key(self.value)
        return account


class Secret(Key, frozen=True, tag="secret"):
    """32 bytes for a symmetric use."""

    __repr__ = Key.__repr__


class _Scrypt(msgspec.Struct, frozen=True):
    salt: bytes
    n: int = 2**15
    r: int = 8
    p: int = 3

    def key(self, passphrase: str) -> bytes:
        memory = 128 * self.n * self.r + 2**20
        return hashlib.scrypt(
            passphrase.encode(), salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=memory, dklen=32
        )


class _File(msgspec.Struct, frozen=True):
    v: int
    scrypt: _Scrypt
    nonce: bytes
    sealed: bytes


class KeyRing:
    """The keys of one process.

    Newer keys come later: where several would do, the newest is given.
    """

    def __init__(self, path: Path, scrypt: _Scrypt, key: bytes, randomness: Randomness) -> None:
        self.path = path
        self._scrypt = scrypt
        self._cipher = AESGCM(key)
        self._randomness = randomness
        self._keys: list[Signing | ChainKey | Secret] = []

    @classmethod
    def create(cls, path: Path, passphrase: str, *, randomness: Randomness = os.urandom) -> "KeyRing":
        """Make an empty key file. Raises FileExistsError where one is, or ValueError without passphrase."""
        if not passphrase:
            raise ValueError("a key file needs a passphrase")
        if path.exists():
            raise FileExistsError(path)
        scrypt = _Scrypt(salt=randomness(16))
        ring = cls(path, scrypt, scrypt.key(passphrase), randomness)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ring._alone():
            ring._write([])
        return ring

    @classmethod
    def open(cls, path: Path, passphrase: str, *, randomness: Randomness = os.urandom) -> "KeyRing":
        """Open a key file. Raises KeysClosed where the passphrase does not fit, or the file is another's."""
        scrypt = _read(path).scrypt
        if scrypt.n * scrypt.r * scrypt.p > 2**24:
            raise _closed(path)
        ring = cls(path, scrypt, scrypt.key(passphrase), randomness)
        ring._load()
        return ring

    def __repr__(self) -> str:
        return f"KeyRing({self.path.name})"

    def add(self, *keys: Signing | ChainKey | Secret) -> None:
        """Add keys, all or none; on the disk when this returns. Other processes may add meanwhile."""
        with self._alone():
            self._load()
            self._write([*self._keys, *keys])

    def reload(self) -> None:
        """See what another process added."""
        self._load()

    def signing(self, owner: str) -> list[Signing]:
        """All signing keys of an owner, oldest first."""
        return [key for key in self._keys if isinstance(key, Signing) and key.owner == owner]

    def suites(self) -> set[str]:
        """Names of the suites of all signing keys."""
        return {key.suite for key in self._keys if isinstance(key, Signing)}

    def signing_key(self, owner: str, use: int = 0, among: Iterable[str] | None = None) -> SigningKey:
        """The newest signing key of an owner with that use; among: thumbprints that may be taken.

        Raises NoSuchKey.
        """
        allowed = None if among is None else frozenset(among)
        for held in reversed(self.signing(owner)):
            if held.uses & use == use and (allowed is None or held.key.public.thumbprint in allowed):
                return held.key
        raise NoSuchKey("本进程没有这个签名密钥。", "This process has no such signing key.")

    def accounts(self, owner: str) -> "list[LocalAccount]":
        """All chain accounts of an owner, oldest first."""
        return [key.account for key in self._keys if isinstance(key, ChainKey) and key.owner == owner]

    def account(self, owner: str, among: Iterable[str] | None = None) -> "LocalAccount":
        """The newest chain account of an owner; among: addresses that may be taken. Raises NoSuchKey."""
        allowed = None if among is None else {address.lower() for address in among}
        for account in reversed(self.accounts(owner)):
            if allowed is None or account.address.lower() in allowed:
                return account
        raise NoSuchKey("本进程没有这个链上账户。", "This process has no such chain account.")

    def secret(self, name: str) -> bytes:
        """The newest secret of that name, 32 bytes. Raises NoSuchKey."""
        for key in reversed(self._keys):
            if isinstance(key, Secret) and key.owner == name:
                return key.value
        raise NoSuchKey("本进程没有这个密钥。", "This process has no such secret.")

    def has(self, kind: type[Key], owner: str) -> bool:
        """Whether there is a key of that kind and owner."""
        return any(isinstance(key, kind) and key.owner == owner for key in self._keys)

    def _load(self) -> None:
        file = _read(self.path)
        try:
            plain = self._cipher.decrypt(file.nonce, file.sealed, self._bound(file.v, file.scrypt))
        except InvalidTag:
            raise _closed(self.path) from None
        self._keys = msgspec.msgpack.decode(plain, type=list[Signing | ChainKey | Secret])

    def _write(self, keys: Sequence[Signing | ChainKey | Secret]) -> None:
        nonce = self._randomness(12)
        sealed = self._cipher.encrypt(nonce, msgspec.msgpack.encode(keys), self._bound(1, self._scrypt))
        replace_file(self.path, msgspec.json.encode(_File(1, self._scrypt, nonce, sealed)))
        self._keys = list(keys)

    def _bound(self, version: int, scrypt: _Scrypt) -> bytes:
        return msgspec.json.encode([version, self.path.name, scrypt])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def new_signing(
    owner: str, uses: int, now: int, randomness: Randomness = os.urandom, *, suite: Suite = ES256
) -> Signing:
    """A new key that signs."""
    return Signing(owner, suite.secret(randomness), now, uses, suite.name)


def new_account(owner: str, now: int, randomness: Randomness = os.urandom) -> ChainKey:
    """A new chain account (32 random bytes, below the order but for a chance of 2^-128)."""
    return ChainKey(owner, randomness(32), now)


def new_secret(name: str, now: int, randomness: Randomness = os.urandom) -> Secret:
    """A new secret of 32 bytes."""
    return Secret(name, randomness(32), now)


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in place whole: either the old or the new one is there, whatever happens. Mode 0600."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> _File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, msgspec.MsgspecError):
        raise _closed(path) from None


def _closed(path: Path) -> KeysClosed:
    return KeysClosed(f"密钥文件 {path.name} 打不开。", f"The key file {path.name} cannot be opened.")
