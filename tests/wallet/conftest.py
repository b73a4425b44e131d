"""A wallet in the town of the API's tests, whose trust list an authority of its own signs."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from registry import bundle, rootdocument
from registry.rootdocument import RootDocument
from registry.signing import SigningKey
from registry.trust import Trust
from tests.api.conftest import founded, http, new_wallet, town, written  # noqa: F401
from tests.api.town import POLICE, Town
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile


class Authority:
    """Signs the town's trust list, and puts it where the API serves it."""

    def __init__(self, town: Town) -> None:  # noqa: F811
        self.folder: Path = town.runtime.settings.data / "trust"
        self.folder.mkdir(exist_ok=True)
        self.keys, self.key = [SigningKey.generate() for _ in range(3)], SigningKey.generate()
        document = RootDocument(
            1, tuple(k.public for k in self.keys), (self.key.public,), town.now, town.now + 9**9
        )
        self.root = rootdocument.sign(document, self.keys[:2])
        (self.folder / "root.json").write_bytes(self.root)
        self.publish(town.trust())

    def publish(self, trust: Trust) -> None:
        (self.folder / "bundle.jws").write_bytes(bundle.sign(trust, key=self.key, line=[self.root]))


def claim(town: Town, http: httpx.Client, wallet: WalletFile, number: int = 7) -> str:  # noqa: F811
    """The identifier of an identity certificate that the wallet claimed."""
    assert town.services is not None
    certificate_id = town.citizen(number)
    offer = town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    Claiming(wallet, http, lambda: town.now).claim(offer.link(town.origin), offer.pin)
    return certificate_id


@pytest.fixture
def authority(town: Town, http: httpx.Client) -> Authority:  # noqa: F811
    return Authority(town)


@pytest.fixture
def wallet(
    town: Town,  # noqa: F811
    http: httpx.Client,  # noqa: F811
    authority: Authority,
    new_wallet: Callable[[str], WalletFile],  # noqa: F811
) -> WalletFile:
    """With an identity credential, and the town's root pinned by that claim."""
    made = new_wallet("phone")
    claim(town, http, made)
    authority.publish(town.trust())
    return made
