"""That something was checked, and what came out: counted, without what it showed."""

from collections.abc import Mapping
from typing import Any

from registry.store import Store
from registry.store.tables import Verification


def count(store: Store, report: Mapping[str, Any], *, verifier: str = "", now: int) -> None:
    """Store that a presentation was checked. report: its JSON form; verifier: a department, or empty."""
    trust = report["trust"]
    with store.write() as session:
        session.add(
            Verification(
                at=now,
                verifier=verifier,
                kind=report["kind"] or "unread",
                verdict=report["verdict"],
                epoch=trust["epoch"],
                version=trust["version"],
            )
        )
