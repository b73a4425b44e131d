"""What a proof code carries of a presentation, member by member, and the way back to the very bytes.

`read` takes a presentation apart into a `Code`; `restore` puts it together again. Left out is whatever
follows from the rest: digests of shown claims, `sd_hash`, root, `vct`, `iss`, `kid` and `x5c`
(protocol.md, QR). `read` looks at what it needs only: a presentation that has anything else, or says it in
another form, shows by coming back as other bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

import cbor2
import msgspec
import orjson
import pybase64
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry import b64, cbor, credential, identifiers, jcs
from registry.certificate import digest
from registry.errors import RegistryError


class Misfit(Exception):
    """The presentation, or the bytes of a code, are not of the form that `Code` stands for."""


@dataclass(frozen=True, slots=True)
class Chain:
    """An issuer key's certificates as `x5c` has them (base64 of each DER), the key's thumbprint and `alg`."""

    kid: str
    x5c: tuple[str, ...]
    alg: str = "ES256"

    @property
    def short(self) -> bytes:
        """SHA-256(DERs)[0:8], by which a code names it."""
        return _short(self.x5c)


_Uint = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
_Int = Annotated[int, msgspec.Meta(gt=-(1 << 53), lt=1 << 53)]
_Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Salt = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Travels as a CBOR array: members by position."""


class _Header(msgspec.Struct, frozen=True):
    alg: Literal["ES256", "SM2"]
    kid: str
    x5c: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=4)]


class _Core(_Part, frozen=True):
    issuer: str  # empty: the signer
    type: str
    type_version: _Uint
    serial: str  # the whole identifier where it does not follow from the rest (then version is 0)
    version: _Uint
    valid_from: _Uint
    lasts: _Uint  # seconds from valid_from to valid_until; 0: does not expire
    list: _Uint
    idx: _Uint
    sd_alg: Literal["sm3"] | None = None  # absent: sha-256


class _Anchor(_Part, frozen=True):
    seq: _Uint
    size: _Uint
    index: _Uint
    path: Annotated[bytes, msgspec.Meta(max_length=64 * 32)]


class _Shown(_Part, frozen=True):
    salt: _Salt
    name: _Name
    value: str


class _Binding(_Part, frozen=True):
    key: Annotated[bytes, msgspec.Meta(min_length=33, max_length=33)]
    iat: _Uint
    nonce: Annotated[bytes, msgspec.Meta(max_length=64)]
    signature: _Signature


class Code(_Part, frozen=True):
    signer: str
    origin: _Uint
    chain: Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
    signature: _Signature
    iat: _Uint
    nbf: _Int  # from iat
    exp: _Int  # from iat
    integrity: _Hash
    status_list: _Uint
    status_idx: _Uint
    core: _Core
    anchor: _Anchor
    hidden: Annotated[bytes, msgspec.Meta(max_length=1000 * 32)]
    shown: Annotated[list[_Shown], msgspec.Meta(max_length=200)]
    binding: _Binding | None = None  # a copy has none


_MISFITS = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RegistryError,
)


def read(presentation: str, origins: Sequence[str]) -> Code:
    """The members of a presentation whose issuer has these origins.

    Raises:
        Misfit: one of them is missing, or the origin is none of these.
    """
    try:
        return _read(presentation, origins)
    except _MISFITS as error:
        raise Misfit from error


def restore(code: Code, origin: str, chain: Chain) -> str:
    """The very bytes of the presentation that has these members.

    Raises:
        Misfit: a member cannot stand in a presentation (a point off the curve, a letter in an identifier).
    """
    try:
        return _restore(code, origin, chain)
    except _MISFITS as error:
        raise Misfit from error


def chain_of(presentation: str) -> Chain:
    """The certificate chain in the issuer's header. Raises Misfit where there is none."""
    try:
        header = msgspec.convert(_json(presentation.partition(".")[0]), _Header)
        return Chain(header.kid, header.x5c, header.alg)
    except _MISFITS as error:
        raise Misfit from error


def dumps(code: Code) -> bytes:
    """The members as CBOR: arrays by position, the last member left out where a copy has none."""
    return cbor2.dumps(_items(code))


def loads(data: bytes) -> Code:
    """The members that these bytes are. Raises Misfit where they are not."""
    try:
        return msgspec.convert(cbor.loads(data), Code, builtin_types=(bytes,))  # text is no base64 here
    except (ValueError, msgspec.ValidationError) as error:
        raise Misfit from error


def is_canonical(code: Code) -> bool:
    """Whether these members, of all that restore the same presentation, are those that `read` gives.

    Raises Misfit as `restore`.
    """
    hidden = [b64.encode(digest) for digest in _hashes(code.hidden)]
    if hidden != sorted(hidden) or len(code.hidden) % 32 or code.core.issuer == code.signer:
        return False
    if not set(hidden).isdisjoint(_digests(code)):
        return False
    try:
        return (
            code.core.version > 0
            or _read_core(_restore_core(code.core, code.signer), code.signer, _sd_alg(code)) == code.core
        )
    except _MISFITS as error:
        raise Misfit from error


# --- presentation -> members


def _read(presentation: str, origins: Sequence[str]) -> Code:
    token, *disclosures, proof = presentation.split("~")
    header_text, payload_text, signature = token.split(".")
    header, payload = _json(header_text), _json(payload_text)
    shown = [_Shown(b64.decode(salt), name, value) for salt, name, value in map(_json, disclosures)]
    digests = {digest(disclosure, payload["_sd_alg"]) for disclosure in disclosures}
    origin, _, signer = payload["iss"].rpartition("/issuers/")
    entry = payload["status"]["status_list"]
    return Code(
        signer=signer,
        origin=list(origins).index(origin),
        chain=Chain(header["kid"], tuple(header["x5c"])).short,
        signature=b64.decode(signature),
        iat=payload["iat"],
        nbf=payload["nbf"] - payload["iat"],
        exp=payload["exp"] - payload["iat"],
        integrity=_from_base64(payload["vct#integrity"].removeprefix("sha256-")),
        status_list=int(entry["uri"].rpartition("/")[2]),
        status_idx=entry["idx"],
        core=_read_core(payload["core"], signer, payload["_sd_alg"]),
        anchor=_Anchor(
            payload["anchor"]["seq"],
            payload["anchor"]["size"],
            payload["anchor"]["index"],
            b64.decode(payload["anchor"]["path"]),
        ),
        hidden=b"".join(b64.decode(digest) for digest in payload["_sd"] if digest not in digests),
        shown=shown,
        binding=_read_binding(payload["cnf"]["jwk"], proof) if proof else None,
    )


def _read_core(core: dict[str, Any], signer: str, sd_alg: str) -> _Core:
    identifier: str = core["certificate_id"]
    *_, serial, version, _ = identifier.split(".")
    rebuilt = _identifier(core["type"], core["issuer"], serial, int(version))
    whole = rebuilt != identifier or int(version) == 0
    return _Core(
        issuer="" if core["issuer"] == signer else core["issuer"],
        type=core["type"],
        type_version=core["type_version"],
        serial=identifier if whole else serial,
        version=0 if whole else int(version),
        valid_from=core["valid_from"],
        lasts=core["valid_until"] - core["valid_from"] if "valid_until" in core else 0,
        list=core["status"]["list"],
        idx=core["status"]["idx"],
        sd_alg="sm3" if sd_alg == "sm3" else None,
    )


def _read_binding(jwk: dict[str, str], proof: str) -> _Binding:
    _, payload_text, signature = proof.split(".")
    payload = _json(payload_text)
    point = b"\x04" + b64.decode(jwk["x"]) + b64.decode(jwk["y"])
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return _Binding(
        key=key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        iat=payload["iat"],
        nonce=b64.decode(payload["nonce"]),
        signature=b64.decode(signature),
    )


# --- members -> presentation


def _restore(code: Code, origin: str, chain: Chain) -> str:
    disclosures = _disclosures(code)
    header = {"alg": chain.alg, "kid": chain.kid, "typ": "dc+sd-jwt", "x5c": list(chain.x5c)}
    payload = {
        "iss": credential.issuer_uri(origin, code.signer),
        "iat": code.iat,
        "nbf": _sum(code.iat, code.nbf),
        "exp": _sum(code.iat, code.exp),
        "vct": credential.type_uri(origin, code.core.type, code.core.type_version),
        "vct#integrity": "sha256-" + pybase64.b64encode_as_string(code.integrity),
        "status": {
            "status_list": {
                "uri": credential.status_uri(origin, code.signer, code.status_list),
                "idx": code.status_idx,
            }
        },
        "core": _restore_core(code.core, code.signer),
        "anchor": {
            "seq": code.anchor.seq,
            "size": code.anchor.size,
            "index": code.anchor.index,
            "path": b64.encode(code.anchor.path),
        },
        "_sd": sorted([*_digests(code), *(b64.encode(d) for d in _hashes(code.hidden))]),
        "_sd_alg": _sd_alg(code),
    }
    if code.binding:
        payload["cnf"] = {"jwk": _jwk(code.binding.key)}
    signed = "~".join([f"{_text(header)}.{_text(payload)}.{b64.encode(code.signature)}", *disclosures, ""])
    return signed + (_restore_proof(code.binding, digest(signed, _sd_alg(code))) if code.binding else "")


def _restore_core(core: _Core, signer: str) -> dict[str, Any]:
    issuer = core.issuer or signer
    whole = {
        "v": 1,
        "certificate_id": core.serial
        if core.version == 0
        else _identifier(core.type, issuer, core.serial, core.version),
        "issuer": issuer,
        "type": core.type,
        "type_version": core.type_version,
        "valid_from": core.valid_from,
        "status": {"list": core.list, "idx": core.idx},
    }
    if core.lasts:
        whole["valid_until"] = _sum(core.valid_from, core.lasts)
    return whole


def _restore_proof(binding: _Binding, presented: str) -> str:
    header = {"alg": "ES256", "typ": "kb+jwt"}
    payload = {
        "aud": credential.CODE_AUDIENCE,
        "iat": binding.iat,
        "nonce": b64.encode(binding.nonce),
        "sd_hash": presented,
    }
    return f"{_text(header)}.{_text(payload)}.{b64.encode(binding.signature)}"


def _jwk(compressed: bytes) -> dict[str, str]:
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), compressed).public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    return {"kty": "EC", "crv": "P-256", "x": b64.encode(point[1:33]), "y": b64.encode(point[33:])}


# --- helpers


def _identifier(type_code: str, issuer: str, serial: str, version: int) -> str:
    check = identifiers.check_character(f"{type_code}{issuer}{serial}{version:03d}")
    return f"{identifiers.ARC}.{type_code}.{issuer}.{serial}.{version:03d}.{check}"


def _sum(time: int, more: int) -> int:
    if not -(1 << 53) < time + more < 1 << 53:
        raise Misfit
    return time + more


def _disclosures(code: Code) -> list[str]:
    return [_text([b64.encode(one.salt), one.name, one.value]) for one in code.shown]


def _digests(code: Code) -> list[str]:
    return [digest(one, _sd_alg(code)) for one in _disclosures(code)]


def _sd_alg(code: Code) -> str:
    return code.core.sd_alg or "sha-256"


def _hashes(joined: bytes) -> list[bytes]:
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]


def _json(text: str) -> Any:
    return orjson.loads(b64.decode(text))


def _text(value: dict[str, Any] | list[str]) -> str:
    return b64.encode(jcs.dumps(value))


def _from_base64(text: str) -> bytes:
    return pybase64.b64decode(text, validate=True)


@lru_cache(maxsize=1024)
def _short(x5c: tuple[str, ...]) -> bytes:
    return hashlib.sha256(b"".join(map(_from_base64, x5c))).digest()[:8]


def _items(part: Any) -> Any:
    """Structs as lists, for a CBOR writer that knows lists only."""
    if isinstance(part, msgspec.Struct):
        return [_items(member) for member in msgspec.structs.astuple(part) if member is not None]
    return [_items(one) for one in part] if isinstance(part, list) else part
