"""The wallet's one file: keys, credentials and grants, sealed under a passphrase (scrypt, AES-256-GCM)."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from registry.errors import RegistryError
from registry.signing import SigningKey

COST: Final = 1 << 16
"""scrypt's N for new files; each file says its own."""
_HIGHEST_COST: Final = 1 << 20
_ASSOCIATED: Final = b"zt-wallet-1"


class WrongPassphrase(RegistryError):
    """The file does not open: another passphrase, or its bytes were changed."""

    kind = "wrong-passphrase"
    mender = "holder"


class NoWallet(RegistryError):
    """There is no wallet in that file yet: the first claim makes one."""

    kind = "no-wallet"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__("还没有钱包，请先领取证照。", "There is no wallet yet: claim something first.")


class Held(msgspec.Struct, kw_only=True):
    """One credential in the wallet.

    issuer: the Credential Issuer's identifier; configuration: `<issuer code>.<type>`.
    credential: SD-JWT VC with all disclosures; key: thumbprint of its key; received: Unix seconds.
    """

    issuer: str
    configuration: str
    credential: str
    key: str
    received: int


class Grant(msgspec.Struct, kw_only=True):
    """What an offer or a login gave: the right to claim, and to renew, certificates.

    issuer: the Credential Issuer's identifier; refresh_token: "" where the issuer gave none, and `access`
    its only token. configurations: `<issuer code>.<type>`; identifiers: `credential_identifier` -> its
    configuration, where the issuer names them. pending: name of a unit -> (transaction id, key thumbprint)
    of claims that wait for the chain. gave: name of a unit -> the certificates it gave last, as `serial_of`
    has them. login: whether the identity credential was shown for it, which makes it good for all that is
    the holder's own.
    """

    issuer: str
    refresh_token: str
    configurations: list[str]
    pending: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    identifiers: dict[str, str] = msgspec.field(default_factory=dict)
    gave: dict[str, list[str]] = msgspec.field(default_factory=dict)
    access: str = ""
    login: bool = False

    @property
    def units(self) -> "list[Unit]":
        """What is claimed one by one."""
        named = set(self.identifiers.values())
        return [
            *(
                Unit(configuration, None)
                for configuration in self.configurations
                if configuration not in named
            ),
            *(Unit(configuration, identifier) for identifier, configuration in self.identifiers.items()),
        ]


@dataclass(frozen=True, slots=True)
class Unit:
    """One certificate that a grant gives. identifier: None where its configuration is enough to name it."""

    configuration: str
    identifier: str | None

    @property
    def name(self) -> str:
        """What it is known by within its grant."""
        return self.identifier or self.configuration


class Pin(msgspec.Struct, kw_only=True):
    """A registry's trust, pinned. root: its root document, the newest that was followed to; epoch, version:
    of the last list."""

    root: bytes
    epoch: int = 0
    version: int = 0


class Content(msgspec.Struct, kw_only=True):
    """Everything in the file.

    keys: thumbprint -> private scalar, 32 bytes; dpop: issuer -> thumbprint of the key its tokens are bound
    to; instance: issuer -> thumbprint of the key that a wallet provider vouches for there; recovery: issuer
    -> recovery code of this wallet there; origins: issuer -> the registry's origins.
    types: `vct#integrity` -> the type metadata with that digest; pins: issuer -> the registry's trust.
    tried: when it last renewed unasked, Unix seconds.
    """

    keys: dict[str, bytes] = msgspec.field(default_factory=dict)
    dpop: dict[str, str] = msgspec.field(default_factory=dict)
    grants: list[Grant] = msgspec.field(default_factory=list)
    held: list[Held] = msgspec.field(default_factory=list)
    instance: dict[str, str] = msgspec.field(default_factory=dict)
    recovery: dict[str, str] = msgspec.field(default_factory=dict)
    origins: dict[str, list[str]] = msgspec.field(default_factory=dict)
    types: dict[str, bytes] = msgspec.field(default_factory=dict)
    pins: dict[str, Pin] = msgspec.field(default_factory=dict)
    tried: int = 0


class _Sealed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    v: int
    n: int
    salt: bytes
    nonce: bytes
    sealed: bytes


@dataclass(slots=True, repr=False)
class WalletFile:
    """An opened wallet; `save` after every change that must outlive this process."""

    path: Path
    content: Content
    _key: bytes
    _salt: bytes
    _cost: int
    _randomness: Callable[[int], bytes]

    @classmethod
    def create(
        cls, path: Path, passphrase: str, *, cost: int = COST, randomness: Callable[[int], bytes] = os.urandom
    ) -> "WalletFile":
        """A new, empty wallet, saved at once. `cost`: scrypt's N."""
        salt = randomness(16)
        wallet = cls(path, Content(), _derive(passphrase, salt, cost), salt, cost, randomness)
        path.parent.mkdir(parents=True, exist_ok=True)
        wallet.save()
        return wallet

    @classmethod
    def open(
        cls, path: Path, passphrase: str, *, randomness: Callable[[int], bytes] = os.urandom
    ) -> "WalletFile":
        """The wallet in a file.

        Raises:
            WrongPassphrase: it does not open.
        """
        with _wrong_passphrase():
            file = msgspec.json.decode(path.read_bytes(), type=_Sealed)
            if file.v != 1 or not 2 <= file.n <= _HIGHEST_COST:
                raise ValueError
            key = _derive(passphrase, file.salt, file.n)
            return cls(path, _unsealed(file, key), key, file.salt, file.n, randomness)

    def read_again(self) -> None:
        """Take in what another process has written since. Raises WrongPassphrase."""
        with _wrong_passphrase():
            self.content = _unsealed(msgspec.json.decode(self.path.read_bytes(), type=_Sealed), self._key)

    @staticmethod
    @contextlib.contextmanager
    def alone(path: Path, *, wait: bool = True) -> Iterator[None]:
        """One process at a time changes a wallet; the next one waits.

        Raises:
            BlockingIOError: another one is at it, and this one does not `wait`.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield

    def new_key(self) -> SigningKey:
        """A new key, on the disk before anybody hears of it: a credential must never outlive its key."""
        key = SigningKey.generate()
        self.content.keys[key.public.thumbprint] = key.secret
        self.save()
        return key

    def drop_key(self, key: SigningKey) -> None:
        """Forget a key that nothing was bound to."""
        del self.content.keys[key.public.thumbprint]
        self.save()

    def key(self, thumbprint: str) -> SigningKey:
        """A key by its thumbprint."""
        return SigningKey.from_secret(self.content.keys[thumbprint])

    def dpop_key(self, issuer: str) -> SigningKey:
        """The key that all tokens of one issuer are bound to; made at first use."""
        return self._key_for(issuer, self.content.dpop)

    def instance_key(self, issuer: str) -> SigningKey:
        """The key that a wallet provider vouches for towards one issuer; made at first use."""
        return self._key_for(issuer, self.content.instance)

    def save(self) -> None:
        """Write the file whole or not at all, readable by its owner only."""
        nonce = self._randomness(12)
        sealed = AESGCM(self._key).encrypt(nonce, msgspec.json.encode(self.content), _ASSOCIATED)
        file = _Sealed(v=1, n=self._cost, salt=self._salt, nonce=nonce, sealed=sealed)
        with _replacing(self.path) as replacement:
            replacement.write(msgspec.json.encode(file))

    def _key_for(self, issuer: str, known: dict[str, str]) -> SigningKey:
        if issuer not in known:
            known[issuer] = self.new_key().public.thumbprint
            self.save()
        return self.key(known[issuer])


@contextlib.contextmanager
def _wrong_passphrase() -> Iterator[None]:
    try:
        yield
    except (InvalidTag, ValueError, msgspec.MsgspecError) as error:
        raise WrongPassphrase(
            "钱包打不开：口令不对，或文件已被改动。",
            "The wallet does not open: another passphrase, or the file was changed.",
        ) from error


def _unsealed(file: _Sealed, key: bytes) -> Content:
    return msgspec.json.decode(AESGCM(key).decrypt(file.nonce, file.sealed, _ASSOCIATED), type=Content)


def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file (mode 0600) that takes the path's place once it is whole and on disk."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
