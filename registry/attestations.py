"""What wallet providers attest: whose wallet a client is, and where its keys are kept.

Wallet attestation: OAuth 2.0 Attestation-Based Client Authentication. Key attestation: OpenID4VCI 1.0,
appendix D.1. Both are signed by a certificate under the CA of a provider in the trust list (HAIP 1.0).
Nothing here says what is enough: it reads what was claimed, and by whom.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from registry import b64, certificatechain, signing
from registry.certificatechain import BadChain
from registry.errors import RegistryError
from registry.signing import Jws, PublicKey
from registry.trust import WalletProvider

CLIENT_TYPES: Final = frozenset({"oauth-client-attestation+jwt"})
POP_TYPES: Final = frozenset({"oauth-client-attestation-pop+jwt"})
KEY_TYPES: Final = frozenset({"key-attestation+jwt", "keyattestation+jwt"})
"""The second is what drafts called it; clients still send it."""
MOST_KEYS: Final = 100
POP_AGE: Final = 300
_SKEW: Final = 60
_LONGEST: Final = 64 * 1024
_LONGEST_TEXT: Final = 256

UseOnce = Callable[[str, str, int], bool]
"""`use_once(audience, nonce, expires)`: True the first time, False ever after until `expires`."""


class BadAttestation(RegistryError):
    """An attestation that was sent and does not stand. It says why, for developers, and quotes nothing."""

    kind = "bad-attestation"

    def __init__(self, why: str) -> None:
        super().__init__("钱包或密钥的证明不成立。", why)


@dataclass(frozen=True, slots=True)
class Attested:
    """A wallet that a provider vouches for.

    provider: its id in the trust list. client_id: as attested. key: thumbprint of the wallet instance's key.
    """

    provider: str
    client_id: str
    key: str

    def recorded(self) -> str:
        """As it is stored: JSON."""
        return orjson.dumps(asdict(self)).decode()


@dataclass(frozen=True, slots=True)
class KeyAttested:
    """Keys that a provider vouches for.

    key_storage, user_authentication: what they withstand, as the provider words it; empty: it says nothing.
    """

    provider: str
    keys: tuple[PublicKey, ...]
    key_storage: tuple[str, ...]
    user_authentication: tuple[str, ...]

    def covers(self, key: PublicKey) -> bool:
        """Whether this key is one of them."""
        return key in self.keys

    def recorded(self) -> str:
        """As it is stored with each credential: JSON, without the keys."""
        said = {
            "provider": self.provider,
            "key_storage": self.key_storage,
            "user_authentication": self.user_authentication,
        }
        return orjson.dumps(said).decode()


def check_wallet_attestation(
    attestation: str,
    pop: str,
    *,
    providers: Iterable[WalletProvider],
    audience: str,
    now: int,
    use_once: UseOnce,
) -> Attested:
    """Who this client is, by the headers `OAuth-Client-Attestation` and `OAuth-Client-Attestation-PoP`.

    audience: the authorisation server's issuer. Each proof of possession counts once.

    Raises:
        BadAttestation: anything about the two does not fit (`invalid_client_attestation`).
    """
    said, provider = _vouched(attestation, CLIENT_TYPES, providers, now)
    client_id = _text(said, "sub")
    if now >= _time(said, "exp") + _SKEW:
        raise BadAttestation("the attestation has expired")
    confirmed = said.get("cnf")
    key = _key(confirmed.get("jwk") if isinstance(confirmed, dict) else None)
    proof = _read(pop, POP_TYPES)
    if not key.verify(proof.signature, proof.signing_input):
        raise BadAttestation("the proof of possession is not by the attested key")
    _check_pop(proof.payload, key, client_id, audience, now, use_once)
    return Attested(provider.id, client_id, key.thumbprint)


def check_key_attestation(
    jwt: str, *, providers: Iterable[WalletProvider], nonce: str | None, now: int
) -> KeyAttested:
    """Which keys a provider vouches for, and what it says of them.

    nonce: that must be in it: always for the proof type `attestation`, which proves nothing else; None for
    a `key_attestation` header, whose proof has its own nonce: then it must expire instead.

    Raises:
        BadAttestation: anything about it does not fit (`invalid_proof`).
    """
    said, provider = _vouched(jwt, KEY_TYPES, providers, now)
    if nonce is not None and said.get("nonce") != nonce:
        raise BadAttestation("the attestation is for another nonce")
    if nonce is None and "exp" not in said:
        raise BadAttestation("exp is missing")
    if "exp" in said and now >= _time(said, "exp") + _SKEW:
        raise BadAttestation("the attestation has expired")
    if _time(said, "iat") > now + _SKEW:
        raise BadAttestation("iat is in the future")
    attested = said.get("attested_keys")
    if not isinstance(attested, list) or not 1 <= len(attested) <= MOST_KEYS:
        raise BadAttestation("attested_keys is missing, or too long")
    return KeyAttested(
        provider.id,
        tuple(map(_key, attested)),
        _words(said, "key_storage"),
        _words(said, "user_authentication"),
    )


def nonce_of(jwt: str) -> str | None:
    """The nonce that a key attestation carries, before any check: only good for using it up."""
    nonce = _read(jwt, KEY_TYPES).payload.get("nonce")
    return nonce if isinstance(nonce, str) else None


def _check_pop(
    said: Mapping[str, Any], key: PublicKey, client_id: str, audience: str, now: int, use_once: UseOnce
) -> None:
    if said.get("aud") not in (audience, [audience]):
        raise BadAttestation("the proof of possession is for somebody else")
    if said.get("iss", client_id) != client_id:
        raise BadAttestation("iss must be the attested client")
    if not now - POP_AGE - _SKEW <= _time(said, "iat") <= now + _SKEW:
        raise BadAttestation("iat is too old or in the future")
    # A digest: the jti is somebody else's text, and the table's column has a width.
    jti = b64.encode(hashlib.sha256(_text(said, "jti").encode()).digest())
    if not use_once(f"attestation-pop:{key.thumbprint}", jti, now + POP_AGE + 2 * _SKEW):
        raise BadAttestation("the proof of possession was shown before")


def _vouched(
    jwt: str, types: frozenset[str], providers: Iterable[WalletProvider], now: int
) -> tuple[Mapping[str, Any], WalletProvider]:
    """What a provider of the trust list signed, and which one."""
    jws = _read(jwt, types)
    for provider in providers:
        if not any(window.covers(now) for window in provider.windows):
            continue
        try:
            key = certificatechain.leaf_key(jws.header.get("x5c"), provider.certificate, now)
        except BadChain:
            continue
        if key.verify(jws.signature, jws.signing_input):
            return jws.payload, provider
    raise BadAttestation("no wallet provider of the trust list signed it")


def _read(text: str, types: frozenset[str]) -> Jws:
    try:
        jws = signing.parse_jws(text, limit=_LONGEST)
    except RegistryError:
        raise BadAttestation("no compact JWS") from None
    if jws.header.get("alg") != "ES256" or str(jws.header.get("typ")).lower() not in types:
        raise BadAttestation("alg or typ is wrong")
    if "crit" in jws.header:
        raise BadAttestation("crit is not understood")
    return jws


def _key(jwk: object) -> PublicKey:
    if not isinstance(jwk, dict) or "d" in jwk:
        raise BadAttestation("a public JWK is missing")
    try:
        return PublicKey.from_jwk(jwk)
    except RegistryError:
        raise BadAttestation("a key is not on P-256") from None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT or not value.isprintable():
        raise BadAttestation(f"{name} is missing or no text")
    return value


def _time(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadAttestation(f"{name} is missing or no number")
    return int(value)


def _words(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = said.get(name, [])
    if not isinstance(value, list) or len(value) > 10:
        raise BadAttestation(f"{name} is no list")
    return tuple(_text({name: each}, name) for each in value)
