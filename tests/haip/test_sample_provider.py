"""The sample town's wallet provider: what it signs stands once it is listed, and claims no more."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from registry import attestations, signing
from registry.attestations import BadAttestation
from registry.signing import SigningKey
from registry.trust import WalletProvider, Window
from tests.haip.provider import NOW, SERVER, Provider
from wallet.sample_provider import SampleProvider


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    SampleProvider.create(tmp_path, NOW)
    return tmp_path


def listed(folder: Path) -> WalletProvider:
    """As the authority lists it."""
    der = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()).public_bytes(Encoding.DER)
    return WalletProvider("sample", "示例", "Sample", der, (Window(NOW),))


def test_a_wallet_of_the_sample_is_known_as_one(folder: Path) -> None:
    provider, key = SampleProvider.open(folder), SigningKey.generate()
    wallet = replace(Provider(), key=key, client=provider.client_id)
    found = attestations.check_wallet_attestation(
        provider.attest_wallet(key.public, NOW),
        wallet.pop(),
        providers=[listed(folder)],
        audience=SERVER,
        now=NOW,
        use_once=lambda *_: True,
    )
    assert (found.provider, found.client_id, found.key) == (
        "sample",
        provider.client_id,
        key.public.thumbprint,
    )


@pytest.mark.parametrize("nonce", [None, "n1"])
def test_it_says_of_keys_that_software_keeps_them_and_no_more(folder: Path, nonce: str | None) -> None:
    keys = [SigningKey.generate().public for _ in range(2)]
    attested = SampleProvider.open(folder).attest_keys(keys, NOW, nonce=nonce)
    found = attestations.check_key_attestation(attested, providers=[listed(folder)], nonce=nonce, now=NOW)
    assert found.keys == tuple(keys)
    assert (found.key_storage, found.user_authentication) == (("software",), ())


def test_nobody_believes_it_who_does_not_list_it(folder: Path) -> None:
    attested = SampleProvider.open(folder).attest_keys([SigningKey.generate().public], NOW)
    with pytest.raises(BadAttestation):
        attestations.check_key_attestation(attested, providers=[Provider().trusted], nonce=None, now=NOW)


def test_it_calls_itself_a_sample_wherever_it_is_named(folder: Path) -> None:
    said = signing.parse_jws(SampleProvider.open(folder).attest_wallet(SigningKey.generate().public, NOW))
    subject = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()).subject.rfc4514_string()
    assert all("SAMPLE" in each for each in (said.payload["wallet_name"], subject))
    file = folder / "provider.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "SAMPLE" in file.read_text()
