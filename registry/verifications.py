"""That something was checked, and what came out: counted, without what it showed."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from registry.store.rows import insert_many
from registry.store.tables import Verification

_COLUMNS = ("at", "verifier", "kind", "verdict", "epoch", "version")


def count(session: Session, report: Mapping[str, Any], *, verifier: str = "", now: int) -> None:
    """Store that a presentation was checked. report: its JSON form; verifier: a department, or empty."""
    trust = report["trust"]
    row = (now, verifier, report["kind"] or "unread", report["verdict"], trust["epoch"], trust["version"])
    insert_many(session.connection(), Verification, _COLUMNS, [row])
