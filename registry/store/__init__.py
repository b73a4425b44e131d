"""The store: one database, opened by URL, brought up to date at opening.

SQLite: WAL, synchronous FULL (a commit survives a power cut), foreign keys on, and a writer takes its lock
at the beginning (BEGIN IMMEDIATE), so that what it read stays true until it commits. PostgreSQL: the same
code at its default isolation, where the constraints of the tables are the guard.
"""

from registry.store.database import Store, open_store

__all__ = ["Store", "open_store"]
