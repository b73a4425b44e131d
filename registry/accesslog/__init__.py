"""The access log: who asked what about whom, hash-chained, its heads on the chain (docs/access-log.md)."""

from registry.accesslog.entries import SALT_BYTES, Entry, Logged, append, check, opened, read

__all__ = ["SALT_BYTES", "Entry", "Logged", "append", "check", "opened", "read"]
