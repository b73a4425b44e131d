"""Promises on paper (容缺受理): who has no phone signs a sheet, and two people of the office stand for that.

The scanned sheet is a document of the case. From then on it is a promise like one that a wallet signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlmodel import Session, select

from registry import clerks
from registry.cases.accepting import advance
from registry.cases.commitments import Commitments
from registry.cases.documents import SIGNED
from registry.cases.errors import BadInput, WrongState
from registry.cases.helping import record
from registry.cases.taking import party_of, require_open
from registry.cases.world import World
from registry.errors import NotFound
from registry.store.tables import Case, CaseParty, Commitment, CommitmentState, Document


class OnPaper(msgspec.Struct, frozen=True):
    """How a promise was made without a phone. document: the scanned sheet. clerk, second: who took it."""

    document: str
    clerk: str
    second: str
    seen: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet has to say for one fact, as a wallet would be told."""

    fact: str
    zh: str
    en: str
    words: dict[str, str]


@dataclass(frozen=True)
class PaperPromises:
    """Says what is to be signed, and takes what was."""

    world: World

    def sheets(self, number: str, role: str) -> list[Sheet]:
        """For each fact of a party that may come later. Raises NoSuchCase, WrongState."""
        with self.world.store.read() as session:
            case = require_open(self.world, session, number)
            matter = self.world.matter(case)
        words = Commitments(self.world).words
        return [
            Sheet(each.name, each.zh, each.en, dict(words(matter, case, each)))
            for each in matter.facts_of(role)
            if each.later_days
        ]

    def take(
        self,
        number: str,
        role: str,
        facts: Sequence[str],
        document: str,
        *,
        clerk: str,
        second: str,
        seen: str,
        position: int = 0,
    ) -> None:
        """Take a signed sheet for these facts. document: its scan, taken in for this case by `Documents.put`.

        seen: how the person was known. Sent again, it changes nothing.

        Raises:
            NoSuchCase, WrongState: as they say; nobody saw who that party is, or the promise is over.
            BadInput: nothing to promise, or one that cannot come later; nobody saw it, or one person alone.
            NotFound: no such sheet of this person in this case.
        """
        if not facts:
            raise BadInput("promise", "请写明后补事项", "say what will come later")
        if not (clerk.strip() and second.strip() and seen.strip()) or clerks.same_person(clerk, second):
            raise BadInput(
                "second", "须由两名工作人员经办", "two people take it, and say who was seen and how"
            )
        with self.world.store.write() as session:
            case = require_open(self.world, session, number)
            party, matter = party_of(session, case, role, position), self.world.matter(case)
            for name in facts:
                Commitments(self.world).require_later(matter, role, name)
            sheet = self._sheet(session, case, party, document)
            made = OnPaper(sheet.id, clerk, second, seen)
            new = [name for name in facts if self._promise(session, case, name, made)]
            if not new:
                return
            self._log(session, case, party, sheet, made)
            advance(self.world, session, case)

    def _sheet(self, session: Session, case: Case, party: CaseParty, id: str) -> Document:
        if party.holder is None or party.sealed is None:
            raise WrongState
        row = session.get(Document, id)
        of_case = row is not None and row.kind == SIGNED and row.case == case.id
        if row is None or not of_case or (row.holder, row.office) != (party.holder, case.office):
            raise NotFound("没有这份承诺书。", "There is no such signed sheet.")
        return row

    def _promise(self, session: Session, case: Case, name: str, made: OnPaper) -> bool:
        """Whether it is new."""
        commitments = Commitments(self.world)
        row = commitments.row(session, case, name)
        if row is not None and row.state != CommitmentState.ASKED:
            if row.state == CommitmentState.OVERDUE:
                raise WrongState
            return False
        row = row or Commitment(case=case.id, fact=name, request="", due=0)
        row.request, row.state = "", CommitmentState.OPEN
        row.due = commitments.due(self.world.matter(case).fact(name))
        row.signed_at = self.world.clock()
        row.sealed = self.world.seal(session, case.office, f"commitment/{case.id}/{name}", made)
        session.add(row)
        session.flush()
        return True

    def _log(self, session: Session, case: Case, party: CaseParty, sheet: Document, made: OnPaper) -> None:
        record(
            self.world,
            session,
            case,
            party.holder,
            f"promise on paper, seen {made.seen}",
            clerk=made.clerk,
            second=made.second,
            answer=sheet.digest,
        )


def on_paper(world: World, session: Session, row: Commitment) -> OnPaper | None:
    """How a promise was made on paper; None: a wallet signed it, or nobody yet."""
    if row.request or row.sealed is None:
        return None
    return world.unseal(session, f"commitment/{row.case}/{row.fact}", row.sealed, OnPaper)


def sheets(world: World, session: Session, case: Case) -> list[OnPaper]:
    """Those of a case."""
    rows = session.exec(select(Commitment).where(Commitment.case == case.id)).all()
    return [made for each in rows if (made := on_paper(world, session, each)) is not None]
