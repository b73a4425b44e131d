"""Entries: who asked what about whom, one hash chain an answering issuer (operation.md, Access log).

An entry names its holder only by SHA-256(salt ‖ holder index), whose salt lies encrypted in a table of its
own and can be erased, together with the keyed index by which a holder's entries are found.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import msgspec
from sqlmodel import Session, col, select

from registry import jcs
from registry.logproof import START, digest, link
from registry.store import wait_turn
from registry.store.tables import AccessEntry, AccessSalt
from registry.vault import Unreadable, Vault

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision on one query.

    seq: position in the issuer's chain, from 1. time: Unix seconds. asker: department's code. clerk: who
    asked there. rule: the rule of the rights files that decided, or why none did. holder: salted pseudonym,
    hexadecimal, empty where none was named. outcome: yes, no, withheld, pending or refused; asked, where it
    is the asker's own log and the question went to another registry. answer: digest of the presentation
    given, hexadecimal, or empty. type, claims: what was asked for. case: number of the case.
    manner: how the holder was represented, such as `assisted` (帮办) or `mandate`; empty: not at all.
    second: the clerk who approved it, where it took two.
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
    type: str = ""
    claims: tuple[str, ...] = ()
    case: str = ""
    manner: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """Where an entry stands: its issuer's sequence number and its digest (32 bytes)."""

    issuer: str
    seq: int
    digest: bytes


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
    type: str = "",
    claims: Sequence[str] = (),
    case: str = "",
    manner: str = "",
    second: str = "",
) -> Logged:
    """Write one entry in the caller's transaction: it commits before the answer leaves, or nothing does.

    type, claims, case, manner, second: as in Entry.

    Two writers cannot take the same place: (issuer, seq) is the primary key, and one waits for the other.
    """
    wait_turn(session, "log", issuer)
    last = session.exec(
        select(AccessEntry).where(AccessEntry.issuer == issuer).order_by(col(AccessEntry.seq).desc()).limit(1)
    ).first()
    seq, previous = (last.seq + 1, last.link) if last else (1, START)
    salt, holder_salt = randomness(SALT_BYTES), randomness(SALT_BYTES)
    pseudonym = hashlib.sha256(holder_salt + holder).hexdigest() if holder is not None else ""
    entry = Entry(
        seq=seq,
        time=now,
        asker=asker,
        clerk=clerk,
        purpose=purpose,
        rule=rule,
        holder=pseudonym,
        outcome=outcome,
        answer=answer.hex() if answer is not None else "",
        type=type,
        claims=tuple(claims),
        case=case,
        manner=manner,
        second=second,
    )
    written = jcs.dumps(asdict(entry))
    hashed = digest(salt, written)
    key = vault.issuer_key(session, issuer, now)
    sealed = vault.seal(key, _place(issuer, seq), written)
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
    finder = vault.log_index(holder) if holder is not None else None
    session.add(AccessSalt(issuer=issuer, seq=seq, sealed=sealed_salt, finder=finder))
    session.flush()
    return Logged(issuer, seq, hashed)


def opened(session: Session, vault: Vault, row: AccessEntry) -> bytes:
    """The canonical JSON of an entry, as it was written. Raises Unreadable."""
    return vault.open(session, row.data_key, _place(row.issuer, row.seq), row.sealed)


def read(written: bytes) -> Entry:
    """An entry from its canonical JSON. Raises Unreadable."""
    try:
        return msgspec.json.decode(written, type=Entry)
    except msgspec.MsgspecError:
        raise Unreadable from None


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


def _place(issuer: str, seq: int) -> str:
    return f"access/{issuer}/{seq}"
