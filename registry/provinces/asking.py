"""Asking a department of another registry: a signed message each, and no trust in the server that answers.

Whom to ask is named: a partner's origin, or the code of one of its departments; never all. A question goes by
this registry's rights and stands in the asker's own log before it leaves. Whatever does not come back, or not
as it should, is `unknown`, never `no`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx
import msgspec
from sqlmodel import Session

from registry import b64, jcs, secrets
from registry.answer_checking import CheckedAnswer, check_answer
from registry.errors import RegistryError
from registry.fetching import BadAnswer, FetchRefused
from registry.identifiers import is_credit_code
from registry.provinces import contents, messages
from registry.provinces.contents import BadContent, HolderOf, Question
from registry.provinces.messages import BadMessage
from registry.provinces.partners import NoPartner, Partners, PartnerUnreachable
from registry.queries.answering import SALT_BYTES
from registry.queries.question import Answer, Query
from registry.querying import PassedOn, Querying, Word
from registry.signers import Signer, Signers
from registry.signing import SigningKey, Use
from registry.store import Store
from registry.store.tables import QueryCase
from registry.trust import Trust
from registry.vault import Vault

TRIES: Final = 2
"""How often the same bytes are sent: a message that was answered once is answered the same."""
_LARGEST_KEYS: Final = 64 * 1024
Outcome = Literal["yes", "no", "withheld", "pending", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of asking one department.

    outcome: `refused` where that registry's rights deny it, `unknown` where nothing was learnt. verdict: of
    the answer, as `CheckedAnswer` has it; `unknown` without one. refusal: kind of problem, with zh and en.
    envelope: the answer with its question; due: of a pending one, Unix seconds.
    """

    issuer: str
    at: str
    outcome: Outcome
    verdict: str = "unknown"
    envelope: Mapping[str, Any] | None = field(default=None, repr=False)
    checked: CheckedAnswer | None = field(default=None, repr=False)
    refusal: str = ""
    zh: str = ""
    en: str = ""
    due: int | None = None

    @classmethod
    def here(cls, answer: Answer, trust: Trust, *, asker: str, now: int) -> "Told":
        """What a department of this registry answered, checked as if another's had."""
        envelope = answer.envelope()
        found = check_answer(envelope, answer.question, trust, asker=asker, now=now)
        return cls(
            str(answer.question["issuer"]), "", answer.outcome, found.verdict, envelope, found, due=answer.due
        )

    @property
    def answer(self) -> Mapping[str, Any]:
        """The envelope; empty without an answer."""
        return self.envelope or {}

    def to_dict(self) -> dict[str, Any]:
        """As the API tells it: the envelope, and what was found of it."""
        told: dict[str, Any] = {"issuer": self.issuer, "at": self.at, "outcome": self.outcome}
        if self.refusal:
            told |= {"problem": f"urn:zt:problem:{self.refusal}", "zh": self.zh, "en": self.en}
        if self.due is not None:
            told["due"] = self.due
        return {**self.answer, **told, "verdict": self.verdict}


class _NotTold(Exception):
    """The department did not answer, or what came is no answer of it."""


@dataclass
class Elsewhere:
    """Asks departments of partner registries.

    everywhere: the trust state with their departments. client: guarded, made for one use.
    """

    store: Store
    vault: Vault
    querying: Querying
    signers: Signers
    partners: Partners
    trust: Callable[[], Trust]
    everywhere: Callable[[], Trust]
    clock: Callable[[], int]
    randomness: Callable[[int], bytes]
    _keys: dict[tuple[str, str], tuple[dict[str, Any], int]] = field(default_factory=dict, repr=False)

    def ask(self, query: Query, at: str, handed_in_by: bytes | None = None) -> list[Told]:
        """What each department asked says; it is kept for who checks it later.

        at: origin of a partner, whose departments that may issue the type are all asked, or the code of one.
        handed_in_by: as in `Querying.ask`.

        Raises:
            NoPartner: none of that name.
            Others: as `Querying.pass_on`; nobody was asked.
        """
        origin = self._origin(at)
        passed = self.querying.pass_on(query, handed_in_by)
        if not origin:
            return [Told(at, at, "unknown")]
        if passed.word is not Word.GRANTED:
            outcome: Outcome = "pending" if passed.word is Word.PENDING else "withheld"
            return [Told(query.asker, origin, outcome, "stated", due=passed.due)]
        departments = self._departments(at, origin, passed)
        if not departments:
            return [Told("" if at == origin else at, origin, "unknown")]
        told = [self._one(query, passed.type, code, origin) for code in departments]
        self._keep(query, told)
        return told

    def is_here(self, code: str) -> bool:
        """Whether this is the code of a department of this registry."""
        return code in self.trust().issuers

    def _origin(self, at: str) -> str:
        """The partner's origin; empty where it may be one that has never answered yet. Raises NoPartner."""
        at = at.rstrip("/")
        if at in self.partners.origins:
            return at
        if self.is_here(at) or not is_credit_code(at):
            raise NoPartner
        unreached = at not in self.everywhere().issuers and not self._looked()
        issuer = self.everywhere().issuers.get(at)
        known = [] if issuer is None else [each for each in issuer.origins if each in self.partners.origins]
        if not known and not unreached:
            raise NoPartner
        return known[-1] if known else ""

    def _looked(self) -> bool:
        """Looks at every partner; whether all of them answered."""
        try:
            for origin in self.partners.origins:
                self.partners.refresh(origin)
        except PartnerUnreachable:
            return False
        return True

    def _departments(self, at: str, origin: str, passed: PassedOn) -> list[str]:
        """Codes of those to ask; a partner that nothing is known of is looked at first."""

        def found() -> list[str]:
            issuers = self.everywhere().issuers
            there = [code for code, each in issuers.items() if origin in each.origins]
            issuing = sorted(code for code in there if issuers[code].rights.get(passed.type))
            return [at] if at in there else issuing

        known = found()
        if known or any(origin in each.origins for each in self.everywhere().issuers.values()):
            return known
        try:
            self.partners.refresh(origin)
        except PartnerUnreachable:
            return []
        return found()

    def _one(self, query: Query, type_code: str, code: str, origin: str) -> Told:
        try:
            return self._told(query, type_code, code, origin)
        except (_NotTold, httpx.HTTPError, FetchRefused, BadAnswer, BadMessage, BadContent):
            return Told(code, origin, "unknown")

    def _told(self, query: Query, type_code: str, code: str, origin: str) -> Told:
        now, reply = self.clock(), SigningKey.generate()
        with self.store.read() as session:
            signer = self.signers.signer(session, query.asker, Use.MESSAGES, now)
        question = _question(query, type_code, signer, code, reply, secrets.handle(self.randomness))
        body = contents.seal_question(question, self._key(origin, code, now))
        uri = f"{origin}/issuers/{code}/messages"
        fields = messages.sign_request(
            uri, body, key=signer.key, nonce=secrets.handle(self.randomness), now=self.clock()
        )
        answer = self._send(uri, fields, body)
        self._check(messages.requested(uri, fields, body), answer, code)
        if answer.status_code != httpx.codes.OK:
            return _refused(code, origin, answer)
        return self._read(question, contents.open_answer(answer.content, reply), origin)

    def _key(self, origin: str, code: str, now: int) -> dict[str, Any]:
        """The key to encrypt to, as the department itself signed it."""
        known = self._keys.get((origin, code))
        if known is None or known[1] <= now:
            with self.partners.client() as client:
                found = client.get(
                    f"{origin}/issuers/{code}/encryption-keys", extensions={"largest": _LARGEST_KEYS}
                )
            if found.status_code != httpx.codes.OK:
                raise _NotTold
            known = contents.read_keys(found.text, self.everywhere(), code, now)
            self._keys[origin, code] = known
        return known[0]

    def _send(self, uri: str, fields: Mapping[str, str], body: bytes) -> httpx.Response:
        with self.partners.client() as client:
            for left in reversed(range(TRIES)):
                try:
                    return client.post(
                        uri,
                        content=body,
                        headers=dict(fields),
                        extensions={"largest": messages.LARGEST},
                    )
                except httpx.TransportError:
                    if not left:
                        raise
        raise _NotTold

    def _check(self, request: messages.Signed, answer: httpx.Response, code: str) -> None:
        """Whether the answer is this department's to this very request. Raises BadMessage, _NotTold."""
        fields = messages.fields_of(answer.headers.multi_items())
        signed = messages.read_answer(request, answer.status_code, fields, answer.content, self.clock())
        issuer = self.everywhere().issuers.get(code)
        key = issuer.keys.get(signed.keyid) if issuer is not None else None
        if key is None or not key.may(Use.MESSAGES, signed.created) or not signed.stands(key.public):
            raise _NotTold

    def _read(self, question: Question, envelope: dict[str, Any], origin: str) -> Told:
        asked = dict(envelope["question"])
        if not _is_same(asked, question):
            raise _NotTold
        found = check_answer(envelope, asked, self.everywhere(), asker=question.asker, now=self.clock())
        due = envelope.get("due")
        outcome: Outcome = "unknown" if found.verdict == "invalid" else envelope["outcome"]
        return Told(
            question.issuer,
            origin,
            outcome,
            found.verdict,
            envelope,
            found,
            due=due if isinstance(due, int) else None,
        )

    def _keep(self, query: Query, told: list[Told]) -> None:
        """Questions and answers, sealed under the asker's data key, for who checks them later."""
        envelopes = [dict(each.envelope) for each in told if each.envelope is not None]
        if not envelopes:
            return
        with self.store.write() as session:
            session.add(self._case(session, query, envelopes, told))

    def _case(
        self, session: Session, query: Query, envelopes: list[dict[str, Any]], told: list[Told]
    ) -> QueryCase:
        now, id = self.clock(), secrets.handle(self.randomness)
        key = self.vault.issuer_key(session, query.asker, now)
        questions = jcs.dumps([each["question"] for each in envelopes])
        return QueryCase(
            id=id,
            asker=query.asker,
            purpose=query.matter,
            sealed_question=self.vault.seal(key, f"question/{id}", questions),
            sealed_answer=self.vault.seal(key, f"answer/{id}", jcs.dumps(envelopes)),
            data_key=key.id,
            outcome=told[0].outcome,
            created=now,
            answered_at=now,
        )


def _question(
    query: Query, type_code: str, signer: Signer, code: str, reply: SigningKey, case: str
) -> Question:
    holder = None if query.holder is None else HolderOf(id_type=query.holder[0], identifier=query.holder[1])
    return Question(
        asker=signer.issuer,
        issuer=code,
        reply_to=contents.public_jwk(reply),
        clerk=query.clerk or "-",
        matter=query.matter,
        type=type_code,
        ask=query.ask,
        case=query.case or case,
        claims=query.claims,
        holder=holder,
        certificate_id=query.certificate_id,
        value=query.value,
        source=query.source,
    )


def _is_same(asked: Mapping[str, Any], question: Question) -> bool:
    """Whether an answer's question is the one that was put: all of it, and a salt."""
    put: dict[str, Any] = msgspec.to_builtins(question)
    wanted = {name: value for name, value in put.items() if name not in ("clerk", "reply_to")}
    wanted["claims"] = list(question.claims)
    try:
        salted = len(b64.decode(str(asked.get("salt")))) == SALT_BYTES
    except RegistryError:
        return False
    return salted and {name: value for name, value in asked.items() if name != "salt"} == wanted


def _refused(code: str, origin: str, answer: httpx.Response) -> Told:
    """A refusal that the department signed."""
    try:
        said = jcs.loads(answer.content)
    except RegistryError:
        raise _NotTold from None
    if not isinstance(said, dict) or not 400 <= answer.status_code < 500:
        raise _NotTold
    kind = str(said.get("type")).rpartition(":")[2][:60]
    zh, en = str(said.get("zh", ""))[:500], str(said.get("en", ""))[:500]
    return Told(code, origin, "refused", "stated", refusal=kind, zh=zh, en=en)
