"""Leases: who does a piece of work for the moment. They save work; the tables' constraints guard it."""

from registry.store import Store, wait_turn
from registry.store.tables import Lease


def hold(store: Store, name: str, owner: str, *, now: int, seconds: int) -> bool:
    """Whether `owner` has the lease now: taken if it is free, prolonged when half of it is over."""
    with store.read() as session:
        row = session.get(Lease, name)
    if row is not None and row.until > now:
        if row.owner != owner:
            return False
        if row.until - now > seconds // 2:
            return True
    with store.write() as session:
        wait_turn(session, "lease", name)
        row = session.get(Lease, name)
        if row is not None and row.owner != owner and row.until > now:
            return False
        session.merge(Lease(name=name, owner=owner, until=now + seconds))
    return True


def release(store: Store, name: str, owner: str) -> None:
    """Gives a lease back, so that the next one need not wait for its end."""
    with store.write() as session:
        wait_turn(session, "lease", name)
        row = session.get(Lease, name)
        if row is not None and row.owner == owner:
            session.delete(row)
