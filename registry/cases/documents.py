"""What is no certificate (a lease, a floor plan): taken in once, encrypted, the holder's own statement.

It is reusable in any case of the same holder, with consent. Its hash, salted, stands in the access log of the
department that decides, and so is anchored with that log's heads.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry import secrets
from registry.cases.accepting import advance
from registry.cases.commitments import came
from registry.cases.errors import AnotherPerson, BadInput, NoSuchCase, SheetOfAnotherCase, WrongState
from registry.cases.helping import record
from registry.cases.taking import require_taking
from registry.cases.world import GOOD, Known, World
from registry.errors import NotFound
from registry.matters import Fact
from registry.store.tables import Case, CaseFact, CaseParty, Document

MOST_BYTES: Final = 5_000_000
STATEMENT: Final = "statement"
SIGNED: Final = "signed-promise"
"""In place of a fact's name: a sheet on which a party signed a promise (registry.cases.paper_promises)."""
MEDIA: Final = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
}
_SALT: Final = 16


@dataclass(frozen=True)
class Documents:
    """Takes documents in, and uses them again."""

    world: World

    def put(
        self,
        number: str,
        role: str,
        name: str,
        content: bytes,
        media_type: str,
        *,
        position: int = 0,
        clerk: str = "",
    ) -> str:
        """Take a document in for one party of a case; its id, by which it can be used again.

        The same one, handed in once more by the same holder, is kept once. clerk: who takes it from a person
        at a window (帮办), which the log says; empty: a wallet sent it.

        Raises:
            NoSuchCase: no such case, party or document in its matter.
            WrongState: the case takes nothing in, or nobody has shown who that party is.
            SheetOfAnotherCase: these bytes are a promise that was signed for another case.
            BadInput: too large, empty, or not of that media type.
        """
        if not 0 < len(content) <= MOST_BYTES:
            raise BadInput(name, "应为 1 字节至 5 MB", "must have 1 byte to 5 MB")
        if not content.startswith(MEDIA.get(media_type, ())):
            raise BadInput(name, "应为 PDF、PNG 或 JPEG", "must be PDF, PNG or JPEG")
        id, salt = secrets.handle(self.world.randomness), self.world.randomness(_SALT)
        with self.world.store.write() as session:
            case, party, fact = self._place(session, number, role, position, name)
            if party.holder is None:
                raise WrongState
            document = _same(session, party.holder, name, content)
            if document is not None:
                _require_own(case, name, document)
                self._use(session, case, party, fact, document, "used again", clerk)
                return document.id
            document = Document(
                id=id,
                holder=party.holder,
                kind=name,
                media_type=media_type,
                salt=salt,
                digest=hashlib.sha256(salt + content).digest(),
                sealed=self.world.seal(session, case.office, f"document/{id}", content),
                office=case.office,
                size=len(content),
                created=self.world.clock(),
                case=case.id,
            )
            session.add(document)
            session.flush()
            self._use(session, case, party, fact, document, "taken in", clerk)
        return id

    def reuse(
        self,
        number: str,
        role: str,
        name: str,
        id: str,
        *,
        consent: bool,
        position: int = 0,
        clerk: str = "",
    ) -> None:
        """Use a document again, in another case of the same holder, who agrees to that. clerk: as in `put`.

        Raises:
            NoSuchCase, WrongState: as in `put`; NotFound: there is no such document.
            AnotherPerson: it is somebody else's, or the holder does not agree.
            SheetOfAnotherCase: it is a promise that was signed for another case.
        """
        with self.world.store.write() as session:
            case, party, fact = self._place(session, number, role, position, name)
            document = session.get(Document, id)
            if document is None:
                raise NotFound("没有这份材料。", "There is no such document.")
            if not consent or party.holder is None or document.holder != party.holder:
                raise AnotherPerson
            _require_own(case, document.kind, document)
            self._use(session, case, party, fact, document, "used again", clerk)

    def of(self, number: str, role: str) -> list[Document]:
        """The documents that a party of a case has handed in before, newest first."""
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            party = next((each for each in self.world.parties(session, case) if each.role == role), None)
            if party is None or party.holder is None:
                return []
            rows = select(Document).where(Document.holder == party.holder)
            return list(session.exec(rows.order_by(col(Document.created).desc())))

    def read(self, id: str) -> bytes:
        """What was handed in. Raises NotFound; Unreadable: it was changed."""
        with self.world.store.read() as session:
            document = session.get(Document, id)
            if document is None:
                raise NotFound("没有这份材料。", "There is no such document.")
            return self.world.open_bytes(session, f"document/{id}", document.sealed)

    def _place(
        self, session: Session, number: str, role: str, position: int, name: str
    ) -> tuple[Case, CaseParty, Fact | None]:
        """Case, party and fact that a document is for; None: it is a sheet with a promise."""
        case = require_taking(self.world, session, number, "" if name == SIGNED else name)
        facts = [
            each for each in self.world.matter(case).facts_of(role) if each.is_document and each.name == name
        ]
        parties = self.world.parties(session, case)
        party = next((each for each in parties if (each.role, each.position) == (role, position)), None)
        if party is None or not (facts or name == SIGNED):
            raise NoSuchCase
        return case, party, facts[0] if facts else None

    def _use(
        self,
        session: Session,
        case: Case,
        party: CaseParty,
        fact: Fact | None,
        document: Document,
        what: str,
        clerk: str = "",
    ) -> None:
        if fact is not None:
            self._know(session, case, party, fact, document)
        record(
            self.world,
            session,
            case,
            party.holder,
            f"document {what}",
            clerk=clerk,
            answer=document.digest,
        )

    def _know(self, session: Session, case: Case, party: CaseParty, fact: Fact, document: Document) -> None:
        assert party.id is not None
        here = (col(CaseFact.party) == party.id, col(CaseFact.name) == fact.name)
        session.connection().execute(delete(CaseFact).where(*here))
        session.add(
            CaseFact(
                case=case.id,
                party=party.id,
                name=fact.name,
                source=STATEMENT,
                verdict=GOOD,
                digest=document.digest,
                sealed=self.world.seal(
                    session, case.office, f"fact/{case.id}/{party.id}/{fact.name}/0", Known({}, document.id)
                ),
                at=self.world.clock(),
            )
        )
        came(session, case.id, fact.name, self.world.clock())
        session.flush()
        advance(self.world, session, case)


def _require_own(case: Case, kind: str, document: Document) -> None:
    """What was promised in one case is promised in that one."""
    if kind == SIGNED and document.case != case.id:
        raise SheetOfAnotherCase


def _same(session: Session, holder: bytes, kind: str, content: bytes) -> Document | None:
    """A document that this holder has handed in before, of the same bytes."""
    rows = select(Document).where(
        Document.holder == holder, Document.kind == kind, Document.size == len(content)
    )
    same = (
        each for each in session.exec(rows) if hashlib.sha256(each.salt + content).digest() == each.digest
    )
    return next(same, None)
