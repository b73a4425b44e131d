"""Answering departments of other registries: who asks is who signed, and each message is answered once.

The key is resolved on the chain. What is answered is decided as for anybody, by this registry's rights and in
its log; the answer is kept by the message's nonce in the transaction that logs it, encrypted to a key of the
asker's, so that the same message gets the same answer and no second entry.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from registry import jcs
from registry.errors import NotFound, RegistryError
from registry.lists import all_origins, newest_origin
from registry.provinces import contents, messages
from registry.provinces.contents import BadContent, Question
from registry.provinces.decryption import MessageKeys
from registry.provinces.messages import BadMessage, Fields, Signed
from registry.queries.question import Answer, Query
from registry.querying import Querying
from registry.runtime import Runtime
from registry.signers import Signers
from registry.signing import BadKey, PublicKey, Use
from registry.store import Store
from registry.store.tables import AnsweredMessage
from registry.trust import Trust

KEPT: Final = 86_400
"""Seconds for which an answer is kept by its nonce; the message itself is refused after a minute."""
OK: Final = 200


class NonceUsed(RegistryError):
    """The same department sent something else under this nonce."""

    kind = "nonce-used"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "该随机数已用于另一条消息，请更换。", "This nonce was used for another message: take a new one."
        )


class _Answered(Exception):
    """Another process answered the same message a moment earlier."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. kind: of a refusal, for the log line; empty for an answer."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    kind: str = ""


@dataclass(frozen=True)
class Answering:
    """The use case of messages that come in.

    trust: this registry's; everywhere: with its partners'.
    """

    store: Store
    querying: Querying
    signers: Signers
    keys: MessageKeys
    trust: Callable[[], Trust]
    everywhere: Callable[[], Trust]
    clock: Callable[[], int]

    @classmethod
    def of(
        cls, runtime: Runtime, querying: Querying, trust: Callable[[], Trust], everywhere: Callable[[], Trust]
    ) -> "Answering":
        """Over what an API process has opened."""
        secret = hmac.digest(
            runtime.ring.secret("permutation"), b"messages between registries", hashlib.sha256
        )
        return cls(
            runtime.store,
            querying,
            querying.cutter.signers,
            MessageKeys(secret),
            trust,
            everywhere,
            runtime.clock,
        )

    def published(self, code: str) -> str:
        """A department's encryption keys, signed. Raises NotFound, NoSigner."""
        self._demand_ours(code)
        now = self.clock()
        with self.store.read() as session:
            signer = self.signers.signer(session, code, Use.MESSAGES, now)
            origin = newest_origin(session).origin
        keys = (self.keys.newest(code, now),)
        return contents.publish_keys(origin, code, keys, signer=signer.key, x5c=signer.x5c, now=now)

    def answer(self, code: str, path: str, fields: Fields, body: bytes, *, reference: str) -> Reply:
        """Answer one message to a department. path: it came to. reference: finds a refusal's log line.

        Raises, all without anything having been decided, and so without signature:
            NotFound: no such department here. NoSigner: its key cannot be used just now.
            BadMessage: not signed as it should be by a department that may.
        """
        self._demand_ours(code)
        now = self.clock()
        asker, signed = self._asker(path, fields, body, now)
        kept = self._kept(code, asker, signed, reference)
        if kept is None:
            kept = self._decide(code, asker, signed, reference, now)
        with self.store.read() as session:
            signer = self.signers.signer(session, code, Use.MESSAGES, now)
        headers = messages.sign_answer(
            signed, kept.status, kept.content_type, kept.body, key=signer.key, now=now
        )
        kind = "" if kept.status == OK else str(jcs.loads(kept.body)["type"]).rpartition(":")[2]
        return Reply(kept.status, headers, kept.body, kind)

    def _demand_ours(self, code: str) -> None:
        if code not in self.trust().issuers:
            raise NotFound("这里没有这个部门。", "There is no such department here.")

    def _asker(self, path: str, fields: Fields, body: bytes, now: int) -> tuple[str, Signed]:
        """The department whose key, as the chain has it, signed this message to one of our origins."""
        with self.store.read() as session:
            origins = list(reversed(all_origins(session)))
        signed = messages.read_request(origins[0] + path, fields, body, now)
        issuers = self.everywhere().issuers.values()
        issuer = next((each for each in issuers if signed.keyid in each.keys), None)
        if issuer is None:
            raise BadMessage
        key = issuer.keys[signed.keyid]
        if not key.may(Use.MESSAGES, signed.created):
            raise BadMessage
        for origin in origins:
            read = messages.read_request(origin + path, fields, body, now)
            if read.stands(key.public):
                return issuer.code, read
        raise BadMessage

    def _kept(self, code: str, asker: str, signed: Signed, reference: str) -> AnsweredMessage | None:
        """What this message was answered before; a refusal where its nonce was another message's."""
        with self.store.read() as session:
            row = session.get(AnsweredMessage, (asker, code, signed.nonce))
        if row is None or row.digest == signed.digest:
            return row
        return _row(code, asker, signed, NonceUsed(), reference, self.clock())

    def _decide(self, code: str, asker: str, signed: Signed, reference: str, now: int) -> AnsweredMessage:
        keeping = _Keeping(code, asker, signed, reference, now)
        try:
            question = self._question(code, asker, signed, now)
            keeping.reply_to = question.reply_to
            self.querying.ask(_query(question), issuer=code, replying=keeping)
        except _Answered:
            pass
        except RegistryError as refusal:
            if refusal.status >= 500:
                raise  # nothing was decided: the same message may be answered a little later
            if self._kept(code, asker, signed, reference) is None:
                self._keep_refusal(keeping, refusal)
        return self._kept(code, asker, signed, reference) or _never()

    def _question(self, code: str, asker: str, signed: Signed, now: int) -> Question:
        key = self.keys.named(code, contents.key_named(signed.body), now)
        if key is None:
            raise BadContent
        question = contents.open_question(signed.body, key)
        if (question.asker, question.issuer) != (asker, code):
            raise BadContent  # sealed for this department by another than who signed
        try:
            PublicKey.from_jwk(question.reply_to)
        except BadKey:
            raise BadContent from None
        return question

    def _keep_refusal(self, keeping: "_Keeping", refusal: RegistryError) -> None:
        """Keep a refusal that is nobody's log entry: what was asked made no sense."""
        try:
            with self.store.write() as session:
                keeping.refused(session, refusal)
        except (_Answered, IntegrityError):
            return


@dataclass
class _Keeping:
    """Keeps one message's answer in the transaction that decides it (`desks.Replying`)."""

    code: str
    asker: str
    signed: Signed
    reference: str
    now: int
    reply_to: dict[str, str] = field(default_factory=dict)

    def answered(self, session: Session, answers: Sequence[Answer]) -> None:
        """Seal the answer, and keep it."""
        (answer,) = answers
        body = contents.seal_answer(answer.envelope(), self.reply_to)
        self._keep(
            session,
            AnsweredMessage(
                asker=self.asker,
                issuer=self.code,
                nonce=self.signed.nonce,
                digest=self.signed.digest,
                status=OK,
                content_type=messages.SEALED,
                body=body,
                at=self.now,
            ),
        )

    def refused(self, session: Session, refusal: RegistryError) -> None:
        """Keep a refusal."""
        self._keep(session, _row(self.code, self.asker, self.signed, refusal, self.reference, self.now))

    def _keep(self, session: Session, row: AnsweredMessage) -> None:
        if session.get(AnsweredMessage, (row.asker, row.issuer, row.nonce)) is not None:
            raise _Answered  # undoes the entry that would have been its second
        session.add(row)
        session.flush()


def forget_expired(session: Session, now: int) -> None:
    """Drop answers to messages that nobody may send again."""
    session.connection().execute(delete(AnsweredMessage).where(col(AnsweredMessage.at) < now - KEPT))


def _row(
    code: str, asker: str, signed: Signed, refusal: RegistryError, reference: str, now: int
) -> AnsweredMessage:
    """A refusal as a problem document (RFC 9457); it says nothing of any holder."""
    document = {
        "type": f"urn:zt:problem:{refusal.kind}",
        "title": f"{refusal.zh} {refusal.en}",
        "status": refusal.status,
        "zh": refusal.zh,
        "en": refusal.en,
        "mender": refusal.mender,
        "reference": reference,
    }
    return AnsweredMessage(
        asker=asker,
        issuer=code,
        nonce=signed.nonce,
        digest=signed.digest,
        status=refusal.status,
        content_type=messages.PROBLEM,
        body=jcs.dumps(document),
        at=now,
    )


def _query(question: Question) -> Query:
    holder = question.holder
    return Query(
        asker=question.asker,
        clerk=question.clerk,
        matter=question.matter,
        type=question.type,
        ask=question.ask,
        claims=question.claims,
        holder=None if holder is None else (holder.id_type, holder.identifier),
        certificate_id=question.certificate_id,
        value=question.value,
        source=question.source,
        case=question.case,
    )


def _never() -> AnsweredMessage:
    raise AssertionError("a message that was decided is kept")
