"""A glance at the store: has anything changed that a trust state is made of? Done at every request."""

from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

_FACTS = text("""
SELECT d.id, f.version,
  (SELECT max(e.block_number) FROM chain_event e
    WHERE e.deployment = d.id AND e.block_number <= f.head_number - :confirmations),
  (SELECT max(i.id) FROM status_intent i),
  (SELECT count(*) FROM origin),
  (SELECT count(k.x5c) FROM public_key k),
  (SELECT count(*) + count(w.ended_at) FROM wallet_provider w),
  f.head_number, f.reached_at, f.health
FROM deployment d JOIN follower f ON f.deployment = d.id WHERE d.state = 'live'
""")
_LISTS = text("""
SELECT c.issuer, c.list,
  (SELECT max(t.version) FROM list_token t WHERE t.issuer = c.issuer AND t.list = c.list)
FROM credential_list c
""")
_PARTNERS = text("SELECT origin, version FROM partner ORDER BY origin")


class Stamp(NamedTuple):
    """What a trust state was made of: equal stamps, equal states (but for freshness).

    final: the last final block that holds an event of ours. lists: issuer, list and version of the newest
    tokens. providers: wallet providers begun and ended, counted. partners: origin and version of their
    bundles.
    """

    deployment: int
    version: int
    final: int | None
    intent: int | None
    origins: int
    certified: int
    providers: int
    lists: tuple[tuple[str, int, int], ...]
    partners: tuple[tuple[str, int], ...]


class Glance(NamedTuple):
    """stamp: whether to fold anew. head: last followed block. reached_at: when that was the chain's head.

    followed: the chain at hand is the one that was followed; where it is not, nothing on it is known.
    """

    stamp: Stamp
    head: int
    reached_at: int
    followed: bool


def glance(session: Session, confirmations: int) -> Glance | None:
    """How things stand; None where no contracts are in force, or nothing was followed yet."""
    connection = session.connection()
    found = connection.execute(_FACTS, {"confirmations": confirmations}).first()
    if found is None:
        return None
    lists = tuple(
        (issuer, number, version)
        for issuer, number, version in connection.execute(_LISTS)
        if version is not None
    )
    deployment, version, final, intent, origins, certified, providers, head, reached_at, health = found
    partners = tuple((origin, number) for origin, number in connection.execute(_PARTNERS))
    stamp = Stamp(deployment, version, final, intent, origins, certified, providers, lists, partners)
    return Glance(stamp, head, reached_at, health == "green")
