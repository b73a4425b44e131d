"""What a verifier writes down of a check: signed by it, and kept by it, never sent anywhere.

A record is a JWS (`typ: zt-record+jwt`) by a key of the verifying department with the use for messages. It
holds the report as it stood (claims shown, outcomes, trust version), when and why it was checked, and the
digest of the presentation, so that the record can be matched with a presentation kept elsewhere.
"""

from hashlib import sha256
from typing import Annotated, Any

import msgspec

from registry import b64
from registry.errors import RegistryError
from registry.signing import SigningKey, Use, check_jws, parse_jws, sign_jws
from registry.trust import Trust

TYPE = "zt-record+jwt"

Purpose = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class BadRecord(RegistryError):
    """Not a record, or not signed by a key that its department may write records with."""

    kind = "bad-record"

    def __init__(self) -> None:
        super().__init__(
            "这不是有效的核验记录", "this is no verification record, or its signature does not stand"
        )


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check as it was made.

    iss: code of the department that checked. iat: when, Unix seconds. purpose: why.
    presentation: base64url of the SHA-256 of the presentation's text.
    report: the report of `verification.verify`, in its JSON form.
    """

    iss: str
    iat: int
    purpose: Purpose
    presentation: str
    report: dict[str, Any]

    def __repr__(self) -> str:
        return f"Record({self.iss}, {self.iat})"

    def covers(self, presentation: str) -> bool:
        """Whether this is the presentation that was checked."""
        return self.presentation == digest(presentation)


def digest(presentation: str) -> str:
    """base64url of the SHA-256 of a presentation's text."""
    return b64.encode(sha256(presentation.encode()).digest())


def sign(
    report: dict[str, Any], presentation: str, *, code: str, purpose: str, key: SigningKey, now: int
) -> str:
    """A signed record of a check that department `code` made now.

    report: in JSON form, texts, integers, lists and objects only.
    """
    record = Record(iss=code, iat=now, purpose=purpose, presentation=digest(presentation), report=report)
    return sign_jws({"typ": TYPE, "kid": key.public.thumbprint}, record, key)


def read(text: str, trust: Trust) -> Record:
    """A record whose signature stands.

    Raises:
        BadRecord: it does not, or the key was not the department's for messages when it was written.
    """
    try:
        jws = parse_jws(text)
        record = msgspec.convert(jws.payload, Record)
        issuer = trust.issuers[record.iss]
        key = issuer.keys[jws.header["kid"]]
        check_jws(jws, key.public, typ=TYPE)
    except (RegistryError, msgspec.ValidationError, KeyError, TypeError):
        raise BadRecord from None
    if not key.may(Use.MESSAGES, record.iat):
        raise BadRecord
    return record
