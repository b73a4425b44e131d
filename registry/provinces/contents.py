"""What a message holds once it is opened: a question to one department, and what that department answers.

Both are encrypted (JWE): a question to a key that the answering department published (and signed with its own
key of use 16), the answer to a key made for this one question. Plain texts are padded to steps of 4 KiB, so
that sizes say nothing. Pure.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from registry import jcs, jwe
from registry.credential import issuer_uri
from registry.errors import RegistryError
from registry.rights import Ask
from registry.signing import PublicKey, SigningKey, Use, check_jws, parse_jws, sign_jws
from registry.trust import Trust

KEYS_TYPE: Final = "zt-encryption-keys+jwt"
KEYS_LIFE: Final = 3_600
"""Seconds for which a published document of encryption keys may be used."""
STEP: Final = 4_096
Code = Annotated[str, Meta(pattern=r"^[0-9A-Z]{18}\Z")]
_Text = Annotated[str, Meta(max_length=200)]
_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]


class BadContent(RegistryError):
    """Not a question or an answer as they travel between registries, or not for whom it came to."""

    kind = "bad-message-content"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "消息内容不符合规定，或不是发给该部门的。",
            "Not the content of a message between registries, or not for this department.",
        )


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    pass


class HolderOf(_Part, frozen=True, kw_only=True):
    """Whom a question is about."""

    id_type: _Name
    identifier: _Text

    def __repr__(self) -> str:
        return f"HolderOf({self.id_type})"


class Question(_Part, frozen=True, kw_only=True):
    """What one department asks another, by code. reply_to: JWK to which the answer is encrypted.

    The rest as `registry.queries.question.Query`; type is the type's code, case the asker's case number.
    """

    asker: Code
    issuer: Code
    reply_to: dict[str, str]
    clerk: Annotated[str, Meta(min_length=1, max_length=80)]
    matter: _Text
    type: Annotated[str, Meta(max_length=80)]
    ask: Ask
    case: Annotated[str, Meta(min_length=1, max_length=80)]
    claims: Annotated[tuple[_Name, ...], Meta(max_length=60)] = ()
    holder: HolderOf | None = None
    certificate_id: _Text | None = None
    value: Annotated[str, Meta(max_length=2_000)] = ""
    source: _Text = ""

    def __repr__(self) -> str:
        return f"Question({self.asker} to {self.issuer})"


class _Jwk(_Part, frozen=True, kw_only=True):
    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: Literal["enc"]
    alg: Literal["ECDH-ES"]


class _Keys(_Part, frozen=True, kw_only=True):
    keys: Annotated[tuple[_Jwk, ...], Meta(min_length=1, max_length=4)]


class _Published(_Part, frozen=True, kw_only=True):
    iss: str
    iat: int
    exp: int
    jwks: _Keys


def seal_question(question: Question, recipient: Mapping[str, Any]) -> bytes:
    """A question, encrypted to a department's key. Raises BadKey, BadJwe."""
    return _seal(question, recipient)


def open_question(body: bytes, key: SigningKey) -> Question:
    """A question that was encrypted to this key. Raises BadContent."""
    try:
        return msgspec.convert(_open(body, key), Question)
    except msgspec.ValidationError:
        raise BadContent from None


def seal_answer(envelope: Mapping[str, Any], recipient: Mapping[str, Any]) -> bytes:
    """An answer in its envelope, encrypted to the key that came with the question. Raises BadContent."""
    try:
        return _seal(envelope, recipient)
    except RegistryError:
        raise BadContent from None


def open_answer(body: bytes, key: SigningKey) -> dict[str, Any]:
    """An answer's envelope. Raises BadContent."""
    found = _open(body, key)
    if not isinstance(found, dict) or not isinstance(found.get("question"), dict):
        raise BadContent
    return found


def key_named(body: bytes) -> str:
    """The `kid` of the key that a question was encrypted to. Raises BadContent."""
    try:
        return str(jwe.header(body.decode("ascii")).get("kid"))
    except (RegistryError, UnicodeDecodeError):
        raise BadContent from None


def public_jwk(key: SigningKey) -> dict[str, str]:
    """A decryption key's public half, named by its thumbprint."""
    return {**key.public.jwk, "kid": key.public.thumbprint, "use": "enc", "alg": jwe.ALG}


def publish_keys(
    origin: str,
    code: str,
    keys: tuple[SigningKey, ...],
    *,
    signer: SigningKey,
    x5c: tuple[str, ...],
    now: int,
) -> str:
    """A department's encryption keys, the one to use first, signed by its key of use 16."""
    said = {
        "iss": issuer_uri(origin, code),
        "iat": now,
        "exp": now + KEYS_LIFE,
        "jwks": {"keys": [public_jwk(each) for each in keys]},
    }
    header = {"kid": signer.public.thumbprint, "typ": KEYS_TYPE, **({"x5c": list(x5c)} if x5c else {})}
    return sign_jws(header, said, signer)


def read_keys(token: str, trust: Trust, code: str, now: int) -> tuple[dict[str, Any], int]:
    """The key to encrypt to for a department, and until when it may be used.

    Raises:
        BadContent: not its keys, expired, or not signed by a key that the chain lets it sign messages with.
    """
    try:
        jws = parse_jws(token)
        said = msgspec.convert(jws.payload, _Published)
        issuer = trust.issuer_at(said.iss)
        key = issuer.keys.get(str(jws.header.get("kid"))) if issuer is not None else None
        if issuer is None or issuer.code != code or key is None or not key.may(Use.MESSAGES, said.iat):
            raise BadContent
        check_jws(jws, key.public, typ=KEYS_TYPE)
        if not said.iat - 60 <= now < said.exp or said.exp - said.iat > KEYS_LIFE:
            raise BadContent
        first: dict[str, Any] = msgspec.to_builtins(said.jwks.keys[0])
        if PublicKey.from_jwk(first).thumbprint != first["kid"]:
            raise BadContent
    except (RegistryError, msgspec.MsgspecError):
        raise BadContent from None
    return first, said.exp


def _seal(content: object, recipient: Mapping[str, Any]) -> bytes:
    plain = jcs.dumps(content)
    return jwe.encrypt(plain.ljust(-(-len(plain) // STEP) * STEP), recipient).encode("ascii")


def _open(body: bytes, key: SigningKey) -> Any:
    try:
        return jcs.loads(jwe.decrypt(body.decode("ascii"), key))
    except (RegistryError, UnicodeDecodeError):
        raise BadContent from None
