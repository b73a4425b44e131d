"""Asking departments for what no wallet has shown."""

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from registry.cases.accepting import advance
from registry.cases.taking import forget, keep, require_taking, still_taken
from registry.cases.world import GOOD, NONE, NOT_SHARED, PENDING, Identifier, Known, Verdict, World
from registry.matters import Fact, Matter
from registry.matters.matter import About
from registry.provinces.asking import Told
from registry.queries.refusals import NotShared, RightEnded, UnknownMatter
from registry.querying import MandateFallsShort, Query
from registry.store.tables import Case, CaseParty

QUERY: Final = "query"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What departments are asked for. holder: of whom. department: to ask, where the case names one."""

    party: CaseParty
    fact: Fact
    holder: tuple[str, str]
    department: str | None


@dataclass(frozen=True)
class Departments:
    """Asks departments, and keeps what was verified."""

    world: World

    def ask(
        self,
        number: str,
        *,
        clerk: str = "",
        on_behalf: str | None = None,
        assisted: bool = False,
        handed_in_by: bytes | None = None,
    ) -> list[str]:
        """Ask the departments for what is still missing; names of the facts that were asked for.

        A fact whose holder is not known yet waits until a wallet or a window says who that is. One that the
        office has no right to ask for is kept as that, and stops no other. What need not be there, and was
        found nowhere today, is asked for no more today.
        For a party for whom somebody acts it is asked on behalf (on_behalf, or what the agent has shown in
        this case), within the mandate; what that does not cover stays missing. assisted: a clerk does it for
        a person at a window (帮办), and the log says so. handed_in_by: keyed index of the holder who hands
        the case in; it counts for that one, and not for clerk and department.

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
        who, for_whom = clerk or f"case {case.id}", self._counted(case, handed_in_by)
        return [
            each.fact.name
            for each in wanted
            if self._ask(
                case, each, who, on_behalf or grounds[each.party.id], assisted=assisted, handed_in_by=for_whom
            )
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
                counted = self._counted(case, each.party.holder)
                self._ask(case, each, f"case {case.id}", ground, assisted=False, handed_in_by=counted)

    def _wanted(self, session: Session, case: Case, matter: Matter) -> list[_Wanted]:
        facts, today = self.world.facts(session, case), self.world.day(self.world.clock())
        good = {(each.party, each.name) for each in facts if each.verdict == GOOD}
        none = {
            (each.party, each.name)
            for each in facts
            if each.verdict == NONE and self.world.day(each.at) == today
        }
        awaited = still_taken(session, case)
        found = []
        for party in self.world.parties(session, case):
            for fact in matter.facts_of(party.role):
                known = good if fact.least else good | none
                if fact.about is None or (party.id, fact.name) in known:
                    continue
                if awaited is not None and fact.name not in awaited:
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

    def _counted(self, case: Case, holder: bytes | None) -> bytes | None:
        """By what the questions of a holder's cases at one office are counted."""
        if holder is None:
            return None
        return self.world.vault.subject_index(f"asks {case.office} ".encode() + holder)

    def _ask(
        self,
        case: Case,
        wanted: _Wanted,
        clerk: str,
        on_behalf: str | None,
        *,
        assisted: bool,
        handed_in_by: bytes | None,
    ) -> bool:
        """Whether it was asked for: what a mandate does not cover is not."""
        party, fact = wanted.party, wanted.fact
        kept: list[tuple[Verdict, str, Known]] = []
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
            try:
                kept += self._answered(query, wanted.department, handed_in_by)
            except MandateFallsShort:
                return False
            if good := [each for each in kept if each[0] == GOOD]:
                kept = good
                break
        # Without a right to ask for one type, that nobody has another says nothing.
        kept = [each for each in kept if each[0] != NONE] or kept[:1]
        with self.world.store.write() as session:
            case = require_taking(self.world, session, case.id)
            forget(session, party, fact.name)
            for position, (verdict, certificate_id, known) in enumerate(kept[: fact.most]):
                keep(self.world, session, case, party, fact, position, QUERY, verdict, certificate_id, known)
            advance(self.world, session, case)
        return True

    def _answered(
        self, query: Query, department: str | None, handed_in_by: bytes | None
    ) -> list[tuple[Verdict, str, Known]]:
        """Verdict, certificate and what is kept, of each that a department has; else why there is none."""
        try:
            said = self._said(query, department, handed_in_by)
        except (NotShared, UnknownMatter, RightEnded):
            return [(NOT_SHARED, "", Known({}, ""))]
        return [_kept(each, query) for each in said if each.outcome != "no"] or [(NONE, "", Known({}, ""))]

    def _said(self, query: Query, department: str | None, handed_in_by: bytes | None) -> list[Told]:
        """What departments say: this registry's that issue the type, or the one that the case names."""
        if department is not None and not self.world.elsewhere.is_here(department):
            return self.world.elsewhere.ask(query, department, handed_in_by)
        answers = self.world.querying.ask(query, issuer=department, handed_in_by=handed_in_by)
        trust, now = self.world.trust(), self.world.clock()
        return [Told.here(each, trust, asker=query.asker, now=now) for each in answers]


def _kept(told: Told, query: Query) -> tuple[Verdict, str, Known]:
    """Verdict, certificate and claims of an answer; one that was not proven proves nothing."""
    report = told.checked.report if told.checked is not None else None
    if told.verdict != "proven" or report is None or report.core is None:
        unproven = Known({}, "", query.on_behalf or "")
        if told.outcome != "yes":
            return told.outcome, "", unproven
        return "unknown" if told.verdict == "unknown" else "invalid", "", unproven
    known = Known(dict(report.claims), str(told.answer.get("presentation", "")))
    return GOOD, report.core.certificate_id, known
