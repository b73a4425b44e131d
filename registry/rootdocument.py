"""The document a verifier pins: three offline root keys, two of which sign, naming the bundle's key.

A JWS in general JSON form (RFC 7515, section 7.2.1). A new document is signed by two keys of the old one
and two of its own; the whole line travels with every bundle, as in TUF.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from registry import b64, jcs
from registry.errors import RegistryError
from registry.signing import BadKey, PublicKey, SigningKey

TYPE = "zt-root+jwt"
KEYS = 3
THRESHOLD = 2


class RootRefused(RegistryError):
    """The root document, or the line of its successors, does not stand."""

    kind = "root-refused"


@dataclass(frozen=True, slots=True)
class RootDocument:
    """What a root document says.

    version: from 1, counted up. keys: the three root keys. bundle_keys: those that may sign bundles.
    created, expires: Unix seconds.
    """

    version: int
    keys: tuple[PublicKey, ...]
    bundle_keys: tuple[PublicKey, ...]
    created: int
    expires: int

    def bundle_key(self, kid: object) -> PublicKey | None:
        """The bundle key with that thumbprint."""
        return next((key for key in self.bundle_keys if key.thumbprint == kid), None)


class _Jwk(msgspec.Struct, forbid_unknown_fields=True):
    crv: str
    kty: str
    x: str
    y: str

    @classmethod
    def of(cls, key: PublicKey) -> "_Jwk":
        return cls(**key.jwk)

    @property
    def key(self) -> PublicKey:
        return PublicKey.from_jwk(msgspec.structs.asdict(self))


class _Payload(msgspec.Struct, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1)]
    keys: Annotated[tuple[_Jwk, ...], Meta(min_length=KEYS, max_length=KEYS)]
    bundle_keys: Annotated[tuple[_Jwk, ...], Meta(min_length=1, max_length=4)]
    created: int
    expires: int


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    protected: str
    signature: str


class Signed(msgspec.Struct, forbid_unknown_fields=True):
    """A signed root document as it travels."""

    payload: str
    signatures: Annotated[tuple[_Signature, ...], Meta(max_length=2 * KEYS)]


def sign(document: RootDocument, keys: Iterable[SigningKey]) -> bytes:
    """A root document signed by these keys: two of its own, and two of its predecessor's if it has one."""
    payload = b64.encode(
        jcs.dumps(
            _Payload(
                document.version,
                tuple(map(_Jwk.of, document.keys)),
                tuple(map(_Jwk.of, document.bundle_keys)),
                document.created,
                document.expires,
            )
        )
    )
    signatures = []
    for key in keys:
        protected = b64.encode(jcs.dumps(_Header("ES256", key.public.thumbprint, TYPE)))
        signature = key.sign(f"{protected}.{payload}".encode("ascii"))
        signatures.append(_Signature(protected, b64.encode(signature)))
    return jcs.dumps(Signed(payload, tuple(signatures)))


def read(data: bytes | Signed) -> RootDocument:
    """What a document says, once two of its own keys signed it.

    Raises:
        RootRefused: not such a document, or fewer signatures.
    """
    signed, document = _parse(data)
    _demand(signed, document.keys)
    return document


def follow(
    pinned: bytes, later: Sequence[bytes | Signed], *, now: int, known: RootDocument | None = None
) -> RootDocument:
    """The newest document of the line that begins at the pinned one.

    later: documents that came with a bundle; those not newer than the pinned one are passed over.
    known: the one that was followed to before. Retired root keys can sign another successor of theirs; a
    line that forks off below it is none.

    Raises:
        RootRefused: a version is left out, an old or new key's signature is missing, the line is another than
            before, or its last document has expired.
    """
    current = read(pinned)
    _demand_same(current, known)
    for data in later:
        signed, document = _parse(data)
        if document.version <= current.version:
            continue
        if document.version != current.version + 1:
            raise RootRefused("根文件的版本不连续。", "A version of the root document is missing.")
        _demand(signed, current.keys)
        _demand(signed, document.keys)
        _demand_same(document, known)
        current = document
    if now >= current.expires:
        raise RootRefused("根文件已过期，请更新。", "The root document has expired; get the new one.")
    return current


def found(document: RootDocument, line: Iterable[Signed]) -> bytes:
    """A document that a line was followed to, as it was signed: the first that says the same."""
    return next(jcs.dumps(each) for each in line if _parse(each)[1] == document)


def _demand_same(document: RootDocument, known: RootDocument | None) -> None:
    if known is not None and document.version == known.version and document != known:
        raise RootRefused(
            "根文件与此前跟随的不一致。",
            "This is another line of root documents than the one followed before.",
        )


def _parse(data: bytes | Signed) -> tuple[Signed, RootDocument]:
    try:
        signed = data if isinstance(data, Signed) else msgspec.json.decode(data, type=Signed)
        payload = msgspec.json.decode(b64.decode(signed.payload), type=_Payload)
        keys, bundle_keys = ((*(jwk.key for jwk in jwks),) for jwks in (payload.keys, payload.bundle_keys))
    except (msgspec.MsgspecError, UnicodeError, b64.BadBase64, BadKey):
        raise RootRefused("不是根文件。", "Not a root document.") from None
    return signed, RootDocument(payload.version, keys, bundle_keys, payload.created, payload.expires)


def _demand(signed: Signed, keys: Sequence[PublicKey]) -> None:
    """Two different ones of `keys` must have signed."""
    by_kid = {key.thumbprint: key for key in keys}
    stood = set()
    for each in signed.signatures:
        try:
            header = msgspec.json.decode(b64.decode(each.protected), type=_Header)
            signature = b64.decode(each.signature)
        except (msgspec.MsgspecError, UnicodeError, b64.BadBase64):
            continue
        key = by_kid.get(header.kid) if (header.alg, header.typ) == ("ES256", TYPE) else None
        if key is not None and key.verify(signature, f"{each.protected}.{signed.payload}".encode("ascii")):
            stood.add(header.kid)
    if len(stood) < THRESHOLD:
        raise RootRefused(
            "根文件缺少两把根密钥的签名。", "The root document lacks the signatures of two root keys."
        )
