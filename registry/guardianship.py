"""Guardianship: judged at each use from the birth or court certificate; it ends with the 16th birthday.

(民法典 18 takes whoever lives by their own work from 16 on as fully capable.) The day of birth is the claim
that the type's rule `born` ties to the ward's identifier.
"""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry import contents
from registry.catalogue import Catalogue
from registry.definition import Role, TypeDefinition, birthday, day_start
from registry.store.tables import Certificate
from registry.vault import Unreadable, Vault

AGE: Final = 16
"""Years, with which it ends."""
NEVER: Final = 0
"""The end of what never was: the certificate says nothing of the ward's birth."""


def ward_of(definition: TypeDefinition, role: str) -> Role | None:
    """The natural person for whom this role acts; None where it is no guardian's."""
    roles = {each.role: each for each in definition.holders}
    ward = roles.get(roles[role].acts_for) if role in roles else None
    return None if ward is None or ward.id_type == "credit_code" else ward


def ends(
    session: Session,
    vault: Vault,
    definition: TypeDefinition,
    certificate: Certificate,
    role: str,
    tz: ZoneInfo,
) -> int:
    """The moment (Unix seconds) from which who has this role is the ward's guardian no more."""
    ward = ward_of(definition, role)
    born = None if ward is None else _born_claim(definition, ward)
    day = "" if born is None else contents.claims(session, vault, certificate).get(born, "")
    return day_start(birthday(date.fromisoformat(day), AGE), tz) if day else NEVER


def is_over(
    session: Session,
    vault: Vault,
    catalogue: Catalogue,
    certificate: Certificate,
    role: str,
    tz: ZoneInfo,
    now: int,
) -> bool:
    """Whether who has this role, a guardian's, is that no more; also where the birth cannot be read."""
    definition = catalogue.definition(certificate.type, certificate.type_version)
    try:
        return ends(session, vault, definition, certificate, role, tz) <= now
    except Unreadable:  # its key was destroyed
        return True


def _born_claim(definition: TypeDefinition, ward: Role) -> str | None:
    return next(
        (
            rule.claims[0]
            for rule in definition.rules
            if rule.rule == "born" and ward.identifier in rule.claims
        ),
        None,
    )
