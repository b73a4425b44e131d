"""Who besides the rights has a word in a query: holders, mandates, cases, and who keeps what is answered."""

from collections.abc import Sequence
from typing import Protocol

from sqlmodel import Session

from registry.errors import RegistryError
from registry.queries.question import Answer, Query
from registry.queries.reviews import Word
from registry.rights import Rule


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

    def principals(self, session: Session, query: Query, now: int) -> frozenset[bytes]:
        """For whom (keyed indexes) an agent of the case acts now through `query.on_behalf`."""
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
    """Who knows what a case has proven, and what was stated to it (registry.casefacts)."""

    def has(self, session: Session, query: Query, holders: Sequence[bytes]) -> bool:
        """Whether the case has `query.value` from `query.source`. holders: whom it is about (indexes)."""
        ...
