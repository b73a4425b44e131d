"""What can be foreseen of a certificate: its end, and matters that begin with it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import msgspec
from sqlmodel import Session

from registry import certificate as certificates
from registry import jcs
from registry.catalogue import Catalogue
from registry.matters.matter import Matter, OfferWhen
from registry.store.tables import Certificate
from registry.vault import Vault

DAY: Final = 86_400
NEWLY: Final = 60 * DAY
"""Seconds after which somebody who has qualified does not newly qualify any more."""
RENEWAL: Final = "renewal"
MATTER: Final = "matter/"


class Looked(NamedTuple):
    """The columns of a certificate that are looked at."""

    id: int
    type: str
    type_version: int
    valid_from: int
    valid_until: int | None
    issued_at: int


class Source(Protocol):
    """cursor: name under which it is kept how far it came. what: of the rows that it makes."""

    @property
    def cursor(self) -> str: ...

    @property
    def what(self) -> str: ...

    def foresee(self, session: Session, row: Looked, now: int) -> Iterator[tuple[str, int]]:
        """(role, moment) of whom it will be offered to, and from when on."""
        ...


@dataclass(frozen=True, slots=True)
class Ends:
    """Certificates that end. days: before the end, where the type does not say."""

    catalogue: Catalogue
    days: int
    cursor: str = f"foreseen/{RENEWAL}"
    what: str = RENEWAL

    def foresee(self, session: Session, row: Looked, now: int) -> Iterator[tuple[str, int]]:
        """Whoever holds it, from so many days before its end, a third of its time at most."""
        if row.valid_until is None or row.valid_until <= now:
            return
        definition = self.catalogue.definition(row.type, row.type_version)
        days = self.days if definition.renewable_days is None else definition.renewable_days
        if days:
            early = min(days * DAY, (row.valid_until - row.valid_from) // 3)
            for role in definition.holders:
                if not role.acts_for:
                    yield role.role, row.valid_until - early


@dataclass(frozen=True, slots=True)
class Begins:
    """A matter for which a certificate, or an age that it will prove, newly qualifies."""

    catalogue: Catalogue
    vault: Vault
    matter: Matter
    when: OfferWhen

    @property
    def cursor(self) -> str:
        """Another one for each wording, so that a change is applied to what is there already."""
        wording = hashlib.sha256(jcs.dumps(msgspec.to_builtins(self.when))).hexdigest()
        return f"foreseen/{self.matter.name}/{wording[:16]}"

    @property
    def what(self) -> str:
        """The matter."""
        return MATTER + self.matter.name

    def foresee(self, session: Session, row: Looked, now: int) -> Iterator[tuple[str, int]]:
        """Whom the certificate names in that role, from its first day, or from the birthday."""
        if row.type != self.catalogue.named(self.when.type).type:
            return
        moment = row.valid_from if self.when.claim is None else self._reached(session, row, self.when.claim)
        if moment is not None and moment > now - NEWLY:
            yield self.when.role, moment

    def _reached(self, session: Session, row: Looked, claim: str) -> int | None:
        """When a derived claim comes true; None where it was true at issuance, or never is."""
        stored = session.get_one(Certificate, row.id)
        contents = self.vault.contents(session, stored.data_key, stored.certificate_id, stored.disclosures)
        released = {certificates.parse_disclosure(text).name: since for since, text in contents.unreleased}
        return released.get(claim)
