"""From status intents to status words on the chain (operation.md, Status).

An intent has no nonce and no gas: the last one of each entry counts, and one `setStatus` carries all entries
of a list that take the same value, 500 words at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from registry import stops
from registry.chain.contracts import CERTIFICATE_REGISTRY, code_bytes, interface
from registry.chain.facts import ENTRIES, Entry
from registry.chain.outbox import Call, ForeignNonce
from registry.desk import Desk
from registry.lifecycle import Status
from registry.retrying import exhausted
from registry.store.rows import pieces
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    ChainTransaction,
    IntentState,
    StatusIntent,
    TransactionState,
)

MAX_WORDS = 500
BASE_GAS, WORD_GAS = 100_000, 32_000
"""500 words stay below the 2^24 gas that one transaction may have (EIP-7825)."""

MOVES: Mapping[int, frozenset[int]] = {
    0: frozenset({0, 1, 2, 3}),
    1: frozenset({1}),
    2: frozenset({0, 1, 2, 3}),
    3: frozenset({1, 3}),
}
"""What may follow what, as the contract has it."""

_IN_FLIGHT = (IntentState.SENT, IntentState.MINED)
Group = tuple[str, int, int]
"""Type, list, value: what one call sets."""


@dataclass(frozen=True)
class StatusSending:
    """Carries intents to the chain, one round an issuer at a time."""

    desk: Desk

    def send(self, issuer: str, *, now: int, time: int) -> bool:
        """Signs and stores the calls for all entries that wait. Whether there were any.

        now: clock. time: the moment that rights are judged by, in the chain's eyes.
        """
        self._take_back_failed(issuer)
        with self.desk.store.read() as session:
            if self._in_flight(session, issuer):
                return False
            last, overtaken = _last_of_each(self._ready(session, issuer, time))
        allowed = [one for one in last if one.value in MOVES[self.desk.facts.entry(entry_of(one))]]
        refused = [one for one in last if one not in allowed]
        forbidden = [one for one in refused if one.value != Status.SUPERSEDED]
        self._drop(overtaken + refused)
        if forbidden:
            self._record_foreign(issuer, forbidden)
        sent = [self._sign(issuer, kind, rows, now, time) for kind, rows in _by_type(allowed).items()]
        return any(sent)

    def reconcile(self, issuer: str) -> None:
        """At rest, makes every chain entry and its last intent agree: what a rollback or a foreign hand
        undid is asked for again where the contract allows it, else recorded as foreign."""
        with self.desk.store.write() as session:
            if self._busy(session, issuer):
                return
            wanted = _wanted(session, issuer)
            shown = self.desk.facts.entries(issuer)
            for entry in sorted({*wanted, *shown}):
                before, value = wanted.get(entry), shown.get(entry, 0)
                if value != (before.value if before else 0):
                    self._mend_entry(session, entry, before, value)

    def is_exhausted(self, issuer: str) -> bool:
        """Whether the chain reverted a change that still waits as often as anything may be."""
        with self.desk.store.read() as session:
            states = (IntentState.PENDING, IntentState.SENT)
            query = select(StatusIntent.type, StatusIntent.list, StatusIntent.value).where(
                StatusIntent.issuer == issuer, col(StatusIntent.state).in_(states)
            )
            groups = session.exec(query.distinct()).all()
            return any(exhausted(session, self.desk.id, _ref(issuer, group)) for group in groups)

    def issuers(self) -> Sequence[str]:
        """Issuers with intents that wait or are on their way."""
        with self.desk.store.read() as session:
            states = (IntentState.PENDING, *_IN_FLIGHT)
            query = select(StatusIntent.issuer).where(col(StatusIntent.state).in_(states))
            return sorted(session.exec(query.distinct()))

    def _ready(self, session: Session, issuer: str, time: int) -> Sequence[StatusIntent]:
        """Pending intents, oldest first; one that waits for a version, once that is final and has begun."""
        successor = aliased(Certificate)
        begun = exists().where(
            col(successor.id) == col(StatusIntent.after),
            col(successor.valid_from) <= time,
            col(successor.batch) == col(Batch.id),
            col(Batch.state) == BatchState.FINAL,
        )
        query = select(StatusIntent).where(
            StatusIntent.issuer == issuer,
            StatusIntent.state == IntentState.PENDING,
            col(StatusIntent.after).is_(None) | begun,
        )
        return session.exec(query.order_by(col(StatusIntent.id))).all()

    def _sign(self, issuer: str, type_code: str, rows: Sequence[StatusIntent], now: int, time: int) -> bool:
        """One transaction of the store: the calls of one type, signed, and the intents that they carry."""
        codes = self.desk.facts.acting(issuer, type_code, time)
        outbox = self.desk.act(issuer, now, time, codes)
        if outbox is None:
            return False
        calls = [
            (call, carried)
            for group, members in _groups(rows).items()
            for call, carried in self._calls(issuer, group, members)
            if self.desk.may_sign(issuer, outbox, call, stops.STATUS_REVERTED, now)
        ]
        chain_nonce = outbox.chain_nonce() if calls else 0
        try:
            with self.desk.store.write() as session:
                if not outbox.caught_up(session) or not _still_pending(session, rows):
                    return False
                for call, carried in calls:
                    sent = outbox.put(session, call, fees=self.desk.fees, chain_nonce=chain_nonce, now=now)
                    _set(session, carried, state=IntentState.SENT, chain_tx=sent.id)
        except ForeignNonce:
            self.desk.stop(issuer, stops.FOREIGN_NONCE, now, outbox.address)
            return False
        return bool(calls)

    def _calls(
        self, issuer: str, group: Group, rows: Sequence[StatusIntent]
    ) -> Iterator[tuple[Call, list[int | None]]]:
        """The calls of one group, each with the intents that it carries."""
        type_code, number, value = group
        masks: dict[int, int] = defaultdict(int)
        for row in rows:
            masks[row.idx // ENTRIES] |= 1 << 2 * (row.idx % ENTRIES)
        words = sorted(masks)
        for first in range(0, len(words), MAX_WORDS):
            some = words[first : first + MAX_WORDS]
            data = interface(CERTIFICATE_REGISTRY).call(
                "setStatus",
                code_bytes(issuer),
                code_bytes(type_code),
                number,
                some,
                [masks[word] for word in some],
                value,
            )
            to, gas = self.desk.deployment.certificate_registry, BASE_GAS + WORD_GAS * len(some)
            carried = [row.id for row in rows if row.idx // ENTRIES in set(some)]
            yield Call("status", _ref(issuer, group), to, data, gas), carried

    def _take_back_failed(self, issuer: str) -> None:
        """Intents whose transaction was reverted, or is on a chain that was lost, wait again."""
        with self.desk.store.read() as session:
            query = (
                select(StatusIntent.id)
                .join(ChainTransaction, col(ChainTransaction.id) == StatusIntent.chain_tx)
                .where(StatusIntent.issuer == issuer, col(StatusIntent.state).in_(_IN_FLIGHT))
                .where(
                    (col(ChainTransaction.state) == TransactionState.FAILED)
                    | (col(ChainTransaction.deployment) != self.desk.id)
                )
            )
            rows = session.exec(query).all()
        if rows:
            with self.desk.store.write() as session:
                _set(session, rows, state=IntentState.PENDING, chain_tx=None)

    def _in_flight(self, session: Session, issuer: str) -> bool:
        return session.exec(
            select(
                exists().where(
                    col(StatusIntent.issuer) == issuer, col(StatusIntent.state) == IntentState.SENT
                )
            )
        ).one()

    def _busy(self, session: Session, issuer: str) -> bool:
        states = (IntentState.PENDING, *_IN_FLIGHT)
        busy: list[ColumnElement[bool]] = [
            col(StatusIntent.issuer) == issuer,
            col(StatusIntent.state).in_(states),
            col(StatusIntent.after).is_(None) | (col(StatusIntent.state) != IntentState.PENDING),
        ]
        return session.exec(select(exists().where(*busy))).one()

    def _mend_entry(self, session: Session, entry: Entry, before: StatusIntent | None, value: int) -> None:
        wanted = before.value if before else 0
        certificate = before.certificate if before else _certificate_at(session, entry)
        if certificate is None:
            return  # an entry that no certificate has: nobody is asked about it
        if wanted not in MOVES[value]:
            session.add(_foreign(certificate, entry, value))
            return
        issuer, type_code, number, idx = entry
        session.add(
            StatusIntent(
                event=before.event if before else None,
                certificate=certificate,
                issuer=issuer,
                type=type_code,
                list=number,
                idx=idx,
                value=wanted,
            )
        )

    def _record_foreign(self, issuer: str, forbidden: Sequence[StatusIntent]) -> None:
        """The chain holds what no intent of ours asked for, and knows no way back: the issuer stops, red."""
        with self.desk.store.write() as session:
            stops.stop(session, self.desk.id, issuer, stops.FORBIDDEN_MOVE, now=self.desk.head_time)
            for one in forbidden:
                value = self.desk.facts.entry(entry_of(one))
                session.add(_foreign(one.certificate, entry_of(one), value))

    def _drop(self, rows: Sequence[StatusIntent]) -> None:
        if rows:
            with self.desk.store.write() as session:
                _set(session, [row.id for row in rows], state=IntentState.DROPPED)


def _ref(issuer: str, group: Group) -> str:
    type_code, number, value = group
    return f"status:{issuer}:{type_code}:{number}:{value}"


def _foreign(certificate: int, entry: Entry, value: int) -> StatusIntent:
    """The record of an entry that a foreign hand has set."""
    issuer, type_code, number, idx = entry
    return StatusIntent(
        certificate=certificate,
        issuer=issuer,
        type=type_code,
        list=number,
        idx=idx,
        value=value,
        state=IntentState.FOREIGN,
    )


def entry_of(intent: StatusIntent) -> Entry:
    """The entry that an intent is about."""
    return intent.issuer, intent.type, intent.list, intent.idx


def _last_of_each(rows: Iterable[StatusIntent]) -> tuple[list[StatusIntent], list[StatusIntent]]:
    """The last intent of each entry, and those that it overtook."""
    last: dict[Entry, StatusIntent] = {}
    overtaken = []
    for row in rows:
        if (earlier := last.get(entry_of(row))) is not None:
            overtaken.append(earlier)
        last[entry_of(row)] = row
    return list(last.values()), overtaken


def _by_type(rows: Iterable[StatusIntent]) -> dict[str, list[StatusIntent]]:
    found: dict[str, list[StatusIntent]] = defaultdict(list)
    for row in rows:
        found[row.type].append(row)
    return found


def _groups(rows: Iterable[StatusIntent]) -> dict[Group, list[StatusIntent]]:
    found: dict[Group, list[StatusIntent]] = defaultdict(list)
    for row in rows:
        found[row.type, row.list, row.value].append(row)
    return dict(sorted(found.items()))


def _wanted(session: Session, issuer: str) -> dict[Entry, StatusIntent]:
    """The last intent of each entry that was carried out, or found set by a foreign hand."""
    query = select(StatusIntent).where(
        StatusIntent.issuer == issuer, col(StatusIntent.state).in_((IntentState.FINAL, IntentState.FOREIGN))
    )
    return {entry_of(row): row for row in session.exec(query.order_by(col(StatusIntent.id)))}


def _certificate_at(session: Session, entry: Entry) -> int | None:
    issuer, type_code, number, idx = entry
    return session.exec(
        select(Certificate.id).where(
            Certificate.issuer == issuer,
            Certificate.type == type_code,
            Certificate.status_list == number,
            Certificate.status_idx == idx,
            Certificate.state == CertificateState.BATCHED,
        )
    ).first()


def _still_pending(session: Session, rows: Sequence[StatusIntent]) -> bool:
    """Whether nothing was done with these intents since they were read."""
    pending = 0
    for piece in pieces([row.id for row in rows]):
        query = select(StatusIntent.id).where(col(StatusIntent.id).in_(piece))
        pending += len(session.exec(query.where(StatusIntent.state == IntentState.PENDING)).all())
    return pending == len(rows)


def _set(session: Session, rows: Iterable[int | None], **values: object) -> None:
    for piece in pieces([row for row in rows if row is not None]):
        session.exec(update(StatusIntent).where(col(StatusIntent.id).in_(piece)).values(**values))
