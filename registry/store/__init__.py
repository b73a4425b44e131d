"""The store: one database, opened by URL, brought up to date at opening.

SQLite: WAL, synchronous FULL (a commit survives a power cut), foreign keys on, and a writer takes its lock
at the beginning (BEGIN IMMEDIATE), so that what it read stays true until it commits. PostgreSQL: the same
code at its default isolation, where the constraints of the tables are the guard, and whoever was overtaken
tries again (racing.py).
"""

from registry.store.database import Store, open_store
from registry.store.racing import Overtaken, again_if_overtaken, wait_turn

__all__ = ["Overtaken", "Store", "again_if_overtaken", "open_store", "wait_turn"]
