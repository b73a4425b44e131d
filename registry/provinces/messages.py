"""Signed HTTP messages between departments (RFC 9421 with RFC 9530): one profile, and nothing beside it.

A query covers exactly `@method`, `@target-uri`, `content-type` and `content-digest`, with `created`,
`expires` (at most 60 s later), `nonce`, `keyid` and `tag`; its answer covers `@status`, `content-type`,
`content-digest`, and of the request `@target-uri`, `content-digest` and the signature itself (`;req`). Keys
are P-256, named by thumbprint: one algorithm, so that no message says which. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, cast

import http_sf

from registry.errors import RegistryError
from registry.signing import SIGNATURE_BYTES, PublicKey, SigningKey
from registry.suites import ES256

TAG: Final = "zt-query-1"
LABEL: Final = "zt"
LIFE: Final = 60
"""Seconds from `created` to `expires` at most."""
SKEW: Final = 5
"""Seconds by which a clock may run ahead of ours."""
METHOD: Final = "POST"
SEALED: Final = "application/jose"
PROBLEM: Final = "application/problem+json"
FIELDS: Final = ("content-type", "content-digest", "signature-input", "signature")
LARGEST: Final = 1 << 20
"""Bytes of a body."""
NONCE_CHARACTERS: Final = range(16, 65)

_Component = tuple[str, dict[str, Any]]
_ASKED: Final[tuple[_Component, ...]] = (
    ("@method", {}),
    ("@target-uri", {}),
    ("content-type", {}),
    ("content-digest", {}),
)
_ASKING_PARAMETERS: Final = {"created": int, "expires": int, "nonce": str, "keyid": str, "tag": str}
_ANSWERING_PARAMETERS: Final = {"created": int, "keyid": str, "tag": str}


class BadMessage(RegistryError):
    """Not a message of this profile, not of this moment, or its signature does not stand."""

    kind = "bad-message"
    status = 401

    def __init__(
        self,
        zh: str = "消息签名不符合规定或不成立。",
        en: str = "Not signed as messages between registries are, or the signature does not stand.",
    ) -> None:
        super().__init__(zh, en)


class StaleMessage(BadMessage):
    """Signed for another moment than this one, or for too long."""

    kind = "stale-message"

    def __init__(self) -> None:
        super().__init__(
            "消息已过期，或签名时间不符，请重新签发。", "The message is not of this moment: sign it anew."
        )


Fields = Mapping[str, str]
"""Header fields of a message by name in lower case: those of `FIELDS`, each once."""


def fields_of(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The fields that a signature speaks of, out of all header lines.

    Raises:
        BadMessage: one is missing, or stands twice: two readers could take different ones.
    """
    found: dict[str, str] = {}
    for line, value in lines:
        name = line.lower()
        if name in found or name == "content-encoding":
            raise BadMessage
        if name in FIELDS:
            found[name] = value.strip(" \t")
    if len(found) < len(FIELDS):
        raise BadMessage
    return found


@dataclass(frozen=True, slots=True)
class Signed:
    """A message that was taken apart. Nothing is proven before `stands` says so.

    uri: of the request. fields: as `Fields`. keyid: thumbprint of the key. nonce: empty in an answer.
    created, expires: Unix seconds.
    """

    uri: str
    fields: Fields
    body: bytes
    status: int | None
    label: str
    components: tuple[_Component, ...]
    parameters: Mapping[str, Any]
    signature: bytes
    request: "Signed | None" = None

    @property
    def keyid(self) -> str:
        """Thumbprint of the key that signed."""
        return cast(str, self.parameters["keyid"])

    @property
    def nonce(self) -> str:
        """Of a request."""
        return cast(str, self.parameters["nonce"])

    @property
    def created(self) -> int:
        """Unix seconds."""
        return cast(int, self.parameters["created"])

    @property
    def expires(self) -> int:
        """Unix seconds, of a request."""
        return cast(int, self.parameters["expires"])

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body."""
        return sha256(self.body).digest()

    def stands(self, key: PublicKey) -> bool:
        """Whether `key`, on P-256, made the signature."""
        return key.suite is ES256 and key.verify(self.signature, self.base)

    @property
    def base(self) -> bytes:
        """What is signed (section 2.5)."""
        lines = [f"{_ser_item(each)}: {self._value(each)}" for each in self.components]
        lines.append(f'"@signature-params": {_ser_list(self.components, self.parameters)}')
        return "\n".join(lines).encode("ascii")

    def _value(self, component: _Component) -> str:
        name, parameters = component
        if parameters.get("req"):
            assert self.request is not None
            if name == "signature":
                return http_sf.ser((self.request.signature, {}))
            return self.request._value((name, {}))
        match name:
            case "@method":
                return METHOD
            case "@target-uri":
                return self.uri
            case "@status":
                return str(self.status)
            case _:
                return self.fields[name]


def sign_request(
    uri: str, body: bytes, *, key: SigningKey, nonce: str, now: int, life: int = LIFE
) -> dict[str, str]:
    """Header fields of a POST of `body` to `uri`, signed. nonce: 16 to 64 characters, used once."""
    parameters = {
        "created": now,
        "expires": now + life,
        "nonce": nonce,
        "keyid": key.public.thumbprint,
        "tag": TAG,
    }
    fields = {"content-type": SEALED, "content-digest": content_digest(body)}
    return _signed(Signed(uri, fields, body, None, LABEL, _ASKED, parameters, b""), key)


def read_request(uri: str, fields: Fields, body: bytes, now: int) -> Signed:
    """A request as it came to `uri`, of this moment and in this form; who signed it is not proven yet.

    Raises:
        BadMessage: it covers, says or lacks anything else than this profile has, or its digest differs.
        StaleMessage: not of this moment.
    """
    signed = _read(uri, fields, body, None, _ASKING_PARAMETERS)
    if sorted(name for name, more in signed.components if not more) != sorted(name for name, _ in _ASKED):
        raise BadMessage
    if len(signed.components) != len(_ASKED) or fields["content-type"] != SEALED:
        raise BadMessage
    if len(signed.nonce) not in NONCE_CHARACTERS:
        raise BadMessage
    if not 0 < signed.expires - signed.created <= LIFE:
        raise StaleMessage
    if not signed.created - SKEW <= now < signed.expires:
        raise StaleMessage
    return signed


def sign_answer(
    request: Signed, status: int, content_type: str, body: bytes, *, key: SigningKey, now: int
) -> dict[str, str]:
    """Header fields of an answer to `request`, signed over that request's own signature."""
    fields = {"content-type": content_type, "content-digest": content_digest(body)}
    parameters = {"created": now, "keyid": key.public.thumbprint, "tag": TAG}
    components = _answering(request.label)
    return _signed(
        Signed(request.uri, fields, body, status, LABEL, components, parameters, b"", request), key
    )


def read_answer(request: Signed, status: int, fields: Fields, body: bytes, now: int) -> Signed:
    """An answer to `request`, in this form and made since; who signed it is not proven yet.

    Raises:
        BadMessage: it covers, says or lacks anything else than this profile has, or its digest differs.
        StaleMessage: made before the request, or in the future.
    """
    signed = _read(request.uri, fields, body, status, _ANSWERING_PARAMETERS, request)
    if not _same(signed.components, _answering(request.label)):
        raise BadMessage
    if not request.created - SKEW <= signed.created <= now + SKEW:
        raise StaleMessage
    return signed


def requested(uri: str, fields: Fields, body: bytes) -> Signed:
    """One's own request, taken apart, to read its answer by."""
    return _read(uri, fields, body, None, _ASKING_PARAMETERS)


def content_digest(body: bytes) -> str:
    """Content-Digest of a body (RFC 9530)."""
    return http_sf.ser({"sha-256": (sha256(body).digest(), {})})


def _answering(label: str) -> tuple[_Component, ...]:
    return (
        ("@status", {}),
        ("content-type", {}),
        ("content-digest", {}),
        ("@target-uri", {"req": True}),
        ("content-digest", {"req": True}),
        ("signature", {"req": True, "key": label}),
    )


def _same(some: Iterable[_Component], others: Iterable[_Component]) -> bool:
    def sorted_(components: Iterable[_Component]) -> list[tuple[str, list[tuple[str, Any]]]]:
        return sorted((name, sorted(more.items())) for name, more in components)

    return sorted_(some) == sorted_(others)


def _signed(message: Signed, key: SigningKey) -> dict[str, str]:
    signature = key.sign(message.base)
    return {
        **message.fields,
        "signature-input": f"{message.label}={_ser_list(message.components, message.parameters)}",
        "signature": http_sf.ser({message.label: (signature, {})}),
    }


def _read(
    uri: str,
    fields: Fields,
    body: bytes,
    status: int | None,
    wanted: Mapping[str, type],
    request: Signed | None = None,
) -> Signed:
    if len(body) > LARGEST or set(fields) != set(FIELDS) or not _plain(uri, *fields.values()):
        raise BadMessage
    label, (components, parameters) = _only(fields["signature-input"])
    named, (signature, more) = _only(fields["signature"])
    if named != label or more or not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
        raise BadMessage
    if not isinstance(components, list) or {name: type(each) for name, each in parameters.items()} != wanted:
        raise BadMessage
    if not all(type(name) is str for name, _ in components) or parameters["tag"] != TAG:
        raise BadMessage
    if fields["content-digest"] != content_digest(body):
        raise BadMessage
    return Signed(uri, fields, body, status, label, tuple(components), parameters, signature, request)


def _only(field: str) -> tuple[str, tuple[Any, dict[str, Any]]]:
    """Label and value of a dictionary with one member. Raises BadMessage."""
    try:
        members = cast(
            dict[str, tuple[Any, dict[str, Any]]],
            http_sf.parse(field.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse),
        )
        ((label, value),) = members.items()
    except ValueError:
        raise BadMessage from None
    return label, value


def _refuse(_key: str, _context: str) -> None:
    raise BadMessage


def _plain(*texts: str) -> bool:
    return all(text.isascii() and text.isprintable() for text in texts)


def _ser_item(component: _Component) -> str:
    return http_sf.ser(component)


def _ser_list(components: tuple[_Component, ...], parameters: Mapping[str, Any]) -> str:
    member: Any = list(components), dict(parameters)
    return http_sf.ser([member])
