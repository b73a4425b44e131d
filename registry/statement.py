"""Statements: an issuer's signed word on a query (operation.md, Queries), and how the asker checks it.

A "yes" is proven by the presentation beside it, against the chain; a "no" is the issuer's word alone, which
is why a good statement is `stated`, never `valid`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec

from registry import b64, jcs
from registry.certificate import DigestText
from registry.credential import issuer_uri
from registry.errors import RegistryError
from registry.signing import Jws, PublicKey, SigningKey, Use, check_jws, parse_jws, sign_jws
from registry.trust import Trust, covered

TYP = "zt-answer+jwt"
Outcome = Literal["yes", "no", "withheld", "pending"]
Verdict = Literal["stated", "invalid"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class LogPlace(_Strict, frozen=True):
    """Where the decision stands in the issuer's access log. entry: base64url digest of the entry."""

    seq: Annotated[int, msgspec.Meta(ge=1)]
    entry: DigestText


class Statement(_Strict, frozen=True):
    """What an issuer says to one question.

    iss: address of the issuer; aud: the asker's code. question: base64url SHA-256 of JCS(question).
    case, rule, policy: case number, rule and version of the rights that decided. presentation: base64url
    SHA-256 of the presentation given, or None. iat, exp: Unix seconds.
    """

    iss: str
    aud: str
    question: DigestText
    case: str
    rule: str
    policy: str
    outcome: Outcome
    presentation: DigestText | None
    log: LogPlace
    iat: int
    exp: int


@dataclass(frozen=True, slots=True)
class Checked:
    """verdict: `stated` where all holds. failed: what does not, in the order of the checks."""

    verdict: Verdict
    failed: tuple[str, ...]
    statement: Statement | None


def question_digest(question: Mapping[str, Any]) -> str:
    """How a statement names the question that it answers; the question's salt keeps it from being guessed."""
    return b64.encode(sha256(jcs.dumps(question)).digest())


def presentation_digest(presentation: str) -> bytes:
    """SHA-256 of a presentation's ASCII text."""
    return sha256(presentation.encode("ascii")).digest()


def address(origin: str, code: str) -> str:
    """The `iss` of an issuer's statements: that of its credentials."""
    return issuer_uri(origin, code)


def sign(statement: Statement, key: SigningKey, x5c: tuple[str, ...]) -> str:
    """The statement as a JWS, by a key with use 4."""
    header = {"typ": TYP, "kid": key.public.thumbprint, **({"x5c": list(x5c)} if x5c else {})}
    return sign_jws(header, statement, key)


def verify(
    token: str,
    trust: Trust,
    *,
    asker: str,
    question: Mapping[str, Any],
    type: str,
    presentation: str | None,
    now: int,
) -> Checked:
    """Check a statement in the order of operation.md: parse, key, right, audience, question, presentation.

    question: as the asker kept it. type: the certificate type it asked about.
    """
    try:
        jws = parse_jws(token)
        statement = msgspec.convert(jws.payload, Statement)
    except (RegistryError, msgspec.MsgspecError):
        return Checked("invalid", ("parse",), None)
    issuer = trust.issuer_at(statement.iss)
    key = issuer.keys.get(str(jws.header.get("kid"))) if issuer is not None else None
    failed = []
    if key is None or not key.may(Use.ANSWERS, statement.iat) or not _signed(jws, key.public):
        failed.append("key")
    if issuer is None or not covered(issuer.rights.get(type, ()), statement.iat):
        failed.append("right")
    if statement.aud != asker or not statement.iat - 60 <= now < statement.exp + 60:
        failed.append("aud")
    if statement.question != question_digest(question):
        failed.append("question")
    given = b64.encode(presentation_digest(presentation)) if presentation is not None else None
    if statement.presentation != given:
        failed.append("presentation")
    return Checked("invalid" if failed else "stated", tuple(failed), statement)


def _signed(jws: Jws, key: PublicKey) -> bool:
    try:
        check_jws(jws, key, typ=TYP)
    except RegistryError:
        return False
    return True
