"""Key proofs in a credential request (OpenID4VCI 1.0, section 8.2.1.1, appendix F.1 and F.3)."""

from collections.abc import Sequence
from typing import Any, Final

from api.jose import BadToken, Token, header_of, read, read_embedded
from api.protocol_errors import ProtocolError
from api.services import Services
from registry.attestations import KeyAttested, check_key_attestation, nonce_of
from registry.claims import MOST_KEYS, ProvenKey
from registry.errors import RegistryError
from registry.signing import PublicKey

TYPES: Final = frozenset({"openid4vci-proof+jwt"})
_AGE: Final = 300


def proven_keys(
    proofs: dict[str, list[Any]] | None,
    services: Services,
    client: str,
    *,
    demanded: Sequence[str] | None = None,
) -> list[ProvenKey]:
    """The keys whose proofs carry one nonce of ours, used up here; of an attestation all that it attests.

    client: the client_id that the authorisation is for, "" where the wallet named none.
    demanded: `key_storage` values one of which must be attested (none of them: any attestation); None:
    nothing is demanded.

    Raises:
        ProtocolError: `invalid_proof` or `invalid_nonce` (OpenID4VCI 1.0, section 8.3.1.2).
    """
    kind, texts = _of_one_type(proofs)
    now = services.now()
    try:
        if kind == "attestation":
            keys, nonces = _attested(texts, services, demanded, now)
        else:
            keys, nonces = _signed(texts, services, client, demanded, now)
    except BadToken as error:
        raise ProtocolError("invalid_proof", str(error)) from error
    except RegistryError as error:
        raise ProtocolError("invalid_proof", error.en) from error
    if len(keys) > MOST_KEYS:
        raise ProtocolError("invalid_credential_request", f"at most {MOST_KEYS} keys in one request")
    if len({key.public.thumbprint for key in keys}) != len(keys):
        raise ProtocolError("invalid_proof", "each key may be proven once")
    if len(nonces) != 1 or not services.sharing.nonces.use(nonces.pop(), now):
        raise ProtocolError("invalid_nonce", "get a fresh nonce from the nonce endpoint")
    return keys


def _of_one_type(proofs: dict[str, list[Any]] | None) -> tuple[str, list[str]]:
    kind, texts = next(iter(proofs.items())) if proofs is not None and len(proofs) == 1 else ("", [])
    if kind not in ("jwt", "attestation") or not texts:
        raise ProtocolError("invalid_proof", "proofs of type jwt or attestation are needed, and no others")
    if not all(isinstance(text, str) for text in texts):
        raise ProtocolError("invalid_proof", "a proof of this type is a text")
    if len(texts) > (MOST_KEYS if kind == "jwt" else 1):
        raise ProtocolError("invalid_credential_request", f"at most {MOST_KEYS} keys in one request")
    return kind, texts


def _signed(
    texts: list[str], services: Services, client: str, demanded: Sequence[str] | None, now: int
) -> tuple[list[ProvenKey], set[str]]:
    """Proof type `jwt`: one key each, or all that its key attestation names."""
    keys: list[ProvenKey] = []
    nonces = set()
    for text in texts:
        attestation = header_of(text).get("key_attestation")
        if attestation is None:
            token = read_embedded(text, types=TYPES)
            if {"kid", "x5c"} & token.header.keys():
                raise BadToken("jwk, and neither kid nor x5c beside it")
            _demand(None, demanded)
            keys.append(ProvenKey(PublicKey.from_jwk(token.jwk)))
        else:
            attested = _key_attestation(attestation, services, None, now)
            token = _signed_by_one(text, attested.keys)
            keys += _proven(attested, demanded)
        _check(token, services.origin(), client, now)
        nonces.add(_nonce(token))
    return keys, nonces


def _nonce(token: Token) -> str:
    """None at all makes an invalid proof; one that cannot be ours is an invalid nonce (section 8.3.1.2)."""
    if "nonce" not in token.claims:
        raise BadToken("nonce is missing")
    try:
        return token.text("nonce")
    except BadToken as error:
        raise ProtocolError("invalid_nonce", str(error)) from error


def _attested(
    texts: list[str], services: Services, demanded: Sequence[str] | None, now: int
) -> tuple[list[ProvenKey], set[str]]:
    """Proof type `attestation`: nothing but a key attestation over our nonce."""
    nonce = nonce_of(texts[0])
    if nonce is None:
        raise ProtocolError("invalid_nonce", "the attestation carries no nonce")
    return _proven(_key_attestation(texts[0], services, nonce, now), demanded), {nonce}


def _key_attestation(text: object, services: Services, nonce: str | None, now: int) -> KeyAttested:
    if not isinstance(text, str):
        raise BadToken("key_attestation is no text")
    providers = services.trust().wallet_providers
    attested = check_key_attestation(text, providers=providers, nonce=nonce, now=now)
    if len(attested.keys) > MOST_KEYS:
        raise ProtocolError("invalid_credential_request", f"at most {MOST_KEYS} keys in one request")
    return attested


def _proven(attested: KeyAttested, demanded: Sequence[str] | None) -> list[ProvenKey]:
    _demand(attested, demanded)
    return [ProvenKey(key, attested.recorded()) for key in attested.keys]


def _demand(attested: KeyAttested | None, demanded: Sequence[str] | None) -> None:
    if demanded is None:
        return
    if attested is None:
        raise BadToken("a key attestation is needed for this type")
    if demanded and not set(demanded) & set(attested.key_storage):
        raise BadToken("the attested key_storage is not one that this type takes")


def _signed_by_one(text: str, keys: Sequence[PublicKey]) -> Token:
    """A proof by one of the attested keys: the one in its own header, where it names one."""
    named = header_of(text).get("jwk")
    if named is not None:
        token = read(text, jwk=named, types=TYPES)
        if PublicKey.from_jwk(token.jwk) not in keys:
            raise BadToken("the key is not attested")
        return token
    for key in keys:
        try:
            return read(text, jwk=key.jwk, types=TYPES)
        except BadToken as error:
            refused = error
    raise refused


def _check(token: Token, origin: str, client: str, now: int) -> None:
    if token.claims.get("aud") not in (origin, [origin]):
        raise BadToken("aud must be the credential issuer")
    if client and token.claims.get("iss", client) != client:
        raise BadToken("iss must be the client_id")
    token.fresh(now, _AGE)
