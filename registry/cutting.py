"""Cutting credentials: a certificate over its final batch, signed for a wallet, for paper or an asker.

A credential of a wallet, and a copy, has a status entry of its own, given out in the same transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry import certificate as certificates
from registry import credential, guardianship
from registry.catalogue import Catalogue
from registry.credential import StatusReference
from registry.errors import NotAllowed
from registry.lists import Lists, Place, newest_origin
from registry.receipts import receipt
from registry.signers import Signers
from registry.signing import PublicKey, Use
from registry.store.tables import Certificate, Credential, CredentialKind, Grant, Ground
from registry.type_metadata import integrity
from registry.vault import Vault

DAY: Final = 86_400


class Ended(NotAllowed):
    """The certificate's validity is over; a credential of it could never be valid."""

    kind = "certificate-ended"


@dataclass(frozen=True, slots=True, repr=False)
class Cut:
    """A credential that was signed. place: its own entry, None for an answer.

    text: SD-JWT with the disclosures it comes with.
    """

    text: str
    place: Place | None
    row: Credential


@dataclass(frozen=True, slots=True)
class Cutter:
    """Everything that cutting needs. wallet_days: at most 30; answer_hours: settings."""

    signers: Signers
    lists: Lists
    vault: Vault
    catalogue: Catalogue
    tz: ZoneInfo
    wallet_days: int = 30
    answer_hours: int = 24

    def for_wallet(
        self,
        session: Session,
        certificate: Certificate,
        grant: Grant,
        cnf: PublicKey,
        now: int,
        *,
        assurance: str = "",
    ) -> Cut:
        """A credential bound to a wallet's key, with every disclosure released by now.

        assurance: what a wallet provider attested of the key, recorded.

        Raises:
            NotFinal: the batch is not final yet.
            Ended: also a guardian, when the child is 16. NoSigner: as it says.
        """
        row = Credential(
            certificate=_id(certificate),
            wallet=grant.wallet,
            grant=grant.id,
            kind=CredentialKind.WALLET,
            role=grant.role,
            cnf=cnf.thumbprint,
            issuer="",
            key="",
            iat=now,
            exp=self._wallet_until(session, certificate, grant, now),
            ground=grant.ground,
            ground_certificate=grant.ground_certificate,
            assurance=assurance,
        )
        return self._cut(session, certificate, row, cnf=cnf)

    def copy(self, session: Session, certificate: Certificate, now: int) -> Cut:
        """A copy for paper: only claims of the type's paper list, good for as long as the type says.

        Raises: as `for_wallet`.
        """
        definition = self.catalogue.definition(certificate.type, certificate.type_version)
        row = Credential(
            certificate=_id(certificate),
            kind=CredentialKind.COPY,
            issuer="",
            key="",
            iat=now,
            exp=_until(certificate, now + definition.paper_valid_days * DAY, now),
        )
        return self._cut(session, certificate, row, show=definition.paper)

    def answer(
        self, session: Session, certificate: Certificate, show: Iterable[str], audience: str, now: int
    ) -> Cut:
        """An answer to a department's query: these claims, for that asker, for a day.

        Raises: as `for_wallet`.
        """
        row = Credential(
            certificate=_id(certificate),
            kind=CredentialKind.ANSWER,
            issuer="",
            key="",
            iat=now,
            exp=_until(certificate, now + self.answer_hours * 3600, now),
        )
        return self._cut(session, certificate, row, show=show, audience=audience)

    def _wallet_until(self, session: Session, certificate: Certificate, grant: Grant, now: int) -> int:
        """When a wallet's credential ends: a guardian's never after the ward's 16th birthday."""
        until = _until(certificate, now + self.wallet_days * DAY, now)
        if grant.ground != Ground.GUARDIAN:
            return until
        definition = self.catalogue.definition(certificate.type, certificate.type_version)
        end = guardianship.ends(session, self.vault, definition, certificate, grant.role, self.tz)
        if end <= now:
            raise Ended("监护已随年满十六周岁终止。", "The child is 16: the guardianship is over.")
        return min(until, end)

    def _cut(
        self,
        session: Session,
        certificate: Certificate,
        row: Credential,
        *,
        cnf: PublicKey | None = None,
        show: Iterable[str] | None = None,
        audience: str | None = None,
    ) -> Cut:
        anchor = receipt(session, certificate)
        anchored = certificates.parse_canonical(certificate.canonical)
        core = anchored.core
        signer = self.signers.signer(
            session, certificate.issuer, Use.CREDENTIALS, row.iat, type=certificate.type
        )
        origin = newest_origin(session).origin
        definition = self.catalogue.definition(core.type, core.type_version)
        place = None if audience is not None else self.lists.allocate(session, signer.issuer, row.iat)
        jwt = credential.sign_credential(
            core,
            anchored.sd,
            anchor,
            sd_alg=anchored.sd_alg,
            key=signer.key,
            x5c=signer.x5c,
            origin=origin,
            integrity=integrity(definition, origin),
            iat=row.iat,
            exp=row.exp,
            signer=signer.issuer,
            cnf=cnf,
            aud=audience,
            status=None if place is None else StatusReference(uri=place.uri, idx=place.idx),
        )
        row.issuer, row.key = signer.issuer, signer.key.public.thumbprint
        if place is not None:
            row.list, row.idx = place.list, place.idx
        session.add(row)
        session.flush()
        return Cut(
            credential.present(jwt, self._disclosures(session, certificate, show, row.iat)), place, row
        )

    def _disclosures(
        self, session: Session, certificate: Certificate, show: Iterable[str] | None, now: int
    ) -> list[str]:
        contents = self.vault.contents(
            session, certificate.data_key, certificate.certificate_id, certificate.disclosures
        )
        released = contents.released(now)
        if show is None:
            return list(released)
        wanted = frozenset(show)
        return [text for text in released if certificates.parse_disclosure(text).name in wanted]


def _until(certificate: Certificate, end: int, now: int) -> int:
    """When a credential ends: never after its certificate."""
    if certificate.valid_until is not None and certificate.valid_until <= now:
        raise Ended(
            "证照已过期，请先办理延续。", "The certificate's validity is over; have it extended first."
        )
    return end if certificate.valid_until is None else min(end, certificate.valid_until)


def _id(certificate: Certificate) -> int:
    assert certificate.id is not None
    return certificate.id
