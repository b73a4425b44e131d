"""Requests for presentations as they travel (OpenID4VP 1.0, section 5; RFC 9101): made, signed, read.

Three ways to say who asks (section 5.9): by the SHA-256 of the certificate whose key signs (`x509_hash`, as
HAIP 1.0 demands), by a host's name in that certificate (`x509_san_dns`), or by nothing but the address that
is answered to (`redirect_uri`, unsigned). Reading shows who signed; whether that is somebody known, the
reader decides from the certificates.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
import pybase64
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import UNSET, Meta, UnsetType

from registry import b64, dcql, jcs, jwe, signing, transactiondata
from registry.certificatechain import UNREADABLE, extension
from registry.dcql import Query
from registry.errors import RegistryError
from registry.signing import BadKey, PublicKey, SigningKey
from registry.transactiondata import BadTransactionData

TYPE: Final = "oauth-authz-req+jwt"
MEDIA_TYPE: Final = f"application/{TYPE}"
AUDIENCE: Final = "https://self-issued.me/v2"
"""The wallet that nobody knows yet (section 5.8)."""
SCHEME: Final = "openid4vp://"
ENCRYPTED: Final = "direct_post.jwt"
FORMATS: Final = {dcql.FORMAT: {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}}
LEEWAY: Final = 60
"""Seconds that two clocks may differ."""

Prefix = Literal["x509_hash", "x509_san_dns", "redirect_uri"]
Text = Annotated[str, Meta(min_length=1, max_length=512)]
Uri = Annotated[str, Meta(min_length=1, max_length=2048)]


class BadRequestObject(RegistryError):
    """Not a request that a wallet may answer.

    error: its name in OpenID4VP 1.0, section 8.5, for the answer to the verifier.
    """

    kind = "bad-request-object"

    def __init__(
        self,
        zh: str = "验证请求无效。",
        en: str = "Not a valid request for a presentation.",
        error: str = "invalid_request",
    ) -> None:
        super().__init__(zh, en)
        self.error = error


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key to encrypt the answer to."""

    kty: str
    crv: str | UnsetType = UNSET
    x: str | UnsetType = UNSET
    y: str | UnsetType = UNSET
    kid: Text | UnsetType = UNSET
    use: str | UnsetType = UNSET
    alg: str | UnsetType = UNSET

    @classmethod
    def of(cls, key: PublicKey) -> "Key":
        """This key, named by its thumbprint."""
        return cls(**key.jwk, kid=key.thumbprint, use="enc", alg=jwe.ALG)

    @property
    def usable(self) -> bool:
        """Whether `jwe` can encrypt to it."""
        if self.use not in ("enc", UNSET) or self.alg not in (jwe.ALG, UNSET):
            return False
        try:
            PublicKey.from_jwk(self.jwk)
        except BadKey:
            return False
        return True

    @property
    def jwk(self) -> dict[str, str]:
        """The key as JSON."""
        made: dict[str, str] = msgspec.to_builtins(self)
        return made


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """A JWK set."""

    keys: Annotated[tuple[Key, ...], Meta(max_length=20)]


class Metadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the wallet is told of the verifier (section 5.1, `client_metadata`)."""

    jwks: Keys | UnsetType = UNSET
    encrypted_response_enc_values_supported: tuple[str, ...] = ("A128GCM",)
    vp_formats_supported: dict[str, Any] | UnsetType = UNSET
    client_name: Text | UnsetType = UNSET


class RequestObject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request for presentations, its members named as in section 5.

    client_id: prefix and identifier of the verifier. dcql_query: the query. response_uri: where the answer is
    posted to. transaction_data: what the holder is to agree to, each as it travels. wallet_nonce: what the
    wallet sent along when it fetched this. iat, exp: Unix seconds.
    """

    client_id: Text
    response_uri: Uri
    response_mode: Literal["direct_post.jwt", "direct_post"]
    nonce: Text
    dcql_query: Query
    state: Text | UnsetType = UNSET
    client_metadata: Metadata | UnsetType = UNSET
    transaction_data: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    wallet_nonce: Text | UnsetType = UNSET
    iat: int | float | UnsetType = UNSET
    exp: int | float | UnsetType = UNSET

    @property
    def prefix(self) -> str:
        """How the verifier is named."""
        return self.client_id.partition(":")[0]

    @property
    def encryption_key(self) -> Key:
        """The key that the answer is encrypted to. Raises BadRequestObject where none can be used."""
        sets = UNSET if self.client_metadata is UNSET else self.client_metadata.jwks
        keys = () if isinstance(sets, UnsetType) else sets.keys
        usable = next((key for key in keys if key.usable), None)
        if usable is None:
            raise BadRequestObject("请求中没有可用的加密密钥。", "The request has no key to encrypt to.")
        return usable

    @property
    def encryption(self) -> str:
        """The content encryption of the answer: the first that both know. Raises BadRequestObject."""
        offered = (
            ("A128GCM",)
            if isinstance(self.client_metadata, UnsetType)
            else self.client_metadata.encrypted_response_enc_values_supported
        )
        known = next((each for each in offered if each in jwe.ENCODINGS), None)
        if known is None:
            raise BadRequestObject("请求的加密方式不受支持。", "No content encryption that is known here.")
        return known

    def members(self) -> dict[str, Any]:
        """The request as a JSON object, without what only a signed one has."""
        made: dict[str, Any] = jcs.loads(jcs.dumps(self))
        return made | {"response_type": "vp_token"}


class Read(msgspec.Struct, frozen=True):
    """A request as a wallet received it.

    x5c: DER of each certificate, the signer's own first; empty for an unsigned one, which says nothing of who
    asks. The signature is that of the first certificate's key, and the client_id names that certificate.
    """

    request: RequestObject
    x5c: tuple[bytes, ...]

    @property
    def signer(self) -> PublicKey | None:
        """The key that signed; None for an unsigned one."""
        return _certified_key(x509.load_der_x509_certificate(self.x5c[0])) if self.x5c else None


def client_id(prefix: Prefix, *, x5c: Sequence[str], response_uri: str) -> str:
    """The name under which a verifier asks.

    x5c: base64 of each DER, the signer's own first.

    Raises:
        BadRequestObject: `x509_san_dns`, and the certificate does not name the host of `response_uri`.
    """
    if prefix == "redirect_uri":
        return f"redirect_uri:{response_uri}"
    der = pybase64.b64decode(x5c[0], validate=True)
    if prefix == "x509_hash":
        return f"x509_hash:{b64.encode(sha256(der).digest())}"
    host = urlsplit(response_uri).hostname or ""
    if host not in _names(x509.load_der_x509_certificate(der)):
        raise BadRequestObject("证书中没有该主机名。", "The certificate does not name that host.")
    return f"x509_san_dns:{host}"


def sign(request: RequestObject, *, key: SigningKey, x5c: Sequence[str]) -> str:
    """The request as a JWS (RFC 9101). x5c: as in `client_id`, without the root."""
    return signing.sign_jws({"typ": TYPE, "x5c": list(x5c)}, request.members() | {"aud": AUDIENCE}, key)


def read(text: str, *, now: int, client_id: str | None = None, wallet_nonce: str | None = None) -> Read:
    """A signed request that names its signer rightly.

    now: Unix seconds. client_id: that of the link which led to it. wallet_nonce: what was sent along when it
    was fetched.

    Raises:
        BadRequestObject: no request of this form, expired, signed by another than its client_id says or than
            the link said, or without the nonce that was sent.
    """
    try:
        jws = signing.parse_jws(text)
    except RegistryError:
        raise BadRequestObject from None
    if jws.header.get("alg") != "ES256" or jws.header.get("typ") != TYPE or "crit" in jws.header:
        raise BadRequestObject
    x5c = _chain(jws.header.get("x5c"))
    leaf = x509.load_der_x509_certificate(x5c[0])
    if not _certified_key(leaf).verify(jws.signature, jws.signing_input):
        raise BadRequestObject("请求的签名不成立。", "The request's signature does not stand.")
    request = _request(jws.payload)
    _check_times(request, leaf, now)
    if client_id not in (None, request.client_id) or not _names_signer(request, leaf, x5c[0]):
        raise BadRequestObject(
            "请求方名称与其证书不符。",
            "The verifier's name is not that of its certificate.",
            "invalid_client",
        )
    if jws.payload.get("aud", AUDIENCE) not in (AUDIENCE, [AUDIENCE]):
        raise BadRequestObject("请求不是给钱包的。", "The request is not meant for a wallet.")
    if wallet_nonce is not None and request.wallet_nonce != wallet_nonce:
        raise BadRequestObject("请求不是对此次取用的应答。", "The request was not made for this fetch.")
    return Read(request, x5c)


def read_parameters(parameters: Mapping[str, str]) -> Read:
    """An unsigned request, its members as parameters of a link (section 5.9.3, `redirect_uri`).

    Raises:
        BadRequestObject: no request of this form, or not for the address that its client_id names.
    """
    members: dict[str, Any] = dict(parameters)
    try:
        for name in ("dcql_query", "client_metadata", "transaction_data"):
            if name in members:
                members[name] = jcs.loads(members[name].encode())
    except RegistryError:
        raise BadRequestObject from None
    request = _request(members)
    if request.client_id != f"redirect_uri:{request.response_uri}":
        raise BadRequestObject("未签名的请求须以应答地址为名。", "Unsigned, and not named by its address.")
    return Read(request, ())


def parameters(request: RequestObject) -> dict[str, str]:
    """An unsigned request as parameters of a link."""
    return {
        name: value if isinstance(value, str) else jcs.dumps(value).decode()
        for name, value in request.members().items()
        if name not in ("iat", "exp")
    }


def _request(payload: Mapping[str, Any]) -> RequestObject:
    if payload.get("response_type") != "vp_token" or "redirect_uri" in payload:
        raise BadRequestObject
    try:
        query = dcql.parse(payload.get("dcql_query"))
        request = msgspec.convert(dict(payload), RequestObject)
        if not isinstance(request.transaction_data, UnsetType):
            transactiondata.parse_all(request.transaction_data, query)
    except (msgspec.ValidationError, RecursionError, dcql.BadQuery):
        raise BadRequestObject from None
    except BadTransactionData as error:
        raise BadRequestObject(error.zh, error.en, error.error) from None
    if request.response_mode == ENCRYPTED and not (request.encryption_key and request.encryption):
        raise BadRequestObject
    return request


def _check_times(request: RequestObject, leaf: x509.Certificate, now: int) -> None:
    begins, ends = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
    if not begins - LEEWAY <= now <= ends + LEEWAY:
        raise BadRequestObject("请求方的证书不在有效期内。", "The verifier's certificate is not in force.")
    if request.exp is not UNSET and now >= request.exp + LEEWAY:
        raise BadRequestObject("请求已过期。", "The request has expired.")


def _chain(x5c: object) -> tuple[bytes, ...]:
    """The DERs of an `x5c`, each of them a certificate."""
    if not isinstance(x5c, list) or not 0 < len(x5c) <= 8 or not all(isinstance(each, str) for each in x5c):
        raise BadRequestObject
    try:
        ders = tuple(pybase64.b64decode(each, validate=True) for each in x5c)
        certificates = [x509.load_der_x509_certificate(der) for der in ders]
        _certified_key(certificates[0])
    except (*UNREADABLE, BadKey):
        raise BadRequestObject from None
    return ders


def _certified_key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadRequestObject
    return PublicKey(key)


def _names(certificate: x509.Certificate) -> list[str]:
    """The hosts that a certificate names."""
    try:
        names = extension(certificate, x509.SubjectAlternativeName)
    except UNREADABLE:
        return []
    return [name.lower() for name in names.get_values_for_type(x509.DNSName)] if names else []


def _names_signer(request: RequestObject, leaf: x509.Certificate, der: bytes) -> bool:
    prefix, _, name = request.client_id.partition(":")
    if prefix == "x509_hash":
        return name == b64.encode(sha256(der).digest())
    # Section 5.9.3: who is known by a host's name alone is answered at that host alone.
    return (
        prefix == "x509_san_dns" and name in _names(leaf) and urlsplit(request.response_uri).hostname == name
    )
