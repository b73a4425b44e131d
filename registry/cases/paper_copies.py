"""Copies on paper at a window: a certificate that only the wallet could show, from who has no phone.

A copy is bound to nobody: whoever has the sheet can show it. So a clerk must have seen the person, the
certificate must name that person, and somebody else than that clerk decides the case.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlmodel import Session, select

from registry import verifications
from registry.cases.accepting import advance
from registry.cases.errors import AnotherPerson, BadInput, NoSuchCase, WrongState
from registry.cases.helping import record
from registry.cases.taking import forget, keep, party_of, require_taking
from registry.cases.world import ACCEPTED, Identifier, Known, World
from registry.checking import presentation_in
from registry.credential import Kind
from registry.definition import Role, TypeDefinition
from registry.matters import Fact
from registry.store.tables import Case, CaseParty, Certificate, HolderIndex
from registry.verification import Expected, Report, verify

PAPER: Final = "paper"
"""Source of a fact that a copy on paper proved."""


@dataclass(frozen=True)
class PaperCopies:
    """Takes copies in."""

    world: World

    def accept(
        self, number: str, role: str, name: str, text: str, *, clerk: str, seen: str, position: int = 0
    ) -> None:
        """Take what the QR of a copy says as a fact of a party whom a clerk saw. text: of the QR. seen: how
        the person was known.

        Raises:
            NoSuchCase: no such case, party or fact of certificates in it.
            WrongState: the case takes nothing in, or nobody saw who that party is.
            BadCode, UnknownOrigin, OnlyALink: the text is no copy.
            BadInput: of another type, not in force, without a claim that is needed; nobody says who saw it.
            AnotherPerson: it does not name that party. CertificateHeld: another case holds it.
        """
        if not clerk.strip() or not seen.strip():
            raise BadInput("seen", "请写明经办人和核对方式", "say who saw the person, and how")
        trust, now = self.world.trust(), self.world.clock()
        presentation = presentation_in((text,), trust)
        report = verify(presentation, trust, Expected(kinds=(Kind.COPY,)), now)
        with self.world.store.write() as session:
            case = require_taking(self.world, session, number, name)
            party = party_of(session, case, role, position)
            fact = self._fact(case, role, name)
            if party.sealed is None:
                raise WrongState
            bound = f"party/{case.id}/{party.role}/{party.position}"
            one = self.world.unseal(session, bound, party.sealed, Identifier)
            claims = self._claims(session, fact, report, one)
            assert report.core is not None
            known = Known(claims, presentation, by=clerk)
            forget(session, party, name)
            keep(
                self.world, session, case, party, fact, 0, PAPER, ACCEPTED, report.core.certificate_id, known
            )
            verifications.count(session, report.to_dict(), verifier=case.office, now=now)
            self._log(session, case, party, report, presentation, clerk, seen)
            advance(self.world, session, case)

    def _fact(self, case: Case, role: str, name: str) -> Fact:
        for each in self.world.matter(case).facts_of(role):
            if each.name == name and not each.is_document:
                return each
        raise NoSuchCase

    def _claims(self, session: Session, fact: Fact, report: Report, one: Identifier) -> dict[str, str]:
        """What it says, with the number of the person whom it names: paper lists seldom print one."""
        if report.verdict != "copy" or report.core is None:
            raise BadInput(fact.name, "该复制件未通过核验", "this copy is not good, or could not be checked")
        definition = self.world.catalogue.definition(report.core.type, report.core.type_version)
        if definition.alias not in fact.types:
            raise BadInput(fact.name, "不是所需的证照类型", "it is another type of certificate")
        own = self._named(session, definition, report, one)
        claims = dict(report.claims) | {own.identifier: one.identifier}
        if own.id_type_claim:
            claims[own.id_type_claim] = one.id_type
        if lacking := sorted(set(fact.claims) - claims.keys()):
            raise BadInput(fact.name, f"复制件上没有 {lacking[0]}", f"the copy does not show {lacking[0]}")
        return {each: claims[each] for each in fact.claims}

    def _named(self, session: Session, definition: TypeDefinition, report: Report, one: Identifier) -> Role:
        """The role in which the certificate names the party: by what it shows, or as it was issued here."""
        assert report.core is not None
        index = self.world.vault.holder_index(one.id_type, one.identifier)
        rows = session.exec(
            select(HolderIndex.role)
            .join(Certificate)
            .where(Certificate.certificate_id == report.core.certificate_id, HolderIndex.holder == index)
        ).all()
        for each in definition.holders:
            id_type = each.id_type or report.claims.get(each.id_type_claim, "")
            shown = (id_type, report.claims.get(each.identifier))
            if each.role in rows or shown == (one.id_type, one.identifier):
                return each
        raise AnotherPerson

    def _log(
        self, session: Session, case: Case, party: CaseParty, report: Report, text: str, clerk: str, seen: str
    ) -> None:
        assert report.core is not None
        record(
            self.world,
            session,
            case,
            party.holder,
            f"copy accepted, seen {seen}",
            clerk=clerk,
            answer=sha256(text.encode()).digest(),
            type=report.core.type,
            claims=sorted(report.claims),
        )
