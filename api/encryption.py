"""Encrypted credential requests and responses (OpenID4VCI 1.0, section 10): ECDH-ES, never demanded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from api import bodies
from api.protocol_errors import NO_STORE, ProtocolError
from api.services import Used
from registry import jcs, jwe
from registry.jwe import BadJwe
from registry.signing import BadKey, PublicKey, SigningKey

MEDIA_TYPE: Final = "application/jwt"
_LARGEST: Final = 512 * 1024
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a client wants its response: to this public JWK, with this content encryption."""

    jwk: dict[str, Any]
    enc: str


def metadata(request_key: SigningKey) -> dict[str, Any]:
    """What Credential Issuer metadata says of it (section 12.2.4). request_key: opens requests."""
    public = request_key.public
    key = public.jwk | {"kid": public.thumbprint, "use": "enc", "alg": jwe.ALG}
    return {
        "credential_request_encryption": {
            "jwks": {"keys": [key]},
            "enc_values_supported": list(jwe.ENCODINGS),
            "encryption_required": False,
        },
        "credential_response_encryption": {
            "alg_values_supported": [jwe.ALG],
            "enc_values_supported": list(jwe.ENCODINGS),
            "encryption_required": False,
        },
    }


def body_of(model: type[M]) -> Callable[..., Awaitable[M]]:
    """A dependency: the request's body, decrypted where it is `application/jwt`, as this model."""

    async def read(request: Request, services: Used) -> M:
        raw = await request.body()
        if len(raw) > _LARGEST:
            raise ProtocolError("invalid_credential_request", "the request is too large")
        if bodies.media_type(request) == MEDIA_TYPE:
            raw = _opened(raw, services.sharing.request_key)
        else:
            bodies.demand_json(request, "invalid_credential_request")
        return bodies.as_model(raw, model, "invalid_credential_request")

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What the OpenAPI document says of a body that `body_of` reads."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": model.model_json_schema()},
                MEDIA_TYPE: {"schema": {"type": "string"}},
            },
        }
    }


def wanted(parameters: Any) -> Encryption | None:
    """`credential_response_encryption` of a request; None where it was not sent.

    A plain request may ask for an encrypted response too, though clients should encrypt both (section 8.2).

    Raises:
        ProtocolError: `invalid_encryption_parameters`.
    """
    if parameters is None:
        return None
    jwk = parameters.get("jwk") if isinstance(parameters, dict) else None
    if not isinstance(jwk, dict) or "d" in jwk:
        raise _refused("jwk must be one public key")
    # Drafts had alg beside the key.
    if jwk.get("alg", parameters.get("alg")) != jwe.ALG or jwk.get("use", "enc") != "enc":
        raise _refused("the key's alg must be ECDH-ES, and its use enc")
    if parameters.get("enc") not in jwe.ENCODINGS:
        raise _refused("enc must be A256GCM or A128GCM")
    if "zip" in parameters:
        raise _refused("nothing is compressed here")
    try:
        PublicKey.from_jwk(jwk)
    except BadKey as error:
        raise _refused("the key must be on P-256") from error
    return Encryption(jwk, parameters["enc"])


def answer(body: dict[str, Any], status: int, encryption: Encryption | None) -> Response:
    """The response, encrypted where that was wanted."""
    if encryption is None:
        return JSONResponse(body, status, NO_STORE)
    token = jwe.encrypt(jcs.dumps(body), encryption.jwk, enc=encryption.enc)
    return Response(token, status, NO_STORE, MEDIA_TYPE)


def _opened(raw: bytes, key: SigningKey) -> bytes:
    try:
        token = raw.decode("ascii")
        if jwe.header(token).get("kid", key.public.thumbprint) != key.public.thumbprint:
            raise BadJwe
        return jwe.decrypt(token, key)
    except (BadJwe, UnicodeDecodeError) as error:
        raise _refused("the request is not encrypted to the key of the metadata") from error


def _refused(why: str) -> ProtocolError:
    return ProtocolError("invalid_encryption_parameters", why)
