"""Encrypted credential requests and responses (OpenID4VCI 1.0, section 10), where the issuer offers both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from registry import jcs, jwe
from registry.jwe import BadJwe
from registry.signing import BadKey, PublicKey, SigningKey
from wallet.exchange import BadOffer, answer

MEDIA_TYPE: Final = "application/jwt"


@dataclass(frozen=True, slots=True)
class Encryption:
    """What an issuer's metadata offers.

    key: the JWK that requests are encrypted to; request_enc, response_enc: content encryption.
    """

    key: Mapping[str, Any]
    request_enc: str
    response_enc: str

    def seal(self, body: Mapping[str, Any], opener: SigningKey) -> str:
        """A request, encrypted; its response is to be encrypted to `opener`, a key for this one response."""
        public = opener.public
        jwk = public.jwk | {"kid": public.thumbprint, "use": "enc", "alg": jwe.ALG}
        wanted = {"credential_response_encryption": {"jwk": jwk, "enc": self.response_enc}}
        return jwe.encrypt(jcs.dumps(dict(body) | wanted), self.key, enc=self.request_enc)


def encryption_of(metadata: Mapping[str, Any]) -> Encryption | None:
    """How to encrypt, by Credential Issuer metadata; None where the issuer does not encrypt.

    A response's key must come in an encrypted request (section 10), or somebody else's key could take its
    place.

    Raises:
        BadOffer: encryption is demanded, and none that this wallet knows is offered.
    """
    requests, responses = (
        _object(metadata.get(f"credential_{each}_encryption")) for each in ("request", "response")
    )
    key, request_enc, response_enc = _usable_key(requests), _known_enc(requests), _known_enc(responses)
    if (
        key is not None
        and request_enc
        and response_enc
        and jwe.ALG in _list(responses, "alg_values_supported")
    ):
        return Encryption(key, request_enc, response_enc)
    if requests.get("encryption_required") is True or responses.get("encryption_required") is True:
        raise BadOffer(
            "颁发方要求的加密方式不受支持。", "The issuer demands an encryption that is not known here."
        )
    return None


def opened(response: httpx.Response, opener: SigningKey) -> dict[str, Any]:
    """The JSON object in a response that had to be encrypted; errors come plain (section 8.3.1).

    Raises:
        Refused: the issuer refuses.
        BadOffer: it answers in the clear, or to another key.
    """
    if not response.is_success:
        return answer(response)
    try:
        plain = jwe.decrypt(response.text.strip(), opener)
    except BadJwe as bad:
        raise BadOffer("应答未按要求加密。", "The answer is not encrypted as was asked.") from bad
    return answer(httpx.Response(response.status_code, content=plain))


def _usable_key(requests: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for key in _list(_object(requests.get("jwks")), "keys"):
        if isinstance(key, dict) and key.get("alg", jwe.ALG) == jwe.ALG and key.get("use", "enc") == "enc":
            try:
                PublicKey.from_jwk(key)
            except BadKey:
                continue
            return key
    return None


def _known_enc(said: Mapping[str, Any]) -> str | None:
    offered = _list(said, "enc_values_supported")
    return next((each for each in jwe.ENCODINGS if each in offered), None)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(members: Mapping[str, Any], name: str) -> list[Any]:
    value = members.get(name)
    return value if isinstance(value, list) else []
