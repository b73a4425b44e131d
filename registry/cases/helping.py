"""What a clerk does for a person at a window (帮办), as the log of the deciding department has it."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from registry import accesslog
from registry.cases.world import World
from registry.store.tables import Case

ASSISTED: Final = "assisted"


def record(
    world: World,
    session: Session,
    case: Case,
    holder: bytes | None,
    rule: str,
    *,
    clerk: str,
    second: str = "",
    answer: bytes | None = None,
    type: str = "",
    claims: Sequence[str] = (),
) -> None:
    """Write an entry that its holder reads. clerk: who did it for the person; empty: the case itself.

    rule: what was done. answer: digest of what was taken in.
    """
    accesslog.append(
        session,
        case.office,
        asker=case.office,
        clerk=clerk or f"case {case.id}",
        purpose=case.matter,
        rule=rule,
        holder=holder,
        outcome="yes",
        answer=answer,
        vault=world.vault,
        now=world.clock(),
        randomness=world.randomness,
        type=type,
        claims=tuple(claims),
        case=case.id,
        manner=ASSISTED if clerk else "",
        second=second,
    )
