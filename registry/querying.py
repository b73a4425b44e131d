"""Queries between departments: a fact about a holder, for a stated purpose, on the record (operation.md).

Rights are decided before anybody is looked up. "No such person", "no certificate" and "not in force" are one
outcome. The log entry is committed in the same transaction that makes the answer, before it leaves.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry import accesslog, b64, jcs, policies, secrets, statement, values
from registry.catalogue import Catalogue
from registry.cutting import Cutter
from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.lists import newest_origin
from registry.queries import comparing, limits, reviews
from registry.queries.limits import Caps, TooManyQueries
from registry.queries.question import Answer, Query
from registry.queries.refusals import (
    BadQuery,
    ComparedBefore,
    MandateFallsShort,
    MissingPurpose,
    NoSuchHolder,
    NotShared,
    Refused,
    RightEnded,
    SecondPersonNeeded,
    SourceUnknown,
    UnknownMatter,
    denied,
)
from registry.queries.reviews import Word
from registry.rights import COMPARISONS, Rights, Rule
from registry.signing import Use
from registry.standing import standings
from registry.statement import LogPlace, Outcome, Statement
from registry.store import Store
from registry.store.tables import Batch, BatchState, Certificate, HolderIndex, QueryCase
from registry.trust import Trust
from registry.vault import Vault

__all__ = [
    "Answer",
    "BadQuery",
    "CaseFacts",
    "ComparedBefore",
    "ConsentDesk",
    "MandateDesk",
    "MandateFallsShort",
    "MissingPurpose",
    "NoSuchHolder",
    "NotShared",
    "Query",
    "Querying",
    "Refused",
    "Replying",
    "RightEnded",
    "SecondPersonNeeded",
    "SourceUnknown",
    "TooManyQueries",
    "UnknownMatter",
    "Word",
]

T = TypeVar("T")
Settled = Callable[[Session, str, str | None], None]
"""Told in the transaction that decides a query: its outcome, or why it was refused, and what was kept."""

PASSED_ON: Final = "asked"
"""Outcome in the asker's own log of a question that went to another registry."""
SALT_BYTES: Final = 16
NO_ROW: Final = 0
"""No row has this id."""
ATTEMPTS: Final = 5
LIMITS: Final = (TooManyQueries, SecondPersonNeeded, ComparedBefore, SourceUnknown, MandateFallsShort)
STATUS_WORDS: Final = ("valid", "revoked", "suspended", "superseded")


class ConsentDesk(Protocol):
    """Who asks holders for their consent (registry.consents)."""

    def word(
        self, session: Session, query: Query, rule: Rule, type_code: str, holders: Sequence[bytes], now: int
    ) -> tuple[Word, int]:
        """Where the consent to this question stands, and its last moment; asked for where it was not yet.

        holders: keyed indexes. In the caller's transaction; the same work whoever the holder is.
        """
        ...


class MandateDesk(Protocol):
    """Who knows mandates (registry.mandates)."""

    def covers(self, session: Session, query: Query, type_code: str, now: int) -> bool:
        """Whether who acts in the case through `query.on_behalf` may have this asked, now."""
        ...

    def manner(self, session: Session, query: Query) -> str:
        """How the access log names the way in which the holder is represented."""
        ...


class Replying(Protocol):
    """Who keeps what a department of another registry is answered (registry.provinces)."""

    def answered(self, session: Session, answers: Sequence[Answer]) -> None:
        """Keep the answers, in the transaction that decides them."""
        ...

    def refused(self, session: Session, refusal: RegistryError) -> None:
        """Keep a refusal, in the transaction that logs it."""
        ...


class CaseFacts(Protocol):
    """Who knows what a case has proven (registry.cases)."""

    def has(self, session: Session, query: Query, type_code: str) -> bool:
        """Whether the case has `query.value` from `query.source`."""
        ...


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Whether a question may go to another registry. type: its code. word: of the holder, where our rule
    wants it. due: of a pending one, Unix seconds."""

    type: str
    word: Word
    due: int | None


@dataclass(frozen=True)
class Querying:
    """Answers queries for the issuers whose keys this process holds.

    due: from a moment and a count of working days, the end of the last one (Unix seconds). consents,
    mandates, facts: who knows; without them no consent is ever given, no mandate covers anything, and the
    source of an `equals` is taken from the asker, on the record.
    """

    store: Store
    vault: Vault
    catalogue: Catalogue
    cutter: Cutter
    rights: Rights
    trust: Callable[[], Trust]
    clock: Callable[[], int]
    answer_seconds: int
    due: Callable[[int, int], int]
    caps: Caps = field(default_factory=Caps)
    consents: ConsentDesk | None = None
    mandates: MandateDesk | None = None
    facts: CaseFacts | None = None
    randomness: Callable[[int], bytes] = os.urandom

    def ask(
        self,
        query: Query,
        settled: Settled | None = None,
        *,
        issuer: str | None = None,
        replying: Replying | None = None,
    ) -> list[Answer]:
        """One answer from each issuer that may issue the type; each is in that issuer's log before it leaves.

        settled: who keeps count of many queries; what it raises undoes the decision. issuer: the only one
        that is asked. replying: the asker is a department of another registry, which keeps its own answers;
        what is answered it, or why not, is kept by its message.

        Raises:
            NotFound: there is no such type.
            MissingPurpose, BadQuery, NoSuchHolder: as they say; nobody was asked.
            NotShared, UnknownMatter, RightEnded: no rule allows it; every issuer's log has the refusal.
            SourceUnknown, MandateFallsShort, SecondPersonNeeded, ComparedBefore: as they say; logged too.
            TooManyQueries: a cap is reached; that is logged too, and health turns red.
        """
        now = self.clock()
        definition = self._definition(query)
        rule = self.rights.decide(query.asked(definition.type), now)
        issuers = self._issuers(definition.type, query, issuer)
        if not isinstance(rule, str) and not self._may_share(definition.type, query, issuers):
            rule = "not-shared"
        if isinstance(rule, str):
            refusal = denied(rule)
            self._log_refusal(query, issuers, rule, settled, now, replying, refusal)
            raise refusal
        try:
            return self._again(
                lambda: self._answers(query, definition, rule, issuers, settled, now, replying)
            )
        except LIMITS as over:
            self._log_refusal(query, issuers, over.kind, settled, now, replying, over)
            raise

    def pass_on(self, query: Query) -> PassedOn:
        """Let a question go to another registry: by this one's rights and caps, in the asker's own log.

        Where our rule wants the holder's consent, it goes only with that. What is answered there is decided
        there, by its rights and in its log.

        Raises:
            NotFound, MissingPurpose, BadQuery, NoSuchHolder: as `ask`.
            NotShared, UnknownMatter, RightEnded, MandateFallsShort, SourceUnknown, TooManyQueries: as `ask`;
                in the asker's own log.
        """
        now = self.clock()
        definition = self._definition(query)
        rule = self.rights.decide(query.asked(definition.type), now)
        if isinstance(rule, str):
            self._log_refusal(query, [query.asker], rule, None, now)
            raise denied(rule)

        def write() -> PassedOn:
            with self.store.write() as session:
                policies.record(session, self.rights, now)
                limits.admit(session, self.caps, query.asker, query.clerk, now)
                self._demand_grounds(session, query, definition, now)
                word, due = self._consent(session, query, definition, rule, now)
                outcome = PASSED_ON if word is Word.GRANTED else word.value
                self._log(session, query, query.asker, rule.id, outcome, None, now)
                limits.record(session, query.asker, query.clerk, outcome, now)
            return PassedOn(definition.type, word, due)

        try:
            return self._again(write)
        except LIMITS as over:
            self._log_refusal(query, [query.asker], over.kind, None, now)
            raise

    def takes_two(self, query: Query) -> bool:
        """Whether this comparison counts as bulk, and is answered only once a second clerk approved it.

        Raises:
            NotFound, MissingPurpose, BadQuery, NoSuchHolder: as `ask`.
        """
        definition = self._definition(query)
        if query.ask not in COMPARISONS:
            return False
        with self.store.read() as session:
            holders = self._holders(session, query, definition)
            return comparing.is_bulk(session, self.vault, query, definition.type, holders, self.clock())

    def _again(self, work: Callable[[], T]) -> T:
        for _ in range(ATTEMPTS - 1):
            try:
                return work()
            except IntegrityError:  # PostgreSQL: another query took the same place in a log or a count
                continue
        return work()

    def _may_share(self, type_code: str, query: Query, issuers: Sequence[str]) -> bool:
        """Whether any issuer shares the claims asked about at all."""
        return any(self.rights.shared(code, type_code, query.claims) != "never" for code in issuers)

    def _answers(
        self,
        query: Query,
        definition: TypeDefinition,
        rule: Rule,
        issuers: Sequence[str],
        settled: Settled | None,
        now: int,
        replying: Replying | None,
    ) -> list[Answer]:
        case = query.case or secrets.handle(self.randomness)
        with self.store.write() as session:
            policies.record(session, self.rights, now)
            limits.admit(session, self.caps, query.asker, query.clerk, now)
            self._admit(session, query, definition, now)
            answers = [
                self._answer(session, query, definition, rule, issuer, case, now) for issuer in issuers
            ]
            kept = None
            if replying is not None:
                replying.answered(session, answers)
            else:
                kept = self._keep(session, query, answers, now)
            limits.record(session, query.asker, query.clerk, _together(answers), now)
            if settled is not None:
                settled(session, _together(answers), kept)
        return answers

    def _admit(self, session: Session, query: Query, definition: TypeDefinition, now: int) -> None:
        """What else must hold for a question that compares, or is asked for an agent."""
        self._demand_grounds(session, query, definition, now)
        if query.ask in COMPARISONS:
            holders = self._holders(session, query, definition)
            comparing.admit(session, self.vault, query, definition.type, holders, now)

    def _demand_grounds(self, session: Session, query: Query, definition: TypeDefinition, now: int) -> None:
        """That a mandate covers the question, and that the case has what it compares with."""
        if query.on_behalf is not None and not (
            self.mandates and self.mandates.covers(session, query, definition.type, now)
        ):
            raise MandateFallsShort
        if query.ask == "equals" and self.facts and not self.facts.has(session, query, definition.type):
            raise SourceUnknown

    def _holders(self, session: Session, query: Query, definition: TypeDefinition) -> list[bytes]:
        """Keyed indexes of whom the question is about; of a certificate that nobody holds, one of its own."""
        if query.holder is not None:
            return [self.vault.holder_index(*query.holder)]
        assert query.certificate_id is not None
        own = [role.role for role in definition.holders if not role.acts_for]
        found = session.exec(
            select(HolderIndex.holder)
            .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
            .where(Certificate.certificate_id == query.certificate_id, col(HolderIndex.role).in_(own))
        ).all()
        return sorted(set(found)) or [self.vault.holder_index("certificate_id", query.certificate_id)]

    def _definition(self, query: Query) -> TypeDefinition:
        """The type asked about, once the question makes sense of it."""
        if not query.matter:
            raise MissingPurpose
        definition = self.catalogue.named(query.type)
        if (query.holder is None) == (query.certificate_id is None):
            raise BadQuery(
                "请写明持证主体，或证照标识，二者择一。", "Name either a holder or a certificate, not both."
            )
        if query.holder is not None and values.wrong_identifier(*query.holder):
            raise NoSuchHolder
        comparing.check_question(query, definition)
        return definition

    def _issuers(self, type_code: str, query: Query, only: str | None) -> list[str]:
        """Codes of the issuers that have, or had, the right to this type; of one certificate, its issuer.

        only: the one that is asked. Raises BadQuery where it does not issue the type.
        """
        if only is not None:
            issuer = self.trust().issuers.get(only)
            if issuer is None or not issuer.rights.get(type_code):
                raise BadQuery("该部门不颁发这类证照。", "That department does not issue this type.")
            return [only]
        if query.certificate_id is not None:
            with self.store.read() as session:
                row = session.exec(
                    select(Certificate.issuer).where(
                        Certificate.certificate_id == query.certificate_id, Certificate.type == type_code
                    )
                ).first()
            if row is not None:
                return [row]
        issuers = self.trust().issuers
        return sorted(code for code, issuer in issuers.items() if issuer.rights.get(type_code))

    def _answer(
        self,
        session: Session,
        query: Query,
        definition: TypeDefinition,
        rule: Rule,
        issuer: str,
        case: str,
        now: int,
    ) -> Answer:
        question = self._question(query, definition, issuer, case)
        presentation, status = None, None
        word, due = self._word(session, query, definition, rule, issuer, now)
        outcome: Outcome = "pending" if word is Word.PENDING else "withheld"
        if word is Word.GRANTED:
            outcome, presentation, status = self._outcome(session, query, definition, issuer, now)
        digest = None if presentation is None else statement.presentation_digest(presentation)
        logged = self._log(session, query, issuer, rule.id, outcome, digest, now)
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
        return Answer(question, outcome, word_of_issuer, status, presentation, due)

    def _word(
        self, session: Session, query: Query, definition: TypeDefinition, rule: Rule, issuer: str, now: int
    ) -> tuple[Word, int | None]:
        """Whether the issuer may answer now, and by when, where it may not yet."""
        shared = self.rights.shared(issuer, definition.type, query.claims)
        if shared == "never":
            return Word.WITHHELD, None
        word, due = self._consent(session, query, definition, rule, now)
        if word is not Word.GRANTED:
            return word, due
        if shared == "unconditional":
            return Word.GRANTED, None
        review = reviews.ask(
            session,
            self.vault,
            issuer,
            query,
            rule.id,
            due=self.due(now, reviews.WORKING_DAYS),
            now=now,
            randomness=self.randomness,
        )
        word = reviews.word(review, now)
        return word, review.due if word is Word.PENDING else None

    def _consent(
        self, session: Session, query: Query, definition: TypeDefinition, rule: Rule, now: int
    ) -> tuple[Word, int | None]:
        """The holder's word, where the rule wants it; a mandate is that word already."""
        if not rule.consent or query.on_behalf is not None:
            return Word.GRANTED, None
        if self.consents is None:
            return Word.WITHHELD, None
        holders = self._holders(session, query, definition)
        word, due = self.consents.word(session, query, rule, definition.type, holders, now)
        return word, due if word is Word.PENDING else None

    def _outcome(
        self, session: Session, query: Query, definition: TypeDefinition, issuer: str, now: int
    ) -> tuple[Outcome, str | None, str | None]:
        """Outcome, presentation and status of one issuer: as small as will do."""
        found = self._find(session, query, definition, issuer, now)
        if query.ask in COMPARISONS:
            row = None if found is None else found[0]
            holds = comparing.compare(session, self.vault, query, definition, row, now)
            if (
                not holds or query.ask != "equals"
            ):  # a threshold is the issuer's word: a proof tells the value
                return "yes" if holds else "no", None, None
        if found is None:
            return "no", None, None
        row, role, word = found
        shown = self._shown(query, definition, role)
        presentation = self.cutter.answer(session, row, shown, query.asker, now).text
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

    def _find(
        self, session: Session, query: Query, definition: TypeDefinition, issuer: str, now: int
    ) -> tuple[Certificate, str, int] | None:
        """The newest certificate that answers, with the role of who was asked about and its status."""
        rows = self._candidates(session, query, definition, issuer)
        # Where there is nothing to look at, the look is made all the same: its time would say so.
        words = standings(session, [row.id or NO_ROW for row, _ in rows] or [NO_ROW])
        for row, role in rows:
            word = words[row.id or 0]
            begun = row.valid_from <= now and (row.valid_until is None or now < row.valid_until)
            if begun and (query.ask == "status" or word == 0):
                return row, role, word
        return None

    def _candidates(
        self, session: Session, query: Query, definition: TypeDefinition, issuer: str
    ) -> Sequence[tuple[Certificate, str]]:
        rows = (
            select(Certificate, HolderIndex.role)
            .join(Batch, col(Batch.id) == col(Certificate.batch))
            .join(HolderIndex, col(HolderIndex.certificate) == col(Certificate.id), isouter=True)
            .where(
                Certificate.issuer == issuer,
                Certificate.type == definition.type,
                Batch.state == BatchState.FINAL,
            )
            .order_by(col(Certificate.id).desc())
            .limit(50)
        )
        if query.certificate_id is not None:
            return session.exec(rows.where(Certificate.certificate_id == query.certificate_id)).all()
        assert query.holder is not None
        own = [
            role.role for role in definition.holders if not role.acts_for
        ]  # a representative holds nothing
        found = rows.where(HolderIndex.holder == self.vault.holder_index(*query.holder))
        return session.exec(found.where(col(HolderIndex.role).in_(own))).all()

    def _shown(self, query: Query, definition: TypeDefinition, role: str) -> tuple[str, ...]:
        """The claims to disclose: those asked for, and always the identifier that was asked by."""
        if query.holder is None:
            return query.claims
        own = next(each for each in definition.holders if each.role == role)
        return (*query.claims, own.identifier, *([own.id_type_claim] if own.id_type_claim else []))

    def _log(
        self,
        session: Session,
        query: Query,
        issuer: str,
        rule: str,
        outcome: str,
        answer: bytes | None,
        now: int,
    ) -> accesslog.Logged:
        return accesslog.append(
            session,
            issuer,
            asker=query.asker,
            clerk=query.clerk,
            purpose=query.matter,
            rule=rule,
            holder=self._about(session, query),
            outcome=outcome,
            answer=answer,
            vault=self.vault,
            now=now,
            randomness=self.randomness,
            type=self.catalogue.named(query.type).type,
            claims=query.claims,
            case=query.case or "",
            manner=self._manner(session, query),
            second=query.second,
        )

    def _manner(self, session: Session, query: Query) -> str:
        """How the holder was represented, for the log."""
        by = "" if query.on_behalf is None else "mandate"
        if query.on_behalf is not None and self.mandates is not None:
            by = self.mandates.manner(session, query)
        return " ".join(each for each in (by, "assisted" if query.assisted else "") if each)

    def _about(self, session: Session, query: Query) -> bytes | None:
        """Whose entry it is: the holder asked about, or the first holder of the certificate asked about."""
        if query.holder is not None:
            return self.vault.holder_index(*query.holder)
        roles = [role.role for role in self.catalogue.named(query.type).holders if not role.acts_for]
        found = session.exec(
            select(HolderIndex.role, HolderIndex.holder)
            .join(Certificate, col(Certificate.id) == col(HolderIndex.certificate))
            .where(Certificate.certificate_id == query.certificate_id, col(HolderIndex.role).in_(roles))
        ).all()
        return min(found, key=lambda each: roles.index(each[0]))[1] if found else None

    def _log_refusal(
        self,
        query: Query,
        issuers: Sequence[str],
        why: str,
        settled: Settled | None,
        now: int,
        replying: Replying | None = None,
        refusal: RegistryError | None = None,
    ) -> None:
        def write() -> None:
            with self.store.write() as session:
                policies.record(session, self.rights, now)
                for issuer in issuers:
                    self._log(session, query, issuer, why, "refused", None, now)
                if replying is not None and refusal is not None:
                    replying.refused(session, refusal)
                if why == TooManyQueries.kind:
                    limits.alert(session, query.asker, limits.CAP, query.clerk, now)
                    return
                limits.record(session, query.asker, query.clerk, "refused", now)
                if settled is not None:
                    settled(session, why, None)

        self._again(write)

    def _keep(self, session: Session, query: Query, answers: Sequence[Answer], now: int) -> str:
        """Keep questions and answers, sealed under the asker's data key, for who checks them later."""
        id = secrets.handle(self.randomness)
        key = self.vault.issuer_key(session, query.asker, now)
        kept = [answer.envelope() for answer in answers]
        session.add(
            QueryCase(
                id=id,
                asker=query.asker,
                purpose=query.matter,
                sealed_question=self.vault.seal(
                    key, f"question/{id}", jcs.dumps([answer.question for answer in answers])
                ),
                sealed_answer=self.vault.seal(key, f"answer/{id}", jcs.dumps(kept)),
                data_key=key.id,
                outcome=_together(answers),
                created=now,
                answered_at=now,
            )
        )
        return id


def _together(answers: Sequence[Answer]) -> Outcome:
    """The outcome of several issuers' answers: the one that says most."""
    said = {answer.outcome for answer in answers}
    order: tuple[Outcome, ...] = ("yes", "pending", "no", "withheld")
    return next((outcome for outcome in order if outcome in said), "no")
