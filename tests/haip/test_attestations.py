"""Attestations of wallets and keys: taken from providers in the trust list, and from nobody else."""

from base64 import b64encode
from typing import Any

import pytest
from cryptography import x509

from registry import attestations, b64, certificatechain
from registry.attestations import Attested, BadAttestation, KeyAttested
from registry.certificatechain import BadChain
from registry.signing import SigningKey, sign_jws
from registry.trust import WalletProvider, Window
from tests.haip.provider import DAY, NOW, SERVER, Provider, certificate

PROVIDER = Provider()
OTHER = Provider("other")
KEYS = [SigningKey.generate() for _ in range(3)]


class Uses:
    """A guard that lets each (audience, nonce) pass once."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, audience: str, nonce: str, expires: int) -> bool:
        fresh = (audience, nonce) not in self.seen
        self.seen.add((audience, nonce))
        return fresh


def check(
    attestation: str, pop: str, *, providers: list[WalletProvider] | None = None, use_once: Uses | None = None
) -> Attested:
    return attestations.check_wallet_attestation(
        attestation,
        pop,
        providers=[OTHER.trusted, PROVIDER.trusted] if providers is None else providers,
        audience=SERVER,
        now=NOW,
        use_once=use_once or Uses(),
    )


def check_keys(jwt: str, *, nonce: str | None = None, now: int = NOW) -> KeyAttested:
    return attestations.check_key_attestation(
        jwt, providers=[OTHER.trusted, PROVIDER.trusted], nonce=nonce, now=now
    )


def test_a_wallet_is_who_its_provider_says() -> None:
    found = check(PROVIDER.attestation(), PROVIDER.pop())
    assert found == Attested("sample", "sample-wallet", PROVIDER.key.public.thumbprint)


def test_nobody_outside_the_trust_list_attests() -> None:
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), PROVIDER.pop(), providers=[])
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), PROVIDER.pop(), providers=[OTHER.trusted])
    ended = PROVIDER.trusted
    ended = WalletProvider(ended.id, ended.zh, ended.en, ended.certificate, (Window(NOW - DAY, NOW),))
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), PROVIDER.pop(), providers=[ended])


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "tomorrow"},
        {"sub": None},
        {"sub": ""},
        {"cnf": None},
        {"cnf": {"jwk": {"kty": "RSA"}}},
        {"cnf": {"jwk": KEYS[0].public.jwk | {"d": "AA"}}},
    ],
)
def test_an_attestation_says_what_it_must(changed: dict[str, Any]) -> None:
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(**changed), PROVIDER.pop())


@pytest.mark.parametrize("header", [{"typ": "jwt"}, {"crit": ["b64"]}, {"x5c": []}, {"x5c": ["AA=="]}])
def test_its_header_is_what_it_must_be(header: dict[str, Any]) -> None:
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(header), PROVIDER.pop())


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": [SERVER, "https://elsewhere.example"]},
        {"aud": None},
        {"iss": "another-wallet"},
        {"iat": NOW - 361},
        {"iat": NOW + 61},
        {"iat": None},
        {"jti": None},
        {"typ": "oauth-client-attestation+jwt"},
    ],
)
def test_a_proof_of_possession_is_for_here_and_now(changed: dict[str, Any]) -> None:
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), PROVIDER.pop(**changed))


def test_a_proof_of_possession_needs_the_attested_key_and_counts_once() -> None:
    thief = Provider(key=SigningKey.generate())
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), thief.pop())
    uses, pop = Uses(), PROVIDER.pop(iss=None)
    check(PROVIDER.attestation(), pop, use_once=uses)
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), pop, use_once=uses)


def test_a_signature_by_another_key_is_none() -> None:
    header, payload, _ = PROVIDER.attestation().split(".")
    forged = b64.encode(OTHER.signer.sign(f"{header}.{payload}".encode()))
    with pytest.raises(BadAttestation):
        check(f"{header}.{payload}.{forged}", PROVIDER.pop())


@pytest.mark.parametrize("junk", ["", "a.b.c", "a.b", "." * 99, "x" * 100_000])
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(BadAttestation):
        check(junk, PROVIDER.pop())
    with pytest.raises(BadAttestation):
        check(PROVIDER.attestation(), junk)
    with pytest.raises(BadAttestation):
        check_keys(junk)


def test_attested_keys_are_recorded_with_what_was_said_of_them_and_no_more() -> None:
    found = check_keys(PROVIDER.key_attestation(*KEYS[:2]))
    assert [found.covers(key.public) for key in KEYS] == [True, True, False]
    assert found.key_storage == ("software",)
    assert found.recorded() == '{"provider":"sample","key_storage":["software"],"user_authentication":[]}'


def test_a_key_attestation_without_a_proof_beside_it_is_for_one_nonce() -> None:
    found = check_keys(PROVIDER.key_attestation(KEYS[0], nonce="n1", exp=None), nonce="n1")
    assert found.covers(KEYS[0].public)
    assert attestations.nonce_of(PROVIDER.key_attestation(KEYS[0], nonce="n1")) == "n1"
    for nonce in ("n2", None):
        with pytest.raises(BadAttestation):
            check_keys(PROVIDER.key_attestation(KEYS[0], nonce=nonce), nonce="n1")


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": None},
        {"exp": NOW - 61},
        {"iat": NOW + 61},
        {"attested_keys": []},
        {"attested_keys": None},
        {"attested_keys": [KEYS[0].public.jwk] * 101},
        {"attested_keys": [{"kty": "OKP"}]},
        {"key_storage": "iso_18045_high"},
        {"key_storage": [7]},
        {"user_authentication": ["x"] * 11},
    ],
)
def test_a_key_attestation_says_what_it_must(changed: dict[str, Any]) -> None:
    with pytest.raises(BadAttestation):
        check_keys(PROVIDER.key_attestation(KEYS[0], **changed))


def test_a_number_beyond_all_numbers_is_no_time() -> None:
    header, _, _ = PROVIDER.key_attestation(KEYS[0]).split(".")
    payload = b64.encode(b'{"attested_keys":[],"exp":1e999,"iat":1}')
    signed = f"{header}.{payload}"
    with pytest.raises(BadAttestation):
        check_keys(f"{signed}.{b64.encode(PROVIDER.signer.sign(signed.encode()))}")


def test_a_wallet_attestation_is_no_key_attestation() -> None:
    with pytest.raises(BadAttestation):
        check_keys(PROVIDER.attestation(attested_keys=[KEYS[0].public.jwk]))


def text(der: bytes) -> str:
    return b64encode(der).decode()


class TestChain:
    """`x5c`: what leads to the anchor, and what only seems to."""

    ca, middle, leaf, other = (SigningKey.generate() for _ in range(4))
    root = certificate("CA", ca, ("CA", ca), ca=True)

    def under(self, **given: Any) -> list[str]:
        return [
            text(certificate("Leaf", self.leaf, ("Middle", self.middle))),
            text(certificate("Middle", self.middle, ("CA", self.ca), **{"ca": True, **given})),
        ]

    def key(self, x5c: object, anchor: bytes | None = None) -> object:
        return certificatechain.leaf_key(x5c, anchor or self.root, NOW)

    def test_a_leaf_under_the_anchor_or_a_ca_between(self) -> None:
        assert self.key([text(certificate("Leaf", self.leaf, ("CA", self.ca)))]) == self.leaf.public
        assert self.key(self.under()) == self.leaf.public

    def test_who_is_no_ca_certifies_nobody(self) -> None:
        with pytest.raises(BadChain):
            self.key(self.under(ca=False))

    def test_a_ca_with_no_room_below_it_certifies_no_ca(self) -> None:
        narrow = certificate("CA", self.ca, ("CA", self.ca), ca=True, path_length=0)
        with pytest.raises(BadChain):
            self.key(self.under(), narrow)

    def test_times_count_all_along(self) -> None:
        with pytest.raises(BadChain):
            self.key(self.under(ends=NOW - 1))
        with pytest.raises(BadChain):
            self.key(self.under(begins=NOW + 1))

    def test_a_name_is_no_signature(self) -> None:
        with pytest.raises(BadChain):
            self.key([text(certificate("Leaf", self.leaf, ("CA", self.other)))])

    def test_what_is_critical_and_not_understood_is_refused(self) -> None:
        extra = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
        with pytest.raises(BadChain):
            self.key([text(certificate("Leaf", self.leaf, ("CA", self.ca), extra=extra))])

    def test_neither_the_anchor_nor_a_leaf_of_its_own_stands(self) -> None:
        with pytest.raises(BadChain):
            self.key([text(self.root)])
        with pytest.raises(BadChain):
            self.key([text(certificate("Leaf", self.leaf, ("CA", self.ca))), text(self.root)])
        with pytest.raises(BadChain):
            self.key([text(certificate("Leaf", self.leaf, ("Leaf", self.leaf)))])

    @pytest.mark.parametrize("x5c", [None, "text", [], ["!"], [7], ["A" * 20_000], ["AAAA"] * 5])
    def test_junk(self, x5c: object) -> None:
        with pytest.raises(BadChain):
            self.key(x5c)

    def test_an_anchor_is_a_ca(self) -> None:
        with pytest.raises(BadChain):
            certificatechain.read_anchor(certificate("Leaf", self.leaf, ("CA", self.ca)))
        with pytest.raises(BadChain):
            certificatechain.read_anchor(b"no certificate")


def test_a_key_in_the_header_brings_no_trust() -> None:
    thief = SigningKey.generate()
    claims = {"sub": "sample-wallet", "exp": NOW + DAY, "cnf": {"jwk": thief.public.jwk}}
    header = {"typ": "oauth-client-attestation+jwt", "jwk": thief.public.jwk}
    with pytest.raises(BadAttestation):
        check(sign_jws(header, claims, thief), Provider(key=thief).pop())
