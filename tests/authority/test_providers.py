"""Wallet providers: the authority decides whose attestations count, and every verifier reads it."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from registry import bundle, signing
from registry.attestations import BadAttestation, check_key_attestation
from registry.authority.loop import Rounds
from registry.authority.office import Office
from registry.authority.providers import add_provider, end_provider
from registry.certificatechain import BadChain
from registry.errors import NotAllowed, NotFound
from registry.signing import SigningKey
from registry.trust import Trust, Window
from tests.haip.provider import NOW, Provider, certificate

SAMPLE = Provider()
CA = SAMPLE.trusted.certificate
NAMES = {"zh": "示例钱包", "en": "Sample wallets"}


@pytest.fixture
def counted(founded: Office) -> Office:
    add_provider(founded, "sample", CA, **NAMES)
    Rounds(founded).publish_if_due()
    return founded


def loaded(office: Office) -> Trust:
    folder = office.settings.data / "trust"
    root, signed = (folder / "root.json").read_bytes(), (folder / "bundle.jws").read_bytes()
    return bundle.load(None, signed, office.clock(), root)


def test_a_provider_is_in_the_trust_list_and_in_the_next_bundle(counted: Office) -> None:
    trust = counted.trust.current()
    (provider,) = trust.wallet_providers
    assert (provider.id, provider.zh, provider.certificate) == ("sample", "示例钱包", CA)
    assert loaded(counted).wallet_providers == trust.wallet_providers


def test_what_it_attests_counts_until_it_is_ended(counted: Office) -> None:
    key, rounds = SigningKey.generate(), Rounds(counted)
    rounds.publish_if_due()
    attested = SAMPLE.key_attestation(key, exp=NOW + 10**9)

    def check(trust: Trust, now: int) -> None:
        in_time = [
            replace(each, windows=(Window(0, each.windows[0].end),)) for each in trust.wallet_providers
        ]
        check_key_attestation(attested, providers=in_time, nonce=None, now=now)

    check(loaded(counted), NOW)
    end_provider(counted, "sample")
    rounds.publish_if_due()
    (provider,) = loaded(counted).wallet_providers
    assert provider.windows[0].end == pytest.approx(counted.clock(), abs=30)
    ended = replace(loaded(counted), wallet_providers=(replace(provider, windows=(Window(0, NOW),)),))
    with pytest.raises(BadAttestation):
        check(ended, NOW)


def test_a_name_is_given_once(counted: Office) -> None:
    add_provider(counted, "sample", CA, **NAMES)
    with pytest.raises(NotAllowed):
        add_provider(counted, "sample", Provider().trusted.certificate, **NAMES)
    end_provider(counted, "sample")
    with pytest.raises(NotAllowed):
        add_provider(counted, "sample", CA, **NAMES)
    for name in ("sample", "nobody"):
        with pytest.raises(NotFound):
            end_provider(counted, name)


def test_only_a_ca_vouches(founded: Office) -> None:
    leaf = certificate("Leaf", SAMPLE.signer, ("Provider CA", SAMPLE.ca))
    for wrong in (leaf, b"-----BEGIN CERTIFICATE-----\nnone", b"", b"\x30"):
        with pytest.raises(BadChain):
            add_provider(founded, "sample", wrong, **NAMES)
    pem = x509.load_der_x509_certificate(CA).public_bytes(Encoding.PEM)
    add_provider(founded, "sample", pem, **NAMES)
    assert [each.certificate for each in founded.trust.current().wallet_providers] == [CA]


def test_a_bundle_without_providers_is_the_same_as_before_there_were_any(founded: Office) -> None:
    Rounds(founded).publish_if_due()
    outer = (founded.settings.data / "trust" / "bundle.jws").read_bytes()
    token = outer.decode().split('"trust":"')[1].rstrip('"}')
    assert "wallet_providers" not in signing.parse_jws(token, limit=bundle.MAX_BUNDLE).payload
    assert loaded(founded).wallet_providers == ()
