"""Consents: what a department wants to ask about a holder, and what the asker learns of it.

An asker sees `pending` until the deadline in the same words, whether the holder refused, has not answered,
has no wallet, or does not exist; then `withheld`. Only a yes that still stands is seen earlier.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlmodel import Session, col, select

from registry import jcs, secrets
from registry.catalogue import Catalogue
from registry.consents import inbox
from registry.errors import NotFound
from registry.secrets import Randomness
from registry.store.tables import Consent, ConsentState, Department
from registry.vault import Vault
from registry.workingdays import WorkingDays

CONSENT_DAYS: Final = 10
"""Working days in which a holder answers."""
KIND: Final = "consent"
"""Of the inbox item that asks a holder."""
QUIET: Final = 30 * 86_400
"""Seconds after a deadline in which the same question is not put to the holder once more."""


class Word(StrEnum):
    """What an asker learns of a consent."""

    PENDING = "pending"
    GRANTED = "granted"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a department wants to ask about a holder.

    holder: keyed index. type: code; ask, claims, value: as in a query. rule: of the rights files that allows
    it once the holder agrees; purpose, basis: its words, Chinese and English. until: Unix seconds, end of the
    consent. case: a case of the asker, within which the same question is asked once.
    """

    asker: str
    clerk: str
    matter: str
    holder: bytes = field(repr=False)
    type: str
    ask: str
    claims: tuple[str, ...] = ()
    value: str = field(default="", repr=False)
    rule: str
    purpose: tuple[str, str]
    basis: tuple[str, str]
    until: int
    case: str | None = None

    @property
    def canonical(self) -> bytes:
        """What makes it the same question, whoever of the department asks."""
        parts = [self.asker, self.matter, self.holder.hex(), self.type, self.ask, sorted(self.claims)]
        return jcs.dumps([*parts, self.value, self.rule, self.case or ""])


def ask(
    session: Session,
    vault: Vault,
    catalogue: Catalogue,
    wish: Wish,
    *,
    working: WorkingDays,
    now: int,
    randomness: Randomness,
) -> Consent:
    """The consent for this question: the one that was asked for before, or a new one, put to the holder.

    What is done is the same whoever the holder is. `word` says what the asker may know of it.
    """
    matching = vault.body_hash(wish.canonical)
    before = session.exec(
        select(Consent).where(Consent.matching == matching).order_by(col(Consent.created).desc())
    ).first()
    if before is not None and (wish.case is not None or now < max(before.due + QUIET, _end(before))):
        return before
    id, key = secrets.handle(randomness), vault.issuer_key(session, wish.asker, now)
    due = working.end(now, CONSENT_DAYS)
    content = _words(session, catalogue, wish, due, working)
    row = Consent(
        id=id,
        asker=wish.asker,
        holder=wish.holder,
        matching=matching,
        sealed=vault.seal(key, f"consent/{id}", jcs.dumps(content)),
        data_key=key.id,
        created=now,
        due=due,
        until=max(wish.until, due),
    )
    session.add(row)
    inbox.put(
        session,
        vault,
        wish.asker,
        wish.holder,
        kind=KIND,
        reference=id,
        content=content,
        now=now,
        randomness=randomness,
        expires=row.until,
    )
    session.flush()
    return row


def word(row: Consent, now: int) -> Word:
    """What the asker may know of a consent now."""
    if row.state == ConsentState.YES and now < row.until:
        return Word.GRANTED
    return Word.PENDING if now < row.due else Word.WITHHELD


def of_asker(session: Session, id: str, asker: str) -> Consent:
    """A consent that this department asked for. Raises NotFound."""
    row = session.get(Consent, id)
    if row is None or row.asker != asker:
        raise NotFound("没有这项征询。", "There is no such consent.")
    return row


def of_holder(session: Session, id: str, holder: bytes) -> Consent:
    """A consent that this person is asked for. Raises NotFound."""
    row = session.get(Consent, id)
    if row is None or row.holder != holder:
        raise NotFound("没有这项征询。", "There is no such consent.")
    return row


def all_of(session: Session, holder: bytes) -> list[Consent]:
    """What a person was asked for, newest first."""
    rows = select(Consent).where(Consent.holder == holder)
    return list(session.exec(rows.order_by(col(Consent.created).desc(), col(Consent.id))))


def asked_of(session: Session, asker: str, holder: bytes) -> list[Consent]:
    """What this department asked of a person, newest first; the same whether the person is anybody."""
    rows = select(Consent).where(Consent.asker == asker, Consent.holder == holder)
    return list(session.exec(rows.order_by(col(Consent.created).desc(), col(Consent.id))))


def content(session: Session, vault: Vault, row: Consent) -> dict[str, Any]:
    """What is asked, in words: `who`, `what`, `why`, `until`, and a sentence in `zh` and `en`."""
    found: dict[str, Any] = jcs.loads(vault.open(session, row.data_key, f"consent/{row.id}", row.sealed))
    return found


def _end(row: Consent) -> int:
    return row.until if row.state == ConsentState.YES else 0


def _words(
    session: Session, catalogue: Catalogue, wish: Wish, due: int, working: WorkingDays
) -> Mapping[str, str]:
    department = session.get(Department, wish.asker)
    zh, en = (department.name_zh, department.name_en) if department else (wish.asker, wish.asker)
    definition = catalogue.newest(wish.type)
    labels = [definition.labels[name] for name in wish.claims]
    names_zh = "、".join(each.zh for each in labels) or "是否持有"
    names_en = ", ".join(each.en for each in labels) or "whether you hold it"
    until = working.day(max(wish.until, due)).isoformat()
    what_zh, what_en = f"{definition.name.zh}（{names_zh}）", f"{definition.name.en} ({names_en})"
    if wish.ask not in ("claims", "has_valid"):
        what_zh, what_en = f"{what_zh} {wish.ask}", f"{what_en}: {wish.ask}"
    return {
        "zh": f"{zh}请求查询您的{what_zh}，用于{wish.purpose[0]}。",
        "en": f"{en} asks for your {what_en}, for: {wish.purpose[1]}.",
        "who": f"{zh} {en} {wish.asker}",
        "what": f"{what_zh} {what_en}",
        "why": f"{wish.purpose[0]} {wish.purpose[1]}（{wish.basis[0]} {wish.basis[1]}）",
        "until": until,
    }
