"""Queries between departments: a fact about a holder, for a stated purpose, on the record (operation.md).

Rights, and who is asked, are decided before anybody is looked up. "No such person", "no certificate", "not
in force" and "no such claim in it" are one outcome. The log entry is committed in the same transaction that
makes the answer, before it leaves.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from registry import policies, secrets, values
from registry.catalogue import Catalogue
from registry.cutting import Cutter
from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.identifiers import named_issuer
from registry.queries import comparing, limits
from registry.queries.answering import Answerer
from registry.queries.desks import CaseFacts, ConsentDesk, MandateDesk, Replying
from registry.queries.finding import Finding
from registry.queries.limits import Caps, TooManyQueries
from registry.queries.question import VOUCHED, Answer, Query
from registry.queries.recording import Recording, together
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
from registry.store import Store, again_if_overtaken
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

Settled = Callable[[Session, str, str | None], None]
"""Told in the transaction that decides a query: its outcome, or why it was refused, and what was kept."""

PASSED_ON: Final = "asked"
"""Outcome in the asker's own log of a question that went to another registry."""
LIMITS: Final = (TooManyQueries, SecondPersonNeeded, ComparedBefore, SourceUnknown, MandateFallsShort)


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
    mandates, facts: who knows; without them no consent is ever given, no mandate covers anything, and no case
    has a value to compare with.
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
        handed_in_by: bytes | None = None,
    ) -> list[Answer]:
        """One answer from each issuer that may issue the type; each is in that issuer's log before it leaves.

        settled: who keeps count of many queries; what it raises undoes the decision. issuer: the only one
        that is asked. replying: the asker is a department of another registry, which keeps its own answers;
        what is answered it, or why not, is kept by its message. handed_in_by: keyed hash of the holder who
        handed in the case that asks; it counts for that one, and not for clerk and department.

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
        issuers = self._issuers(definition.type, query, issuer, now)
        if not isinstance(rule, str) and not self._may_share(definition.type, query, issuers):
            rule = "not-shared"
        if isinstance(rule, str):
            refusal = denied(rule)
            self._log_refusal(query, issuers, rule, settled, now, replying, refusal, handed_in_by)
            raise refusal
        try:
            return again_if_overtaken(
                lambda: self._answers(query, definition, rule, issuers, settled, now, replying, handed_in_by)
            )
        except LIMITS as over:
            self._log_refusal(query, issuers, over.kind, settled, now, replying, over, handed_in_by)
            raise

    def pass_on(self, query: Query, handed_in_by: bytes | None = None) -> PassedOn:
        """Let a question go to another registry: by this one's rights and caps, in the asker's own log.

        handed_in_by: as in `ask`. Where our rule wants the holder's consent, it goes only with that. What is
        answered there is decided there, by its rights and in its log.

        Raises:
            NotFound, MissingPurpose, BadQuery, NoSuchHolder: as `ask`.
            NotShared, UnknownMatter, RightEnded, MandateFallsShort, SourceUnknown, TooManyQueries: as `ask`;
                in the asker's own log.
        """
        now = self.clock()
        definition = self._definition(query)
        rule = self.rights.decide(query.asked(definition.type), now)
        if isinstance(rule, str):
            self._log_refusal(query, [query.asker], rule, None, now, handed_in_by=handed_in_by)
            raise denied(rule)

        def write() -> PassedOn:
            with self.store.write() as session:
                policies.record(session, self.rights, now)
                limits.admit(session, self.caps, query.asker, query.clerk, now, handed_in_by)
                self._demand_grounds(session, query, definition, rule, now)
                word, due = self._answerer.consent(session, query, definition, rule, now)
                outcome = PASSED_ON if word is Word.GRANTED else word.value
                self._recording.log(session, query, query.asker, rule.id, outcome, None, now)
                limits.record(session, query.asker, query.clerk, outcome, now, handed_in_by)
            return PassedOn(definition.type, word, due)

        try:
            return again_if_overtaken(write)
        except LIMITS as over:
            self._log_refusal(query, [query.asker], over.kind, None, now, handed_in_by=handed_in_by)
            raise

    def takes_two(self, query: Query) -> bool:
        """Whether this comparison counts as bulk, and is answered only once a second clerk approved it.

        Raises:
            NotFound, MissingPurpose, BadQuery, NoSuchHolder: as `ask`.
        """
        definition = self._definition(query)
        # Nobody is looked up before a right covers the question; the refusal is logged when it is put.
        if query.ask not in COMPARISONS or isinstance(
            self.rights.decide(query.asked(definition.type), self.clock()), str
        ):
            return False
        with self.store.read() as session:
            holders = self._finding.holders(session, query, definition)
            return comparing.is_bulk(session, self.vault, query, definition.type, holders, self.clock())

    @property
    def _finding(self) -> Finding:
        return Finding(self.vault, self.catalogue)

    @property
    def _recording(self) -> Recording:
        return Recording(self.vault, self.catalogue, self.mandates, self.randomness)

    @property
    def _answerer(self) -> Answerer:
        return Answerer(
            self._finding,
            self._recording,
            self.cutter,
            self.rights,
            self.consents,
            self.mandates,
            self.due,
            self.answer_seconds,
            self.randomness,
        )

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
        handed_in_by: bytes | None,
    ) -> list[Answer]:
        case = query.case or secrets.handle(self.randomness)
        with self.store.write() as session:
            policies.record(session, self.rights, now)
            limits.admit(session, self.caps, query.asker, query.clerk, now, handed_in_by)
            self._admit(session, query, definition, rule, now, elsewhere=replying is not None)
            answers = [
                self._answerer.answer(session, query, definition, rule, issuer, case, now)
                for issuer in issuers
            ]
            kept = None
            if replying is not None:
                replying.answered(session, answers)
            else:
                kept = self._recording.keep(session, query, answers, now)
            limits.record(session, query.asker, query.clerk, together(answers), now, handed_in_by)
            if settled is not None:
                settled(session, together(answers), kept)
        return answers

    def _admit(
        self,
        session: Session,
        query: Query,
        definition: TypeDefinition,
        rule: Rule,
        now: int,
        *,
        elsewhere: bool,
    ) -> None:
        """What else must hold for a question that compares, or is asked for an agent."""
        self._demand_grounds(session, query, definition, rule, now, elsewhere=elsewhere)
        if query.ask in COMPARISONS:
            holders = self._finding.holders(session, query, definition)
            comparing.admit(session, self.vault, query, definition.type, holders, now)

    def _demand_grounds(
        self,
        session: Session,
        query: Query,
        definition: TypeDefinition,
        rule: Rule,
        now: int,
        *,
        elsewhere: bool = False,
    ) -> None:
        """That a mandate covers the question, and that the case has what it compares with.

        elsewhere: the case is another registry's, which looked at it before it let the question go.
        """
        if query.on_behalf is not None and not (
            self.mandates and self.mandates.covers(session, query, definition.type, now)
        ):
            raise MandateFallsShort
        if query.ask != "equals":
            return
        if query.source == VOUCHED:
            known = rule.vouches
        else:
            holders = self._finding.holders(session, query, definition)
            known = elsewhere or (self.facts is not None and self.facts.has(session, query, holders))
        if not known:
            raise SourceUnknown

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

    def _issuers(self, type_code: str, query: Query, only: str | None, now: int) -> list[str]:
        """Codes of the issuers that have, or had, the right to this type; of one certificate, whom it names.

        Nothing is looked up: who asks learns by whom is asked whether such a certificate exists.
        only: the one that is asked. Raises BadQuery where it does not issue the type.
        """
        issuers = self.trust().issuers
        if only is not None:
            issuer = issuers.get(only)
            if issuer is None or not issuer.rights.get(type_code):
                raise BadQuery("该部门不颁发这类证照。", "That department does not issue this type.")
            return [only]
        named = named_issuer(query.certificate_id or "")
        if named in issuers and any(each.covers(now) for each in issuers[named].rights.get(type_code, ())):
            return [named]
        # Imported ones keep the code of an office that is no more: whoever took over may have them.
        return sorted(code for code, issuer in issuers.items() if issuer.rights.get(type_code))

    def _log_refusal(
        self,
        query: Query,
        issuers: Sequence[str],
        why: str,
        settled: Settled | None,
        now: int,
        replying: Replying | None = None,
        refusal: RegistryError | None = None,
        handed_in_by: bytes | None = None,
    ) -> None:
        def write() -> None:
            with self.store.write() as session:
                limits.take_turn(session, query.asker)
                policies.record(session, self.rights, now)
                for issuer in issuers:
                    self._recording.log(session, query, issuer, why, "refused", None, now)
                if replying is not None and refusal is not None:
                    replying.refused(session, refusal)
                if why == TooManyQueries.kind:
                    limits.alert(session, query.asker, limits.CAP, query.clerk, now)
                    return
                limits.record(session, query.asker, query.clerk, "refused", now, handed_in_by)
                if settled is not None:
                    settled(session, why, None)

        again_if_overtaken(write)
