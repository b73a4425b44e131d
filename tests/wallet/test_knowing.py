"""Whom a wallet knows: departments of the trust list that it pinned, and nobody else."""

from dataclasses import replace

import httpx
import pybase64

from registry import bundle, rootdocument
from registry.rootdocument import RootDocument
from registry.signing import PublicKey, SigningKey, Use
from tests.api.town import HOUSING, ORIGIN, POLICE, Town
from tests.wallet.conftest import Authority, claim
from wallet.keyfile import WalletFile
from wallet.knowing import Verifier, verifier_of


def signer_of(town: Town, code: str, use: Use) -> tuple[PublicKey, bytes]:
    keys = town.trust().issuers[code].keys.values()
    key = next(each for each in keys if each.uses & use)
    return key.public, pybase64.b64decode(key.x5c[0][0])


def test_a_department_s_request_key_is_known_by_the_pinned_trust_list(
    town: Town,
    http: httpx.Client,
    wallet: WalletFile,
) -> None:
    found = verifier_of(http, wallet, *signer_of(town, HOUSING, Use.REQUESTS), town.now)
    assert found == Verifier(True, "住建局", "Housing", HOUSING)


def test_a_key_for_something_else_is_a_stranger_s(
    town: Town,
    http: httpx.Client,
    wallet: WalletFile,
) -> None:
    found = verifier_of(http, wallet, *signer_of(town, POLICE, Use.CREDENTIALS), town.now)
    assert (found.known, found.en) == (False, "Police")


def test_a_key_that_was_reported_compromised_is_a_stranger_s(
    town: Town,
    http: httpx.Client,
    authority: Authority,
    wallet: WalletFile,
) -> None:
    signer = signer_of(town, HOUSING, Use.REQUESTS)
    trust = town.trust()
    housing = trust.issuers[HOUSING]
    stolen = replace(housing.keys[signer[0].thumbprint], compromised=town.now)
    keys = {**housing.keys, signer[0].thumbprint: stolen}
    authority.publish(replace(trust, issuers={**trust.issuers, HOUSING: replace(housing, keys=keys)}))
    assert not verifier_of(http, wallet, *signer, town.now).known


def test_a_trust_list_of_another_root_or_an_older_one_knows_nobody(
    town: Town,
    http: httpx.Client,
    authority: Authority,
    wallet: WalletFile,
) -> None:
    signer = signer_of(town, HOUSING, Use.REQUESTS)
    authority.publish(replace(town.trust(), version=7))
    assert verifier_of(http, wallet, *signer, town.now).known
    reopened = WalletFile.open(wallet.path, "phone")
    authority.publish(replace(town.trust(), version=6))
    assert not verifier_of(http, reopened, *signer, town.now).known
    Authority(town).publish(replace(town.trust(), version=8))
    assert not verifier_of(http, reopened, *signer, town.now).known


def test_a_root_once_pinned_stays(
    town: Town,
    http: httpx.Client,
    authority: Authority,
    wallet: WalletFile,
) -> None:
    Authority(town)
    claim(town, http, wallet, 8)
    assert wallet.content.pins[ORIGIN].root == authority.root


def test_who_signs_nothing_has_no_name(
    town: Town,
    http: httpx.Client,
    wallet: WalletFile,
) -> None:
    assert verifier_of(http, wallet, None, None, town.now) == Verifier(False, "", "")


def test_new_roots_are_followed_and_pinned_and_retired_ones_make_no_others(
    town: Town,
    http: httpx.Client,
    authority: Authority,
    wallet: WalletFile,
) -> None:
    """Whoever steals root keys after they were retired is refused by a wallet that saw their successors."""
    signer, first, retired = signer_of(town, HOUSING, Use.REQUESTS), authority.root, authority.keys

    def succeed(key: SigningKey) -> bytes:
        roots = [SigningKey.generate() for _ in range(3)]
        said = RootDocument(2, tuple(each.public for each in roots), (key.public,), town.now, town.now + 9**9)
        return rootdocument.sign(said, [*retired[:2], *roots[:2]])

    def publish(key: SigningKey, root: bytes, version: int) -> None:
        signed = bundle.sign(replace(town.trust(), version=version), key=key, line=[first, root])
        (authority.folder / "bundle.jws").write_bytes(signed)

    genuine, key = succeed(authority.key), authority.key
    publish(key, genuine, 8)
    assert verifier_of(http, wallet, *signer, town.now).known
    reopened = WalletFile.open(wallet.path, "phone")
    assert reopened.content.pins[ORIGIN].root == genuine
    thief = SigningKey.generate()
    publish(thief, succeed(thief), 9)
    assert not verifier_of(http, reopened, *signer, town.now).known
    publish(key, genuine, 9)
    assert verifier_of(http, reopened, *signer, town.now).known
