"""What a case knows, as it is sealed; and whether it has a value that a question compares with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import msgspec
from sqlmodel import Session, col, select

from registry import values
from registry.queries.question import STATED, Query
from registry.store.tables import Case, CaseFact, CaseParty
from registry.vault import Vault

T = TypeVar("T")
KEY_BYTES: Final = 8
"""Of the data key's row id, which stands before what was sealed."""
Source = Literal["wallet", "query", "paper", "statement"]
"""How a fact came to a case."""
Verdict = Literal[
    "valid",
    "copy-accepted",
    "copy",
    "unverified",
    "no",
    "not-shared",
    "pending",
    "withheld",
    "refused",
    "invalid",
    "unknown",
]
"""What was found of a fact: of a presentation, of a copy, of what a department answered."""
GOOD: Final = "valid"
ACCEPTED: Final = "copy-accepted"
"""Verdict of a copy on paper that a clerk took: it counts, and a person decides."""
COUNTS: Final = frozenset({GOOD, ACCEPTED})


class Identifier(msgspec.Struct, frozen=True):
    """By what a party is known."""

    id_type: str
    identifier: str

    def __repr__(self) -> str:
        return f"Identifier({self.id_type})"


class Known(msgspec.Struct, frozen=True):
    """What is kept of a fact: verified claims, and the presentation or document id that they come from.

    on_behalf: identifier of the mandate by which it was asked for. by: the clerk who took a copy on paper.
    """

    claims: dict[str, str]
    text: str
    on_behalf: str = ""
    by: str = ""

    def __repr__(self) -> str:
        return f"Known({len(self.claims)} claims)"


def opened(vault: Vault, session: Session, bound_to: str, sealed: bytes) -> bytes:
    """What was sealed for a case. Raises Unreadable."""
    data_key = int.from_bytes(sealed[:KEY_BYTES])
    return vault.open(session, data_key, bound_to, sealed[KEY_BYTES:])


def unsealed(vault: Vault, session: Session, bound_to: str, sealed: bytes, kind: type[T]) -> T:
    """What was sealed for a case, as what it was. Raises Unreadable."""
    return msgspec.msgpack.decode(opened(vault, session, bound_to, sealed), type=kind)


def bound(fact: CaseFact) -> str:
    """What the contents of a fact are sealed for."""
    return f"fact/{fact.case}/{fact.party}/{fact.name}/{fact.position}"


@dataclass(frozen=True, slots=True)
class CaseSources:
    """Says where a value comes from that a department compares with (`desks.CaseFacts`)."""

    vault: Vault

    def has(self, session: Session, query: Query, holders: Sequence[bytes]) -> bool:
        """Whether `query.value` comes from `query.source`, as this registry itself knows.

        It was shown in answer to the request that the question names; or the asker decides the case, under
        the matter that it asks for, which is about one of these holders and goes on, and its holder stated
        the value, or the certificate of that identifier proved it there.
        """
        if any(source == query.source and _same(value, query.value) for source, value in query.shown):
            return True
        case = session.get(Case, query.case)
        if (
            case is None
            or (case.office, case.matter) != (query.asker, query.matter)
            or case.ended_at is not None
        ):
            return False
        known = list(self._known(session, case, query))
        return self._concerns(session, case, query, holders) and any(
            _same(each, query.value) for each in known
        )

    def _known(self, session: Session, case: Case, query: Query) -> Iterator[str]:
        if query.source == STATED:
            yield from self._stated(session, case).values()
        for fact in self._facts(session, case):
            if fact.certificate_id == query.source:
                yield from self._claims(session, fact).values()

    def _concerns(self, session: Session, case: Case, query: Query, holders: Sequence[bytes]) -> bool:
        """Whether the case is about who is asked about: a case opens no question about strangers."""
        parties = select(CaseParty.id).where(CaseParty.case == case.id, col(CaseParty.holder).in_(holders))
        if session.exec(parties).first() is not None:
            return True
        facts = self._facts(session, case)
        if query.holder is None:
            return any(each.certificate_id == query.certificate_id for each in facts)
        named = [*self._stated(session, case).values()]
        for each in facts:
            named += self._claims(session, each).values()
        return any(_same(each, query.holder[1]) for each in named)

    def _facts(self, session: Session, case: Case) -> Sequence[CaseFact]:
        """What certificates have proven to it."""
        rows = select(CaseFact).where(CaseFact.case == case.id, CaseFact.verdict == GOOD)
        return session.exec(rows.where(CaseFact.certificate_id != "")).all()

    def _stated(self, session: Session, case: Case) -> dict[str, str]:
        return unsealed(self.vault, session, f"case/{case.id}", case.sealed, dict[str, str])

    def _claims(self, session: Session, fact: CaseFact) -> dict[str, str]:
        return unsealed(self.vault, session, bound(fact), fact.sealed, Known).claims


def _same(one: str, other: str) -> bool:
    return values.normalised(one).upper() == values.normalised(other).upper()
