"""One issuer's answer: whether it may answer now, the smallest proof that will do, and its signed word."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlmodel import Session

from registry import b64, statement
from registry.cutting import Cutter
from registry.definition import TypeDefinition
from registry.lists import newest_origin
from registry.queries import comparing, reviews
from registry.queries.desks import ConsentDesk, MandateDesk
from registry.queries.finding import Finding, given_out, shown
from registry.queries.question import Answer, Condition, Query
from registry.queries.recording import Recording
from registry.queries.reviews import Word
from registry.rights import COMPARISONS, Rights, Rule, Shared
from registry.signing import Use
from registry.statement import LogPlace, Outcome, Statement

SALT_BYTES: Final = 16
_CONSENT: Final = ("须经本人同意", "The holder has to agree")
_REVIEW: Final = ("有条件共享，须经颁发部门同意", "Shared on conditions: the issuer has to agree")
_NEVER: Final = ("不予共享", "Never shared")
STATUS_WORDS: Final = ("valid", "revoked", "suspended", "superseded")


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers for issuers whose keys this process holds, in the transaction of the query."""

    finding: Finding
    recording: Recording
    cutter: Cutter
    rights: Rights
    consents: ConsentDesk | None
    mandates: MandateDesk | None
    due: Callable[[int, int], int]
    answer_seconds: int
    randomness: Callable[[int], bytes]

    def answer(
        self,
        session: Session,
        query: Query,
        definition: TypeDefinition,
        rule: Rule,
        issuer: str,
        case: str,
        now: int,
    ) -> Answer:
        """The answer of one issuer, in its log before it leaves. case: number that its statement names."""
        question = self._question(query, definition, issuer, case)
        presentation, status = None, None
        word, due = self._word(session, query, definition, rule, issuer, now)
        outcome: Outcome = "pending" if word is Word.PENDING else "withheld"
        if word is Word.GRANTED:
            outcome, presentation, status = self._outcome(session, query, definition, issuer, now)
        digest = None if presentation is None else statement.presentation_digest(presentation)
        logged = self.recording.log(session, query, issuer, rule.id, outcome, digest, now)
        signer = self.cutter.signers.signer(session, issuer, Use.ANSWERS, now, type=definition.type)
        said = Statement(
            iss=statement.address(newest_origin(session).origin, signer.issuer),
            aud=query.asker,
            question=statement.question_digest(question),
            case=case,
            rule=rule.id,
            policy=self.rights.version,
            outcome=outcome,
            presentation=None if digest is None else b64.encode(digest),
            log=LogPlace(seq=logged.seq, entry=b64.encode(logged.digest)),
            iat=now,
            exp=now + self.answer_seconds,
        )
        word_of_issuer = statement.sign(said, signer.key, signer.x5c)
        conditions = () if word is Word.GRANTED else self._conditions(query, definition, rule, issuer)
        return Answer(question, outcome, word_of_issuer, status, presentation, due, conditions)

    def _conditions(
        self, query: Query, definition: TypeDefinition, rule: Rule, issuer: str
    ) -> tuple[Condition, ...]:
        """Why there is no answer yet, or none at all: all that the rights want, met or not.

        Which of them it was would say what a holder or an issuer did.
        """
        found: list[Condition] = []
        if rule.consent and query.on_behalf is None:
            found.append(Condition("consent", *_CONSENT))
        words: tuple[tuple[Shared, Literal["review", "never"], tuple[str, str]], ...] = (
            ("conditional", "review", _REVIEW),
            ("never", "never", _NEVER),
        )
        for shared, kind, (zh, en) in words:
            for ground in self.rights.grounds(issuer, definition.type, query.claims, shared):
                found.append(Condition(kind, f"{zh}（{ground.zh}）", f"{en} ({ground.en})"))
        if not found:
            found.append(Condition("never", *_NEVER))  # a claim that the issuer does not list
        return tuple(found)

    def consent(
        self, session: Session, query: Query, definition: TypeDefinition, rule: Rule, now: int
    ) -> tuple[Word, int | None]:
        """The word of every holder, where the rule wants it; of who gave a mandate, that is it already."""
        if not rule.consent:
            return Word.GRANTED, None
        holders = self.finding.holders(session, query, definition)
        if query.on_behalf is not None and self.mandates is not None:
            principals = self.mandates.principals(session, query, now)
            holders = [each for each in holders if each not in principals]
            if not holders:
                return Word.GRANTED, None
        if self.consents is None:
            return Word.WITHHELD, None
        word, due = self.consents.word(session, query, rule, definition.type, holders, now)
        return word, due if word is Word.PENDING else None

    def _word(
        self, session: Session, query: Query, definition: TypeDefinition, rule: Rule, issuer: str, now: int
    ) -> tuple[Word, int | None]:
        """Whether the issuer may answer now, and by when, where it may not yet."""
        shared = self.rights.shared(issuer, definition.type, query.claims)
        if shared == "never":
            return Word.WITHHELD, None
        word, due = self.consent(session, query, definition, rule, now)
        if word is not Word.GRANTED:
            return word, due
        if shared == "unconditional":
            return Word.GRANTED, None
        review = reviews.ask(
            session,
            self.finding.vault,
            issuer,
            query,
            rule.id,
            due=self.due(now, reviews.WORKING_DAYS),
            now=now,
            randomness=self.randomness,
        )
        word = reviews.word(review, now)
        return word, review.due if word is Word.PENDING else None

    def _outcome(
        self, session: Session, query: Query, definition: TypeDefinition, issuer: str, now: int
    ) -> tuple[Outcome, str | None, str | None]:
        """Outcome, presentation and status of one issuer: as small as will do.

        Nothing proves that a claim is absent: where one of those asked for is, the answer is the issuer's no.
        """
        found = self.finding.certificate(session, query, definition, issuer, now)
        row = None if found is None else found[0]
        if query.ask == "claims":
            there = given_out(session, self.finding.vault, row, now)
            if not set(query.claims) <= there.keys():
                return "no", None, None
        if query.ask in COMPARISONS:
            holds = comparing.compare(session, self.finding.vault, query, definition, row, now)
            if (
                not holds or query.ask != "equals"
            ):  # a threshold is the issuer's word: a proof tells the value
                return "yes" if holds else "no", None, None
        if found is None:
            return "no", None, None
        row, role, word = found
        claims = shown(query, definition, role)
        presentation = self.cutter.answer(session, row, claims, query.asker, now).text
        return "yes", presentation, STATUS_WORDS[word] if query.ask == "status" else None

    def _question(self, query: Query, definition: TypeDefinition, issuer: str, case: str) -> dict[str, Any]:
        question: dict[str, Any] = {
            "salt": b64.encode(self.randomness(SALT_BYTES)),
            "case": case,
            "asker": query.asker,
            "issuer": issuer,
            "matter": query.matter,
            "type": definition.type,
            "ask": query.ask,
            "claims": list(query.claims),
        }
        for name in ("value", "source", "on_behalf"):
            if getattr(query, name):
                question[name] = getattr(query, name)
        if query.holder is not None:
            question["holder"] = {"id_type": query.holder[0], "identifier": query.holder[1]}
        if query.certificate_id is not None:
            question["certificate_id"] = query.certificate_id
        return question
