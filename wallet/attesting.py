"""Showing what a wallet provider vouches for: this wallet and its keys (docs/attestations.md).

OAuth 2.0 Attestation-Based Client Authentication, and OpenID4VCI 1.0, appendices D and E. Each issuer sees
another key of this wallet, so that no two of them learn that it is the same one.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

from registry import b64
from registry.errors import RegistryError
from registry.signing import PublicKey, SigningKey, sign_jws

PROVIDER: Final = "ZT_WALLET_PROVIDER"
"""Folder of the provider that attests this wallet; unset: it shows no attestations."""
_POP: Final = "oauth-client-attestation-pop+jwt"


class NoProvider(RegistryError):
    """The folder that the setting names holds no provider."""

    kind = "no-wallet-provider"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            f"设置 {PROVIDER} 所指目录中没有可用的钱包提供者（provider.json）。",
            f"The folder that {PROVIDER} names holds no wallet provider (provider.json).",
        )


class Provider(Protocol):
    """Who vouches for wallets. client_id: under which its wallets ask."""

    @property
    def client_id(self) -> str: ...

    def attest_wallet(self, key: PublicKey, now: int) -> str:
        """A wallet attestation of this key."""

    def attest_keys(self, keys: Sequence[PublicKey], now: int) -> str:
        """A key attestation of these keys."""


@dataclass(frozen=True, slots=True)
class Attesting:
    """What one issuer is shown. key: this wallet's own, for that issuer. clock: Unix seconds."""

    provider: Provider
    key: SigningKey
    clock: Callable[[], int]
    randomness: Callable[[int], bytes] = os.urandom

    def headers(self, server: str) -> dict[str, str]:
        """For a request to an authorisation server, by its issuer identifier."""
        now = self.clock()
        said = {
            "iss": self.provider.client_id,
            "aud": server,
            "jti": b64.encode(self.randomness(16)),
            "iat": now,
        }
        return {
            "OAuth-Client-Attestation": self.provider.attest_wallet(self.key.public, now),
            "OAuth-Client-Attestation-PoP": sign_jws({"typ": _POP}, said, self.key),
        }

    def keys(self, keys: Sequence[SigningKey]) -> str:
        """For the header of a key proof."""
        return self.provider.attest_keys([key.public for key in keys], self.clock())


def provider_in(folder: str) -> Provider | None:
    """The provider in a folder (`provider.json`); None for no folder.

    Raises:
        NoProvider: there is none in it.
    """
    if not folder:
        return None
    from wallet.sample_provider import SampleProvider

    try:
        return SampleProvider.open(Path(folder))
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise NoProvider from error
