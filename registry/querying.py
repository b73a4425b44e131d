"""Queries between departments: a fact about a holder, for a stated purpose, on the record (operation.md).

Rights are decided before anybody is looked up. "No such person", "no certificate" and "not in force" are one
outcome. The log entry is committed in the same transaction that makes the answer, before it leaves.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry import accesslog, b64, jcs, secrets, statement
from registry.catalogue import Catalogue
from registry.cutting import Cutter
from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.lists import newest_origin
from registry.rights import Ask, Rights, Rule
from registry.signing import Use
from registry.standing import standings
from registry.statement import LogPlace, Outcome, Statement
from registry.store import Store
from registry.store.tables import Batch, BatchState, Certificate, HolderIndex, QueryCase
from registry.trust import Trust
from registry.vault import Vault

SALT_BYTES: Final = 16
ATTEMPTS: Final = 5
STATUS_WORDS: Final = ("valid", "revoked", "suspended", "superseded")


class NotShared(RegistryError):
    """No right allows this question; the refusal is in the log."""

    kind = "not-shared"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "没有授权可以依此事由查询该信息。", "No right allows this question for this purpose."
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What a department asks.

    asker: its code; clerk: who asks there. matter: what it is for, as the rights name it. type: its code or
    short name. ask: whether there is a valid certificate (`has_valid`), named claims of it, or its status.
    holder: (identifier type, identifier); certificate_id: instead, where a certificate is known.
    """

    asker: str
    clerk: str
    matter: str
    type: str
    ask: Ask
    claims: tuple[str, ...] = ()
    holder: tuple[str, str] | None = field(default=None, repr=False)
    certificate_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one issuer answers: the question as put (salted), outcome, proof and signed word."""

    question: Mapping[str, Any] = field(repr=False)
    outcome: Outcome
    statement: str
    status: str | None = None
    presentation: str | None = field(default=None, repr=False)

    def envelope(self) -> dict[str, Any]:
        """The answer as it travels."""
        parts = {"status": self.status, "presentation": self.presentation}
        return {
            "question": self.question,
            "outcome": self.outcome,
            **{name: value for name, value in parts.items() if value is not None},
            "statement": self.statement,
        }


@dataclass(frozen=True)
class Querying:
    """Answers queries for the issuers whose keys this process holds."""

    store: Store
    vault: Vault
    catalogue: Catalogue
    cutter: Cutter
    rights: Rights
    trust: Callable[[], Trust]
    clock: Callable[[], int]
    answer_seconds: int
    randomness: Callable[[int], bytes] = os.urandom

    def ask(self, query: Query) -> list[Answer]:
        """One answer from each issuer that may issue the type; each is in that issuer's log before it leaves.

        Raises:
            NotFound: there is no such type.
            BadQuery: neither or both of holder and certificate are named, or a claim the type does not have.
            NotShared: no rule allows it; every issuer's log has the refusal.
        """
        now = self.clock()
        definition = self._definition(query, now)
        rule = self.rights.rule(query.asker, query.matter, definition.type, query.ask, query.claims, now)
        issuers = self._issuers(definition.type, query, now)
        if rule is None:
            self._log_refusal(query, issuers, now)
            raise NotShared
        for _ in range(ATTEMPTS - 1):
            try:
                return self._answers(query, definition, rule, issuers, now)
            except IntegrityError:  # PostgreSQL: another query took the same place in the log
                continue
        return self._answers(query, definition, rule, issuers, now)

    def _answers(
        self, query: Query, definition: TypeDefinition, rule: Rule, issuers: Sequence[str], now: int
    ) -> list[Answer]:
        case = secrets.handle(self.randomness)
        with self.store.write() as session:
            answers = [
                self._answer(session, query, definition, rule, issuer, case, now) for issuer in issuers
            ]
            self._keep(session, query, case, answers, now)
        return answers

    def _definition(self, query: Query, now: int) -> TypeDefinition:
        definition = self.catalogue.named(query.type)
        known = {claim.name for claim in definition.claims} | {each.name for each in definition.derived}
        if (query.holder is None) == (query.certificate_id is None):
            raise BadQuery(
                "请写明持证主体，或证照标识，二者择一。", "Name either a holder or a certificate, not both."
            )
        if not set(query.claims) <= known or bool(query.claims) != (query.ask == "claims"):
            raise BadQuery(
                "所问信息项不属于该证照类型。", "The claims asked for are not claims of this type."
            )
        return definition

    def _issuers(self, type_code: str, query: Query, now: int) -> list[str]:
        """Codes of the issuers that have, or had, the right to this type; of one certificate, its issuer."""
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
        found = self._find(session, query, definition, issuer, now)
        presentation, status = None, None
        if found is not None:
            row, role, word = found
            shown = self._shown(query, definition, role)
            presentation = self.cutter.answer(session, row, shown, query.asker, now).text
            status = STATUS_WORDS[word] if query.ask == "status" else None
        outcome: Outcome = "no" if presentation is None else "yes"
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
        return Answer(question, outcome, statement.sign(said, signer.key, signer.x5c), status, presentation)

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
        words = standings(session, [row.id for row, _ in rows if row.id is not None])
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
            holder=self.vault.holder_index(*query.holder) if query.holder is not None else None,
            outcome=outcome,
            answer=answer,
            vault=self.vault,
            now=now,
            randomness=self.randomness,
        )

    def _log_refusal(self, query: Query, issuers: Sequence[str], now: int) -> None:
        with self.store.write() as session:
            for issuer in issuers:
                self._log(session, query, issuer, "none", "refused", None, now)

    def _keep(self, session: Session, query: Query, case: str, answers: Sequence[Answer], now: int) -> None:
        """Keep questions and answers, sealed under the asker's data key, for who checks them later."""
        key = self.vault.issuer_key(session, query.asker, now)
        kept = [answer.envelope() for answer in answers]
        session.add(
            QueryCase(
                id=case,
                asker=query.asker,
                purpose=query.matter,
                sealed_question=self.vault.seal(
                    key, f"question/{case}", jcs.dumps([answer.question for answer in answers])
                ),
                sealed_answer=self.vault.seal(key, f"answer/{case}", jcs.dumps(kept)),
                data_key=key.id,
                outcome="yes" if any(answer.outcome == "yes" for answer in answers) else "no",
                created=now,
                answered_at=now,
            )
        )


class BadQuery(RegistryError):
    """The question cannot be put like that."""

    kind = "bad-query"
    status = 422
