"""Credentials and presentations (SD-JWT VC, RFC 9901): signed by an issuer, bound by a wallet, taken apart.

Only our own kind, with `core` and `anchor`; whatever else is in a header or payload is refused, so that a
stolen signing key adds no claims.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
import pybase64
from msgspec import UNSET, Meta, UnsetType, field

from registry import b64, certificate, jcs, merkle
from registry.certificate import Core, DigestText, Disclosure, Natural, SdAlg, Text
from registry.errors import RegistryError
from registry.merkle import InclusionProof
from registry.signing import BadKey, PublicKey, SigningKey

MAX_BYTES = 256 * 1024
MAX_DISCLOSURES = 200
CODE_AUDIENCE = "urn:zt:code"

Uri = Annotated[str, Meta(min_length=1, max_length=512)]
Time = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Kind(StrEnum):
    """Kind of presentation (protocol.md, Credential)."""

    REQUEST = "request"
    CODE = "code"
    ANSWER = "answer"
    COPY = "copy"


class BadPresentation(RegistryError):
    """Not a presentation of a credential of ours."""

    kind = "bad-presentation"

    def __init__(self) -> None:
        super().__init__("不是本系统的证照出示内容。", "Not a presentation of one of our credentials.")


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Anchor(_Strict, frozen=True, kw_only=True):
    """The receipt: where the certificate's leaf is.

    seq: number of the issuer's batch. size: its leaves. index: this leaf's position.
    path: base64url of the sibling hashes from the leaf up, 32 bytes each.
    """

    seq: Natural
    size: Natural
    index: Natural
    path: Annotated[str, Meta(max_length=64 * 43)]

    @classmethod
    def of(cls, seq: int, proof: InclusionProof) -> "Anchor":
        """The receipt of a proof in the issuer's batch `seq`."""
        return cls(seq=seq, size=proof.size, index=proof.index, path=b64.encode(b"".join(proof.path)))

    def root(self, leaf_hash: bytes) -> bytes:
        """The root that the path leads to. Raises BadProof, BadBase64."""
        return merkle.root_along(leaf_hash, self.index, self.size, b64.decode(self.path))


class StatusReference(_Strict, frozen=True, kw_only=True):
    """An entry of a status list (Token Status List, section 6.2)."""

    uri: Uri
    idx: Natural


class Status(_Strict, frozen=True, kw_only=True):
    """The `status` member."""

    status_list: StatusReference


class Jwk(_Strict, frozen=True, kw_only=True):
    """A holder's key."""

    crv: Literal["P-256"]
    kty: Literal["EC"]
    x: DigestText
    y: DigestText


class Confirmation(_Strict, frozen=True, kw_only=True):
    """The `cnf` member (RFC 7800)."""

    jwk: Jwk


class Header(_Strict, frozen=True, kw_only=True):
    """Header of the issuer's JWT.

    alg: of the issuer's suite. x5c: base64 of each DER, the key's own first, without the CA's root.
    """

    alg: Literal["ES256", "SM2"]
    kid: DigestText
    typ: Literal["dc+sd-jwt"]
    x5c: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]


class Payload(_Strict, frozen=True, kw_only=True):
    """Payload of the issuer's JWT: these members and no other.

    iss, vct, status uri: addresses under an origin of the issuer. iat, nbf, exp: Unix seconds.
    integrity: of the type's metadata (W3C Subresource Integrity). cnf: the wallet's key.
    aud: who asked, in an answer. sd_alg: of the suite with which the certificate was made; the header's `alg`
    is of the one with which it is signed now.
    """

    iss: Uri
    iat: Time
    nbf: Time
    exp: Time
    vct: Uri
    integrity: Annotated[str, Meta(pattern=r"^sha256-[0-9A-Za-z+/]{43}=\Z")] = field(name="vct#integrity")
    cnf: Confirmation | UnsetType = UNSET
    aud: Uri | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    core: Core
    anchor: Anchor
    sd: tuple[DigestText, ...] = field(name="_sd")
    sd_alg: SdAlg = field(name="_sd_alg")


class KeyBindingHeader(_Strict, frozen=True, kw_only=True):
    """Header of a KB-JWT."""

    alg: Literal["ES256"]
    typ: Literal["kb+jwt"]


class KeyBindingPayload(_Strict, frozen=True, kw_only=True):
    """Payload of a KB-JWT (RFC 9901, section 4.3).

    transaction_data_hashes: of what the holder agrees to with it (OpenID4VP 1.0, appendix B.3.3).
    """

    aud: Uri
    iat: Time
    nonce: Text
    sd_hash: DigestText
    transaction_data_hashes: Annotated[tuple[DigestText, ...], Meta(max_length=20)] | UnsetType = UNSET
    transaction_data_hashes_alg: Literal["sha-256"] | UnsetType = UNSET


class KeyBinding(msgspec.Struct, frozen=True):
    """A KB-JWT taken apart. presented: digest of what stands before it, to compare with `sd_hash`."""

    payload: KeyBindingPayload
    signing_input: bytes
    signature: bytes
    presented: str


class Presentation(msgspec.Struct, frozen=True):
    """A presentation taken apart; nothing about it is verified yet.

    digests: of the disclosures, in their order. signing_input, signature: of the issuer's JWT.
    """

    text: str
    header: Header
    payload: Payload
    signing_input: bytes
    signature: bytes
    disclosures: tuple[Disclosure, ...]
    digests: tuple[str, ...]
    binding: KeyBinding | None

    @property
    def kind(self) -> Kind:
        """What kind this claims to be; whether it is bound as that kind demands is check 8."""
        if self.payload.cnf is not UNSET or self.binding is not None:
            code = self.binding is not None and self.binding.payload.aud == CODE_AUDIENCE
            return Kind.CODE if code else Kind.REQUEST
        return Kind.COPY if self.payload.aud is UNSET else Kind.ANSWER

    @property
    def claims(self) -> dict[str, str]:
        """Disclosed claims by name; of a name that stands twice, the last."""
        return {name: value for _, name, value in self.disclosures}

    @property
    def leaf(self) -> bytes:
        """Leaf hash of the certificate."""
        payload = self.payload
        return merkle.leaf_hash(certificate.canonical(payload.core, payload.sd, payload.sd_alg))

    @property
    def holder_key(self) -> PublicKey | None:
        """The wallet's key; None without one. Raises BadKey where it is no point of the curve."""
        cnf = self.payload.cnf
        if cnf is UNSET:
            return None
        try:
            return PublicKey.from_point(b64.decode(cnf.jwk.x), b64.decode(cnf.jwk.y))
        except b64.BadBase64:
            raise BadKey from None

    def __repr__(self) -> str:
        return f"Presentation({len(self.text)} characters)"


def issuer_uri(origin: str, code: str) -> str:
    """Address of an issuer: the `iss` of its credentials."""
    return f"{origin}/issuers/{code}"


def type_uri(origin: str, type: str, version: int) -> str:
    """Address of a type's version: the `vct` of its credentials."""
    return f"{origin}/types/{type}/{version}"


def status_uri(origin: str, code: str, number: int) -> str:
    """Address of an issuer's credential status list."""
    return f"{issuer_uri(origin, code)}/status/{number}"


def sign_credential(
    core: Core,
    sd: tuple[str, ...],
    anchor: Anchor,
    *,
    key: SigningKey,
    x5c: tuple[str, ...],
    origin: str,
    integrity: bytes,
    iat: int,
    exp: int,
    signer: str | None = None,
    nbf: int | None = None,
    cnf: PublicKey | None = None,
    aud: str | None = None,
    status: StatusReference | None = None,
    sd_alg: SdAlg = "sha-256",
) -> str:
    """The issuer's JWT of a credential, a copy or an answer, without disclosures.

    integrity: SHA-256 of the type's metadata as served. signer: code of the successor that signs, where
    it is not the core's issuer. sd_alg: with which the certificate's `sd` was made. exp: at most 30 days
    after iat with `cnf`, 24 hours with `aud`.
    """
    payload = Payload(
        iss=issuer_uri(origin, signer or core.issuer),
        iat=iat,
        nbf=iat if nbf is None else nbf,
        exp=exp,
        vct=type_uri(origin, core.type, core.type_version),
        integrity="sha256-" + pybase64.b64encode(integrity).decode("ascii"),
        cnf=UNSET if cnf is None else Confirmation(jwk=Jwk(**cnf.jwk)),  # type: ignore[arg-type]
        aud=UNSET if aud is None else aud,
        status=UNSET if status is None else Status(status_list=status),
        core=core,
        anchor=anchor,
        sd=sd,
        sd_alg=sd_alg,
    )
    signing_input = f"{_header(key.suite.alg, key.public.thumbprint, x5c)}.{b64.encode(jcs.dumps(payload))}"
    return f"{signing_input}.{b64.encode(key.sign(signing_input.encode('ascii')))}"


@lru_cache(maxsize=256)
def _header(alg: Literal["ES256", "SM2"], kid: str, x5c: tuple[str, ...]) -> str:
    return b64.encode(jcs.dumps(Header(alg=alg, kid=kid, typ="dc+sd-jwt", x5c=x5c)))


_BINDING_HEADER = b64.encode(jcs.dumps(KeyBindingHeader(alg="ES256", typ="kb+jwt")))


def present(
    credential: str,
    disclosures: Sequence[str],
    *,
    key: SigningKey | None = None,
    aud: str = CODE_AUDIENCE,
    nonce: str = "",
    iat: int = 0,
    transaction_data_hashes: Sequence[str] = (),
) -> str:
    """A presentation of chosen disclosures.

    credential: the issuer's JWT. key: the wallet's, which binds them to `aud`, `nonce` and `iat`; None for
    copies and answers, and for what an issuer hands to a wallet. transaction_data_hashes: of what the holder
    agrees to (`transactiondata.digest`).
    """
    shown = "~".join((credential, *disclosures, ""))
    if key is None:
        return shown
    payload = KeyBindingPayload(
        aud=aud,
        iat=iat,
        nonce=nonce,
        sd_hash=certificate.digest(shown, _sd_alg(credential)),
        transaction_data_hashes=tuple(transaction_data_hashes) or UNSET,
        transaction_data_hashes_alg="sha-256" if transaction_data_hashes else UNSET,
    )
    signing_input = f"{_BINDING_HEADER}.{b64.encode(jcs.dumps(payload))}"
    return f"{shown}{signing_input}.{b64.encode(key.sign(signing_input.encode('ascii')))}"


class _Digests(msgspec.Struct, frozen=True):
    sd_alg: SdAlg = field(name="_sd_alg", default="sha-256")


_read_digests = msgspec.json.Decoder(_Digests).decode


def _sd_alg(credential: str) -> SdAlg:
    """Of an issuer's JWT: its KB-JWT has the same (RFC 9901, section 4.3.1). What is none may have any."""
    try:
        return _read_digests(b64.decode(credential.partition(".")[2].partition(".")[0])).sd_alg
    except (b64.BadBase64, msgspec.MsgspecError, UnicodeError, RecursionError):
        return "sha-256"


def split(text: str) -> tuple[str, tuple[str, ...]]:
    """The issuer's JWT and the disclosures of a credential or presentation, as they travel."""
    jwt, *disclosures, _ = text.split("~")
    return jwt, tuple(disclosures)


def parse(text: str) -> Presentation:
    """Take a presentation apart, within the caps of check 0.

    Raises:
        RegistryError: too large, an unknown, missing or repeated member, another algorithm or type, loose
            encoding.
    """
    if len(text) > MAX_BYTES or not text.isascii() or text.count("~") not in range(1, MAX_DISCLOSURES + 2):
        raise BadPresentation
    jwt, *shown, bound = text.split("~")
    try:
        header, body, signing_input, signature = _parts(jwt)
        said = b64.decode(body)
        payload = _read_payload(said)
        jcs.demand_names_once(said, payload)
        if payload.status is UNSET and payload.aud is UNSET:
            raise BadPresentation  # only an answer, which lives for a day, may have no entry of its own
        return Presentation(
            text=text,
            header=_parsed_header(header),
            payload=payload,
            signing_input=signing_input,
            signature=signature,
            disclosures=tuple(map(certificate.parse_disclosure, shown)),
            digests=tuple(certificate.digest(each, payload.sd_alg) for each in shown),
            binding=_parse_binding(text, bound, payload.sd_alg) if bound else None,
        )
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadPresentation from None


def verify_signature(presentation: Presentation, key: PublicKey) -> bool:
    """Whether the issuer's JWT was signed by `key`: one of the trust state, never one from the JWT.

    Raises:
        NoSm: the key is on SM2, and this installation has no SM2.
    """
    named = presentation.header.alg == key.suite.alg
    return named and key.verify(presentation.signature, presentation.signing_input)


_read_header = msgspec.json.Decoder(Header).decode
_read_payload = msgspec.json.Decoder(Payload).decode
_read_binding = msgspec.json.Decoder(KeyBindingPayload).decode


@lru_cache(maxsize=1024)
def _parsed_header(segment: str) -> Header:
    # One header for all credentials of an issuer's key: with x5c it is the longest part of most of them.
    data = b64.decode(segment)
    header = _read_header(data)
    jcs.demand_names_once(data, header)
    return header


@lru_cache(maxsize=64)
def _parsed_binding_header(segment: str) -> KeyBindingHeader:
    data = b64.decode(segment)
    header = msgspec.json.decode(data, type=KeyBindingHeader)
    jcs.demand_names_once(data, header)
    return header


def _parts(jwt: str) -> tuple[str, str, bytes, bytes]:
    parts = jwt.split(".", 3)
    if len(parts) != 3:
        raise BadPresentation
    header, payload, signature = parts
    return header, payload, jwt[: -1 - len(signature)].encode("ascii"), b64.decode(signature)


def _parse_binding(text: str, bound: str, sd_alg: str) -> KeyBinding:
    header, payload, signing_input, signature = _parts(bound)
    _parsed_binding_header(header)
    presented = certificate.digest(text[: -len(bound)], sd_alg)
    said = b64.decode(payload)
    binding = _read_binding(said)
    jcs.demand_names_once(said, binding)
    return KeyBinding(binding, signing_input, signature, presented)
