"""The access log: who asked what about whom, one hash chain an answering issuer (operation.md, Access log).

link = SHA-256(previous ‖ digest), digest = SHA-256(0x00 ‖ salt ‖ JCS(entry)). An entry names its holder only
by SHA-256(salt ‖ holder index), whose salt lies encrypted in a table of its own and can be erased.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from sqlmodel import Session, col, select

from registry import jcs
from registry.store.tables import AccessEntry, AccessSalt
from registry.vault import Vault

SALT_BYTES = 16
START = bytes(32)
"""What the first entry of a chain is linked to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision on one query.

    seq: position in the issuer's chain, from 1. time: Unix seconds. asker: department's code. clerk: who
    asked there. rule: the rule of the rights files that decided, or why none did. holder: salted pseudonym,
    hexadecimal, empty where none was named. outcome: yes, no, withheld or refused. answer: digest of the
    presentation given, hexadecimal, or empty.
    """

    seq: int
    time: int
    asker: str
    clerk: str
    purpose: str
    rule: str
    holder: str
    outcome: str
    answer: str


@dataclass(frozen=True, slots=True)
class Logged:
    """Where an entry stands: its issuer's sequence number and its digest (32 bytes)."""

    issuer: str
    seq: int
    digest: bytes


def digest(salt: bytes, entry: Entry) -> bytes:
    """The hash that an entry is linked, proven and quoted by."""
    return hashlib.sha256(b"\x00" + salt + jcs.dumps(asdict(entry))).digest()


def link(previous: bytes, entry_digest: bytes) -> bytes:
    """The next head of a chain."""
    return hashlib.sha256(previous + entry_digest).digest()


def append(
    session: Session,
    issuer: str,
    *,
    asker: str,
    clerk: str,
    purpose: str,
    rule: str,
    holder: bytes | None,
    outcome: str,
    answer: bytes | None,
    vault: Vault,
    now: int,
    randomness: Callable[[int], bytes],
) -> Logged:
    """Write one entry in the caller's transaction: it commits before the answer leaves, or nothing does.

    Two writers cannot take the same place: (issuer, seq) is the primary key.
    """
    last = session.exec(
        select(AccessEntry).where(AccessEntry.issuer == issuer).order_by(col(AccessEntry.seq).desc()).limit(1)
    ).first()
    seq, previous = (last.seq + 1, last.link) if last else (1, START)
    salt, holder_salt = randomness(SALT_BYTES), randomness(SALT_BYTES)
    pseudonym = hashlib.sha256(holder_salt + holder).hexdigest() if holder is not None else ""
    entry = Entry(
        seq, now, asker, clerk, purpose, rule, pseudonym, outcome, answer.hex() if answer is not None else ""
    )
    hashed = digest(salt, entry)
    key = vault.issuer_key(session, issuer, now)
    sealed = vault.seal(key, f"access/{issuer}/{seq}", jcs.dumps(asdict(entry)))
    sealed_salt = vault.seal(key, f"access-salt/{issuer}/{seq}", holder_salt)
    session.add(
        AccessEntry(
            issuer=issuer,
            seq=seq,
            sealed=sealed,
            data_key=key.id,
            salt=salt,
            digest=hashed,
            link=link(previous, hashed),
            time=now,
        )
    )
    session.add(AccessSalt(issuer=issuer, seq=seq, sealed=sealed_salt))
    session.flush()
    return Logged(issuer, seq, hashed)


def check(entries: Sequence[AccessEntry]) -> int | None:
    """The sequence number of the first entry that does not continue its chain; None where all do.

    Finds an edited digest or link, a deletion and a reordering. A tail that was cut is found by whoever
    holds a statement with a later seq.
    """
    previous = START
    for expected, entry in enumerate(entries, start=1):
        if entry.seq != expected or entry.link != link(previous, entry.digest):
            return expected
        previous = entry.link
    return None
