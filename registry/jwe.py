"""Compact JWE (RFC 7516): ECDH-ES with P-256 straight to AES-GCM, nothing else, nothing compressed."""

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from registry import b64, jcs
from registry.errors import RegistryError
from registry.signing import PublicKey, SigningKey

ALG: Final = "ECDH-ES"
ENCODINGS: Final = ("A256GCM", "A128GCM")
"""Content encryption that HAIP 1.0 asks for, ours first."""
MAX_PLAIN: Final = 1024 * 1024
"""Bytes that are encrypted or decrypted at most."""
MAX_TOKEN: Final = MAX_PLAIN * 4 // 3 + 4096


class BadJwe(RegistryError):
    """Not a JWE of the one kind that is read here, or not for this key."""

    kind = "bad-jwe"

    def __init__(self) -> None:
        super().__init__("加密内容无法读取。", "The encrypted content cannot be read.")


class _Registry(jwe.JWERegistry):
    max_ciphertext_length = MAX_TOKEN


_TAKEN: Final = _Registry(algorithms=[ALG, *ENCODINGS], strict_check_header=False)


def encrypt(
    plain: bytes, jwk: Mapping[str, Any], *, enc: str = "A256GCM", apu: bytes = b"", apv: bytes = b""
) -> str:
    """Encrypt to a P-256 key; its `kid`, if it has one, is named in the header.

    enc: one of `ENCODINGS`. apu, apv: what the two parties say of themselves (RFC 7518, section 4.6.1).

    Raises:
        BadKey: no P-256 key.
        BadJwe: too large, or another content encryption.
    """
    key = ECKey.import_key(PublicKey.from_jwk(jwk).imported)
    if len(plain) > MAX_PLAIN or enc not in ENCODINGS:
        raise BadJwe
    header: dict[str, Any] = {"alg": ALG, "enc": enc}
    if isinstance(jwk.get("kid"), str):
        header["kid"] = jwk["kid"]
    for name, party in (("apu", apu), ("apv", apv)):
        if party:
            header[name] = b64.encode(party)
    return jwe.encrypt_compact(header, plain, key, registry=_TAKEN)


def header(token: str) -> dict[str, Any]:
    """The protected header, before anything is decrypted: to find the key that it names.

    Raises:
        BadJwe: not five parts within `MAX_TOKEN` characters, or another algorithm, or a critical member.
    """
    if len(token) > MAX_TOKEN or token.count(".") != 4:
        raise BadJwe
    try:
        found = jcs.loads(b64.decode(token.partition(".")[0]))
    except RegistryError:
        raise BadJwe from None
    if (
        not isinstance(found, dict)
        or found.get("alg") != ALG
        or found.get("enc") not in ENCODINGS
        or found.keys() & {"zip", "crit"}
    ):
        raise BadJwe
    return found


def decrypt(token: str, key: SigningKey) -> bytes:
    """What was encrypted to this key.

    Raises:
        BadJwe: as `header` does, or it was encrypted to another key or changed.
    """
    header(token)
    try:
        plain = jwe.decrypt_compact(token, ECKey.import_key(key.imported), registry=_TAKEN).plaintext
    except (JoseError, ValueError, TypeError, KeyError, AssertionError):
        # joserfc lets through what the layers below raise of a point that is none, or a wrong length.
        raise BadJwe from None
    if plain is None or len(plain) > MAX_PLAIN:
        raise BadJwe
    return plain
