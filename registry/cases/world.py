"""What the use cases of cases share: their collaborators, sealing, and rows by number."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import yaml
from sqlmodel import Session, col, select

from registry.casefacts import (
    ACCEPTED,
    COUNTS,
    GOOD,
    KEY_BYTES,
    Identifier,
    Known,
    Source,
    Verdict,
    bound,
    opened,
    unsealed,
)
from registry.cases.errors import NoSuchCase, NoSuchOffice
from registry.cases.numbers import is_number
from registry.catalogue import Catalogue
from registry.changing import Changing
from registry.issuing import Issuing
from registry.mandates.acting import Acting
from registry.matters import Matter, Matters, load_matters
from registry.provinces.asking import Elsewhere
from registry.querying import Querying
from registry.requesting import Requesting
from registry.store import Store
from registry.store.tables import Case, CaseFact, CaseParty
from registry.tasks import Tasks
from registry.trust import Trust
from registry.usecases import UseCases
from registry.vault import Vault
from registry.workingdays import WorkingDays

__all__ = ["ACCEPTED", "COUNTS", "GOOD", "Identifier", "Known", "Source", "Verdict", "World", "load_offices"]

T = TypeVar("T")
NONE: Final = "no"
"""A department was asked, and has none."""
NOT_SHARED: Final = "not-shared"
"""No right lets the office ask for it."""
PENDING: Final = "pending"
NOT_HERE: Final = frozenset({NONE, NOT_SHARED})
"""Verdicts of what was asked for in vain: there is nothing of it to look at."""


@dataclass(frozen=True)
class World:
    """Everything that handling a case needs. offices: codes of departments by short name. secret: draws.

    yellow: share of a clock's working days after which it turns yellow; escalated_after: working days after
    its end until it is escalated.
    """

    store: Store
    vault: Vault
    catalogue: Catalogue
    matters: Matters
    offices: Mapping[str, str]
    querying: Querying
    requesting: Requesting
    acting: Acting
    issuing: Issuing
    changing: Changing
    tasks: Tasks
    elsewhere: Elsewhere
    trust: Callable[[], Trust]
    tz: ZoneInfo
    clock: Callable[[], int]
    randomness: Callable[[int], bytes]
    secret: bytes
    working: WorkingDays
    yellow: float = 2 / 3
    escalated_after: int = 2

    @classmethod
    def of(cls, use_cases: UseCases) -> "World":
        """Over the use cases of a process that answers departments."""
        runtime = use_cases.runtime
        return cls(
            store=runtime.store,
            vault=runtime.sealed,
            catalogue=runtime.catalogue,
            matters=load_matters(runtime.catalogue),
            offices=load_offices(runtime.settings.rights.parent / "offices.yaml"),
            querying=use_cases.querying,
            requesting=use_cases.requesting,
            acting=Acting(use_cases),
            issuing=use_cases.issuing,
            changing=use_cases.changing,
            tasks=use_cases.tasks,
            elsewhere=use_cases.elsewhere,
            trust=use_cases.everywhere,
            tz=runtime.tz,
            clock=runtime.clock,
            randomness=runtime.randomness,
            secret=hmac.digest(runtime.ring.secret("permutation"), b"cases drawn", hashlib.sha256),
            working=runtime.working_days,
            yellow=runtime.settings.clock_yellow,
            escalated_after=runtime.settings.clock_escalated_after,
        )

    def office(self, alias: str) -> str:
        """The code of a department. Raises NoSuchOffice."""
        if alias not in self.offices:
            raise NoSuchOffice(alias)
        return self.offices[alias]

    def day(self, now: int) -> date:
        """The day it is here."""
        return datetime.fromtimestamp(now, UTC).astimezone(self.tz).date()

    def case(self, session: Session, number: str, *, lock: bool = False) -> Case:
        """A case by its number; lock: against others, until this transaction ends. Raises NoSuchCase."""
        row = session.get(Case, number, with_for_update=lock) if is_number(number) else None
        if row is None:
            raise NoSuchCase
        return row

    def matter(self, case: Case) -> Matter:
        """The matter of a case, as it is in force now. Raises UnknownMatter."""
        return self.matters.named(case.matter)

    def parties(self, session: Session, case: Case) -> list[CaseParty]:
        """Who takes part."""
        rows = select(CaseParty).where(CaseParty.case == case.id).order_by(col(CaseParty.id))
        return list(session.exec(rows))

    def facts(self, session: Session, case: Case) -> list[CaseFact]:
        """What is known, good or not, in the order in which it came."""
        rows = select(CaseFact).where(CaseFact.case == case.id).order_by(col(CaseFact.id))
        return list(session.exec(rows))

    def seal(self, session: Session, office: str, bound_to: str, value: Any) -> bytes:
        """Seal under the newest data key of a department, whose row id stands first."""
        key = self.vault.issuer_key(session, office, self.clock())
        plain = value if isinstance(value, bytes) else msgspec.msgpack.encode(value)
        return key.id.to_bytes(KEY_BYTES) + self.vault.seal(key, bound_to, plain)

    def open_bytes(self, session: Session, bound_to: str, sealed: bytes) -> bytes:
        """What was sealed. Raises Unreadable."""
        return opened(self.vault, session, bound_to, sealed)

    def unseal(self, session: Session, bound_to: str, sealed: bytes, kind: type[T]) -> T:
        """What was sealed, as what it was. Raises Unreadable."""
        return unsealed(self.vault, session, bound_to, sealed, kind)

    def inputs(self, session: Session, case: Case) -> dict[str, str]:
        """What the applicant stated."""
        return self.unseal(session, f"case/{case.id}", case.sealed, dict[str, str])

    def known(self, session: Session, fact: CaseFact) -> Known:
        """What is kept of a fact."""
        return self.unseal(session, bound(fact), fact.sealed, Known)

    def value(self, session: Session, case: Case, path: str) -> list[str]:
        """All good values of a path, of facts in the order they came; none where nothing is known."""
        place, _, name = path.partition(".")
        if place == "input":
            stated = self.inputs(session, case).get(name)
            return [] if not stated else [stated]
        good = [each for each in self.facts(session, case) if each.name == place and each.verdict in COUNTS]
        claims = [self.known(session, each).claims for each in good]
        return [each[name] for each in claims if name in each]


def load_offices(path: Path) -> dict[str, str]:
    """Short names of departments and their codes, beside the rights files; none where there is no file."""
    return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), dict[str, str]) if path.exists() else {}
