"""The JavaScript verifier under every attack on the trust list: it refuses what Python refuses."""

from tests.haip import test_trust_list_attacks
from tests.haip.test_trust_list_attacks import authority, state, verifier
from tests.web.borrowing import borrowed
from tests.web.test_same_trust import both

__all__ = ["authority", "both", "state", "verifier"]

globals().update(borrowed(test_trust_list_attacks))
