"""What an issuer shares on conditions (有条件共享): it looks at each request, within 10 working days.

The asker puts the same question again to learn what became of it: `pending` until the issuer has decided or
the last day is over, then the answer, or `withheld`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

from sqlmodel import Session, col, select

from registry import jcs, secrets
from registry.errors import NotAllowed, NotFound
from registry.queries.question import Query
from registry.secrets import Randomness
from registry.store.tables import QueryReview
from registry.vault import Vault

WORKING_DAYS: Final = 10
"""In which a request for what is shared on conditions is answered."""
STANDS: Final = 30 * 86_400
"""Seconds that a decision stands for the same question."""


class Word(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    GRANTED = "granted"
    WITHHELD = "withheld"


def ask(
    session: Session,
    vault: Vault,
    issuer: str,
    query: Query,
    rule: str,
    *,
    due: int,
    now: int,
    randomness: Randomness,
) -> QueryReview:
    """The review of this question: the one that stands, or a new one, put before the issuer."""
    content = {name: value for name, value in asdict(query).items() if name != "shown"}
    left_out = ("clerk", "second", "assisted")
    same = {name: value for name, value in content.items() if name not in left_out}
    matching = vault.body_hash(jcs.dumps({**same, "issuer": issuer, "rule": rule}))
    before = session.exec(
        select(QueryReview).where(QueryReview.matching == matching).order_by(col(QueryReview.created).desc())
    ).first()
    if before is not None and now < (before.decided_at or before.due) + STANDS:
        return before
    id, key = secrets.handle(randomness), vault.issuer_key(session, issuer, now)
    row = QueryReview(
        id=id,
        issuer=issuer,
        asker=query.asker,
        rule=rule,
        matching=matching,
        sealed=vault.seal(key, f"review/{id}", jcs.dumps(content)),
        data_key=key.id,
        created=now,
        due=due,
    )
    session.add(row)
    session.flush()
    return row


def word(row: QueryReview, now: int) -> Word:
    """What the asker learns of it."""
    if row.granted is None:
        return Word.PENDING if now < row.due else Word.WITHHELD
    return Word.GRANTED if row.granted else Word.WITHHELD


def waiting(session: Session, issuer: str, now: int) -> Sequence[QueryReview]:
    """Requests that this issuer can still decide, the most urgent first."""
    rows = select(QueryReview).where(
        QueryReview.issuer == issuer, col(QueryReview.granted).is_(None), QueryReview.due > now
    )
    return session.exec(rows.order_by(col(QueryReview.due), col(QueryReview.id))).all()


def content(session: Session, vault: Vault, row: QueryReview) -> dict[str, Any]:
    """The question, for the clerk who decides."""
    found: dict[str, Any] = jcs.loads(vault.open(session, row.data_key, f"review/{row.id}", row.sealed))
    return found


def decide(
    session: Session, vault: Vault, issuer: str, id: str, *, granted: bool, reason: str, by: str, now: int
) -> QueryReview:
    """The issuer's word on a request, once. by: the clerk. reason: why, for who looks into it later.

    Raises:
        NotFound: this issuer has no such request.
        NotAllowed: it was decided before, or its last day is over.
    """
    row = of_issuer(session, issuer, id)
    if row.granted is not None:
        raise NotAllowed("该协查请求已有决定。", "This request was decided before.")
    if now >= row.due:
        raise NotAllowed("该协查请求已过期限。", "The last day for this request is over: it is withheld.")
    key = vault.issuer_key(session, issuer, now)
    row.granted, row.decided_by, row.decided_at = granted, by, now
    row.sealed_reason, row.reason_key = vault.seal(key, f"review-reason/{id}", reason.encode()), key.id
    session.add(row)
    return row


def of_issuer(session: Session, issuer: str, id: str) -> QueryReview:
    """A request that this issuer is asked for. Raises NotFound."""
    row = session.exec(select(QueryReview).where(QueryReview.id == id, QueryReview.issuer == issuer)).first()
    if row is None:
        raise NotFound("没有这项协查请求。", "There is no such request.")
    return row


def reason(session: Session, vault: Vault, row: QueryReview) -> str:
    """Why it was decided so; empty before."""
    if row.sealed_reason is None or row.reason_key is None:
        return ""
    return vault.open(session, row.reason_key, f"review-reason/{row.id}", row.sealed_reason).decode()
