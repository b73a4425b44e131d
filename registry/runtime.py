"""What a process of the registry works with, opened once: store, its own keys, vault, catalogue, clock."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from registry.catalogue import Catalogue, load_catalogue
from registry.errors import RegistryError
from registry.issuing import Digests, Issuing, MayIssue
from registry.keyed import keep_no_plain_keys
from registry.keys import KeyRing, KeysClosed, Secret
from registry.settings import Settings
from registry.store import Store, open_store
from registry.vault import Permutation, Vault
from registry.workingdays import WorkingDays, load_working_days

Role = Literal["api", "worker", "authority", "roots"]


class NotFounded(RegistryError):
    """The registry has no keys yet: `registry authority found` comes first."""

    kind = "not-founded"
    status = 503
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "这里没有已设立的登记系统，请检查 ZT_DATA，或先运行 registry authority found。",
            "No registry was founded here: check ZT_DATA, or run registry authority found first.",
        )


class PassphraseMissing(KeysClosed):
    """The setting that opens this role's key file is empty."""

    def __init__(self, role: Role) -> None:
        name = f"ZT_{role.upper()}_PASSPHRASE"
        command = (
            'eval "$(python -m scripts.env)"' if role == "api" else f'eval "$(python -m scripts.env {role})"'
        )
        super().__init__(
            f"未设置 {name}；样例城市请运行 {command}。",
            f"{name} is not set; for the sample town: {command}.",
        )


def passphrase(settings: Settings, role: Role) -> str:
    """What opens a role's key file, from the settings of this process."""
    return {
        "api": settings.api_passphrase,
        "worker": settings.worker_passphrase,
        "authority": settings.authority_passphrase,
        "roots": settings.roots_passphrase,
    }[role]


def open_ring(settings: Settings, role: Role) -> KeyRing:
    """Open a role's key file. Raises NotFounded where there is none, PassphraseMissing, KeysClosed."""
    path = settings.keys / f"{role}.ring"
    if not path.exists():
        raise NotFounded
    secret = passphrase(settings, role)
    if not secret:
        raise PassphraseMissing(role)
    return KeyRing.open(path, secret)


def open_or_create(settings: Settings, role: Role, randomness: Callable[[int], bytes]) -> KeyRing:
    """A role's key file, made empty where it is missing. Raises KeysClosed."""
    path = settings.keys / f"{role}.ring"
    make = KeyRing.open if path.exists() else KeyRing.create
    return make(path, passphrase(settings, role), randomness=randomness)


@dataclass(frozen=True)
class Runtime:
    """One process's things.

    clock: Unix seconds. permutation: a status list's name to the order of its entries (API only).
    """

    settings: Settings
    store: Store
    ring: KeyRing
    catalogue: Catalogue
    tz: ZoneInfo
    clock: Callable[[], int]
    randomness: Callable[[int], bytes]
    vault: Vault | None
    permutation: Callable[[str], Permutation]

    @classmethod
    def open(
        cls,
        settings: Settings,
        role: Role,
        *,
        clock: Callable[[], int] = lambda: int(time.time()),
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> "Runtime":
        """Open what a role may open. Raises NotFounded, KeysClosed."""
        ring = open_ring(settings, role)
        sealing = ring.has(Secret, "master") and ring.has(Secret, "index")

        @lru_cache(maxsize=256)
        def permutation(name: str) -> Permutation:
            return Permutation(ring.secret("permutation"), name)

        store = open_store(settings.database_url)
        vault = Vault.of(ring, randomness=randomness) if sealing else None
        if vault is not None:
            keep_no_plain_keys(store, vault)
        return cls(
            settings,
            store,
            ring,
            load_catalogue(),
            ZoneInfo(settings.timezone),
            clock,
            randomness,
            vault,
            permutation,
        )

    @property
    def sealed(self) -> Vault:
        """The vault of a process that has one (API, worker). Raises NotFounded."""
        if self.vault is None:
            raise NotFounded
        return self.vault

    @property
    def working_days(self) -> WorkingDays:
        """The calendar that deadlines are counted by. Raises BadCalendar."""
        return load_working_days(self.settings.calendar, self.tz)

    def issuing(self, may_issue: MayIssue, digests: Digests = Issuing.digests) -> Issuing:
        """Issuing as this process does it; may_issue, digests: from its trust state."""
        return Issuing(
            self.store,
            self.sealed,
            self.catalogue,
            self.permutation,
            self.tz,
            self.clock,
            may_issue,
            self.randomness,
            digests,
        )

    def close(self) -> None:
        """Close the store."""
        self.store.close()
