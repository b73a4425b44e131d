"""What a wallet answered to a request: read, and each presentation judged for itself (OpenID4VP 1.0, 8).

Pure. A `vp_token` that is none, or leaves out what is required, is no answer (`BadAnswer`): the request stays
open. Whatever is one gets a report for each presentation, and beside it whether it is what was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pybase64
from cryptography import x509
from msgspec import UNSET, UnsetType

from registry import b64, credential, sdjwt, transactiondata
from registry.certificatechain import UNREADABLE, extension
from registry.credential import Kind, Presentation
from registry.dcql import Candidate, CredentialQuery, Query
from registry.errors import RegistryError
from registry.trust import Trust
from registry.verification import Expected, unreadable, verify

MOST: Final = 20
"""Presentations in one answer."""

FOREIGN: Final = ("颁发机构不在信任资料中", "its issuer is not in the trust data")
NOT_ASKED: Final = (
    "不是所要求的证照，或缺少所要求的信息项",
    "not the certificate that was asked for, or without the claims",
)
NOT_AGREED: Final = (
    "所确认的事项与请求不符",
    "agrees to something else than was asked",
)


class BadAnswer(RegistryError):
    """Not an answer to this request; it stays open."""

    kind = "bad-answer"

    def __init__(
        self,
        zh: str = "不是对该请求的应答。",
        en: str = "Not an answer to this request.",
    ) -> None:
        super().__init__(zh, en)


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """One presentation of an answer.

    query: id of the credential query that it answers. text: the presentation. report: what was found, as
    `verification.Report.to_dict` has it. answers: whether it is what was asked for; zh, en: why not.
    agreed: which transaction data its holder agreed to, by their place in the request.
    """

    query: str
    text: str
    report: dict[str, Any]
    answers: bool
    agreed: tuple[int, ...] = ()
    zh: str = ""
    en: str = ""

    @property
    def good(self) -> bool:
        """Valid, and what was asked for."""
        return self.answers and self.report["verdict"] == "valid"

    def __repr__(self) -> str:
        return f"Presented({self.query}, {self.report['verdict']}, answers={self.answers})"


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer. satisfied: all that is required is there, valid, and agreed to."""

    presented: tuple[Presented, ...]
    satisfied: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked. audience: the client_id. transactions: as they travel."""

    query: Query
    audience: str
    nonce: str
    transactions: tuple[str, ...] = ()

    def agreeing(self, id: str) -> dict[str, int]:
        """Digest to place of the transaction data that the credential query of this id may agree to."""
        return {
            transactiondata.digest(text): place
            for place, text in enumerate(self.transactions)
            if id in transactiondata.parse(text).credential_ids
        }


def read(vp_token: object, query: Query) -> dict[str, tuple[str, ...]]:
    """The presentations of a `vp_token` (section 8.1), by credential query.

    Raises:
        BadAnswer: no object of arrays of texts, for an id that was not asked for, several where one was
            asked for, or without something that is required.
    """
    try:
        token = msgspec.convert(vp_token, dict[str, tuple[str, ...]])
    except msgspec.ValidationError:
        raise BadAnswer from None
    if sum(map(len, token.values())) > MOST:
        raise BadAnswer
    for id, texts in token.items():
        asked = query.credential(id)
        if asked is None or not texts or (len(texts) > 1 and not asked.multiple):
            raise BadAnswer
    if not query.satisfied_by(token):
        raise BadAnswer("应答缺少所要求的证照。", "The answer lacks something that is required.")
    return token


def judge(token: Mapping[str, Sequence[str]], question: Question, trust: Trust, now: int) -> Judged:
    """A verdict on each presentation, as they were asked for, and on all together. now: Unix seconds."""
    ids = [each.id for each in question.query.credentials if each.id in token]
    presented = tuple(_one(id, text, question, trust, now) for id in ids for text in token[id])
    good = {id for id in token if all(each.good for each in presented if each.query == id)}
    agreed = {place for each in presented if each.good for place in each.agreed}
    everything = set(range(len(question.transactions)))
    return Judged(presented, question.query.satisfied_by(good) and agreed == everything)


def _one(id: str, text: str, question: Question, trust: Trust, now: int) -> Presented:
    try:
        shown = credential.parse(text)
    except RegistryError:
        lacking = FOREIGN if _is_foreign(text) else None
        report = unreadable(trust, now, lacking).to_dict()
        return Presented(query=id, text=text, report=report, answers=False, zh=NOT_ASKED[0], en=NOT_ASKED[1])
    expected = Expected((Kind.REQUEST,), question.audience, question.nonce)
    found = verify(text, trust, expected, now)
    asked = question.query.credential(id)
    agreed = _agreed(shown, question.agreeing(id))
    fits = asked is not None and asked.answered_by(_candidate(shown, asked), presented=True) is not None
    zh, en = NOT_ASKED if not fits else NOT_AGREED if agreed is None else ("", "")
    return Presented(
        query=id,
        text=text,
        report=found.to_dict(),
        answers=not en,
        agreed=agreed or (),
        zh=zh,
        en=en,
    )


def _agreed(shown: Presentation, may: Mapping[str, int]) -> tuple[int, ...] | None:
    """Places of what the KB-JWT agrees to; None where it agrees to what was not asked of this credential."""
    if shown.binding is None or isinstance(shown.binding.payload.transaction_data_hashes, UnsetType):
        return ()
    hashes = shown.binding.payload.transaction_data_hashes
    return tuple(may[each] for each in hashes) if may.keys() >= set(hashes) else None


def _is_foreign(text: str) -> bool:
    """Whether it is an SD-JWT VC of somebody else's kind."""
    try:
        claims = sdjwt.parse(text).claims
    except RegistryError:
        return False
    return isinstance(claims.get("vct"), str) and not claims.keys() & {"core", "anchor"}


def _candidate(shown: Presentation, asked: CredentialQuery) -> Candidate:
    """The credential as DCQL sees it: what it shows always, and what was disclosed."""
    payload: dict[str, Any] = msgspec.to_builtins(shown.payload)
    always = {name: value for name, value in payload.items() if not name.startswith("_sd")}
    above = frozenset[tuple[str, str]]() if asked.trusted_authorities is UNSET else _authorities(shown)
    return Candidate(shown.payload.vct, shown.claims | always, shown.binding is not None, above)


def _authorities(shown: Presentation) -> frozenset[tuple[str, str]]:
    """The keys that certified the chain's certificates (section 6.1.1.1, `aki`)."""
    return frozenset(("aki", key) for der in shown.header.x5c if (key := authority_key(der)) is not None)


def authority_key(der: str) -> str | None:
    """The AuthorityKeyIdentifier of a certificate (base64 of its DER), base64url; None without one."""
    try:
        certificate = x509.load_der_x509_certificate(pybase64.b64decode(der, validate=True))
        found = extension(certificate, x509.AuthorityKeyIdentifier)
    except UNREADABLE:
        return None
    return b64.encode(found.key_identifier) if found and found.key_identifier else None
