"""The town of the chain tests, for faults."""

from tests.chain.conftest import ground, town

__all__ = ["ground", "town"]
