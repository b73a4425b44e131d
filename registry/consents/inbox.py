"""A person's inbox: sealed in the store, read by every wallet of theirs, sent nowhere.

It is written alike whether there is a wallet, a person or nobody: whoever writes learns nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from registry import jcs, secrets
from registry.secrets import Randomness
from registry.store.tables import InboxItem
from registry.vault import Vault

MOST: Final = 200
"""Items that an inbox shows, the newest."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in an inbox. kind: `consent`, `mandate`, `notice` …; reference: what it is about there.

    content: texts to show; always `zh` and `en`. created, expires: Unix seconds.
    """

    id: str
    sender: str
    kind: str
    reference: str
    content: Mapping[str, Any]
    created: int
    expires: int | None

    def __repr__(self) -> str:
        return f"Item({self.kind})"


def put(
    session: Session,
    vault: Vault,
    sender: str,
    holder: bytes,
    *,
    kind: str,
    reference: str,
    content: Mapping[str, Any],
    now: int,
    randomness: Randomness,
    expires: int | None = None,
) -> str:
    """Put something into a person's inbox, in the caller's transaction; its id.

    sender: code of the department whose data key seals it. holder: keyed index. content: texts, with `zh`
    and `en` for all who know no more of its kind.
    """
    id, key = secrets.handle(randomness), vault.issuer_key(session, sender, now)
    session.add(
        InboxItem(
            id=id,
            holder=holder,
            sender=sender,
            kind=kind,
            reference=reference,
            sealed=vault.seal(key, f"inbox/{id}", jcs.dumps(dict(content))),
            data_key=key.id,
            created=now,
            expires=expires,
        )
    )
    return id


def of(session: Session, vault: Vault, holder: bytes, now: int) -> list[Item]:
    """What is in a person's inbox, newest first."""
    rows = session.exec(
        select(InboxItem)
        .where(InboxItem.holder == holder)
        .where(or_(col(InboxItem.expires).is_(None), col(InboxItem.expires) > now))
        .order_by(col(InboxItem.created).desc(), col(InboxItem.id))
        .limit(MOST)
    )
    return [_opened(session, vault, row) for row in rows]


def _opened(session: Session, vault: Vault, row: InboxItem) -> Item:
    content = jcs.loads(vault.open(session, row.data_key, f"inbox/{row.id}", row.sealed))
    return Item(row.id, row.sender, row.kind, row.reference, content, row.created, row.expires)
