"""What stands in a stored certificate, for use cases that need to read it."""

from sqlmodel import Session

from registry import certificate as certificates
from registry.store.tables import Certificate
from registry.vault import Vault


def claims(session: Session, vault: Vault, certificate: Certificate) -> dict[str, str]:
    """The claims by name, without those that are not released yet. Raises Unreadable."""
    found = vault.contents(session, certificate.data_key, certificate.certificate_id, certificate.disclosures)
    return {each.name: each.value for each in map(certificates.parse_disclosure, found.disclosures)}
