"""Questions for which the right wants the holder's consent: put to the holder, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from registry.catalogue import Catalogue
from registry.consents import consents
from registry.definition import day_start
from registry.queries.question import Query
from registry.queries.reviews import Word
from registry.rights import Rule
from registry.secrets import Randomness
from registry.vault import Vault
from registry.workingdays import WorkingDays


@dataclass(frozen=True, slots=True)
class HolderConsents:
    """Asks each holder of what a query is about (`desks.ConsentDesk`)."""

    vault: Vault
    catalogue: Catalogue
    working: WorkingDays
    randomness: Randomness

    def word(
        self, session: Session, query: Query, rule: Rule, type_code: str, holders: Sequence[bytes], now: int
    ) -> tuple[Word, int]:
        """Granted once all have agreed; withheld where one lets the day pass or takes it back."""
        rows = [
            consents.ask(
                session,
                self.vault,
                self.catalogue,
                self._wish(query, rule, type_code, holder),
                working=self.working,
                now=now,
                randomness=self.randomness,
            )
            for holder in holders
        ]
        words = {Word(consents.word(row, now)) for row in rows}
        due = max(row.due for row in rows)
        return next(word for word in (Word.WITHHELD, Word.PENDING, Word.GRANTED) if word in words), due

    def _wish(self, query: Query, rule: Rule, type_code: str, holder: bytes) -> consents.Wish:
        return consents.Wish(
            asker=query.asker,
            clerk=query.clerk,
            matter=query.matter,
            holder=holder,
            type=type_code,
            ask=query.ask,
            claims=query.claims,
            value=query.value,
            rule=rule.id,
            purpose=(rule.purpose.zh, rule.purpose.en),
            basis=(rule.basis.zh, rule.basis.en),
            until=day_start(rule.until, self.working.tz),
            case=query.case,
        )
