"""What is written of a query: its entry in the answerer's log, and what the asker keeps of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from registry import accesslog, jcs, secrets
from registry.catalogue import Catalogue
from registry.queries.desks import MandateDesk
from registry.queries.finding import Finding
from registry.queries.question import STATED, VOUCHED, Answer, Query
from registry.statement import Outcome
from registry.store.tables import QueryCase
from registry.vault import Vault

PROVEN: Final = "proven"
"""In the log: a certificate proved the value that was compared."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Writes in the transaction that decides."""

    vault: Vault
    catalogue: Catalogue
    mandates: MandateDesk | None
    randomness: Callable[[int], bytes]

    def log(
        self,
        session: Session,
        query: Query,
        issuer: str,
        rule: str,
        outcome: str,
        answer: bytes | None,
        now: int,
    ) -> accesslog.Logged:
        """The entry in one issuer's log."""
        return accesslog.append(
            session,
            issuer,
            asker=query.asker,
            clerk=query.clerk,
            purpose=query.matter,
            rule=rule,
            holder=Finding(self.vault, self.catalogue).about(session, query),
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

    def keep(self, session: Session, query: Query, answers: Sequence[Answer], now: int) -> str:
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
                outcome=together(answers),
                created=now,
                answered_at=now,
            )
        )
        return id

    def _manner(self, session: Session, query: Query) -> str:
        """How the holder was represented, and where the value of an `equals` came from, for the log."""
        by = "" if query.on_behalf is None else "mandate"
        if query.on_behalf is not None and self.mandates is not None:
            by = self.mandates.manner(session, query)
        source = query.source if query.source in ("", STATED, VOUCHED) else PROVEN
        return " ".join(each for each in (by, "assisted" if query.assisted else "", source) if each)


def together(answers: Sequence[Answer]) -> Outcome:
    """The outcome of several issuers' answers: the one that says most."""
    said = {answer.outcome for answer in answers}
    order: tuple[Outcome, ...] = ("yes", "pending", "no", "withheld")
    return next((outcome for outcome in order if outcome in said), "no")
