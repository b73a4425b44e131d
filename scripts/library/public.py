"""Verify Zhengtong certificates offline: no server, no chain, no database.

    trust = load_trust(bundle, root, now=now)
    presentation = read_code(text, trust)
    report = verify(presentation, trust, Expected(kinds={Kind.CODE, Kind.COPY}), now)

All times are Unix seconds and come in by arguments. Before a report with a `guard` is accepted as `valid`,
the caller uses up (audience, nonce) of that guard, once, until it expires.
"""

from registry import bundle, proofcode
from registry.answer_checking import CheckedAnswer, check_answer
from registry.bundle import BundleRefused
from registry.credential import Kind
from registry.errors import RegistryError
from registry.findings import Outcome
from registry.lifecycle import Status
from registry.proofcode import BadCode, OnlyALink, UnknownOrigin
from registry.rootdocument import RootRefused
from registry.trust import Trust
from registry.verification import Check, Expected, Guard, Report, verify

__all__ = [
    "BadCode",
    "BundleRefused",
    "Check",
    "CheckedAnswer",
    "Expected",
    "Guard",
    "Kind",
    "OnlyALink",
    "Outcome",
    "RegistryError",
    "Report",
    "RootRefused",
    "Status",
    "Trust",
    "UnknownOrigin",
    "check_answer",
    "load_roots",
    "load_trust",
    "read_code",
    "verify",
]


def load_trust(data: bytes, root: bytes, *, now: int, previous: Trust | None = None) -> Trust:
    """Take in a trust bundle; there is no other way.

    data: the bundle as served. root: the root document that this verifier pins. previous: the state at hand,
    so that nothing older replaces it.

    Raises:
        RootRefused: the line of root documents does not begin at the pinned one, or does not stand.
        BundleRefused: not signed by the bundle's key, expired, from the future, or older than `previous`.
    """
    return bundle.load(previous, data, now, root)


def load_roots(trust: Trust, token: str) -> Trust:
    """The trust state with the roots of an issuer's static file, where a batch was unknown.

    Raises:
        BundleRefused: not signed by the bundle's key, or another issuer's file.
    """
    return bundle.load_roots(trust, token)


def read_code(text: str, trust: Trust) -> str:
    """The presentation in what a scanner read: a proof code, a printed copy's address, or itself.

    No address is ever opened.

    Raises:
        OnlyALink: an address with no proof in it.
        BadCode: it holds none.
        UnknownOrigin: the trust state lacks its issuer, origin or certificate chain.
    """
    return proofcode.find(text, proofcode.directory_of(trust))
