"""Issuing: one certificate, or a chunk of them, durable before it is answered.

In one transaction: the canonical core, the sealed disclosures, the keyed indexes of holders, number and
subject, and the row that keeps the request from being answered twice. Anchoring comes later, by the worker.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry import certificate
from registry.catalogue import Catalogue
from registry.definition import TypeDefinition
from registry.drafting import Draft, Pool, Refused, Request, Version, draft, finish, first_version
from registry.errors import NotAllowed, RegistryError
from registry.identifiers import Fault
from registry.store import Store, again_if_overtaken, writing
from registry.store.writing import KeyedRow, Place
from registry.vault import Permutation, Vault

Randomness = Callable[[int], bytes]
MayIssue = Callable[[str, str, int, int], bool]
"""(issuer, type, type version, now): whether issuer may issue that now, and for an hour more."""
Digests = Callable[[str, int], certificate.SdAlg]
"""(issuer, now): the name of the digest of what it issues."""


class KeyReused(RegistryError):
    """The idempotency key was used before, for another request."""

    kind = "idempotency-key-reused"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "该幂等键已用于另一请求，请换一个。", "This idempotency key was used for another request."
        )


class SecondCertificate(RegistryError):
    """The holder has a valid certificate of this type already, and the type allows one."""

    kind = "second-certificate"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "该主体已持有同类有效证照，请办理变更、延续，或先注销。",
            "This holder has a valid certificate of this type: renew or cancel that one.",
        )


class NoRight(NotAllowed):
    """The issuer has no right to issue that type now, or not for an hour more."""

    kind = "no-right"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "贵部门目前无权颁发该类证照。", "Your department has no right to issue this type now."
        )


@dataclass(frozen=True, slots=True)
class Issued:
    """What the department gets. repeated: the key had been used before, for the same request."""

    certificate_id: str
    state: str
    repeated: bool = False


Outcome = Issued | RegistryError


@dataclass(frozen=True)
class Issuing:
    """Issues certificates, with what the process gives it (runtime.py).

    permutation: a status list's name to the order of its entries. digests: of an issuer's claims now.
    """

    store: Store
    vault: Vault
    catalogue: Catalogue
    permutation: Callable[[str], Permutation]
    tz: ZoneInfo
    clock: Callable[[], int]
    may_issue: MayIssue
    randomness: Randomness = os.urandom
    digests: Digests = lambda _issuer, _now: certificate.SD_ALG

    def issue(self, issuer: str, type_code: str, request: Request) -> Issued:
        """Issue one certificate; when this returns it is durable.

        Raises:
            Refused: the row does not fit the type; every fault with its field.
            NoRight: the issuer may not issue this type.
            KeyReused, SecondCertificate: as they say.
        """
        now = self.clock()
        definition = self.definition(type_code, now)
        self._require_right(issuer, definition, now)
        drafted = self.draft(request, definition, now)
        if isinstance(drafted, Refused):
            raise drafted
        return again_if_overtaken(lambda: self._issue_one(issuer, definition, drafted, now))

    def issue_chunk(
        self,
        issuer: str,
        definition: TypeDefinition,
        requests: Sequence[Request | Refused],
        beside: Callable[[Session, Sequence[Outcome]], None] = lambda _session, _outcomes: None,
    ) -> list[Outcome]:
        """Issue some hundred certificates in one transaction, each row with an outcome of its own.

        The costly part is done between two short transactions, so that other writers get their turn; what was
        set aside for a row that is refused in the second one is burned.
        requests: a Refused among them stands for a row that could not even be read.
        beside: writes what must be durable together with the rows; called again if that has to be repeated.

        Raises:
            NoRight: for all of them.
        """
        now = self.clock()
        self._require_right(issuer, definition, now)
        drafts = [
            each if isinstance(each, Refused) else self.draft(each, definition, now) for each in requests
        ]
        return again_if_overtaken(lambda: self._issue_many(issuer, definition, drafts, now, beside))

    def issue_version(
        self,
        session: Session,
        issuer: str,
        definition: TypeDefinition,
        drafted: Draft,
        version: Version,
        *,
        now: int,
    ) -> Place:
        """Issue a further version of a certificate in the caller's transaction: renewal, correction.

        The versions of one lineage do not stand in each other's way. Returns the new row's id and entry.

        Raises:
            KeyReused: the key was used before, also for the same request: look it up first.
            SecondCertificate: another lineage stands in the way.
        """
        place, row = self._finished(session, issuer, definition, drafted, version, now=now)
        (outcome,) = self._store(session, issuer, definition, [row], now)
        if _given(outcome).repeated:
            raise KeyReused
        return place

    def definition(self, type_code: str, now: int) -> TypeDefinition:
        """The version of a type that is in force. Raises NotFound."""
        return self.catalogue.in_force(type_code, datetime.fromtimestamp(now, UTC).astimezone(self.tz).date())

    def draft(self, request: Request, definition: TypeDefinition, now: int) -> Draft | Refused:
        """Check one row and prepare it; or everything that is wrong with it."""
        return draft(request, definition, vault=self.vault, tz=self.tz, now=now)

    def key_index(self, issuer: str, key: str) -> bytes:
        """By what a request of this issuer is found again."""
        return self.vault.request_index("certificates", issuer, key)

    def _keyed(self, row: dict[str, object], issuer: str, drafted: Draft) -> KeyedRow:
        key = self.key_index(issuer, drafted.key)
        return KeyedRow(row, drafted.holders, drafted.number, drafted.subjects, key, drafted.body_hash)

    def _issue_one(self, issuer: str, definition: TypeDefinition, drafted: Draft, now: int) -> Issued:
        with self.store.write() as session:
            key = self.key_index(issuer, drafted.key)
            before = writing.answered(session, issuer, [key]).get(key)
            if before is not None:
                return _given(_as_before(before, drafted.body_hash))
            version = first_version(drafted, Pool(self.randomness, block=64))
            _, row = self._finished(session, issuer, definition, drafted, version, now=now)
            (outcome,) = self._store(session, issuer, definition, [row], now)
            return _given(outcome)

    def _finished(
        self,
        session: Session,
        issuer: str,
        definition: TypeDefinition,
        drafted: Draft,
        version: Version,
        *,
        now: int,
    ) -> tuple[Place, KeyedRow]:
        key = self.vault.issuer_key(session, issuer, now)
        (place,) = self._reserve(session, issuer, definition, 1)
        row = finish(
            drafted, definition, issuer, version, place,
            vault=self.vault, key=key, now=now, pool=Pool(self.randomness, block=1024),
            sd_alg=self.digests(issuer, now),
        )  # fmt: skip
        return place, self._keyed(row, issuer, drafted)

    def _issue_many(
        self,
        issuer: str,
        definition: TypeDefinition,
        drafts: Sequence[Draft | Refused],
        now: int,
        beside: Callable[[Session, Sequence[Outcome]], None],
    ) -> list[Outcome]:
        good = [each for each in drafts if isinstance(each, Draft)]
        with self.store.write() as session:
            key = self.vault.issuer_key(session, issuer, now)
            places = self._reserve(session, issuer, definition, len(good))
        pool, sd_alg = Pool(self.randomness), self.digests(issuer, now)
        rows = [
            self._keyed(
                finish(
                    drafted, definition, issuer, first_version(drafted, pool), place,
                    vault=self.vault, key=key, now=now, pool=pool, sd_alg=sd_alg,
                ),
                issuer,
                drafted,
            )
            for drafted, place in zip(good, places, strict=True)
        ]  # fmt: skip
        with self.store.write() as session:
            issued = iter(self._store(session, issuer, definition, rows, now))
            outcomes = [next(issued) if isinstance(each, Draft) else each for each in drafts]
            beside(session, outcomes)
        return outcomes

    def _reserve(self, session: Session, issuer: str, definition: TypeDefinition, count: int) -> list[Place]:
        def entry(number: int, counter: int) -> int:
            return self.permutation(f"{issuer} {definition.type} {number}")(counter)

        return writing.reserve(session, issuer, definition.type, count, entry) if count else []

    def _store(
        self, session: Session, issuer: str, definition: TypeDefinition, rows: Sequence[KeyedRow], now: int
    ) -> list[Outcome]:
        """Write what may be written; the outcome of each row."""
        before = writing.answered(session, issuer, [each.key for each in rows])
        held = writing.lineages(session, definition.type, [one for each in rows for one in each.subjects])
        standing = writing.standing_lineages(session, set(held.values()), now)
        in_the_way = {subject: lineage for subject, lineage in held.items() if lineage in standing}
        serials = {str(each.row["serial"]) for each in rows if each.row["renews"] is None}
        taken = writing.taken_serials(session, issuer, definition.type, serials)
        outcomes: list[Outcome] = []
        accepted: list[KeyedRow] = []
        for each in rows:
            outcome = _outcome(each, before, in_the_way, taken)
            outcomes.append(outcome)
            if isinstance(outcome, Issued) and not outcome.repeated:
                accepted.append(each)
                taken.add(str(each.row["serial"]))
                in_the_way.update((subject, each.row["lineage"]) for subject in each.subjects)
                before[each.key] = writing.Answered(each.body_hash, outcome.certificate_id, outcome.state)
        writing.store_rows(session, accepted)
        writing.store_subjects(session, accepted, held)
        return outcomes

    def _require_right(self, issuer: str, definition: TypeDefinition, now: int) -> None:
        if not self.may_issue(issuer, definition.type, definition.version, now):
            raise NoRight


def _given(outcome: Outcome) -> Issued:
    if isinstance(outcome, RegistryError):
        raise outcome
    return outcome


def _as_before(before: writing.Answered, body_hash: bytes) -> Outcome:
    if before.body_hash != body_hash:
        return KeyReused()
    return Issued(before.certificate_id, before.state, repeated=True)


def _outcome(
    each: KeyedRow, before: dict[bytes, writing.Answered], in_the_way: dict[bytes, int], taken: set[str]
) -> Outcome:
    if each.key in before:
        return _as_before(before[each.key], each.body_hash)
    if any(in_the_way.get(subject, each.row["lineage"]) != each.row["lineage"] for subject in each.subjects):
        return SecondCertificate()
    if each.row["renews"] is None and each.row["serial"] in taken:
        return Refused([Fault("serial", "流水号已用过", "this serial was used before")])
    return Issued(str(each.row["certificate_id"]), str(each.row["state"]))
