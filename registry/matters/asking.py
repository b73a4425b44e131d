"""What a party's wallet is asked for, compiled from the facts of a matter."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session

from registry import dcql
from registry.asking import query_for
from registry.catalogue import Catalogue
from registry.dcql import Query
from registry.matters.matter import Fact

SEPARATOR = "-"
"""Between a fact's name and the number of its alternative, in the id of a credential query."""


def wanted(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts that a wallet can show."""
    return tuple(each for each in facts if "wallet" in each.sources)


def query_of(session: Session, catalogue: Catalogue, facts: Sequence[Fact]) -> Query | None:
    """The query for these facts, in every version and from every trusted origin; None where there are none.

    What a department can be asked for, or what may come later, is optional, but not who the party is; of
    alternatives one does.
    """
    asked = wanted(facts)
    if not asked:
        return None
    credentials: list[dict[str, Any]] = []
    sets: list[dict[str, Any]] = []
    for fact in asked:
        ids = []
        for place, type in enumerate(fact.types):
            wanted_of = query_for(session, catalogue, [(type, fact.claims)], everywhere=True)
            (one,) = wanted_of.to_dict()["credentials"]
            ids.append(f"{fact.name}{SEPARATOR}{place}")
            credentials.append(one | {"id": ids[-1]} | ({"multiple": True} if fact.most > 1 else {}))
        own = "query" not in fact.sources and not fact.later_days
        required = fact.least > 0 and (own or fact.identifies is not None)
        sets.append({"options": [[id] for id in ids]} | ({} if required else {"required": False}))
    return dcql.parse({"credentials": credentials, "credential_sets": sets})


def fact_of(query_id: str) -> str:
    """The fact that a credential query of `query_of` asks for."""
    return query_id.rpartition(SEPARATOR)[0]
