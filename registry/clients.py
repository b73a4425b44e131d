"""Departments as OAuth clients: their public keys, and short-lived tokens bound to their own code."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlmodel import Session

from registry import secrets
from registry.errors import NotFound, RegistryError
from registry.secrets import Randomness
from registry.signing import BadKey, PublicKey
from registry.store import Store
from registry.store.tables import AccessToken, Department

TOKEN_LIFE: Final = 300
"""Seconds that a department's token is good for."""


class BadClientToken(RegistryError):
    """The token is unknown or over, or shown without the key it is bound to."""

    kind = "invalid-token"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "访问令牌无效或已过期，请重新取得。",
            "The access token is not good, or not any more: get a new one.",
        )


@dataclass(frozen=True, slots=True)
class Client:
    """A department that showed its token. dpop_thumbprint: the key it is bound to, if any."""

    code: str
    dpop_thumbprint: str | None


def register_client(session: Session, code: str, key: PublicKey) -> None:
    """Let a department sign its client assertions with this key, beside those it has already.

    Raises:
        NotFound: there is no such department.
    """
    row = session.get(Department, code)
    if row is None:
        raise NotFound("没有这个部门。", "There is no such department.")
    keys = [each for each in client_keys(session, code) if each.get("kid") != key.thumbprint]
    keys.append({**key.jwk, "kid": key.thumbprint, "alg": "ES256", "use": "sig"})
    row.client_jwks = orjson.dumps({"keys": keys}).decode()
    session.add(row)


def read_public_key(data: bytes) -> PublicKey:
    """A public key from a file: a JWK, or PEM.

    Raises:
        BadKey: neither, or not on P-256.
    """
    try:
        if data.lstrip().startswith(b"{"):
            return PublicKey.from_jwk(orjson.loads(data))
        loaded = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey from None
    if not isinstance(loaded, ec.EllipticCurvePublicKey):
        raise BadKey
    return PublicKey(loaded)


def client_keys(session: Session, code: str) -> list[dict[str, Any]]:
    """The public keys (JWKs) that a department registered; empty for an unknown one."""
    row = session.get(Department, code)
    if row is None or row.client_jwks is None:
        return []
    keys: list[dict[str, Any]] = orjson.loads(row.client_jwks)["keys"]
    return keys


def give_token(
    store: Store, code: str, *, dpop_thumbprint: str | None, now: int, randomness: Randomness
) -> str:
    """A token for a department that proved one of its keys."""
    token = secrets.token(randomness)
    with store.write() as session:
        session.add(
            AccessToken(
                hash=secrets.hashed(token),
                department=code,
                dpop_thumbprint=dpop_thumbprint,
                expires=now + TOKEN_LIFE,
            )
        )
    return token


def client_of(session: Session, token: str, now: int) -> Client:
    """Whose token this is.

    Raises:
        BadClientToken: nobody's, or not any more.
    """
    row = session.get(AccessToken, secrets.hashed(token))
    if row is None or row.department is None or row.ended_at is not None or row.expires <= now:
        raise BadClientToken
    return Client(row.department, row.dpop_thumbprint)
