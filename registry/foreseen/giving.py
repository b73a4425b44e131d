"""Offering what has come: read again as it is now, put into the inbox once, and the note taken away."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from registry import certificate as certificates
from registry.catalogue import Catalogue
from registry.consents import inbox
from registry.foreseen import quiet
from registry.foreseen.representing import representatives
from registry.foreseen.sources import DAY, MATTER, RENEWAL
from registry.lifecycle import Status
from registry.matters import Matters
from registry.matters.loading import offer_names
from registry.matters.matter import OfferWhen
from registry.matters.rule import typed
from registry.secrets import Randomness
from registry.standing import standing
from registry.store import Store
from registry.store.rows import insert_absent
from registry.store.tables import (
    Certificate,
    CertificateState,
    Department,
    Foreseen,
    HolderIndex,
    Offered,
)
from registry.vault import Unreadable, Vault

KIND: Final = "offer"
"""Of the inbox item."""
AT_ONCE: Final = 50
SHOWN_FOR: Final = 180 * DAY
"""Seconds for which a matter stays in the inbox; a renewal stays until the certificate ends."""


@dataclass(frozen=True, slots=True)
class Giving:
    """Offers what is due. offices: codes of departments by short name."""

    store: Store
    vault: Vault
    catalogue: Catalogue
    matters: Matters
    offices: Mapping[str, str]
    tz: ZoneInfo
    clock: Callable[[], int]
    randomness: Randomness

    def step(self) -> int:
        """What is due, oldest first, fifty at most in one transaction; how many notes were dealt with."""
        now = self.clock()
        due = select(Foreseen).where(Foreseen.at <= now).order_by(col(Foreseen.at)).limit(AT_ONCE)
        with self.store.read() as session:
            if session.exec(due).first() is None:
                return 0
        with self.store.write() as session:
            rows = session.exec(due).all()
            for row in rows:
                certificate = session.get_one(Certificate, row.certificate)
                if self._waits(session, row, certificate):
                    row.at = now + DAY
                    session.add(row)
                    continue
                if _is_newest(session, certificate) and _stands(session, certificate, now):
                    self._offer(session, row, certificate, now)
                session.delete(row)
        return len(rows)

    def _offer(self, session: Session, row: Foreseen, certificate: Certificate, now: int) -> None:
        if row.what == RENEWAL:
            sender, content = certificate.issuer, self._renewal(session, certificate)
            once, expires = f"{RENEWAL}/{certificate.id}", certificate.valid_until
            reference = certificate.certificate_id
        else:
            name = row.what.removeprefix(MATTER)
            when = self._when(name)
            if when is None or not self._holds(session, name, certificate, now):
                return
            sender = self.offices[self.matters.named(name).department]
            content, reference = self._matter(name, certificate), name
            once = row.what if when.per == "holder" else f"{row.what}/{certificate.lineage}"
            expires = now + SHOWN_FOR
        for holder in self._whom(session, row, certificate, now):
            offered = {"holder": holder, "what": once, "at": now}
            if quiet.is_quiet(session, holder) or not insert_absent(session.connection(), Offered, offered):
                continue
            inbox.put(
                session,
                self.vault,
                sender,
                holder,
                kind=KIND,
                reference=reference,
                content=content,
                now=now,
                randomness=self.randomness,
                expires=expires,
            )

    def _whom(self, session: Session, row: Foreseen, certificate: Certificate, now: int) -> Sequence[bytes]:
        """The people named in that role; for an enterprise, who represents it now."""
        named = session.exec(
            select(HolderIndex.holder).where(
                HolderIndex.certificate == certificate.id, HolderIndex.role == row.role
            )
        ).all()
        definition = self.catalogue.definition(certificate.type, certificate.type_version)
        role = next(each for each in definition.holders if each.role == row.role)
        if role.id_type != "credit_code":
            return named
        return [each for one in named for each in representatives(session, self.catalogue, one, now)]

    def _waits(self, session: Session, row: Foreseen, certificate: Certificate) -> bool:
        """Whether it may yet be offered: the certificate is in no batch, or suspended, or the department
        that decides the matter is not known here."""
        name = row.what.removeprefix(MATTER)
        if self._when(name) is not None and self.matters.named(name).department not in self.offices:
            return True
        if certificate.state != CertificateState.BATCHED:
            return certificate.state != CertificateState.TAKEN_BACK
        return standing(session, certificate) == Status.SUSPENDED

    def _when(self, name: str) -> OfferWhen | None:
        """How a matter is offered, if it still is."""
        return next((each.offer_when for each in self.matters if each.name == name), None)

    def _holds(self, session: Session, name: str, certificate: Certificate, now: int) -> bool:
        condition = self.matters.loaded(name).offer
        if condition is None:
            return True
        definition = self.catalogue.definition(certificate.type, certificate.type_version)
        try:
            contents = self.vault.contents(
                session, certificate.data_key, certificate.certificate_id, certificate.disclosures
            )
        except Unreadable:  # its key was destroyed
            return False
        kinds = offer_names(definition)
        values = {}
        for text in contents.released(now):
            each = certificates.parse_disclosure(text)
            kind = kinds.get(path := f"{definition.alias}.{each.name}")
            if kind is not None:
                with suppress(ValueError):  # an amount in parts of a 分: as if it were absent
                    values[path] = (typed(kind, each.value, self.tz),)
        return condition.holds(values, datetime.fromtimestamp(now, UTC).astimezone(self.tz).date(), self.tz)

    def _renewal(self, session: Session, certificate: Certificate) -> dict[str, Any]:
        name = self.catalogue.definition(certificate.type, certificate.type_version).name
        issuer = session.get_one(Department, certificate.issuer)
        assert certificate.valid_until is not None
        last = datetime.fromtimestamp(certificate.valid_until - 1, UTC).astimezone(self.tz).date().isoformat()
        return {
            "zh": f"您的{name.zh}有效期至 {last}，可向{issuer.name_zh}办理延续或换领。",
            "en": f"Your {name.en} is valid until {last}; {issuer.name_en} renews it.",
            "certificate": certificate.certificate_id,
            "until": last,
        }

    def _matter(self, name: str, certificate: Certificate) -> dict[str, Any]:
        matter = self.matters.named(name)
        return {
            "zh": f"您现在可以办理“{matter.zh}”。",
            "en": f"You can now apply for: {matter.en}.",
            "matter": matter.name,
            "certificate": certificate.certificate_id,
        }


def _stands(session: Session, certificate: Certificate, now: int) -> bool:
    ended = certificate.valid_until is not None and certificate.valid_until <= now
    return not ended and standing(session, certificate) == Status.VALID


def _is_newest(session: Session, certificate: Certificate) -> bool:
    """Whether no later version of it was issued, and it was not taken back itself."""
    newest = session.exec(
        select(Certificate.id)
        .where(Certificate.lineage == certificate.lineage, Certificate.state != CertificateState.TAKEN_BACK)
        .order_by(col(Certificate.id).desc())
        .limit(1)
    ).first()
    return newest == certificate.id
