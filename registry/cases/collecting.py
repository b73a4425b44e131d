"""Collecting what a case needs: from each party's wallet in one go, and from departments for the rest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry.cases.accepting import advance
from registry.cases.commitments import Commitments, came, identity_of, promises
from registry.cases.errors import AnotherPerson, CertificateHeld, NoSuchCase, WrongState
from registry.cases.world import GOOD, NONE, NOT_SHARED, PENDING, Identifier, Known, World
from registry.matters import Fact, Matter
from registry.matters.asking import fact_of, query_of
from registry.matters.matter import About
from registry.provinces.asking import Told
from registry.queries.refusals import NotShared, RightEnded, UnknownMatter
from registry.querying import MandateFallsShort, Query
from registry.requesting import MadeRequest
from registry.store.rows import insert_absent
from registry.store.tables import (
    Case,
    CaseFact,
    CaseLock,
    CaseParty,
    CaseState,
    Commitment,
    CommitmentState,
)
from registry.walletanswers import Presented

WALLET: Final = "wallet"
QUERY: Final = "query"


def require_open(world: World, session: Session, number: str) -> Case:
    """A case that is still collected, locked against others. Raises NoSuchCase, WrongState."""
    case = world.case(session, number, lock=True)
    if case.state != CaseState.OPEN:
        raise WrongState
    return case


def require_taking(world: World, session: Session, number: str, name: str = "", *, lock: bool = True) -> Case:
    """A case that still takes in a fact, or (without a name) any: open, or waiting for what was promised.

    lock: against others. Raises NoSuchCase, WrongState.
    """
    case = world.case(session, number, lock=lock)
    waiting = {each.fact for each in promises(session, number, CommitmentState.OPEN)}
    if case.state != CaseState.OPEN and (name not in waiting if name else not waiting):
        raise WrongState
    return case


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What departments are asked for. holder: of whom. department: to ask, where the case names one."""

    party: CaseParty
    fact: Fact
    holder: tuple[str, str]
    department: str | None


@dataclass(frozen=True)
class Collecting:
    """Asks wallets and departments, and keeps what was verified."""

    world: World

    def request(
        self, number: str, role: str, position: int = 0, *, promise: Sequence[str] = (), clerk: str = ""
    ) -> MadeRequest | None:
        """A request to the wallet of one party, for what is not known of it yet; None: nothing to ask.

        promise: facts that are to come later, which the wallet signs with the same answer (告知承诺).

        Raises:
            NoSuchCase, WrongState: as they say; so do `Requesting.make`'s. BadInput: that cannot come later.
        """
        with self.world.store.write() as session:
            case = require_taking(self.world, session, number)
            matter = self.world.matter(case)
            party = self._party(session, case, role, position)
            known = {each.name for each in self._of(session, party) if each.verdict == GOOD}
            identity = identity_of(matter, role)
            standing = promises(session, number, CommitmentState.OPEN, CommitmentState.KEPT)
            promise = sorted(set(promise) - {each.fact for each in standing})
            facts = [
                each
                for each in matter.facts_of(role)
                if each.name not in known or (promise and each == identity)
            ]
            transactions = self._commitments.ask(matter, case, role, promise)
            query = query_of(session, self.world.catalogue, facts)
            if query is None:
                return None
            made = self.world.requesting.make(
                session,
                case.office,
                query,
                clerk=clerk,
                matter=case.matter,
                transaction_data=transactions,
            )
            party.request = made.id
            session.add(party)
            self._commitments.keep(session, case, matter, promise, made.id)
            return made

    def take(self, number: str, role: str, position: int = 0) -> str:
        """Take what the party's wallet answered: the request's state (`open`, `answered`, …).

        Taken once, however often it is called.

        Raises:
            NoSuchCase, WrongState: as they say.
            AnotherPerson: shown by somebody else than this party; nothing is taken.
            CertificateHeld: another case holds a certificate that this one would have to.
        """
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            party = self._party(session, case, role, position)
        if party.request is None:
            raise WrongState
        if party.taken == party.request:
            return "answered"
        outcome = self.world.requesting.outcome(party.request, asker=case.office)
        if outcome.state == "answered":
            with self.world.store.write() as session:
                case = require_taking(self.world, session, number)
                party = self._party(session, case, role, position)
                if party.taken != outcome.id:
                    promised = self._promised(session, party)
                    self._take(session, case, party, outcome.presented)
                    self._commitments.take(session, case, party, promised, outcome.presented)
                    party.taken = outcome.id
                    session.add(party)
                    advance(self.world, session, case)
        return outcome.state

    def ask(
        self, number: str, *, clerk: str = "", on_behalf: str | None = None, assisted: bool = False
    ) -> list[str]:
        """Ask the departments for what is still missing; names of the facts that were asked for.

        A fact whose holder is not known yet waits until a wallet or a window says who that is. One that the
        office has no right to ask for is kept as that, and stops no other. What need not be there, and was
        found nowhere today, is asked for no more today.
        For a party for whom somebody acts it is asked on behalf (on_behalf, or what the agent has shown in
        this case), within the mandate; what that does not cover stays missing. assisted: a clerk does it for
        a person at a window (帮办), and the log says so.

        Raises:
            NoSuchCase, WrongState: as they say; so does TooManyQueries.
        """
        with self.world.store.read() as session:
            case = require_taking(self.world, session, number, lock=False)
            wanted = self._wanted(session, case, self.world.matter(case))
            grounds = {
                each.party.id: self.world.acting.ground_of(session, case.office, case.id, each.party.holder)
                for each in wanted
            }
        by = clerk or f"case {case.id}"
        return [
            each.fact.name
            for each in wanted
            if self._ask_covered(case, each, by, on_behalf or grounds[each.party.id], assisted=assisted)
        ]

    def ask_again(self, number: str, name: str) -> None:
        """Ask once more for a fact that an issuer or a holder had not decided about. Raises as `ask`."""
        with self.world.store.read() as session:
            case = require_taking(self.world, session, number, lock=False)
            wanted = self._wanted(session, case, self.world.matter(case))
            mandates: dict[tuple[int | None, str], str] = {
                (each.party, each.name): self.world.known(session, each).on_behalf
                for each in self.world.facts(session, case)
                if each.verdict == PENDING
            }
        for each in wanted:
            if each.fact.name == name and (each.party.id, name) in mandates:
                ground = mandates[each.party.id, name] or None
                self._ask_covered(case, each, f"case {case.id}", ground, assisted=False)

    @property
    def _commitments(self) -> Commitments:
        return Commitments(self.world)

    def _promised(self, session: Session, party: CaseParty) -> list[str]:
        """What the party's last request asks to promise, in its order."""
        rows = session.exec(select(Commitment).where(Commitment.request == party.request))
        return sorted(each.fact for each in rows)

    def _wanted(self, session: Session, case: Case, matter: Matter) -> list[_Wanted]:
        facts, today = self.world.facts(session, case), self.world.day(self.world.clock())
        good = {(each.party, each.name) for each in facts if each.verdict == GOOD}
        none = {
            (each.party, each.name)
            for each in facts
            if each.verdict == NONE and self.world.day(each.at) == today
        }
        found = []
        for party in self.world.parties(session, case):
            for fact in matter.facts_of(party.role):
                known = good if fact.least else good | none
                if fact.about is None or (party.id, fact.name) in known:
                    continue
                named = None if fact.elsewhere is None else self.world.value(session, case, fact.elsewhere)
                of_whom = self._of_whom(session, case, party, fact.about)
                if of_whom is not None and named != []:
                    holder = fact.about.id_type, of_whom
                    found.append(_Wanted(party, fact, holder, named[0] if named else None))
        return found

    def _of_whom(self, session: Session, case: Case, party: CaseParty, about: About) -> str | None:
        """Whom a fact is about: as the case has proven, or as its party is known at the window."""
        proven = self.world.value(session, case, about.path)
        if proven:
            return proven[min(party.position, len(proven) - 1)]
        if party.sealed is None:
            return None
        bound = f"party/{case.id}/{party.role}/{party.position}"
        one = self.world.unseal(session, bound, party.sealed, Identifier)
        return one.identifier if one.id_type == about.id_type else None

    def _ask_covered(
        self, case: Case, wanted: _Wanted, clerk: str, on_behalf: str | None, *, assisted: bool
    ) -> bool:
        """Whether it was asked for: what a mandate does not cover is not."""
        try:
            self._ask(case, wanted, clerk, on_behalf, assisted=assisted)
        except MandateFallsShort:
            return False
        return True

    def _ask(self, case: Case, wanted: _Wanted, clerk: str, on_behalf: str | None, *, assisted: bool) -> None:
        party, fact = wanted.party, wanted.fact
        kept: list[tuple[str, str, Known]] = []
        for type in fact.types:
            query = Query(
                asker=case.office,
                clerk=clerk,
                matter=case.matter,
                type=type,
                ask="claims",
                claims=fact.claims,
                holder=wanted.holder,
                case=case.id,
                on_behalf=on_behalf,
                assisted=assisted,
            )
            kept += self._answered(query, wanted.department)
            if good := [each for each in kept if each[0] == GOOD]:
                kept = good
                break
        # Without a right to ask for one type, that nobody has another says nothing.
        kept = [each for each in kept if each[0] != NONE] or kept[:1]
        with self.world.store.write() as session:
            case = require_taking(self.world, session, case.id)
            self._forget(session, party, fact.name)
            for position, (verdict, certificate_id, known) in enumerate(kept[: fact.most]):
                self._keep(session, case, party, fact, position, QUERY, verdict, certificate_id, known)
            advance(self.world, session, case)

    def _answered(self, query: Query, department: str | None) -> list[tuple[str, str, Known]]:
        """Verdict, certificate and what is kept, of each that a department has; else why there is none."""
        try:
            said = self._said(query, department)
        except (NotShared, UnknownMatter, RightEnded):
            return [(NOT_SHARED, "", Known({}, ""))]
        return [_kept(each, query) for each in said if each.outcome != "no"] or [(NONE, "", Known({}, ""))]

    def _said(self, query: Query, department: str | None) -> list[Told]:
        """What departments say: this registry's that issue the type, or the one that the case names."""
        if department is not None and not self.world.elsewhere.is_here(department):
            return self.world.elsewhere.ask(query, department)
        answers = self.world.querying.ask(query, issuer=department)
        trust, now = self.world.trust(), self.world.clock()
        return [Told.here(each, trust, asker=query.asker, now=now) for each in answers]

    def _take(self, session: Session, case: Case, party: CaseParty, presented: Sequence[Presented]) -> None:
        matter = self.world.matter(case)
        positions: dict[str, int] = {}
        for each in presented:
            fact = matter.fact(fact_of(each.query))
            position = positions.setdefault(fact.name, 0)
            positions[fact.name] += 1
            if position == 0:
                self._forget(session, party, fact.name)
            if position >= fact.most:
                continue
            verdict = GOOD if each.good else "copy" if each.report["verdict"] == "copy" else "unverified"
            core = each.report.get("core") or {}
            known = Known(dict(each.report["claims"]) if each.good else {}, each.text)
            self._identify(session, case, party, fact, known, core)
            certificate_id = str(core.get("certificate_id", "")) if each.good else ""
            self._keep(session, case, party, fact, position, WALLET, verdict, certificate_id, known)

    def _identify(
        self, session: Session, case: Case, party: CaseParty, fact: Fact, known: Known, core: dict[str, str]
    ) -> None:
        if fact.identifies is None or fact.identifies not in known.claims:
            return
        definition = self.world.catalogue.named(str(core["type"]))
        role = next(each for each in definition.holders if each.identifier == fact.identifies)
        id_type = role.id_type or known.claims[role.id_type_claim]
        one = Identifier(id_type, known.claims[fact.identifies])
        index = self.world.vault.holder_index(one.id_type, one.identifier)
        if party.holder is not None and party.holder != index:
            raise AnotherPerson
        party.holder = index
        party.sealed = self.world.seal(
            session, case.office, f"party/{case.id}/{party.role}/{party.position}", one
        )
        session.add(party)

    def _keep(
        self,
        session: Session,
        case: Case,
        party: CaseParty,
        fact: Fact,
        position: int,
        source: str,
        verdict: str,
        certificate_id: str,
        known: Known,
    ) -> None:
        assert party.id is not None
        session.add(
            CaseFact(
                case=case.id,
                party=party.id,
                name=fact.name,
                position=position,
                source=source,
                verdict=verdict,
                certificate_id=certificate_id,
                digest=hashlib.sha256(known.text.encode()).digest(),
                sealed=self.world.seal(
                    session, case.office, f"fact/{case.id}/{party.id}/{fact.name}/{position}", known
                ),
                at=self.world.clock(),
            )
        )
        if fact.name in self.world.matter(case).locks and verdict == GOOD:
            hold(session, case.id, certificate_id)
        if verdict == GOOD:
            came(session, case.id, fact.name, self.world.clock())
        session.flush()

    def _forget(self, session: Session, party: CaseParty, name: str) -> None:
        """What is told anew takes the place of what was known before."""
        session.connection().execute(
            delete(CaseFact).where(col(CaseFact.party) == party.id, col(CaseFact.name) == name)
        )

    def _party(self, session: Session, case: Case, role: str, position: int) -> CaseParty:
        row = session.exec(
            select(CaseParty).where(
                CaseParty.case == case.id, CaseParty.role == role, CaseParty.position == position
            )
        ).first()
        if row is None:
            raise NoSuchCase
        return row

    def _of(self, session: Session, party: CaseParty) -> list[CaseFact]:
        return list(session.exec(select(CaseFact).where(CaseFact.party == party.id)))


def _kept(told: Told, query: Query) -> tuple[str, str, Known]:
    """Verdict, certificate and claims of an answer; one that was not proven proves nothing."""
    report = told.checked.report if told.checked is not None else None
    if told.verdict != "proven" or report is None or report.core is None:
        unproven = Known({}, "", query.on_behalf or "")
        return told.outcome if told.outcome != "yes" else told.verdict, "", unproven
    known = Known(dict(report.claims), str(told.answer.get("presentation", "")))
    return GOOD, report.core.certificate_id, known


def hold(session: Session, number: str, certificate_id: str) -> None:
    """Let one case hold a certificate until it ends. Raises CertificateHeld."""
    insert_absent(session.connection(), CaseLock, {"certificate_id": certificate_id, "case": number})
    if session.get_one(CaseLock, certificate_id).case != number:
        raise CertificateHeld
